"""What a dashboard is compared with: an earlier period, or the same period under another filter."""

from dataclasses import dataclass
from datetime import timedelta

from django.http import QueryDict

from metrics_app.reading import Question
from metrics_app.scope import Scope, scope_of
from requests_app import links
from requests_app.filters import FilterError, RequestFilter

PREVIOUS, NONE, FILTER = "previous", "none", "filter"
_SHIFTS = {
    "day": ("A day earlier", "a day earlier", timedelta(days=1)),
    "week": ("A week earlier", "a week earlier", timedelta(weeks=1)),
    "four_weeks": ("Four weeks earlier", "four weeks earlier", timedelta(weeks=4)),
    "year": ("A year earlier", "a year earlier", timedelta(weeks=52)),  # the same days of the week
}
CHOICES = {
    PREVIOUS: "Previous period",
    **{name: label for name, (label, _, _) in _SHIFTS.items()},
    FILTER: "Another filter…",
    NONE: "Nothing",
}


@dataclass(frozen=True, slots=True)
class Comparison:
    """`scope` is what is compared with, bar by bar those `shift` before; `label` is its name beside a change."""

    scope: Scope
    label: str
    shift: timedelta
    edges_of: Scope

    def over_time(self, *by: str) -> Question:
        """Returns the question for the bars that those of the chart are compared with."""
        edges = [edge - self.shift for edge in self.edges_of.edges]
        return Question(self.scope.organization_id, self.scope.tree, edges, by)


def comparison_of(scope: Scope, query: QueryDict, filters: RequestFilter) -> Comparison | None:
    """Returns what the parameters `compare` and `compare_q` ask for, None for nothing.

    Raises FilterError for a filter that cannot be read.
    """
    chosen = query.get("compare") or PREVIOUS
    if chosen == FILTER:
        text = query.get("compare_q") or ""
        others = RequestFilter({**links.period_of(query), "q": text})
        if not others.is_valid():
            raise FilterError(
                f"Compare with: {' '.join(error for all in others.errors.values() for error in all)}"
            )
        others.now = filters.now
        other = scope_of(organization_id=scope.organization_id, filters=others)
        same_time = Scope(scope.organization_id, other.tree, scope.start, scope.end, scope.zone)
        return Comparison(same_time, text or "all requests", timedelta(), scope)
    if chosen == PREVIOUS:
        return Comparison(scope.before, "previous period", scope.end - scope.start, scope)
    if chosen not in _SHIFTS:
        return None
    _, label, shift = _SHIFTS[chosen]
    earlier = Scope(scope.organization_id, scope.tree, scope.start - shift, scope.end - shift, scope.zone)
    return Comparison(earlier, label, shift, scope)
