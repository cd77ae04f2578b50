"""Sessions for clients that know no cursor: pages by position, and what the sessions that match add up to."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.db.models import Avg, Count, ExpressionWrapper, F, FloatField, Max, Min, QuerySet, Sum

from helicone_site.time_limit import at_most_ms
from requests_app.filter_language.compiling import compile_filter
from requests_app.filter_language.tree import EVERYTHING, Node
from sessions_app.filters import SESSIONS, in_period
from sessions_app.models import Session
from sessions_app.queries import LONGEST_MS, sessions_of

_MEAN_LATENCY_MS = ExpressionWrapper(F("latency_sum_ms") * 1.0 / F("requests"), output_field=FloatField())


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which sessions: those that `tree`, in the language of sessions, holds of, at work in a half-open period."""

    organization_id: int
    tree: Node = EVERYTHING
    start: datetime | None = None
    end: datetime | None = None

    @property
    def sessions(self) -> QuerySet[Session]:
        """Returns the sessions. Raises FilterError."""
        tree = compile_filter(self.tree, organization_id=self.organization_id, vocabulary=SESSIONS)
        return sessions_of(self.organization_id).filter(in_period(self.start, self.end), tree)


class Totals(NamedTuple):
    """What sessions add up to; averages are per session."""

    sessions: int
    cost_nanodollars: int
    average_cost_nanodollars: float
    average_latency_ms: float
    average_requests: float


class NameTotals(NamedTuple):
    """What the sessions of one name add up to; '' are those without one. The average is per request."""

    name: str
    sessions: int
    first_at: datetime
    last_at: datetime
    cost_nanodollars: int
    average_latency_ms: float


def sessions_at(wanted: Wanted, *, offset: int, limit: int) -> list[Session]:
    """Returns the sessions from position `offset` on, newest first. Raises FilterError, TooSlow."""
    with at_most_ms(LONGEST_MS):
        return list(wanted.sessions.order_by("-first_at", "-key")[offset : offset + limit])


def totals_of(wanted: Wanted) -> Totals:
    """Returns what the sessions add up to. Raises FilterError, TooSlow."""
    with at_most_ms(LONGEST_MS):
        found = wanted.sessions.aggregate(
            n=Count("*"),
            cost=Sum("cost_nanodollars"),
            average_cost=Avg("cost_nanodollars"),
            latency=Avg(_MEAN_LATENCY_MS),
            average_requests=Avg("requests"),
        )
    averages = (float(found[name] or 0) for name in ("average_cost", "latency", "average_requests"))
    return Totals(found["n"], int(found["cost"] or 0), *averages)


def names_of(wanted: Wanted, *, at_most: int) -> list[NameTotals]:
    """Returns the names with most sessions. Raises FilterError, TooSlow."""
    summed = wanted.sessions.values("name").annotate(
        n=Count("*"),
        first=Min("first_at"),
        last=Max("last_at"),
        cost=Sum("cost_nanodollars"),
        latency=Sum("latency_sum_ms"),
        steps=Sum("requests"),
    )
    columns = ("name", "n", "first", "last", "cost", "latency", "steps")
    with at_most_ms(LONGEST_MS):
        found = list(summed.order_by("-n", "name").values_list(*columns)[:at_most])
    return [
        NameTotals(name, n, first, last, int(cost), float(latency) / float(steps))
        for name, n, first, last, cost, latency, steps in found
    ]
