"""From numbers to what the parts of a dashboard show: cards with sparklines, charts, ranked lists. Pure: no queries."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from requests_app.charts import Chart, Series, TableRow, Unit, written, written_out
from requests_app.series_colours import TOP, colours_of

SPARK_WIDTH, SPARK_HEIGHT = 160, 28
_SPARK_EDGE = 2  # so that the line is not cut off at its top and bottom
_UNCHANGED_PERCENT = 0.05
_MINUS = "−"


@dataclass(frozen=True, slots=True)
class Change:
    """How a value compares with an earlier one. `direction` is up, down or flat; `tone` good, bad or neutral."""

    text: str
    direction: str
    tone: str


@dataclass(frozen=True, slots=True)
class StatCard:
    """A number with its change and its course; see `stat_card`."""

    label: str
    value: str
    exact: str
    change: Change | None
    spark: str
    colour: str
    url: str


@dataclass(frozen=True, slots=True)
class ChartCard:
    """A chart with what is written around it.

    `list_url` is the list of requests that its points lead to, `csv_url` the same numbers as a file, `link_url` the
    address that is copied. With a `problem`, or without a chart, that is said in its place.
    """

    id: str
    title: str
    list_url: str
    csv_url: str
    link_url: str
    chart: Chart | None = None
    rows: Iterable[TableRow] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class RankedRow:
    """A row of a ranked list: `share_percent` of all, and `bar_percent` of the longest bar."""

    name: str
    value: str
    exact: str
    share_percent: float
    bar_percent: float
    url: str
    colour: str = "s1"


def stat_card(
    label: str,
    value: float | None,
    *,
    unit: Unit,
    url: str,
    before: float | None = None,
    is_up_good: bool | None = None,
    course: Sequence[float | None] = (),
    colour: str = "s1",
) -> StatCard:
    """Returns the card of `value`; `before` is that of the period compared with, `course` the value bar by bar."""
    return StatCard(
        label=label,
        value=written(value, unit),
        exact=written_out(value, unit),
        change=change(value, before, unit=unit, is_up_good=is_up_good),
        spark=sparkline_path(course),
        colour=colour,
        url=url,
    )


def change(
    value: float | None, before: float | None, *, unit: Unit, is_up_good: bool | None = None
) -> Change | None:
    """Returns how `value` differs from `before`, in percent, or in points (`pp`) where it is a percentage itself.

    None where there is nothing to compare. With `is_up_good` None neither way is better.
    """
    if value is None or before is None or (unit != "percent" and before == 0):
        return None
    difference = value - before if unit == "percent" else 100 * (value - before) / before
    size = abs(difference)
    if size < (0.005 if unit == "percent" else _UNCHANGED_PERCENT):
        return Change("±0 pp" if unit == "percent" else "±0 %", "flat", "neutral")
    text = f"{size:.2f} pp" if unit == "percent" else f"{size:,.1f} %" if size < 1000 else f"{size:,.0f} %"
    is_up = difference > 0
    tone = "neutral" if is_up_good is None else "good" if is_up == is_up_good else "bad"
    return Change(f"{'+' if is_up else _MINUS}{text}", "up" if is_up else "down", tone)


def sparkline_path(
    values: Sequence[float | None], width: int = SPARK_WIDTH, height: int = SPARK_HEIGHT
) -> str:
    """Returns the `d` of an SVG path through `values`, from zero or the lowest below it; None interrupts the line.

    Empty where fewer than two values are known.
    """
    known = [value for value in values if value is not None]
    if len(known) < 2:
        return ""
    low, high = min(0.0, *known), max(*known, 0.0)
    scale = (height - 2 * _SPARK_EDGE) / (high - low or 1)
    step = width / (len(values) - 1)
    points = [
        None if value is None else f"{place * step:.1f},{height - _SPARK_EDGE - (value - low) * scale:.1f}"
        for place, value in enumerate(values)
    ]
    pieces = ([point for point in run if point] for is_known, run in groupby(points, bool) if is_known)
    # A round cap makes a dot of a line without length.
    return "".join(f"M{' L'.join(piece)}" if len(piece) > 1 else f"M{piece[0]}h0" for piece in pieces)


def top_series(
    found: Mapping[str, Sequence[float | None]],
    *,
    query_of: Callable[[str], str],
    other_query: str = "",
    at_most: int = TOP,
) -> list[Series]:
    """Returns the `at_most` series with the largest sums, largest first, and all others as one, `other 23`.

    `query_of` gives the query string of a series' requests. Sums only, as of counts or costs: medians do not add up.
    """
    sums = {name: sum(value or 0 for value in values) for name, values in found.items()}
    names = sorted(found, key=lambda name: (-sums[name], name))
    top, others = names[:at_most], names[at_most:]
    all_names = [*top, f"other {len(others)}"] if others else top
    colours = colours_of(all_names, has_other=bool(others))
    series = [
        Series(name, colour, found[name], query_of(name)) for name, colour in zip(top, colours, strict=False)
    ]
    if others:
        values = [
            sum(value or 0 for value in bar) for bar in zip(*(found[name] for name in others), strict=True)
        ]
        series.append(Series(all_names[-1], colours[-1], values, other_query))
    return series


def ranked(
    values: Sequence[tuple[str, float]], *, unit: Unit, total: float, url_of: Callable[[str], str]
) -> list[RankedRow]:
    """Returns the rows of a ranked list, in the order given; `total` is that of all, shown or not."""
    longest = max((value for _, value in values), default=0)
    return [
        RankedRow(
            name=name or "(none)",
            value=written(value, unit),
            exact=written_out(value, unit),
            share_percent=100 * value / total if total else 0,
            bar_percent=round(100 * value / longest, 1) if longest > 0 else 0,
            url=url_of(name),
        )
        for name, value in values
    ]
