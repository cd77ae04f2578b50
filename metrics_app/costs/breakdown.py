"""What was spent on what: the values of something, with their sums, in a period and in the one before it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from ingest_app.known_values import PROPERTY
from metrics_app.costs import calendar
from metrics_app.dashboard.narrowing import node_of
from metrics_app.dashboard.numbers import added
from metrics_app.properties.known import lacks
from metrics_app.reading import Question, Ranking, Sums, ranking, sums
from metrics_app.reading.sums import NOTHING
from metrics_app.scope import Scope
from requests_app.filter_language.tree import Comparison, Node, Not, Operator
from requests_app.series_colours import TOP

ROWS = 50
# What is asked of values, of which there may be many, and of all requests.
_OF_ROWS = ("requests", "unpriced", "prompt_tokens", "completion_tokens", "cost_nanodollars")
_OF_ALL = (*_OF_ROWS, "saved_nanodollars")
# A chart by day has at least so many days, and at most so many.
_FEWEST_DAYS, _MOST_DAYS = 3, 100


@dataclass(frozen=True)
class Breakdown:
    """The costs of `scope` told apart `by` a field or a property. Its properties raise TooSlow and FilterError."""

    scope: Scope
    by: str
    order: str = "cost"
    is_ascending: bool = False
    rows: int = ROWS

    @cached_property
    def ranking(self) -> Ranking:
        """The first `rows` values in the order asked for."""
        return ranking(
            self.scope.total(self.by),
            order=self.order,
            at_most=self.rows,
            is_ascending=self.is_ascending,
            measures=_OF_ROWS,
        )

    @cached_property
    def before(self) -> dict[str, Sums]:
        """What the values of `ranking` cost in the period before."""
        names = [name for name, _ in self.ranking.rows]
        if not names:
            return {}
        found = sums(self.scope.before.total(self.by), ("cost_nanodollars",), only=names)
        return {str(name): one for (_, name), one in found.items()}

    @cached_property
    def total(self) -> Sums:
        """All requests, also those that have no such thing."""
        return added(self.bars)

    @cached_property
    def total_before(self) -> Sums:
        """All requests of the period before."""
        return sums(self.scope.before.total(), _OF_ALL).get((0,), NOTHING)

    @cached_property
    def bars(self) -> list[Sums]:
        """All requests, bar by bar."""
        found = sums(self._over_time(), _OF_ALL)
        return [found.get((bar,), NOTHING) for bar in range(len(self.edges) - 1)]

    @cached_property
    def dearest(self) -> dict[str, list[float | None]]:
        """The costs of the `TOP` values that cost most, bar by bar, in nano-dollars, the dearest first."""
        names = self._dearest_names()
        if not names:
            return {}
        found = sums(self._over_time(self.by), ("cost_nanodollars",), only=names)
        bars = range(len(self.edges) - 1)
        return {
            name: [float(found.get((bar, name), NOTHING).cost_nanodollars) for bar in bars] for name in names
        }

    @property
    def others(self) -> list[float]:
        """The costs of all but the dearest, bar by bar, also of requests that have no such thing."""
        shown = [sum(value or 0 for value in bar) for bar in zip(*self.dearest.values(), strict=True)]
        return [
            one.cost_nanodollars - named
            for one, named in zip(self.bars, shown or [0.0] * len(self.bars), strict=True)
        ]

    @property
    def rest(self) -> Sums:
        """What the values that are not among the rows come to."""
        return self.ranking.all - added(one for _, one in self.ranking.rows)

    @property
    def without(self) -> Sums:
        """What the requests come to that have no such thing."""
        return self.total - self.ranking.all

    def query_of(self, name: str) -> str:
        """Returns the query string of the list of the requests behind a value."""
        return self.scope.requests_query(node_of(self.by, name))

    @property
    def query_without(self) -> str:
        """Returns that of the requests that have no such thing."""
        return self.scope.requests_query(_without(self.by))

    @cached_property
    def is_by_day(self) -> bool:
        """Whether each bar is a day on the clock of the zone, but for the first and the last, which may be cut."""
        return _FEWEST_DAYS <= (self.scope.end - self.scope.start) / timedelta(days=1) <= _MOST_DAYS

    @cached_property
    def edges(self) -> list[datetime]:
        """The edges of the bars: days where that makes some and not too many."""
        scope = self.scope
        if not self.is_by_day:
            return scope.edges
        first, last = (moment.astimezone(scope.zone).date() for moment in (scope.start, scope.end))
        inner = {at for at in calendar.midnights(first, last, scope.zone) if scope.start < at < scope.end}
        return [scope.start, *sorted(inner), scope.end]

    def _over_time(self, *by: str) -> Question:
        return Question(self.scope.organization_id, self.scope.tree, self.edges, by)

    def _dearest_names(self) -> list[str]:
        if self.order == "cost" and not self.is_ascending:
            return [name for name, _ in self.ranking.rows[:TOP]]
        found = ranking(self.scope.total(self.by), order="cost", at_most=TOP, measures=("cost_nanodollars",))
        return [name for name, _ in found.rows]


def _without(by: str) -> Node:
    if by.startswith(PROPERTY):
        return lacks(by.removeprefix(PROPERTY))
    return Not(Comparison(by, Operator.EXISTS, None))
