"""The Redis stream between whoever logs and the writer: names, appending, and waking the drain.

One entry holds a list of events (msgpack). The stream is read by one consumer group; an entry is acknowledged
and deleted after its rows are committed.
"""

from collections.abc import Iterable

import structlog
from redis import Redis
from redis.exceptions import ResponseError

from helicone_site.celery import app
from ingest_app.events import LogEvent, chunked, encode

log = structlog.get_logger(__name__)

STREAM = "helicone:events"
GROUP = "writers"
FIELD = b"e"
# Set while a drain is under way or on its way: whoever appends wakes one only when it is absent. It expires, so
# that a drain that died is replaced; beat wakes one every few seconds besides.
DRAINING = "helicone:draining"
DRAINING_TTL_S = 15


def append(redis: Redis, events: Iterable[LogEvent]) -> int:
    """Append from a synchronous program (demo, importers) and wake the drain. Returns how many events."""
    count = 0
    pipeline = redis.pipeline(transaction=False)
    for chunk in chunked(events):
        pipeline.xadd(STREAM, {FIELD: encode(chunk)})
        count += len(chunk)
    pipeline.set(DRAINING, b"1", nx=True, ex=DRAINING_TTL_S)
    if pipeline.execute()[-1]:
        wake()
    return count


def wake() -> None:
    """Send the drain task. Blocking: about a millisecond."""
    app.send_task("ingest.drain", expires=DRAINING_TTL_S)


def ensure_group(redis: Redis) -> None:
    """Make the consumer group, reading from the first entry, unless it exists."""
    try:
        redis.xgroup_create(STREAM, GROUP, id="0", mkstream=True)
    except ResponseError as error:
        if "BUSYGROUP" not in str(error):
            raise


def length(redis: Redis) -> int:
    """Returns how many entries wait in the stream, those being written included."""
    return int(redis.xlen(STREAM))
