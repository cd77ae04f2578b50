"""What the requests of each value of a property come to."""

from collections.abc import Sequence
from dataclasses import dataclass

from ingest_app.known_values import PROPERTY
from ingest_app.rollups import MAX_CHARACTERS
from metrics_app.properties.known import all_sums, sums_with
from metrics_app.reading import Ranking, Sums, ranking
from metrics_app.scope import Scope
from requests_app.filter_language.known_values import KnownValues
from requests_app.paging import BadCursor, BadSort

ROWS = 50
# One does not turn so many pages: the search finds the others.
MOST_ROWS = 10_000
# A search looks at so many values, by name.
MOST_FOUND = 1_000
DEFAULT_SORT = "-cost"
SORTS = ("name", "requests", "cost", "cost_per_request", "latency", "failures", "error_rate")


@dataclass(frozen=True, slots=True)
class Values:
    """The values from place `first` (0 is the top) on, of `count`, each with its sums.

    `with_it` are the requests that have the property, found or not, `all` also those that lack it.
    """

    rows: list[tuple[str, Sums]]
    count: int
    first: int
    with_it: Sums
    all: Sums
    sort: str
    is_search: bool

    @property
    def without(self) -> Sums:
        """Returns what the requests that lack the property come to."""
        return self.all - self.with_it

    @property
    def largest(self) -> dict[str, Ranking]:
        """Returns what is known of the largest values, by what they are largest in."""
        if self.is_search or self.first or not self.sort.startswith("-"):
            return {}
        return {self.sort.removeprefix("-"): Ranking(self.rows, self.with_it, self.count)}

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

    Raises BadCursor, BadSort, FilterError, TooSlow.
    """
    sort = sort or DEFAULT_SORT
    order = sort.removeprefix("-")
    if order not in SORTS:
        raise BadSort(f"Cannot sort by {order!r}: choose one of {', '.join(SORTS)}.")
    first = _place(cursor)
    found = ranking(
        scope.total(PROPERTY + name),
        order=order,
        at_most=first + at_most,
        is_ascending=not sort.startswith("-"),
        only=_found(scope, name, find) if find else None,
    )
    with_it = sums_with(scope, name) if find else found.all
    return Values(found.rows[first:], found.values, first, with_it, all_sums(scope), sort, bool(find))


def top_values(scope: Scope, name: str, *, order: str, at_most: int) -> Ranking:
    """Returns the first values of the property `name`, the largest first. Raises FilterError, TooSlow."""
    return ranking(scope.total(PROPERTY + name), order=order, at_most=at_most)


def _found(scope: Scope, name: str, text: str) -> Sequence[str]:
    """Returns the values with `text` in them as sums have them, which know only how long ones begin."""
    if "\x00" in text:
        return []
    offered = KnownValues(scope.organization_id).offered(PROPERTY + name, text, MOST_FOUND)
    return [value[:MAX_CHARACTERS] for value in offered]


def _place(cursor: str) -> int:
    if not cursor:
        return 0
    if not (cursor.isascii() and cursor.isdecimal() and len(cursor) < 6 and int(cursor) < MOST_ROWS):
        raise BadCursor("This cursor is not one of ours.")
    return int(cursor)
