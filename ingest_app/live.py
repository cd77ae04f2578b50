"""What the live feed is fed with: the new rows of organizations that somebody watches, in a stream of Redis for each.

A stream and not a channel: its ids let a viewer who comes back go on where it was, in whichever process. Requests
that are still running are told by the gateways themselves (`gateway_app.running`), in a hash beside it.
"""

import time
from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import islice
from typing import Any

import msgspec
import structlog
import zstandard
from redis import Redis
from redis.exceptions import RedisError

from helicone_site.redis_client import sync_client

log = structlog.get_logger(__name__)

WATCHED = "helicone:live:watched"  # sorted set: organization id, by until when (seconds since the epoch)
# Longer than a viewer takes to come back, so that it finds all that happened meanwhile.
WATCHED_FOR_S = 180
FIELD = b"r"
ENTRY_ROWS = 100
# So many rows are there to come back to: at 1,000 a second those of the last minute, in about 10 MB.
MAX_ENTRIES = 600
KEPT_S = 600
# Field of a gateway's own, of the hash of running requests: an encoded `Announcement`.
ANNOUNCED_EVERY_S = 10.0
FORGOTTEN_AFTER_S = 30.0  # a gateway that has announced nothing for so long is gone
MAX_ANNOUNCED = 100
NOTHING_YET = "0-0"  # the id before all others

Row = dict[str, Any]
"""A row of the table by its columns, as JSON has values; with its preview and `total_tokens`."""

_encoder = msgspec.json.Encoder(enc_hook=lambda value: value.obj)  # Jsonb
_rows_decoder = msgspec.json.Decoder(list[Row])


class Announcement(msgspec.Struct):
    """What one gateway tells of the running requests of an organization: the first MAX_ANNOUNCED to have begun.

    `beat` is another one each time.
    """

    beat: int
    total: int
    requests: list[Row]


def rows_key(organization_id: int) -> str:
    """Returns where the new rows of an organization are."""
    return f"helicone:live:{organization_id}:rows"


def running_key(organization_id: int) -> str:
    """Returns where gateways tell of an organization's running requests."""
    return f"helicone:live:{organization_id}:running"


def note_watched(pipeline: Any, organization_id: int) -> None:
    """Have rows that are committed from now on kept for whoever watches.

    The last answer of the pipeline is for `last_id`. It may be one of the blocking client or of the other.
    """
    now = time.time()
    pipeline.zremrangebyscore(WATCHED, 0, now)
    pipeline.zadd(WATCHED, {str(organization_id): now + WATCHED_FOR_S})
    pipeline.xrevrange(rows_key(organization_id), count=1)


def last_id(answers: Sequence[Any]) -> str:
    """Returns the id of the last entry there is, from what a pipeline of `note_watched` answered."""
    newest = answers[-1]
    return newest[0][0].decode() if newest else NOTHING_YET


def tell(organizations: Collection[int], rows_of: Callable[[int], Iterable[Row]]) -> None:
    """Tell viewers of new rows, of those of `organizations` that are watched. Call it after the commit.

    Who is watched is asked here and now, not remembered: a page that asked for its rows before this commit has said
    that it watches before that. Never fails: viewers are no reason to hold up what is logged.
    """
    try:
        redis = sync_client()
        members: Any = redis.zrangebyscore(WATCHED, time.time(), "+inf")
        watched = {int(member) for member in members}
        for organization_id in watched.intersection(organizations):
            _append(redis, organization_id, rows_of(organization_id))
    except RedisError as error:
        log.warning("viewers not told of new rows", error=str(error))


def _append(redis: Redis, organization_id: int, rows: Iterable[Row]) -> None:
    key = rows_key(organization_id)
    pipeline = redis.pipeline(transaction=False)
    for content in encoded(rows):
        pipeline.xadd(key, {FIELD: content}, maxlen=MAX_ENTRIES, approximate=True)
    pipeline.expire(key, KEPT_S)
    pipeline.execute()


def encoded(rows: Iterable[Row]) -> Iterable[bytes]:
    """Yields the contents of the entries that `rows` make."""
    waiting = iter(rows)
    while some := list(islice(waiting, ENTRY_ROWS)):
        yield zstandard.compress(_encoder.encode(some), 1)


def decoded(content: bytes) -> list[Row]:
    """Returns the rows of an entry. Raises what msgspec and zstandard do of what is none."""
    return _rows_decoder.decode(zstandard.decompress(content))
