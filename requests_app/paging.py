"""Keyset paging: pages that never skip or repeat a row, however many arrive meanwhile.

A cursor names a row by the values it is ordered by, and the direction to go from there. Rows without a value
(cost unknown, nothing streamed) come last in either order. Ties are broken by `created_at` and `id`, which a table that
calls them otherwise has as aliases.
"""

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar
from uuid import UUID

import msgspec
from django.core.exceptions import ValidationError
from django.db.models import F, OrderBy, Q, QuerySet

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DEFAULT_SORT = "-created_at"
# What one may sort requests by, and the expression behind it.
SORTS: dict[str, Any] = {
    "created_at": F("created_at"),
    "cost": F("cost_nanodollars"),
    "latency_ms": F("latency_ms"),
    "total_tokens": F("total_tokens"),
    "time_to_first_token_ms": F("time_to_first_token_ms"),
}


_VALUED, _WITHOUT = Q(sort_value__isnull=False), Q(sort_value__isnull=True)


class BadCursor(Exception):
    """The cursor was not made by us, or for another sorting."""


class BadSort(Exception):
    """There is no sorting of this name."""


@dataclass(frozen=True, slots=True)
class Sort:
    """What to order by; ties are broken by time and id, in the same direction."""

    name: str
    descending: bool
    expression: Any = field(compare=False)

    @classmethod
    def parse(cls, text: str | None, sorts: Mapping[str, Any] = SORTS) -> "Sort":
        """Returns the sorting named `text`, such as `-cost`, one of `sorts`. Raises BadSort."""
        text = text or DEFAULT_SORT
        name = text.removeprefix("-")
        if name not in sorts:
            raise BadSort(f"Cannot sort by {name!r}: choose one of {', '.join(sorts)}.")
        return cls(name, text.startswith("-"), sorts[name])

    def __str__(self) -> str:
        return f"-{self.name}" if self.descending else self.name


SortValue = int | str | None
"""Of the sort column; a time in ISO 8601."""


class Cursor(msgspec.Struct, array_like=True, frozen=True):
    """A place between two rows."""

    sort: str
    backwards: bool
    value: SortValue  # unused when sorting by `created_at`
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
        if isinstance(cursor.value, str) and "\x00" in cursor.value:
            raise BadCursor("This cursor is not one of ours.")
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
    queryset: QuerySet[Any],
    *,
    sort: Sort,
    cursor_text: str | None,
    limit: int,
    fetch: Callable[[QuerySet[Any]], list[Row]],
    position: Callable[[Row], tuple[SortValue, datetime, UUID]],
) -> Slice[Row]:
    """Returns the `limit` rows after the cursor. Raises BadCursor.

    `fetch` reads the rows of a sliced queryset; `position` gives a row's sort value, time and id.
    """
    cursor = Cursor.decode(cursor_text, sort) if cursor_text else None
    backwards = cursor is not None and cursor.backwards
    rows: list[Row] = []
    for part in _parts(queryset.alias(sort_value=sort.expression), sort, cursor):
        if len(rows) <= limit:
            rows += fetch(part[: limit + 1 - len(rows)])
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


def _parts(queryset: QuerySet[Any], sort: Sort, cursor: Cursor | None) -> list[QuerySet[Any]]:
    """Returns the rows after the cursor, ordered, in parts that follow each other. Raises BadCursor.

    Those with a value and those without are asked for apart, so that an index on the value gives the first in order.
    """
    backwards = cursor is not None and cursor.backwards
    ordered = queryset.order_by(*_ordering(sort, reverse=backwards))
    try:
        after = ordered.filter(_after(cursor, sort)) if cursor is not None else ordered
    except (TypeError, ValueError, ValidationError) as error:
        raise BadCursor("This cursor is not one of ours.") from error
    if sort.name == "created_at":
        return [after]
    if cursor is not None and cursor.value is None:
        return [after.filter(_WITHOUT), ordered.filter(_VALUED)] if backwards else [after.filter(_WITHOUT)]
    return [after.filter(_VALUED)] if backwards else [after.filter(_VALUED), ordered.filter(_WITHOUT)]


def _ordering(sort: Sort, *, reverse: bool) -> list[OrderBy]:
    names = ["created_at", "id"] if sort.name == "created_at" else ["sort_value", "created_at", "id"]
    return [OrderBy(F(name), descending=sort.descending != reverse) for name in names]


def _after(cursor: Cursor, sort: Sort) -> Q:
    """Returns the condition for the rows behind the cursor in the direction of travel, among those like its own."""
    op = "lt" if sort.descending != cursor.backwards else "gt"
    created_at = cursor.created_at
    tie = Q(**{f"created_at__{op}": created_at}) | Q(created_at=created_at, **{f"id__{op}": cursor.id})
    # The plain bounds let PostgreSQL begin in the index at the right place and skip whole partitions.
    if sort.name == "created_at" or cursor.value is None:
        return Q(**{f"created_at__{op}e": created_at}) & tie
    beyond = Q(**{f"sort_value__{op}": cursor.value}) | (Q(sort_value=cursor.value) & tie)
    return Q(**{f"sort_value__{op}e": cursor.value}) & beyond
