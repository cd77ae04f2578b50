"""What the requests of each value of a property come to."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from ingest_app.known_values import PROPERTY
from ingest_app.rollups import MAX_CHARACTERS, SUMS
from metrics_app import rates
from metrics_app.properties.known import has
from metrics_app.reading import Ranking, Sums, ranking, sums
from metrics_app.reading.sums import NOTHING
from metrics_app.scope import Scope
from requests_app.filter_language.known_values import KnownValues
from requests_app.filter_language.tree import Comparison, Operator
from requests_app.paging import BadCursor, BadSort

ROWS = 50
# One does not turn so many pages: the search finds the others.
MOST_ROWS = 10_000
# A search looks at so many values, by name.
MOST_FOUND = 1_000
DEFAULT_SORT = "-cost"
SORTS = ("name", "requests", "cost", "cost_per_request", "latency", "errors")
# Sums know which statuses are failures: they are told apart by it.
FAILED = Comparison("status", Operator.EQUALS, "error")
_COUNT = ("requests",)


@dataclass(frozen=True, slots=True)
class ValueRow:
    """A value, what its requests come to, and how many of them failed."""

    name: str
    sums: Sums
    failures: int

    @property
    def cost(self) -> int | None:
        """Returns the cost in nano-dollars, None when no price of it is known."""
        return rates.known_cost(self.sums)

    @property
    def cost_per_request(self) -> int | None:
        """Returns the mean cost of the requests of known price, in nano-dollars."""
        return rates.cost_per_request(self.sums)

    @property
    def error_percent(self) -> float | None:
        """Returns the share that failed."""
        return rates.percent(self.failures, self.sums.requests)


@dataclass(frozen=True)
class Values:
    """The values from place `first` (0 is the top) on, of `count`, and what those before and after them come to.

    Of a search, or sorted by failures, `count` and `with_it` are of the values that were found, or that had any.
    """

    rows: list[ValueRow]
    count: int
    first: int
    with_it: ValueRow
    all: ValueRow

    @cached_property
    def without(self) -> ValueRow:
        """Returns what the requests that lack the property come to."""
        left = {name: getattr(self.all.sums, name) - getattr(self.with_it.sums, name) for name in SUMS}
        return ValueRow("", Sums(**left), self.all.failures - self.with_it.failures)

    @property
    def last(self) -> int:
        """Returns how many values there are until the end of this page."""
        return self.first + len(self.rows)

    @property
    def previous_cursor(self) -> str:
        """Returns where the page before begins, empty on the first."""
        return str(max(self.first - ROWS, 0)) if self.first else ""

    @property
    def next_cursor(self) -> str:
        """Returns where the page after begins, empty on the last."""
        return str(self.last) if self.last < min(self.count, MOST_ROWS) else ""


def list_values(
    scope: Scope, name: str, *, sort: str = "", cursor: str = "", find: str = "", at_most: int = ROWS
) -> Values:
    """Returns the values of the property `name`, those with `find` in them, from the place `cursor` on.

    Sorted by failures, those without any are left out. Raises BadCursor, BadSort, FilterError, TooSlow.
    """
    sort = sort or DEFAULT_SORT
    order, is_ascending = sort.removeprefix("-"), not sort.startswith("-")
    if order not in SORTS:
        raise BadSort(f"Cannot sort by {order!r}: choose one of {', '.join(SORTS)}.")
    first = _place(cursor)
    field = PROPERTY + name
    failed = scope.narrowed(FAILED)
    by_failures = order == "errors"
    found = ranking(
        (failed if by_failures else scope).total(field),
        order="requests" if by_failures else order,
        at_most=first + at_most,
        is_ascending=is_ascending,
        only=_found(scope, field, find) if find else None,
    )
    shown = [value for value, _ in found.rows[first:]]
    other = sums((scope if by_failures else failed).total(field), only=shown) if shown else {}
    rows = [
        ValueRow(value, other.get((0, value), NOTHING), one.requests)
        if by_failures
        else ValueRow(value, one, other.get((0, value), NOTHING).requests)
        for value, one in found.rows[first:]
    ]
    with_it = scope.narrowed(has(name))
    return Values(rows, found.values, first, _summed(with_it), _summed(scope))


def top_values(scope: Scope, name: str, *, order: str, at_most: int) -> Ranking:
    """Returns the first values of the property `name`, the largest first. Raises FilterError, TooSlow."""
    return ranking(scope.total(PROPERTY + name), order=order, at_most=at_most)


def _summed(scope: Scope) -> ValueRow:
    return ValueRow(
        "",
        sums(scope.total()).get((0,), NOTHING),
        sums(scope.narrowed(FAILED).total(), _COUNT).get((0,), NOTHING).requests,
    )


def _found(scope: Scope, field: str, text: str) -> Sequence[str]:
    """Returns the values with `text` in them as sums have them, which know only how long ones begin."""
    offered = KnownValues(scope.organization_id).offered(field, text, MOST_FOUND)
    return [value[:MAX_CHARACTERS] for value in offered]


def _place(cursor: str) -> int:
    if not cursor:
        return 0
    if not (cursor.isascii() and cursor.isdecimal() and len(cursor) < 6 and int(cursor) < MOST_ROWS):
        raise BadCursor("This cursor is not one of ours.")
    return int(cursor)
