"""All requests of an export, the newest first, each once."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import suppress
from typing import Any, NamedTuple

from helicone_export.ahead import Ahead
from helicone_export.api import Api, Refused
from helicone_export.filters import Filter, between, both
from helicone_export.rows import Row, with_bodies
from helicone_export.state import Position
from helicone_export.windows import Window, windows

_PAGES_AHEAD = 2  # of each window: what one holds more waits for its turn
_WINDOWS_AHEAD = 2  # beyond those that are being fetched
_FIRST_ROWS_WITH_BODIES = 100
_FEWEST_ROWS = 10
_PAGE_BYTES = 4_000_000  # of a page with bodies, so that memory stays small however long they are


class Page(NamedTuple):
    """Some rows, and how far the export is when they have been written."""

    rows: list[Row]
    position: Position


class Reader:
    """Reads what `filters` ask for, in pages of at most `batch_size` rows, so many `parallel` to each other."""

    def __init__(
        self,
        api: Api,
        *,
        filters: list[Filter],
        batch_size: int,
        parallel: int,
        include_body: bool,
        unscored_only: bool,
    ) -> None:
        self._api = api
        self._filters = filters
        self._batch_size = batch_size
        self._parallel = parallel
        self._include_body = include_body
        self._unscored_only = unscored_only
        self._page_rows = min(batch_size, _FIRST_ROWS_WITH_BODIES) if include_body else batch_size

    async def count(self, window: Window) -> int | None:
        """Returns how many requests there are in it; None where the server can't tell."""
        return await self._api.count(self._asked(window))

    async def pages(
        self, start_ms: int, position: Position, *, total: int | None
    ) -> AsyncGenerator[Page, None]:
        """Yields the requests from `start_ms` up to `position`, the newest first.

        Windows are read side by side, and handed out in order. Raises ExportError.
        """
        whole = Window(start_ms, position.before_ms)
        cut = Ahead(
            windows(whole, total=total, count=self.count, page_rows=lambda: self._page_rows),
            ahead=self._parallel,
        )
        reading: deque[Ahead[Page]] = deque()
        try:
            seen = position.seen
            async for window in cut:
                reading.append(Ahead(self._window(window, seen), ahead=_PAGES_AHEAD))
                seen = []
                if len(reading) == self._parallel + _WINDOWS_AHEAD:
                    async for page in reading[0]:
                        yield page
                    reading.popleft()
            while reading:
                async for page in reading[0]:
                    yield page
                reading.popleft()
        finally:
            await asyncio.gather(cut.close(), *(one.close() for one in reading))

    async def _window(self, window: Window, done: list[str]) -> AsyncIterator[Page]:
        """Yields the pages of one window.

        Each page begins where the last one ended, at its last millisecond: whatever comes or goes meanwhile, nothing
        is shifted out of sight. Rows of that millisecond which come twice are left out.
        """
        before_ms, seen, offset = window.before_ms, set(done), 0
        while True:
            limit = self._page_rows
            answer = await self._api.query(
                self._asked(
                    Window(window.start_ms, before_ms),
                    limit=limit,
                    offset=offset,
                    sort={"created_at": "desc"},
                    **({"includeBodies": True} if self._include_body and not self._api.is_helicone else {}),
                )
            )
            fresh = _unseen(answer.rows, seen)
            rows, size = await self._with_bodies(fresh) if self._include_body else (fresh, 0)
            self._adapt(len(answer.rows), max(answer.size, size))
            if _is_last(answer.rows, fresh, limit):
                yield Page(rows, Position(window.start_ms))
                return
            last_ms = min(row.created_ms for row in answer.rows)
            if last_ms + 1 < before_ms:
                before_ms, offset = last_ms + 1, 0
                seen = {row.key for row in answer.rows if row.created_ms == last_ms}
            else:
                # A page of one millisecond: only counting leads on.
                offset += len(answer.rows)
                seen |= {row.key for row in answer.rows}
            yield Page(rows, Position(before_ms, sorted(seen)))

    def _asked(self, window: Window, **more: Any) -> dict[str, Any]:
        asked = {"filter": both([*between(*window), *self._filters]), **more}
        return {**asked, "isScored": False} if self._unscored_only else asked

    async def _with_bodies(self, rows: list[Row]) -> tuple[list[Row], int]:
        """Returns the rows with their bodies, and their size in bytes."""
        filled = await asyncio.gather(*(self._filled(row) for row in rows))
        return filled, sum(len(row.json) for row in filled)

    async def _filled(self, row: Row) -> Row:
        if row.signed_body_url is None:
            return row
        # Helicone's rows may hold bodies cut for its search: only its files have all of them.
        if row.is_ours and not row.is_stub:
            return with_bodies(row, {})
        try:
            return with_bodies(row, await self._api.bodies(row.signed_body_url))
        except Refused:
            # The address may have expired while others were read.
            again = await self._api.row(row.key)
        if again is not None and again.signed_body_url is not None:
            with suppress(Refused):
                return with_bodies(row, await self._api.bodies(again.signed_body_url))
        return row._replace(bodies_missing=True)

    def _adapt(self, rows: int, size: int) -> None:
        if self._include_body and rows:
            self._page_rows = max(_FEWEST_ROWS, min(self._batch_size, _PAGE_BYTES * rows // max(1, size)))


def _unseen(rows: list[Row], seen: set[str]) -> list[Row]:
    once = {row.key: row for row in rows if row.key not in seen}
    return list(once.values())


def _is_last(rows: list[Row], fresh: list[Row], limit: int) -> bool:
    """Returns whether no page follows one of these `rows`.

    Helicone's cloud takes copies of a row together after it has cut the page, so that a short page may have others
    behind it: there a page is the last when it has nothing new and is far from full.
    """
    if rows and rows[0].is_ours:
        return len(rows) < limit
    return not fresh and len(rows) * 2 < limit
