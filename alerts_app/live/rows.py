"""The stream of new rows (`ingest_app.live`) as viewers read it: from a place on, and between two places."""

from typing import Any, NamedTuple

import redis.asyncio

from ingest_app.live import (
    FIELD,
    MAX_ENTRIES,
    NOTHING_YET,
    Row,
    decoded,
    last_id,
    note_watched,
    rows_key,
    running_key,
)

# Rows that are evaluated together: 100 of them are in an entry at most.
READ_ENTRIES = 20
MOST_ENTRIES = 100  # of those that a viewer missed

Place = tuple[int, int]


class News(NamedTuple):
    """What has come: rows up to the place `last` (an id), and what gateways announce by their names."""

    rows: list[Row]
    last: str
    announced: dict[bytes, bytes]
    is_more: bool


class Missed(NamedTuple):
    """Rows between two places; `has_gap` when some of them are there no more."""

    rows: list[Row]
    has_gap: bool


def place(id: str) -> Place:
    """Returns the two halves of an id. Raises ValueError for what is none."""
    ms, _, sequence = id.partition("-")
    return int(ms), int(sequence)


class RowStream:
    """The new rows of one organization."""

    def __init__(self, client: redis.asyncio.Redis, organization_id: int) -> None:
        self._redis = client
        self._organization_id = organization_id
        self._key = rows_key(organization_id)
        self._running_key = running_key(organization_id)

    async def watch(self) -> str:
        """Have rows kept for the next minutes. Returns the id of the last entry there is."""
        pipeline = self._redis.pipeline(transaction=False)
        note_watched(pipeline, self._organization_id)
        return last_id(await pipeline.execute())

    async def news(self, after: str) -> News:
        """Returns what came after the place `after`, and what runs now."""
        pipeline = self._redis.pipeline(transaction=False)
        pipeline.xrange(self._key, f"({after}", count=READ_ENTRIES)
        pipeline.hgetall(self._running_key)
        entries, announced = await pipeline.execute()
        last = entries[-1][0].decode() if entries else after
        return News(_rows(entries), last, announced, len(entries) == READ_ENTRIES)

    async def missed(self, after: str, until: str) -> Missed:
        """Returns what came after the place `after`, up to `until`, the last that is known."""
        if place(after) >= place(until):
            return Missed([], has_gap=after != until)  # a place in a stream that was lost
        entries: Any = await self._redis.xrange(self._key, after, until, count=MOST_ENTRIES + 1)
        # Entries are forgotten from the first on, so after one that is there none is missing.
        is_there = bool(entries) and entries[0][0].decode() == after
        if after == NOTHING_YET:
            is_there = not await self._has_forgotten()
        elif is_there:
            entries = entries[1:]
        return Missed(_rows(entries[-MOST_ENTRIES:]), not is_there or len(entries) > MOST_ENTRIES)

    async def forget(self, gateways: list[bytes]) -> None:
        """Take away what gateways announced that are gone."""
        if gateways:
            await self._redis.hdel(self._running_key, *gateways)

    async def _has_forgotten(self) -> bool:
        try:
            known: Any = await self._redis.xinfo_stream(self._key)
        except redis.exceptions.ResponseError:  # there is none
            return True
        return int(known.get("entries-added", MAX_ENTRIES)) > int(known["length"])  # not told before Redis 7


def _rows(entries: list[Any]) -> list[Row]:
    return [row for _, fields in entries for row in decoded(fields[FIELD])]
