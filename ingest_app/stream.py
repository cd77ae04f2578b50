"""The Redis stream between whoever logs and the writer: what an entry holds, appending, acknowledging, waking.

One entry holds a list of events (msgpack) and their counts. The stream is read by one consumer group; an entry is
acknowledged and deleted after its rows are committed. Its size in bytes is kept beside it, since memory is what a
database that is away for hours would use up.
"""

import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import structlog
from django.conf import settings
from redis import Redis
from redis.exceptions import ResponseError

from helicone_site.celery import app
from ingest_app.counts import KEPT_S, counts_of, encode_counts, received_key
from ingest_app.events import LogEvent, chunked, encode

log = structlog.get_logger(__name__)

STREAM = "helicone:events"
STREAM_BYTES = "helicone:events:bytes"
WAITING = "helicone:events:waiting"  # hash: entry id → counts, so that the account need not read the bodies
GROUP = "writers"
FIELD = b"e"
# Set while a drain is under way or on its way: whoever appends wakes one only when it is absent. It expires, so
# that a drain that died is replaced; beat wakes one every few seconds besides.
DRAINING = "helicone:draining"
DRAINING_TTL_S = 15
_ROOM_POLL_S = 0.05


class Entry(NamedTuple):
    """What is appended together: events, encoded, and where they are counted."""

    payload: bytes
    counts: bytes
    received: dict[tuple[int, int], int]

    @classmethod
    def of(cls, events: list[LogEvent]) -> "Entry":
        """Returns the entry for `events`, which should be few enough (`events.chunked`)."""
        counts = counts_of(events)
        return cls(encode(events), encode_counts(counts), counts)


class StreamEntry(NamedTuple):
    """An entry as it is read again."""

    id: bytes
    events: list[LogEvent]

    @property
    def key(self) -> tuple[int, int]:
        """Returns the two halves of the id."""
        return entry_key(self.id)

    @property
    def arrived_at(self) -> datetime:
        """Returns when it was appended, by the clock of Redis."""
        return datetime.fromtimestamp(self.key[0] / 1000, UTC)


def add_to(pipeline: Any, entry: Entry) -> None:
    """Queue the command that appends `entry` and counts it, in a pipeline of redis-py.

    It answers with the entry's id and the stream's size in bytes.
    """
    pipeline.eval(APPEND, *append_arguments(entry))


def append_arguments(entry: Entry) -> tuple[str | bytes | int, ...]:
    """Returns how many keys the script APPEND gets, the keys, and its arguments."""
    buckets = entry.received.items()
    return (
        3 + len(buckets),
        *(STREAM, WAITING, STREAM_BYTES),
        *(received_key(hour) for _, hour in entry.received),
        *(FIELD, entry.payload, entry.counts, KEPT_S),
        *(argument for (organization_id, _), number in buckets for argument in (organization_id, number)),
    )


def append(redis: Redis, events: Iterable[LogEvent]) -> int:
    """Append from a synchronous program (demo, importers) and wake the drain. Returns how many events.

    Waits while the stream is full.
    """
    count = 0
    for chunk in chunked(events):
        while not has_room(redis):
            time.sleep(_ROOM_POLL_S)
        pipeline = redis.pipeline(transaction=False)
        add_to(pipeline, Entry.of(chunk))
        pipeline.set(DRAINING, b"1", nx=True, ex=DRAINING_TTL_S)
        if pipeline.execute()[-1]:
            wake()
        count += len(chunk)
    return count


def acknowledge(redis: Redis, ids: Sequence[bytes]) -> None:
    """Take entries out of the stream whose events are committed. Doing it again changes nothing."""
    redis.eval(_ACKNOWLEDGE, 3, STREAM, WAITING, STREAM_BYTES, GROUP, FIELD, *ids)


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


def size_bytes(redis: Redis) -> int:
    """Returns how many bytes the waiting events have."""
    return int(redis.get(STREAM_BYTES) or 0)


def oldest_at(redis: Redis) -> datetime | None:
    """Returns when the entry that has waited longest was appended, by the clock of Redis; None when none waits."""
    found: Any = redis.xrange(STREAM, count=1)
    return datetime.fromtimestamp(entry_key(found[0][0])[0] / 1000, UTC) if found else None


def has_room(redis: Redis) -> bool:
    """Returns whether the stream is below its bound (HELICONE_STREAM_MIB)."""
    return size_bytes(redis) < settings.STREAM_MAX_BYTES


def entry_key(entry_id: bytes | str) -> tuple[int, int]:
    """Returns the two halves of an entry's id: milliseconds of the server's clock, and a sequence number."""
    ms, _, sequence = (entry_id.decode() if isinstance(entry_id, bytes) else entry_id).partition("-")
    return int(ms), int(sequence)


# Appended and counted is one thing: a script runs whole or not at all.
APPEND = """
local id = redis.call('XADD', KEYS[1], '*', ARGV[1], ARGV[2])
redis.call('HSET', KEYS[2], id, ARGV[3])
for i = 4, #KEYS do
    redis.call('HINCRBY', KEYS[i], ARGV[2 * i - 3], ARGV[2 * i - 2])
    redis.call('EXPIRE', KEYS[i], ARGV[4])
end
return {id, redis.call('INCRBY', KEYS[3], #ARGV[2])}
"""

# Two workers may acknowledge the same entry: only who really deletes it gives its bytes back. A Redis that is full
# must not refuse what makes room in it.
_ACKNOWLEDGE = """#!lua flags=allow-oom
local freed = 0
for i = 3, #ARGV do
    local found = redis.call('XRANGE', KEYS[1], ARGV[i], ARGV[i])[1]
    redis.call('XACK', KEYS[1], ARGV[1], ARGV[i])
    redis.call('HDEL', KEYS[2], ARGV[i])
    if found and redis.call('XDEL', KEYS[1], ARGV[i]) == 1 then
        for j = 1, #found[2], 2 do
            if found[2][j] == ARGV[2] then freed = freed + #found[2][j + 1] end
        end
    end
end
if redis.call('XLEN', KEYS[1]) == 0 then
    redis.call('DEL', KEYS[2], KEYS[3])
else
    redis.call('DECRBY', KEYS[3], freed)
end
"""
