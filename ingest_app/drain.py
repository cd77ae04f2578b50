"""From the stream to the tables: read by consumer group, write, commit, then acknowledge."""

import struct
import time
import uuid
from contextlib import suppress
from typing import Any

import msgspec
import structlog
from django.db import DataError, IntegrityError, connection, transaction
from redis import Redis
from redis.exceptions import OutOfMemoryError

from ingest_app import stream
from ingest_app.dead_letters import bury_unreadable
from ingest_app.events import decode
from ingest_app.partitions import forget_made
from ingest_app.stream import StreamEntry
from ingest_app.writer import Batch, Unstorable, write

log = structlog.get_logger(__name__)

READ_ENTRIES = 64
ABANDONED_MS = 60_000  # an entry read this long ago and not acknowledged was left by a worker that died
FORGOTTEN_MS = 3_600_000  # a consumer without entries that has been silent this long is gone
# What one event can be to blame for. Whatever else goes wrong is a fault of ours or of the database: then all wait.
POISON = (Unstorable, DataError, IntegrityError, ValueError, TypeError, OverflowError, struct.error)
WORKER_SEEN = "helicone:worker:seen"
WORKER_SEEN_TTL_S = 15
UNASKED_AFTER_S = 10.0


class BatchSize:
    """How many events go into one transaction: as many as take about half a second.

    Large batches are cheaper an event; but rows are seen only when their batch is committed, and a lock is held
    no longer than that.
    """

    AIM_S = 0.5
    LEAST, MOST = 50, 2000

    def __init__(self) -> None:
        self.events = 500

    def took(self, events: int, seconds: float) -> None:
        """Learn from a batch."""
        if seconds > self.AIM_S * 1.5:
            self.events = max(self.LEAST, self.events // 2)
        elif seconds < self.AIM_S / 2 and events >= self.events:
            self.events = min(self.MOST, self.events * 2)


_batch_size = BatchSize()
_last_run_at = time.monotonic()
_behind: set[str] = set()  # the consumers of this process that read as much at once as they may

RawEntry = tuple[bytes, dict[bytes, bytes]]


def drain(redis: Redis) -> int:
    """Write everything in the stream. Returns how many rows were new.

    May run in several workers at once, and any of them may die anywhere: entries are acknowledged after their
    rows are committed, and entries of a dead worker are claimed.
    """
    global _last_run_at
    _last_run_at = time.monotonic()
    with suppress(OutOfMemoryError):
        stream.ensure_group(redis)
    # A name of its own for each run: forgetting a consumer forgets what it holds, so it must hold nothing older.
    consumer = uuid.uuid4().hex
    try:
        return _drain(redis, consumer)
    finally:
        _behind.discard(consumer)


def is_behind() -> bool:
    """Returns whether this process is draining a backlog: more waits than it reads at once."""
    return bool(_behind)


def _drain(redis: Redis, consumer: str) -> int:
    rows = _write_entries(redis, _abandoned(redis, consumer))
    while True:
        # A Redis that is full refuses to set anything. Reading and deleting, which makes room, it allows.
        with suppress(OutOfMemoryError):
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


def drain_unasked(redis: Redis) -> None:
    """Drain if something waits and nobody has been at it for `UNASKED_AFTER_S`."""
    if time.monotonic() - _last_run_at > UNASKED_AFTER_S and stream.length(redis):
        drain(redis)


def note_alive(redis: Redis) -> None:
    """Tell /readyz that a worker takes tasks."""
    with suppress(OutOfMemoryError):
        redis.set(WORKER_SEEN, b"1", ex=WORKER_SEEN_TTL_S)


def _write_until_empty(redis: Redis, consumer: str) -> int:
    rows = 0
    while entries := _read(redis, consumer):
        rows += _write_entries(redis, entries)
        redis.expire(stream.DRAINING, stream.DRAINING_TTL_S)
        note_alive(redis)
    return rows


def _read(redis: Redis, consumer: str) -> list[RawEntry]:
    answer: Any = redis.xreadgroup(stream.GROUP, consumer, {stream.STREAM: ">"}, count=READ_ENTRIES)
    entries = list(answer[0][1]) if answer else []
    if len(entries) == READ_ENTRIES:
        _behind.add(consumer)
    else:
        _behind.discard(consumer)
    return entries


def _abandoned(redis: Redis, consumer: str) -> list[RawEntry]:
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


def _write_entries(redis: Redis, raw: list[RawEntry]) -> int:
    """Write what was read, in batches of whole entries."""
    rows = 0
    batch: list[StreamEntry] = []
    events = 0
    try:
        for entry_id, fields in raw:
            entry = _entry(redis, entry_id, fields)
            if entry is None:
                continue
            batch.append(entry)
            events += len(entry.events)
            if events >= _batch_size.events:
                rows += _write_and_acknowledge(redis, batch)
                batch, events = [], 0
        if batch:
            rows += _write_and_acknowledge(redis, batch)
    except Exception:
        _give_back(redis, [entry_id for entry_id, _ in raw])
        raise
    return rows


def _write_and_acknowledge(redis: Redis, entries: list[StreamEntry]) -> int:
    began = time.perf_counter()
    try:
        rows = write(Batch(entries))
    except POISON:
        # The batch holds poison (or a week that retention dropped). Any other error is the database's, not the
        # events': they wait.
        forget_made()
        rows = sum(_write_without_poison(entry) for entry in entries)
    _batch_size.took(sum(len(entry.events) for entry in entries), time.perf_counter() - began)
    stream.acknowledge(redis, [entry.id for entry in entries])
    return rows


def _write_without_poison(entry: StreamEntry) -> int:
    """Write an entry; events that cannot be stored go to the dead letters, and the others in."""
    try:
        return write(Batch([entry]))
    except Unstorable as error:
        dead = error.dead
    except POISON:
        dead = {}
    for event in entry.events:
        if event.id not in dead and (reason := _reason_against(StreamEntry(entry.id, [event]))):
            dead[event.id] = reason
    return write(Batch([entry], dead))


def _reason_against(entry: StreamEntry) -> str | None:
    """Returns why an event cannot be stored, or None when it can: tried out and rolled back."""
    try:
        with transaction.atomic():
            write(Batch([entry]))
            connection.set_rollback(True)
    except POISON as error:
        log.error("event goes to the dead letters", event_id=str(entry.events[0].id), reason=str(error))
        return f"{type(error).__name__}: {error}"
    return None


def _give_back(redis: Redis, ids: list[bytes]) -> None:
    """Make entries look abandoned, so that the next drain takes them at once. Acknowledged ones are not touched."""
    redis.xclaim(
        stream.STREAM, stream.GROUP, "given-back", min_idle_time=0, message_ids=[*ids], idle=ABANDONED_MS
    )


def _entry(redis: Redis, entry_id: bytes, fields: dict[bytes, bytes]) -> StreamEntry | None:
    """Returns the entry, or None when it is no list of events: then it is a dead letter already."""
    try:
        return StreamEntry(entry_id, decode(fields[stream.FIELD]))
    except (KeyError, msgspec.DecodeError) as error:
        log.error("stream entry is not ours", entry_id=entry_id.decode(), reason=str(error))
        payload = fields.get(stream.FIELD) or msgspec.msgpack.encode(fields)
        bury_unreadable(payload, f"{type(error).__name__}: {error}")
        stream.acknowledge(redis, [entry_id])
        return None
