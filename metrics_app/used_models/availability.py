"""How dependable models and providers were: the share of calls that did not fail by the provider's fault."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from helicone_site import formats
from metrics_app import rates
from metrics_app.dashboard.narrowing import node_of
from metrics_app.reading import Question, sums
from metrics_app.scope import Scope
from metrics_app.used_models.table import By
from requests_app import time_bars
from requests_app.charts import Chart, Series
from requests_app.filter_language.tree import Node, disjunction
from requests_app.series_colours import TOP
from requests_app.statuses import status_class

# In a strip as wide as a phone a bar still has some pixels.
BARS = 48
ROWS = 20
# Who asks too much or wrongly (4xx), or goes away before the end, says nothing about whom was asked.
FAULTS = ("5xx", "failed")
# The steps of a bar: that none failed, fewer than one in a thousand, in a hundred, in twenty; or more.
_STEPS = ((100.0, 5), (99.9, 4), (99.0, 3), (95.0, 2), (0.0, 1))


HEIGHT = 20
_HEIGHTS = (2, 5, 8, 12, 16, HEIGHT)


@dataclass(frozen=True, slots=True)
class StripBar:
    """A stretch of time: its place, `step` from 5 for no faults to 1 for many, 0 without calls, and it in words."""

    place: int
    step: int
    title: str

    @property
    def height(self) -> int:
        """Returns how high it is drawn, of `HEIGHT`."""
        return _HEIGHTS[self.step]

    @property
    def top(self) -> int:
        """Returns where it begins, from the top."""
        return HEIGHT - self.height


@dataclass(frozen=True, slots=True)
class Strip:
    """How dependable one model or provider was, on the whole (0 to 100) and bar by bar."""

    name: str
    percent: float | None
    calls: int
    faults: int
    bars: list[StripBar]
    faults_query: str


@dataclass(frozen=True, slots=True)
class Availability:
    """The strips of those with most calls, and the same as a chart's numbers. `count` is of how many.

    `labels` are the times of the bars.
    """

    strips: list[Strip]
    chart: Chart
    count: int
    labels: list[str]

    @property
    def moments(self) -> list[str]:
        """Returns the times below the beginning, the middle and the end of a strip."""
        return [self.labels[0], self.labels[len(self.labels) // 2], self.labels[-1]]


def availability(scope: Scope, by: By) -> Availability:
    """Returns how dependable the models or providers with most calls were. Raises FilterError, TooSlow."""
    edges = scope.cut(BARS)
    bars = len(edges) - 1
    calls: dict[str, list[int]] = defaultdict(lambda: [0] * bars)
    faults: dict[str, list[int]] = defaultdict(lambda: [0] * bars)
    question = Question(scope.organization_id, scope.tree, edges, (by, "status"))
    for (bar, name, status), one in sums(question, ("requests",)).items():
        calls[name][bar] += one.requests
        if status_class(status) in FAULTS:
            faults[name][bar] += one.requests
    names = sorted(calls, key=lambda name: (-sum(calls[name]), name))[:ROWS]
    # The first begins whenever the period does: to the second is more than anybody reads.
    starts = [edges[0].replace(second=0, microsecond=0), *edges[1:-1]]
    labels = time_bars.labels(starts, scope.zone)
    queries = {name: scope.requests_query(node_of(by, name), is_fault()) for name in names}
    strips = [_strip(name, calls[name], faults[name], labels, queries[name]) for name in names]
    chart = _chart(edges, scope.zone, calls, faults, queries, scope.requests_query())
    return Availability(strips, chart, len(calls), labels)


def is_fault() -> Node:
    """Returns the condition that a call failed by the provider's fault."""
    return disjunction(node_of("status", name) for name in FAULTS)


def _strip(
    name: str, calls: Sequence[int], faults: Sequence[int], labels: Sequence[str], query: str
) -> Strip:
    bars = []
    for place, (all, failed, label) in enumerate(zip(calls, faults, labels, strict=True)):
        share = rates.percent(all - failed, all)
        said = f"{label}: {formats.availability(share)} of {all:,}" if all else f"{label}: no calls"
        bars.append(StripBar(place, _step(share), said))
    all, failed = sum(calls), sum(faults)
    return Strip(name, rates.percent(all - failed, all), all, failed, bars, query)


def _step(share: float | None) -> int:
    return 0 if share is None else next(step for least, step in _STEPS if share >= least)


def _chart(
    edges: Sequence[datetime],
    zone: tzinfo,
    calls: dict[str, list[int]],
    faults: dict[str, list[int]],
    queries: dict[str, str],
    query: str,
) -> Chart:
    series = [
        Series(
            name or "(none)",
            f"s{place % TOP + 1}",
            [rates.percent(all - failed, all) for all, failed in zip(calls[name], faults[name], strict=True)],
            of_faults,
        )
        for place, (name, of_faults) in enumerate(queries.items())
    ]
    return Chart.over(edges, zone, kind="lines", unit="percent", series=series, query=query)
