"""Requests over time: how many came in each of some sixty stretches of the period, by status or by model."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import Case, Count, DateTimeField, F, Func, IntegerField, QuerySet, Value, When
from django.utils import timezone

from helicone_site.time_limit import at_most_ms
from requests_app import time_bars
from requests_app.charts import Chart, Series
from requests_app.filters import RequestFilter
from requests_app.models import Request
from requests_app.queries import requests_of
from requests_app.series_colours import colours_of

# Whoever waits longer than this for a picture would rather have none.
LONGEST_MS = 8_000
SPLITS = {"status": "Status", "model": "Model"}
DEFAULT_SPLIT = "status"
TOP_MODELS = 6
OTHER = "other"
_STATUSES = ("success", "4xx", "5xx", "cancelled", "failed")


@dataclass(frozen=True, slots=True)
class Histogram:
    """How many requests there were in all, and the chart of them."""

    total: int
    chart: Chart


def histogram(*, organization_id: int, filters: RequestFilter, split: str, query: str = "") -> Histogram:
    """Returns the requests over time, split by one of `SPLITS`. `filters` must be valid.

    `query` is what they were read from: it leads to the requests of each bar. Raises FilterError as
    `RequestFilter.narrow` does, and TooSlow.
    """
    matching = filters.narrow(requests_of(organization_id), organization_id=organization_id)
    start = filters.period.start or _first(matching) or filters.now
    zone = timezone.get_current_timezone()
    edges = time_bars.edges(start, filters.period.end or filters.now, zone)
    counts = _counted(matching, split, edges)
    names, has_other = _names(counts, split)
    of_bars = [_in_order(counts.get(bar, Counter()), names, has_other) for bar in range(1, len(edges))]
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


def _counted(matching: QuerySet[Request], split: str, edges: list[datetime]) -> dict[int, "Counter[str]"]:
    """Returns the counts by the number of the bar, which is 1 for the first."""
    bucket: Any = Func(
        F("created_at"),
        Value(edges, output_field=ArrayField(DateTimeField())),
        function="width_bucket",
        output_field=IntegerField(),
    )
    by: Any = F("model") if split == "model" else _STATUS_CLASS
    rows = matching.annotate(bucket=bucket, series=by).values_list("bucket", "series").annotate(n=Count("*"))
    counts: dict[int, Counter[str]] = defaultdict(Counter)
    with at_most_ms(LONGEST_MS):
        for bar, name, number in rows.order_by():
            counts[bar][name] += number
    return counts


_STATUS_CLASS = Case(
    When(status=-3, then=Value("cancelled")),
    When(status__gte=500, then=Value("5xx")),
    When(status__gte=400, then=Value("4xx")),
    When(status__gte=200, then=Value("success")),
    default=Value("failed"),
)


def _names(counts: dict[int, "Counter[str]"], split: str) -> tuple[list[str], bool]:
    """Returns the names of the series, and whether the last one is all that are not named."""
    totals: Counter[str] = sum(counts.values(), Counter())
    if split != "model":
        return [name for name in _STATUSES if totals[name]], False
    top = [name for name, _ in totals.most_common(TOP_MODELS)]
    return ([*top, OTHER], True) if len(totals) > len(top) else (top, False)


def _in_order(of_bar: "Counter[str]", names: list[str], has_other: bool) -> list[int]:
    found = [of_bar[name] for name in names]
    if has_other:
        found[-1] = of_bar.total() - sum(found[:-1])
    return found


def _first(matching: QuerySet[Request]) -> datetime | None:
    return matching.order_by("created_at", "id").values_list("created_at", flat=True).first()
