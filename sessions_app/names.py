"""Sessions by name: what those of each name add up to."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.db.models import Aggregate, BigIntegerField, Count, F, Max, OrderBy, Sum

from helicone_site.time_limit import at_most_ms
from requests_app.paging import BadSort
from sessions_app.filters import SessionFilter
from sessions_app.queries import LONGEST_MS, sessions_of

MAX_NAMES = 200
DEFAULT_SORT = "-sessions"
SORTS = ("name", "sessions", "requests", "errors", "cost", "p50_ms", "p95_ms", "p99_ms", "last_seen_at")


class NameRow(NamedTuple):
    """One name; '' are the sessions without one. Costs in nano-dollars; a percentile is one session's duration."""

    name: str
    sessions: int
    requests: int
    errors: int
    cost: int
    unpriced: int
    p50_ms: int
    p95_ms: int
    p99_ms: int
    last_seen_at: datetime

    @property
    def known_cost(self) -> int | None:
        """Returns the cost in nano-dollars, None when no price of it is known."""
        return None if not self.cost and self.unpriced else self.cost


@dataclass(frozen=True, slots=True)
class Names:
    """The names in the order asked for; `is_cut` when there are more than `MAX_NAMES`."""

    rows: list[NameRow]
    is_cut: bool


class _Percentile(Aggregate):
    """The value below or at which so many of all are; of the column that it is given."""

    function = "PERCENTILE_DISC"
    template = "%(function)s(%(fraction)s) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = BigIntegerField()

    def __init__(self, column: str, fraction: float) -> None:
        super().__init__(column, fraction=fraction)


def list_names(*, organization_id: int, filters: SessionFilter, sort: str | None = None) -> Names:
    """Returns the names of the sessions that match. `filters` must be valid. Raises BadSort, FilterError, TooSlow."""
    by = sort or DEFAULT_SORT
    if by.removeprefix("-") not in SORTS:
        raise BadSort(f"Cannot sort by {by.removeprefix('-')!r}: choose one of {', '.join(SORTS)}.")
    matching = filters.narrow(sessions_of(organization_id), organization_id=organization_id)
    summed = matching.values("name").annotate(
        n=Count("*"),
        sum_requests=Sum("requests"),
        sum_errors=Sum("errors"),
        sum_cost=Sum("cost_nanodollars"),
        sum_unpriced=Sum("unpriced"),
        p50_ms=_Percentile("duration_ms", 0.5),
        p95_ms=_Percentile("duration_ms", 0.95),
        p99_ms=_Percentile("duration_ms", 0.99),
        last_seen_at=Max("last_at"),
    )
    column = {"sessions": "n", "requests": "sum_requests", "errors": "sum_errors", "cost": "sum_cost"}
    name = by.removeprefix("-")
    order = OrderBy(F(column.get(name, name)), descending=by.startswith("-"))
    values = (
        "name", "n", "sum_requests", "sum_errors", "sum_cost", "sum_unpriced", "p50_ms", "p95_ms", "p99_ms",
        "last_seen_at",
    )  # fmt: skip
    with at_most_ms(LONGEST_MS):
        found = list(summed.order_by(order, "name").values_list(*values)[: MAX_NAMES + 1])
    # PostgreSQL's sums of large integers come as decimals.
    rows = [NameRow._make((name, *map(int, numbers), last)) for name, *numbers, last in found]
    return Names(rows[:MAX_NAMES], is_cut=len(rows) > MAX_NAMES)
