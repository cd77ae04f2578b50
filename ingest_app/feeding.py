"""Bringing events into the stream no faster than the writer takes them out, and knowing when it has."""

import time
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

from redis import Redis

from ingest_app import stream
from ingest_app.events import LogEvent
from ingest_app.stream import entry_key

BATCH_EVENTS = 100
# Entries of a megabyte at most each: what may wait in Redis at a time.
MOST_WAITING_ENTRIES = 40
_LOOK_EVERY_S = 0.1
# What a writer that died has taken is given to another after a minute; wait a little longer than that.
PATIENCE_S = 90.0

EntryKey = tuple[int, int]
"""The two halves of a stream entry's id."""


class NotDrained(Exception):
    """Nothing was taken out of the stream for too long. `waiting` is how many events are in it, about."""

    def __init__(self, waiting: int) -> None:
        super().__init__(f"{waiting} events wait")
        self.waiting = waiting


class Feed:
    """The stream as whoever brings a lot into it sees it."""

    def __init__(
        self,
        redis: Redis,
        *,
        patience_s: float = PATIENCE_S,
        most_waiting_entries: int = MOST_WAITING_ENTRIES,
    ) -> None:
        self._redis = redis
        self._patience_s = patience_s
        self._most_waiting_entries = most_waiting_entries
        self._first: object = None
        self._moved_at = time.monotonic()

    def append(self, events: Iterable[LogEvent]) -> EntryKey:
        """Append `events`. Returns a key: when no entry up to it is left, all of them are written."""
        stream.append(self._redis, events)
        last: Any = self._redis.xinfo_stream(stream.STREAM)["last-generated-id"]
        return entry_key(last)

    def first(self) -> EntryKey | None:
        """Returns the key of the oldest entry that is not written yet, None when all are."""
        found: Any = self._redis.xrange(stream.STREAM, count=1)
        return entry_key(found[0][0]) if found else None

    def waiting(self) -> int:
        """Returns how many entries wait. Raises NotDrained when the first has been the same for too long."""
        waiting = stream.length(self._redis)
        first = self.first()
        if first != self._first:
            self._first, self._moved_at = first, time.monotonic()
        elif waiting and time.monotonic() - self._moved_at > self._patience_s:
            raise NotDrained(waiting * BATCH_EVENTS)
        return waiting

    def wait_for_room(self, note: Callable[[int], None]) -> None:
        """Wait until few enough entries wait; `note` is told how many, every moment. Raises NotDrained."""
        while (waiting := self.waiting()) > self._most_waiting_entries:
            note(waiting)
            time.sleep(_LOOK_EVERY_S)
        note(waiting)

    def wait_until_written(self, key: EntryKey, note: Callable[[int], None]) -> None:
        """Wait until no entry up to `key` is left: live traffic comes in behind it. Raises NotDrained."""
        while (first := self.first()) is not None and first <= key:
            note(self.waiting())
            time.sleep(_LOOK_EVERY_S)


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
    feeding = Feed(redis, patience_s=patience_s)
    appended = 0

    def note_waiting(waiting: int) -> None:
        note(max(appended - waiting * BATCH_EVENTS, 0))

    last: EntryKey = (0, 0)
    for batch in _batches(events):
        last = feeding.append(batch)
        appended += len(batch)
        feeding.wait_for_room(note_waiting)
    feeding.wait_until_written(last, note_waiting)
    note(appended)
    return appended


def _batches(events: Iterable[LogEvent]) -> Iterator[list[LogEvent]]:
    iterator = iter(events)
    while batch := list(islice(iterator, BATCH_EVENTS)):
        yield batch
