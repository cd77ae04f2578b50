"""The charts of the Cost page. Pure: no queries."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo
from itertools import accumulate

from metrics_app.costs import calendar
from metrics_app.costs.forecast import Forecast
from metrics_app.costs.months import Months
from metrics_app.reading import Sums
from requests_app.charts import Chart, Series
from requests_app.series_colours import colours_of

_TICKS = (1, 5, 10, 15, 20, 25)


def over_time(
    edges: Sequence[datetime],
    zone: tzinfo,
    dearest: Mapping[str, Sequence[float | None]],
    others: Sequence[float],
    *,
    others_name: str,
    queries: Mapping[str, str],
    query: str,
) -> Chart:
    """Returns the costs stacked: each of the dearest in its colour, and all others, if any, as `others_name`."""
    has_others = any(others)
    names = [*dearest, others_name] if has_others else [*dearest]
    values = [*dearest.values(), others] if has_others else [*dearest.values()]
    colours = colours_of(names, has_other=has_others)
    series = [
        Series(name or "(none)", colour, course, queries.get(name, query))
        for name, colour, course in zip(names, colours, values, strict=True)
    ]
    return Chart.over(edges, zone, kind="bars", unit="money", series=series, is_stacked=True, query=query)


def months(found: Months, forecast: Forecast | None, *, query: str) -> Chart:
    """Returns the cumulated costs of this month and, day beside day, of the one before, and what is forecast."""
    first = found.first_day
    length = max(calendar.last_of_month(first).day, len(found.last_month))
    days = calendar.days(first, first + timedelta(days=length - 1))
    today = len(found.this_month) - 1
    series = [Series(f"{first:%B}", "s1", _padded(_cumulated(found.this_month), length), query)]
    if forecast is not None and len(forecast.course) > 1:
        values = _padded([*[None] * today, *forecast.course], length)
        series.append(Series("Forecast", "s1", values, is_forecast=True))
    if any(one.cost_nanodollars for one in found.last_month):
        values = _padded(_cumulated(found.last_month), length)
        series.append(Series(f"{calendar.month_before(first):%B}", "s8", values, is_compared=True))
    edges = calendar.midnights(days[0], days[-1] + timedelta(days=1), found.zone)
    chart = Chart.over(edges, found.zone, kind="lines", unit="money", series=series, query=query)
    return replace(
        chart,
        labels=[f"Day {number}" for number in range(1, length + 1)],
        ticks=[(number - 1, str(number)) for number in _TICKS],
    )


def _cumulated(days: Sequence[Sums]) -> list[float | None]:
    return [*accumulate(float(one.cost_nanodollars) for one in days)]


def _padded(values: Sequence[float | None], length: int) -> list[float | None]:
    return [*values, *[None] * (length - len(values))]
