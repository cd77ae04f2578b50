"""How the time of an export is cut into windows that are fetched side by side."""

from collections.abc import AsyncIterator, Awaitable, Callable
from itertools import pairwise
from typing import NamedTuple

# Counting costs calls: windows are halved by counts until they hold some pages, and then cut evenly.
_PAGES_COUNTED = 10
_FILLED = 0.9  # of a page, so that uneven traffic still fits into one
_DAY_MS = 86_400_000


class Window(NamedTuple):
    """The time from `start_ms` on, and before `before_ms`."""

    start_ms: int
    before_ms: int

    @property
    def length_ms(self) -> int:
        """Returns how long it is."""
        return self.before_ms - self.start_ms


Count = Callable[[Window], Awaitable[int | None]]


async def windows(
    whole: Window, *, total: int | None, count: Count, page_rows: Callable[[], int]
) -> AsyncIterator[Window]:
    """Yields windows that together are `whole`, the newest first, with about one page of requests each.

    Counts only say where to cut. A wrong one makes it slower, and leaves nothing out: each moment is in one window,
    and whoever reads a window reads all of it. Where nobody can count (None) a window is a day.
    """
    waiting = [(whole, total)]
    while waiting:
        window, rows = waiting.pop()
        if rows is None:
            for part in _cut(window, -(-window.length_ms // _DAY_MS)):
                yield part
        elif rows <= page_rows() * _PAGES_COUNTED or window.length_ms < 2:
            for part in _cut(window, -(-rows // max(1, int(page_rows() * _FILLED)))):
                yield part
        else:
            middle_ms = window.start_ms + window.length_ms // 2
            older, newer = Window(window.start_ms, middle_ms), Window(middle_ms, window.before_ms)
            newer_rows = await count(newer)
            older_rows = None if newer_rows is None else max(0, rows - newer_rows)
            waiting += [(older, older_rows), (newer, newer_rows)]


def _cut(window: Window, parts: int) -> list[Window]:
    parts = max(1, min(parts, window.length_ms))
    cuts = [window.start_ms + window.length_ms * n // parts for n in range(parts + 1)]
    return [Window(start, before) for start, before in pairwise(cuts)][::-1]
