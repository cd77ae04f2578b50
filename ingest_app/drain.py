"""From the stream to the tables: read by consumer group, write, commit, then acknowledge."""

import uuid
from typing import Any

import msgspec
import structlog
from redis import Redis

from ingest_app import stream
from ingest_app.events import LogEvent, decode
from ingest_app.writer import write

log = structlog.get_logger(__name__)

BATCH_EVENTS = 1000
READ_ENTRIES = 64
ABANDONED_MS = 60_000  # an entry read this long ago and not acknowledged was left by a worker that died
FORGOTTEN_MS = 3_600_000  # a consumer without entries that has been silent this long is gone
WORKER_SEEN = "helicone:worker:seen"
WORKER_SEEN_TTL_S = 15

Entry = tuple[bytes, dict[bytes, bytes]]


def drain(redis: Redis) -> int:
    """Write everything in the stream. Returns how many rows were new.

    May run in several workers at once, and any of them may die anywhere: entries are acknowledged after their
    rows are committed, and entries of a dead worker are claimed.
    """
    stream.ensure_group(redis)
    # A name of its own for each run: forgetting a consumer forgets what it holds, so it must hold nothing older.
    consumer = uuid.uuid4().hex
    rows = _write_entries(redis, _abandoned(redis, consumer))
    while True:
        redis.set(stream.DRAINING, b"1", ex=stream.DRAINING_TTL_S)
        rows += _write_until_empty(redis, consumer)
        # Whoever appended while the flag was set has woken nobody. So take it away first and look once more.
        redis.delete(stream.DRAINING)
        entries = _read(redis, consumer)
        if not entries:
            break
        rows += _write_entries(redis, entries)
    redis.xgroup_delconsumer(stream.STREAM, stream.GROUP, consumer)
    return rows


def note_alive(redis: Redis) -> None:
    """Tell /readyz that a worker takes tasks."""
    redis.set(WORKER_SEEN, b"1", ex=WORKER_SEEN_TTL_S)


def _write_until_empty(redis: Redis, consumer: str) -> int:
    rows = 0
    while entries := _read(redis, consumer):
        rows += _write_entries(redis, entries)
        redis.expire(stream.DRAINING, stream.DRAINING_TTL_S)
    return rows


def _read(redis: Redis, consumer: str) -> list[Entry]:
    answer: Any = redis.xreadgroup(stream.GROUP, consumer, {stream.STREAM: ">"}, count=READ_ENTRIES)
    return list(answer[0][1]) if answer else []


def _abandoned(redis: Redis, consumer: str) -> list[Entry]:
    answer: Any = redis.xautoclaim(
        stream.STREAM, stream.GROUP, consumer, min_idle_time=ABANDONED_MS, count=READ_ENTRIES
    )
    if answer[1]:
        _forget_dead_consumers(redis)
    return list(answer[1])


def _forget_dead_consumers(redis: Redis) -> None:
    known: Any = redis.xinfo_consumers(stream.STREAM, stream.GROUP)
    for one in known:
        if one["pending"] == 0 and one["idle"] > FORGOTTEN_MS:
            redis.xgroup_delconsumer(stream.STREAM, stream.GROUP, one["name"])


def _write_entries(redis: Redis, entries: list[Entry]) -> int:
    """Entries go in whole: a batch holds at least `BATCH_EVENTS` events where there are as many."""
    rows = 0
    ids: list[bytes] = []
    events: list[LogEvent] = []
    try:
        for entry_id, fields in entries:
            ids.append(entry_id)
            events += _events(entry_id, fields)
            if len(events) >= BATCH_EVENTS:
                rows += _write_and_acknowledge(redis, ids, events)
                ids, events = [], []
        if ids:
            rows += _write_and_acknowledge(redis, ids, events)
    except Exception:
        _give_back(redis, [entry_id for entry_id, _ in entries])
        raise
    return rows


def _write_and_acknowledge(redis: Redis, ids: list[bytes], events: list[LogEvent]) -> int:
    rows = write(events).rows if events else 0
    pipeline = redis.pipeline(transaction=False)
    pipeline.xack(stream.STREAM, stream.GROUP, *ids)
    pipeline.xdel(stream.STREAM, *ids)
    pipeline.execute()
    return rows


def _give_back(redis: Redis, ids: list[bytes]) -> None:
    """Make entries look abandoned, so that the next drain takes them at once. Acknowledged ones are not touched."""
    redis.xclaim(
        stream.STREAM, stream.GROUP, "given-back", min_idle_time=0, message_ids=[*ids], idle=ABANDONED_MS
    )


def _events(entry_id: bytes, fields: dict[bytes, bytes]) -> list[LogEvent]:
    try:
        return decode(fields[stream.FIELD])
    except (KeyError, msgspec.DecodeError):
        log.exception("stream entry is not ours", entry_id=entry_id.decode())
        return []
