"""Keyset paging over requests: pages that never skip or repeat a row, however many arrive meanwhile.

A cursor names a row by the values it is ordered by, and the direction to go from there. Rows without a value
(cost unknown, nothing streamed) come last in either direction, as PostgreSQL's NULLS LAST has it.
"""

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar
from uuid import UUID

import msgspec
from django.db.models import F, OrderBy, Q, QuerySet

from requests_app.models import Request

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DEFAULT_SORT = "-created_at"
# What one may sort by, and the expression behind it.
SORTS: dict[str, Any] = {
    "created_at": F("created_at"),
    "cost": F("cost_nanodollars"),
    "latency_ms": F("latency_ms"),
    "total_tokens": F("prompt_tokens") + F("completion_tokens"),
    "time_to_first_token_ms": F("time_to_first_token_ms"),
}


class BadCursor(Exception):
    """The cursor was not made by us, or for another sorting."""


class BadSort(Exception):
    """There is no sorting of this name."""


@dataclass(frozen=True, slots=True)
class Sort:
    """What to order by; ties are broken by time and id, in the same direction."""

    name: str
    descending: bool

    @classmethod
    def parse(cls, text: str | None) -> "Sort":
        """Returns the sorting named `text`, such as `-cost`. Raises BadSort."""
        text = text or DEFAULT_SORT
        name = text.removeprefix("-")
        if name not in SORTS:
            raise BadSort(f"Cannot sort by {name!r}: choose one of {', '.join(SORTS)}.")
        return cls(name, text.startswith("-"))

    def __str__(self) -> str:
        return f"-{self.name}" if self.descending else self.name


class Cursor(msgspec.Struct, array_like=True, frozen=True):
    """A place between two rows."""

    sort: str
    backwards: bool
    value: int | None  # of the sort column; unused when sorting by time
    created_at_us: int
    id: UUID

    def encode(self) -> str:
        """Returns the cursor as it stands in a URL."""
        return base64.urlsafe_b64encode(msgspec.json.encode(self)).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str, sort: Sort) -> "Cursor":
        """Returns what `encode` made. Raises BadCursor."""
        try:
            padded = text + "=" * (-len(text) % 4)
            cursor = msgspec.json.decode(base64.urlsafe_b64decode(padded), type=cls)
            EPOCH + timedelta(microseconds=cursor.created_at_us)
        except (binascii.Error, msgspec.DecodeError, UnicodeError, ValueError, OverflowError) as error:
            raise BadCursor("This cursor is not one of ours.") from error
        if cursor.sort != str(sort):
            raise BadCursor("This cursor belongs to another sorting.")
        return cursor

    @property
    def created_at(self) -> datetime:
        """Returns the time of the row that the cursor names."""
        return EPOCH + timedelta(microseconds=self.created_at_us)


Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Slice(Generic[Row]):
    """One page of rows, in the order asked for, and the cursors to its neighbours."""

    rows: list[Row]
    next_cursor: str | None
    previous_cursor: str | None


def page(
    queryset: QuerySet[Request],
    *,
    sort: Sort,
    cursor_text: str | None,
    limit: int,
    fetch: Callable[[QuerySet[Request]], list[Row]],
    position: Callable[[Row], tuple[int | None, datetime, UUID]],
) -> Slice[Row]:
    """Returns the `limit` rows after the cursor. Raises BadCursor.

    `fetch` reads the rows of a sliced queryset; `position` gives a row's sort value, time and id.
    """
    cursor = Cursor.decode(cursor_text, sort) if cursor_text else None
    backwards = cursor is not None and cursor.backwards
    ordered = queryset.alias(sort_value=SORTS[sort.name]).order_by(*_ordering(sort, reverse=backwards))
    if cursor is not None:
        ordered = ordered.filter(_beyond(cursor, sort))
    rows = fetch(ordered[: limit + 1])
    has_more = len(rows) > limit
    rows = rows[:limit]
    if backwards:
        rows.reverse()

    def cursor_at(row: Row, *, towards_start: bool) -> str:
        value, created_at, id = position(row)
        microseconds = (created_at - EPOCH) // timedelta(microseconds=1)
        return Cursor(str(sort), towards_start, value, microseconds, id).encode()

    # Coming from a side means that there are rows on that side.
    has_next = has_more if not backwards else True
    has_previous = has_more if backwards else cursor is not None
    return Slice(
        rows,
        cursor_at(rows[-1], towards_start=False) if rows and has_next else None,
        cursor_at(rows[0], towards_start=True) if rows and has_previous else None,
    )


def _ordering(sort: Sort, *, reverse: bool) -> list[OrderBy]:
    descending = sort.descending != reverse
    ties = [OrderBy(F("created_at"), descending=descending), OrderBy(F("id"), descending=descending)]
    if sort.name == "created_at":
        return ties
    nulls = {"nulls_first": True} if reverse else {"nulls_last": True}
    return [OrderBy(F("sort_value"), descending=descending, **nulls), *ties]


def _beyond(cursor: Cursor, sort: Sort) -> Q:
    """Returns the condition for the rows after the cursor in the direction of travel."""
    op = "lt" if sort.descending != cursor.backwards else "gt"
    created_at = cursor.created_at
    tie = Q(**{f"created_at__{op}": created_at}) | Q(created_at=created_at, **{f"id__{op}": cursor.id})
    # The plain bound lets PostgreSQL begin in the index at the right place and skip whole partitions.
    tie = Q(**{f"created_at__{op}e": created_at}) & tie
    if sort.name == "created_at":
        return tie
    if cursor.value is None:
        same = Q(sort_value=None) & tie
        return same | Q(sort_value__isnull=False) if cursor.backwards else same
    beyond = Q(**{f"sort_value__{op}": cursor.value}) | (Q(sort_value=cursor.value) & tie)
    return beyond if cursor.backwards else beyond | Q(sort_value=None)
