"""Bringing events into the stream no faster than the writer takes them out, and waiting until it has."""

import time
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

from redis import Redis

from ingest_app import stream
from ingest_app.events import LogEvent

BATCH_EVENTS = 100
# Entries of a megabyte at most each: what may wait in Redis at a time.
MOST_WAITING_ENTRIES = 40
_LOOK_EVERY_S = 0.1
# What a writer that died has taken is given to another after a minute; wait a little longer than that.
PATIENCE_S = 90.0


class NotDrained(Exception):
    """Nothing was taken out of the stream for too long. `waiting` is how many events are in it, about."""

    def __init__(self, waiting: int) -> None:
        super().__init__(f"{waiting} events wait")
        self.waiting = waiting


def feed(
    redis: Redis,
    events: Iterable[LogEvent],
    *,
    note: Callable[[int], None],
    patience_s: float = PATIENCE_S,
) -> int:
    """Append all `events` and wait until they are written. Returns how many.

    `note` is told every moment how many are written by now, about. Raises NotDrained.
    """
    watch = _Watch(redis, patience_s)
    appended = 0
    for batch in _batches(events):
        appended += stream.append(redis, batch)
        while (waiting := watch.look()) > MOST_WAITING_ENTRIES:
            note(max(appended - waiting * BATCH_EVENTS, 0))
            time.sleep(_LOOK_EVERY_S)
        note(max(appended - waiting * BATCH_EVENTS, 0))
    last: Any = redis.xinfo_stream(stream.STREAM)["last-generated-id"]
    # Not until the stream is empty: live traffic comes in behind ours.
    while redis.xrange(stream.STREAM, max=last, count=1):
        note(max(appended - watch.look() * BATCH_EVENTS, 0))
        time.sleep(_LOOK_EVERY_S)
    note(appended)
    return appended


class _Watch:
    """Looks whether the stream moves."""

    def __init__(self, redis: Redis, patience_s: float) -> None:
        self._redis = redis
        self._patience_s = patience_s
        self._first: object = None
        self._moved_at = time.monotonic()

    def look(self) -> int:
        """Returns how many entries wait. Raises NotDrained when the first has been the same for too long."""
        waiting = stream.length(self._redis)
        info: Any = self._redis.xinfo_stream(stream.STREAM)
        first = info["first-entry"] and info["first-entry"][0]
        if first != self._first:
            self._first, self._moved_at = first, time.monotonic()
        elif waiting and time.monotonic() - self._moved_at > self._patience_s:
            raise NotDrained(waiting * BATCH_EVENTS)
        return waiting


def _batches(events: Iterable[LogEvent]) -> Iterator[list[LogEvent]]:
    iterator = iter(events)
    while batch := list(islice(iterator, BATCH_EVENTS)):
        yield batch
