"""Requests that rate limits refused: over time, and whose they were."""

from dataclasses import dataclass
from datetime import datetime, tzinfo
from urllib.parse import urlencode

from metrics_app.reading import Question, ranking, sums
from metrics_app.reading.sums import NOTHING
from requests_app import time_bars
from requests_app.charts import Chart, Series
from requests_app.filter_language.printing import print_filter
from requests_app.filter_language.tree import Comparison, Operator

RATE_LIMITED = "rate_limited"
"""The error of a request that a rate limit refused."""

IS_LIMITED = Comparison("error", Operator.EQUALS, RATE_LIMITED)
_REQUESTS = ("requests",)
_MOST_USERS = 10


@dataclass(frozen=True, slots=True)
class Limited:
    """What was refused in a period: the chart, the users refused most, and how many it was in all."""

    chart: Chart
    users: list[tuple[str, int]]
    requests: int


def limited(organization_id: int, *, start: datetime, end: datetime, zone: tzinfo) -> Limited:
    """Returns what was refused of an organization's requests from `start` to `end`. Raises TooSlow."""
    edges = time_bars.edges(start, end, zone)
    found = sums(Question(organization_id, IS_LIMITED, edges), _REQUESTS)
    values = [found.get((place,), NOTHING).requests for place in range(len(edges) - 1)]
    users = ranking(
        Question(organization_id, IS_LIMITED, [edges[0], edges[-1]], ("user",)),
        order="requests",
        at_most=_MOST_USERS,
        measures=_REQUESTS,
    )
    query = urlencode({"q": print_filter(IS_LIMITED)})
    chart = Chart.over(
        edges,
        zone,
        kind="bars",
        unit="count",
        series=[Series("Refused", "status-4xx", values, query)],
        query=query,
    )
    return Limited(chart, [(name, one.requests) for name, one in users.rows], sum(values))
