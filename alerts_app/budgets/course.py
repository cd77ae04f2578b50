"""How the spending of a budget went in its period, as a chart."""

from collections.abc import Sequence
from datetime import datetime, tzinfo
from itertools import accumulate, pairwise
from urllib.parse import urlencode

from alerts_app.budgets.concerned import concerned
from alerts_app.budgets.shown import span_at
from alerts_app.budgets.warning import BLOCKED
from limits_app.rules import Budget, Period
from metrics_app.reading import Question, sums
from metrics_app.reading.sums import NOTHING
from requests_app import time_bars
from requests_app.charts import Chart, Kind, Series
from requests_app.filter_language.printing import print_filter
from requests_app.filter_language.tree import Comparison, Operator, conjunction

IS_BLOCKED = Comparison("error", Operator.EQUALS, BLOCKED)


def course(rule: Budget, value: str | None, *, now: datetime, zone: tzinfo) -> Chart:
    """Returns what was spent so far at each moment of the period; of a window, what was spent in each piece of it.

    Of one `value` where each has the amount alone. Raises TooSlow.
    """
    span = span_at(rule, now)
    edges = [span.start, *_inner(time_bars.edges(span.start, span.end, zone), span.start, span.end), span.end]
    tree = concerned(rule, value)
    spent = sums(Question(rule.organization_id, tree, edges), ("cost_nanodollars",))
    costs = [float(spent.get((place,), NOTHING).cost_nanodollars) for place in range(len(edges) - 1)]
    # What a window has spent so far goes down, too: its bars are what was spent in each piece.
    values = costs if rule.period is Period.ROLLING else _until(now, edges, [*accumulate(costs)])
    query = urlencode({"q": print_filter(tree)})
    series = [Series("Spent", "s1", values, query)]
    if rule.period is not Period.ROLLING:
        amount = [float(rule.amount_nanodollars)] * len(values)
        series.append(Series("Amount", "s8", amount, is_limit=True))
    kind: Kind = "bars" if rule.period is Period.ROLLING else "lines"
    return Chart.over(edges, zone, kind=kind, unit="money", series=series, query=query)


def blocked(rule: Budget, value: str | None, *, now: datetime) -> int:
    """Returns how many of its requests were blocked in the period, by this budget or another. Raises TooSlow."""
    span = span_at(rule, now)
    tree = conjunction([concerned(rule, value), IS_BLOCKED])
    found = sums(Question(rule.organization_id, tree, [span.start, span.end]), ("requests",))
    return found.get((0,), NOTHING).requests


def _inner(edges: Sequence[datetime], start: datetime, end: datetime) -> list[datetime]:
    return [edge for edge in edges if start < edge < end]


def _until(now: datetime, edges: Sequence[datetime], values: Sequence[float]) -> list[float | None]:
    """Returns the values of what has begun; nothing is known of later."""
    return [
        value if start <= now else None for (start, _), value in zip(pairwise(edges), values, strict=True)
    ]
