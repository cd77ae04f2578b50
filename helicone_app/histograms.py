"""Histograms as Helicone's API has them: of what lies below a percentile, or between two."""

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from django.db import connection
from rest_framework import serializers

from helicone_site.sql import load
from helicone_site.time_limit import at_most_ms
from metrics_app.reading.sums import LONGEST_MS, Part

SQL = Path(__file__).parent / "sql"
SHARES = {"p50": 0.5, "p75": 0.75, "p95": 0.95, "p99": 0.99, "p99.9": 0.999}
DEFAULT_SIZE = "p75"
# Only numbers that a double has, without the noise of the last digits.
_DIGITS = 15


@dataclass(frozen=True, slots=True)
class Bin:
    """How many values lie from `lower` to `upper`."""

    lower: float
    upper: float
    values: int


@dataclass(frozen=True, slots=True)
class Histogram:
    """At most ten bins, none of them empty; `average` is of all values, shown or not."""

    bins: list[Bin]
    average: float


class CutSerializer(serializers.Serializer[Any]):
    """Which of the values a histogram shows."""

    pSize = serializers.ChoiceField(
        list(SHARES), default=DEFAULT_SIZE, allow_null=True, help_text="Values above it are left out."
    )
    useInterquartile = serializers.BooleanField(
        default=False, allow_null=True, help_text="Leave out as many below: with p75 the lowest quarter."
    )


class HistogramRowSerializer(serializers.Serializer[Any]):
    """A bin."""

    range_start = serializers.CharField(help_text="A number.")
    range_end = serializers.CharField(help_text="A number; the next bin begins here.")
    value = serializers.IntegerField(help_text="How many there are in it.")


def histograms(values: Part | None, *, lower: float = 0, upper: float = 1) -> dict[str, Histogram]:
    """Returns the histograms of `values`, a SELECT of name and value, between two shares (0 to 1), by name.

    Up to ten different values have a bin each, more of them are in ten bins of one width; between two bins the border
    is midway between their values. None are no values. Raises TooSlow.
    """
    if values is None:
        return {}
    sql, parameters = values
    with at_most_ms(LONGEST_MS), connection.cursor() as cursor:
        cursor.execute(load(SQL, "binned_values").format(values=sql), [*parameters, lower, upper])
        rows = cursor.fetchall()
    found: dict[str, list[Any]] = {}
    averages: dict[str, float] = {}
    for name, average, _, *of_bin in rows:
        found.setdefault(name, []).append(of_bin)
        averages[name] = average
    return {name: Histogram(_bins(of_name), averages[name]) for name, of_name in found.items()}


def cut(asked: dict[str, Any]) -> tuple[float, float]:
    """Returns the shares between which values are shown, of what CutSerializer has read."""
    upper = SHARES[asked["pSize"] or DEFAULT_SIZE]
    return (1 - upper if asked["useInterquartile"] else 0), upper


def histogram_rows(histogram: Histogram | None) -> list[dict[str, Any]]:
    """Returns the bins as HistogramRowSerializer describes them."""
    bins = histogram.bins if histogram else []
    return [
        {"range_start": _written(one.lower), "range_end": _written(one.upper), "value": one.values}
        for one in bins
    ]


def _bins(rows: list[tuple[float, float, int]]) -> list[Bin]:
    """Returns bins of (least value, greatest value, how many) each."""
    borders = [rows[0][0], *((one[1] + after[0]) / 2 for one, after in pairwise(rows)), rows[-1][1]]
    return [Bin(lower, upper, row[2]) for (lower, upper), row in zip(pairwise(borders), rows, strict=True)]


def _written(number: float) -> str:
    return f"{number:.{_DIGITS}g}"
