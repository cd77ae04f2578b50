"""Requests over time: how many came in each of some sixty stretches of the period, by status or by model."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any
from zlib import crc32

from django.contrib.postgres.fields import ArrayField
from django.db.models import Case, Count, DateTimeField, F, Func, IntegerField, QuerySet, Value, When
from django.utils import timezone

from helicone_site.time_limit import at_most_ms
from requests_app import time_bars
from requests_app.filters import RequestFilter
from requests_app.models import Request
from requests_app.queries import requests_of

# Whoever waits longer than this for a picture would rather have none.
LONGEST_MS = 8_000
SPLITS = {"status": "Status", "model": "Model"}
DEFAULT_SPLIT = "status"
TOP_MODELS = 6
OTHER = "other"
_COLOURS = 7  # the eighth is for all others
_STATUSES = ("success", "4xx", "5xx", "cancelled", "failed")


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of time, half open, and how many requests of each series came in it."""

    start: datetime
    end: datetime
    counts: list[int]

    @property
    def total(self) -> int:
        """Returns how many requests came in it."""
        return sum(self.counts)


@dataclass(frozen=True, slots=True)
class Series:
    """A name, its colour's number, and its share in percent."""

    name: str
    colour: str
    percent: float


@dataclass(frozen=True, slots=True)
class Histogram:
    """The bars of a period without gaps, oldest first; the counts of each are in the order of `series`."""

    series: list[Series]
    bars: list[Bar]
    total: int

    def for_drawing(self) -> dict[str, Any]:
        """Returns the numbers as JSON takes them: bars by their names in the viewer's zone, their edges in UTC."""
        starts = [bar.start for bar in self.bars]
        zone = timezone.get_current_timezone()
        return {
            "labels": time_bars.labels(starts, zone),
            "ticks": time_bars.ticks(starts, zone),
            "starts": [_iso(start) for start in starts],
            "end": _iso(self.bars[-1].end),
            "series": [
                {
                    "name": series.name,
                    "colour": series.colour,
                    "counts": [bar.counts[place] for bar in self.bars],
                }
                for place, series in enumerate(self.series)
            ],
        }


def histogram(*, organization_id: int, filters: RequestFilter, split: str) -> Histogram:
    """Returns the requests over time, split by one of `SPLITS`. `filters` must be valid.

    Raises FilterError as `RequestFilter.narrow` does, and TooSlow.
    """
    matching = filters.narrow(requests_of(organization_id), organization_id=organization_id)
    start = filters.period.start or _first(matching) or filters.now
    edges = time_bars.edges(start, filters.period.end or filters.now, timezone.get_current_timezone())
    counts = _counted(matching, split, edges)
    names = _names(counts, split)
    bars = [
        Bar(begin, end, _in_order(counts.get(number, Counter()), names))
        for number, (begin, end) in enumerate(pairwise(edges), start=1)
    ]
    totals = [sum(bar.counts[place] for bar in bars) for place in range(len(names))]
    total = sum(totals)
    series = [
        Series(name, colour, 100 * number / total if total else 0)
        for name, colour, number in zip(names, _colours(names, split), totals, strict=True)
    ]
    return Histogram(series, bars, total)


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


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


def _names(counts: dict[int, "Counter[str]"], split: str) -> list[str]:
    totals: Counter[str] = sum(counts.values(), Counter())
    if split != "model":
        return [name for name in _STATUSES if totals[name]]
    top = [name for name, _ in totals.most_common(TOP_MODELS)]
    return [*top, OTHER] if len(totals) > len(top) else top


def _in_order(of_bar: "Counter[str]", names: list[str]) -> list[int]:
    found = [of_bar[name] for name in names]
    if names and names[-1] == OTHER:
        found[-1] = of_bar.total() - sum(found[:-1])
    return found


def _colours(names: list[str], split: str) -> list[str]:
    """Returns a colour for each: a model's follows from its name, so that it keeps it from page to page."""
    if split != "model":
        return [f"status-{name}" for name in names]
    taken: list[int] = []
    for name in names[:TOP_MODELS]:
        wanted = crc32(name.encode()) % _COLOURS
        taken.append(
            next(n for n in range(wanted, wanted + _COLOURS) if n % _COLOURS not in taken) % _COLOURS
        )
    colours = [f"s{n + 1}" for n in taken]
    return [*colours, "s8"] if len(names) > len(colours) else colours


def _first(matching: QuerySet[Request]) -> datetime | None:
    return matching.order_by("created_at", "id").values_list("created_at", flat=True).first()
