"""Pages of what a search finds: candidates are read batch by batch, and those kept whose bodies hold it."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, Protocol, TypeVar
from uuid import UUID

from django.db.models import QuerySet

from ingest_app.bodies import BodyKey, body_store
from requests_app.filter_language.tree import Text
from requests_app.models import Request
from requests_app.paging import EPOCH, Cursor, Slice, Sort, page
from requests_app.search.bodies import SearchedBodies
from requests_app.search.query import all_phrases
from requests_app.search.snippets import Snippet

# One page looks at so many candidates, and begins no further batch after so long. What it has found then is the page,
# with a cursor to go on from there.
MOST_CANDIDATES = 2_000
ENOUGH_S = 0.7
_MOST_IN_BATCH = 200
_READ_ROWS = 50
_READ_BYTES = 8_000_000
_MICROSECOND = timedelta(microseconds=1)


class Candidate(Protocol):
    """A row of the list, as far as a search looks at it."""

    @property
    def key(self) -> BodyKey: ...

    @property
    def request_bytes(self) -> int: ...

    @property
    def response_bytes(self) -> int: ...


Row = TypeVar("Row", bound=Candidate)


@dataclass(frozen=True, slots=True)
class Rows(Generic[Row]):
    """The rows that may hold what is searched for, how to read them, and how to add a snippet to one."""

    candidates: QuerySet[Request]
    fetch: Callable[[QuerySet[Request]], list[Row]]
    position: Callable[[Row], tuple[int | None, datetime, UUID]]
    with_snippet: Callable[[Row, Snippet | None], Row]


def found_page(
    nodes: Sequence[Text], rows: Rows[Row], *, sort: Sort, cursor_text: str | None, limit: int
) -> Slice[Row]:
    """Returns at most `limit` rows after the cursor in which all of `nodes` occur, with snippets.

    They may be fewer, even none, and yet go on. Raises BadCursor, and FilterError when there is no word to search for.
    """
    started = time.monotonic()
    cursor = Cursor.decode(cursor_text, sort) if cursor_text else None
    backwards = cursor is not None and cursor.backwards
    hits: list[Row] = []
    behind: str | None = None  # where one came from, for a page without hits
    looked_at, size = 0, limit + 1
    while True:
        batch = page(
            rows.candidates,
            sort=sort,
            cursor_text=cursor_text,
            limit=size,
            fetch=rows.fetch,
            position=rows.position,
        )
        onward, back = batch.next_cursor, batch.previous_cursor
        if backwards:
            onward, back = back, onward
        behind = behind or back
        in_order = batch.rows[::-1] if backwards else batch.rows
        for hit in _verified(in_order, nodes, rows.with_snippet):
            hits.append(hit)
            if len(hits) > limit:
                break
        looked_at += len(batch.rows)
        cursor_text = onward
        is_enough = looked_at >= MOST_CANDIDATES or time.monotonic() - started > ENOUGH_S
        if onward is None or len(hits) > limit or is_enough:
            break
        size = min(2 * size, _MOST_IN_BATCH)
    if len(hits) > limit:
        del hits[limit:]
        onward = _cursor(rows.position(hits[-1]), sort, backwards=backwards)
    if hits and behind:
        behind = _cursor(rows.position(hits[0]), sort, backwards=not backwards)
    return Slice(hits[::-1], behind, onward) if backwards else Slice(hits, onward, behind)


def _verified(
    rows: Iterable[Row], nodes: Sequence[Text], with_snippet: Callable[[Row, Snippet | None], Row]
) -> Iterator[Row]:
    """Yields those of `rows` whose bodies hold what is searched for, in their order."""
    phrases = all_phrases(nodes)
    for some in _read_together(rows):
        bodies = {
            key: SearchedBodies(found) for key, found in body_store().get_many([row.key for row in some])
        }
        for row in some:
            searched = bodies.get(row.key)
            if searched is not None and searched.have(phrases):
                yield with_snippet(row, searched.snippet(phrases))


def _read_together(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Yields runs of rows whose bodies fit into memory together, of at least one row."""
    some: list[Row] = []
    size = 0
    for row in rows:
        row_bytes = row.request_bytes + row.response_bytes
        if some and (len(some) >= _READ_ROWS or size + row_bytes > _READ_BYTES):
            yield some
            some, size = [], 0
        some.append(row)
        size += row_bytes
    if some:
        yield some


def _cursor(position: tuple[int | None, datetime, UUID], sort: Sort, *, backwards: bool) -> str:
    value, created_at, id = position
    return Cursor(str(sort), backwards, value, (created_at - EPOCH) // _MICROSECOND, id).encode()
