"""Requests over time above their list: how many came in each of some sixty stretches, by status or by model."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import Count, DateTimeField, F, Func, IntegerField, Value
from django.utils import timezone

from helicone_site.time_limit import at_most_ms
from metrics_app.reading import Question, sums
from metrics_app.reading.sums import LONGEST_MS
from requests_app import time_bars
from requests_app.charts import Chart, Series
from requests_app.filters import RequestFilter
from requests_app.queries import requests_of
from requests_app.series_colours import colours_of
from requests_app.statuses import STATUS_CLASSES, status_class

TOP_MODELS = 6
OTHER = "other"

# By the number of the bar, the first is 0: how many requests of each series.
Counts = dict[int, "Counter[str]"]


@dataclass(frozen=True, slots=True)
class Histogram:
    """How many requests there were in all, and the chart of them."""

    total: int
    chart: Chart


def histogram(*, organization_id: int, filters: RequestFilter, split: str, query: str = "") -> Histogram:
    """Returns the requests over time, split by `status` or `model`. `filters` must be valid.

    `query` is what they were read from: it leads to the requests of each bar. Of a search of bodies these are those
    that may hold it. Raises FilterError as `RequestFilter.narrow` does, and TooSlow.
    """
    end = filters.period.end or filters.now
    start = filters.period.start or _first(organization_id, filters) or filters.now
    zone = timezone.get_current_timezone()
    edges = time_bars.edges(start, end, zone)
    if filters.searches:
        counts = _candidates(organization_id, filters, split, edges)
    else:
        inner = [
            max(start, edges[0]),
            *edges[1:-1],
            edges[-1] if filters.period.end is None else min(end, edges[-1]),
        ]
        counts = _counted(Question(organization_id, filters.tree, inner, (split,)), split)
    names, has_other = _names(counts, split)
    of_bars = [_in_order(counts.get(bar, Counter()), names, has_other) for bar in range(len(edges) - 1)]
    total = sum(map(sum, of_bars))
    colours = (
        colours_of(names, has_other=has_other) if split == "model" else [f"status-{name}" for name in names]
    )
    series = [
        Series(name, colour, values, note=f"{100 * sum(values) / total:.1f} %")
        for name, colour, values in zip(names, colours, zip(*of_bars, strict=True), strict=True)
    ]
    chart = Chart.over(edges, zone, kind="bars", unit="count", series=series, is_stacked=True, query=query)
    return Histogram(total, chart)


def _counted(question: Question, split: str) -> Counts:
    counts: Counts = defaultdict(Counter)
    for (bar, name), found in sums(question, ["requests"]).items():
        counts[bar][status_class(name) if split == "status" else name] += found.requests
    return counts


def _candidates(
    organization_id: int, filters: RequestFilter, split: str, edges: Sequence[datetime]
) -> Counts:
    matching = filters.narrow(requests_of(organization_id), organization_id=organization_id)
    bucket: Any = Func(
        F("created_at"),
        Value(edges, output_field=ArrayField(DateTimeField())),
        function="width_bucket",
        output_field=IntegerField(),
    )
    rows = matching.annotate(bar=bucket - 1).values_list("bar", split).annotate(n=Count("*"))
    counts: Counts = defaultdict(Counter)
    with at_most_ms(LONGEST_MS):
        for bar, name, number in rows.order_by():
            counts[bar][status_class(name) if split == "status" else name] += number
    return counts


def _names(counts: Counts, split: str) -> tuple[list[str], bool]:
    """Returns the names of the series, and whether the last one is all that are not named."""
    totals: Counter[str] = sum(counts.values(), Counter())
    if split != "model":
        return [name for name in STATUS_CLASSES if totals[name]], False
    top = [name for name, _ in totals.most_common(TOP_MODELS)]
    return ([*top, OTHER], True) if len(totals) > len(top) else (top, False)


def _in_order(of_bar: "Counter[str]", names: list[str], has_other: bool) -> list[int]:
    found = [of_bar[name] for name in names]
    if has_other:
        found[-1] = of_bar.total() - sum(found[:-1])
    return found


def _first(organization_id: int, filters: RequestFilter) -> datetime | None:
    matching = filters.narrow(requests_of(organization_id), organization_id=organization_id)
    return matching.order_by("created_at", "id").values_list("created_at", flat=True).first()
