"""Requests over time: how many came in each of some sixty stretches of the period, by status or by model."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zlib import crc32

from django.db import OperationalError, connection, transaction
from django.db.models import Case, Count, DateTimeField, F, Func, QuerySet, Value, When
from django.utils import timezone

from requests_app.filters import RequestFilter
from requests_app.models import Request
from requests_app.queries import requests_of

# Whoever waits longer than this for a picture would rather have none.
LONGEST_MS = 8_000
AT_MOST_BARS = 75
SPLITS = {"status": "Status", "model": "Model"}
DEFAULT_SPLIT = "status"
TOP_MODELS = 6
OTHER = "other"
_COLOURS = 7  # the eighth is for all others
_STEPS = [
    *(timedelta(seconds=n) for n in (1, 2, 5, 10, 15, 30)),
    *(timedelta(minutes=n) for n in (1, 2, 5, 10, 15, 30)),
    *(timedelta(hours=n) for n in (1, 2, 3, 6, 12)),
    *(timedelta(days=n) for n in (1, 2, 7, 14, 30, 90, 365)),
]
_STATUSES = ("success", "4xx", "5xx", "cancelled", "failed")


class TooSlow(Exception):
    """Counting took longer than `LONGEST_MS`."""


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
    step: timedelta

    def for_drawing(self) -> dict[str, Any]:
        """Returns the numbers as JSON takes them: where each bar begins, in the viewer's zone and in UTC."""
        local = [timezone.localtime(bar.start).strftime("%Y-%m-%dT%H:%M:%S") for bar in self.bars]
        return {
            "local": local,
            "starts": [_iso(bar.start) for bar in self.bars],
            "end": _iso(self.bars[-1].end) if self.bars else "",
            "step_ms": self.step // timedelta(milliseconds=1),
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
    end = max(filters.period.end or filters.now, start + timedelta(seconds=1))
    step = next((step for step in _STEPS if (end - start) / step <= AT_MOST_BARS), _STEPS[-1])
    origin = _origin(start, step)
    counts = _counted(matching, split, origin, step)
    names = _names(counts, split)
    bars = []
    at = origin
    while at < end:
        of_bar = counts.get(at, Counter[str]())
        bars.append(Bar(at, at + step, _in_order(of_bar, names)))
        at += step
    totals = [sum(bar.counts[place] for bar in bars) for place in range(len(names))]
    total = sum(totals)
    series = [
        Series(name, colour, 100 * number / total if total else 0)
        for name, colour, number in zip(names, _colours(names, split), totals, strict=True)
    ]
    return Histogram(series, bars, total, step)


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _counted(
    matching: QuerySet[Request], split: str, origin: datetime, step: timedelta
) -> dict[datetime, "Counter[str]"]:
    bucket: Any = Func(
        Value(step),
        F("created_at"),
        Value(origin, output_field=DateTimeField()),
        function="date_bin",
        output_field=DateTimeField(),
    )
    by: Any = F("model") if split == "model" else _STATUS_CLASS
    rows = matching.annotate(bucket=bucket, series=by).values_list("bucket", "series").annotate(n=Count("*"))
    counts: dict[datetime, Counter[str]] = defaultdict(Counter)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(LONGEST_MS)])
            for at, name, number in rows.order_by():
                counts[at][name] += number
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", "") == "57014":  # query_canceled
            raise TooSlow from error
        raise
    return counts


_STATUS_CLASS = Case(
    When(status=-3, then=Value("cancelled")),
    When(status__gte=500, then=Value("5xx")),
    When(status__gte=400, then=Value("4xx")),
    When(status__gte=200, then=Value("success")),
    default=Value("failed"),
)


def _names(counts: dict[datetime, "Counter[str]"], split: str) -> list[str]:
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


def _origin(start: datetime, step: timedelta) -> datetime:
    """Returns where the first bar begins: on the clock of the viewer's zone, so that days begin at midnight there."""
    midnight = timezone.localtime(start).replace(hour=0, minute=0, second=0, microsecond=0)
    if step > timedelta(days=1):
        return midnight.astimezone(UTC)
    # In UTC, since what is added to a local time ignores that clocks are put forward and back.
    return midnight.astimezone(UTC) + (start - midnight) // step * step


def _first(matching: QuerySet[Request]) -> datetime | None:
    return matching.order_by("created_at", "id").values_list("created_at", flat=True).first()
