"""Where events of an import go: into the stream, no faster than they are written, and never twice."""

import time
from collections import deque
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection
from redis import Redis

from helicone_site.sql import load
from ingest_app.drain import READ_ENTRIES
from ingest_app.events import LogEvent
from ingest_app.feeding import EntryKey, Feed
from ingest_app.writer import EPOCH

SQL = Path(__file__).parent.parent / "sql"
_SAVE_EVERY_S = 1.0
# More than the writer reads at once: so it knows that it is behind, and what else the worker does waits for it.
_MOST_WAITING_ENTRIES = 2 * READ_ENTRIES
_ENTRY_EVENTS = 100

Checkpoint = dict[str, Any]


class _Put(NamedTuple):
    """A checkpoint, and what was appended before it."""

    key: EntryKey
    checkpoint: Checkpoint
    ids: list[UUID]


class Sink:
    """Takes events; tells `save` of checkpoints, each when all that came before it is committed.

    With `is_dry` nothing goes anywhere.
    """

    def __init__(
        self,
        redis: Redis,
        *,
        organization_id: int,
        save: Callable[[Checkpoint], None],
        note: Callable[[], None],
        is_dry: bool,
    ) -> None:
        self._feed = Feed(redis, most_waiting_entries=_MOST_WAITING_ENTRIES)
        self._organization_id = organization_id
        self._save = save
        self._note = note
        self._is_dry = is_dry
        self._open: deque[_Put] = deque()
        self._last: EntryKey = (0, 0)
        self._new: list[UUID] = []  # appended since the last checkpoint
        # Appended, and perhaps not committed yet: the table does not know them.
        self._under_way: set[UUID] = set()
        self._latest: Checkpoint | None = None  # committed, and not saved yet
        self._saved_at = time.monotonic()

    @property
    def under_way(self) -> int:
        """Returns how many events are appended and not committed yet, about."""
        return len(self._under_way)

    def put(self, events: Sequence[LogEvent]) -> int:
        """Append those of `events` that are not stored yet. Returns how many; the others are there.

        Raises NotDrained, redis.RedisError, django.db.Error.
        """
        unique = {event.id: event for event in events if event.id not in self._under_way}
        known = self._stored(list(unique.values()))
        new = [event for id, event in unique.items() if id not in known]
        ids = [event.id for event in new]
        self._under_way.update(ids)
        self._new += ids
        if self._is_dry:
            self._note()
        elif new:
            for start in range(0, len(new), _ENTRY_EVENTS):
                self._last = self._feed.append(new[start : start + _ENTRY_EVENTS])
            self._feed.wait_for_room(self._look)
        else:
            self._look(0)
        return len(new)

    def passed(self, checkpoint: Checkpoint) -> None:
        """Keep `checkpoint` when all that was put is committed."""
        if not self._is_dry:
            self._open.append(_Put(self._last, checkpoint, self._new))
            self._new = []

    def finish(self) -> None:
        """Wait until all is committed. Raises NotDrained, redis.RedisError."""
        if not self._is_dry:
            self._feed.wait_until_written(self._last, self._look)
            self._look(0)
            self._save_latest()

    def _look(self, waiting: int) -> None:
        """Find out what is committed by now."""
        first = self._feed.first()
        while self._open and (first is None or self._open[0].key < first):
            put = self._open.popleft()
            self._under_way.difference_update(put.ids)
            self._latest = put.checkpoint
        if time.monotonic() - self._saved_at >= _SAVE_EVERY_S:
            self._save_latest()
        self._note()

    def _save_latest(self) -> None:
        self._saved_at = time.monotonic()
        if self._latest is not None:
            self._save(self._latest)
            self._latest = None

    def _stored(self, events: Sequence[LogEvent]) -> set[UUID]:
        """Returns which of the events have a row."""
        if not events:
            return set()
        moments = [EPOCH + timedelta(microseconds=event.created_at_us) for event in events]
        with connection.cursor() as cursor:
            cursor.execute(
                load(SQL, "stored_requests"),
                {
                    "organization_id": self._organization_id,
                    "created_ats": moments,
                    "ids": [event.id for event in events],
                    "first": min(moments),
                    "last": max(moments),
                },
            )
            return {id for (id,) in cursor.fetchall()}
