"""The charts of a dashboard over time."""

from collections.abc import Callable, Sequence
from itertools import pairwise

from metrics_app.dashboard.cards import P50, P95, P99, courses
from metrics_app.dashboard.narrowing import node_of
from metrics_app.dashboard.numbers import Numbers
from metrics_app.drawing import top_series
from metrics_app.reading import Spread, Sums
from requests_app.charts import Chart, Kind, Series, Unit
from requests_app.series_colours import colours_of
from requests_app.statuses import STATUS_CLASSES, is_failure, status_class

_TOP_LINES = 6  # more lines than these hide each other
_COMPARED_COLOUR = "s8"


def requests_by_status(numbers: Numbers) -> Chart:
    """Returns the requests by how they ended."""
    found: dict[str, list[float]] = {}
    for (bar, status), one in numbers.grouped(3).items():
        found.setdefault(status_class(status), [0.0] * numbers.scope.bars)[bar] += one.requests
    series = [
        Series(name, f"status-{name}", found[name], _query(numbers, "status", name))
        for name in STATUS_CLASSES
        if name in found
    ]
    return _chart(numbers, "bars", "count", series, is_stacked=True)


def cost_by(numbers: Numbers) -> Chart:
    """Returns the costs by what the viewer chose."""
    return _broken_down(numbers, "money", lambda one: float(one.cost_nanodollars))


def requests_by(numbers: Numbers) -> Chart:
    """Returns the requests by what the viewer chose, the dearest first."""
    return _broken_down(numbers, "count", lambda one: one.requests)


def error_rate_by(place: int, field: str) -> Callable[[Numbers], Chart]:
    """Returns the function that makes the chart of error rates by provider (place 1) or model (2)."""

    def chart(numbers: Numbers) -> Chart:
        rates: dict[str, list[float | None]] = {}
        totals = numbers.series(numbers.grouped(place), lambda one: one.requests)
        failed: dict[tuple[str, int], int] = {}
        for key, one in numbers.cells.items():
            if is_failure(key[3]):
                failed[key[place], key[0]] = failed.get((key[place], key[0]), 0) + one.requests
        busiest = sorted(totals, key=lambda name: (-sum(value or 0 for value in totals[name]), name))
        for name in busiest[:_TOP_LINES]:
            rates[name] = [
                100 * failed.get((name, bar), 0) / all if all else None
                for bar, all in enumerate(totals[name])
            ]
        return _lines(numbers, "percent", rates, lambda name: _query(numbers, field, name))

    return chart


def error_kinds(numbers: Numbers) -> Chart:
    """Returns the failures by the name of the error."""
    found = numbers.series(numbers.errors, lambda one: one.requests)
    series = top_series(
        found, query_of=lambda name: _query(numbers, "error", name), other_query=_all(numbers)
    )
    return _chart(numbers, "bars", "count", series, is_stacked=True)


def latency(numbers: Numbers) -> Chart:
    """Returns percentiles of the latency; the compared period's p95 beside them."""
    return _percentiles(numbers, Spread.latency_ms)


def first_token(numbers: Numbers) -> Chart:
    """Returns percentiles of the time to the first token; the compared period's p95 beside them."""
    return _percentiles(numbers, Spread.first_token_ms)


def generation_speed(numbers: Numbers) -> Chart:
    """Returns how fast streams went on after their first token, by the busiest models."""
    by_model = numbers.grouped(2)
    streamed = numbers.series(by_model, lambda one: one.streamed_tokens)
    busiest = sorted(streamed, key=lambda name: (-sum(value or 0 for value in streamed[name]), name))
    speeds: dict[str, list[float | None]] = {
        name: [
            one.tokens_per_s if (one := by_model.get((bar, name))) else None
            for bar in range(numbers.scope.bars)
        ]
        for name in busiest[:_TOP_LINES]
        if any(streamed[name])
    }
    return _lines(numbers, "tokens_per_s", speeds, lambda name: _query(numbers, "model", name))


def request_rate(numbers: Numbers) -> Chart:
    """Returns the requests a minute."""
    return _per_minute(numbers, "count", "Requests a minute", lambda one: one.requests)


def throughput(numbers: Numbers) -> Chart:
    """Returns the tokens a minute, in and out."""
    return _per_minute(numbers, "tokens", "Tokens a minute", lambda one: one.tokens)


def tokens_by_kind(numbers: Numbers) -> Chart:
    """Returns the tokens by kind; the kinds do not overlap, but for sound, which is among the others, too."""
    kinds: list[tuple[str, Callable[[Sums], int]]] = [
        ("prompt", lambda one: one.prompt_tokens - one.cache_read_tokens - one.cache_write_tokens),
        ("cache read", lambda one: one.cache_read_tokens),
        ("cache write", lambda one: one.cache_write_tokens),
        ("completion", lambda one: one.completion_tokens - one.reasoning_tokens),
        ("reasoning", lambda one: one.reasoning_tokens),
    ]
    names = [name for name, _ in kinds]
    series = [
        Series(name, colour, [max(measure(one), 0) for one in numbers.bars], _all(numbers))
        for (name, measure), colour in zip(kinds, colours_of(names), strict=True)
        if any(measure(one) for one in numbers.bars)
    ]
    return _chart(numbers, "bars", "tokens", series, is_stacked=True)


def cache_savings(numbers: Numbers) -> Chart:
    """Returns what cached tokens would have cost more as ordinary ones, by model."""
    found = numbers.series(numbers.grouped(2), lambda one: float(one.saved_nanodollars))
    found = {name: values for name, values in found.items() if any(values)}
    series = top_series(
        found, query_of=lambda name: _query(numbers, "model", name), other_query=_all(numbers)
    )
    return _chart(numbers, "bars", "money", series, is_stacked=True)


def users(numbers: Numbers) -> Chart:
    """Returns how many users there were in each bar, about."""
    found = numbers.spreads
    values = [found[bar,].users if (bar,) in found else 0 for bar in range(numbers.scope.bars)]
    return _chart(numbers, "lines", "count", [Series("Users", "s6", values, _all(numbers))])


def _broken_down(numbers: Numbers, unit: Unit, measure: Callable[[Sums], float]) -> Chart:
    found = numbers.breakdown
    others = [max(measure(one), 0) for one in found.others]
    names = (
        [*found.shown, f"other {found.left}" if found.left else "none"] if any(others) else list(found.shown)
    )
    colours = colours_of(names, has_other=any(others))
    series = [
        Series(name, colour, [measure(one) for one in bars], _query(numbers, numbers.by, name))
        for (name, bars), colour in zip(found.shown.items(), colours, strict=False)
    ]
    if any(others):
        series.append(Series(names[-1], colours[-1], others, _all(numbers)))
    return _chart(numbers, "bars", unit, series, is_stacked=True)


def _per_minute(numbers: Numbers, unit: Unit, name: str, measure: Callable[[Sums], int]) -> Chart:
    minutes = [(end - start).total_seconds() / 60 for start, end in pairwise(numbers.scope.edges)]
    series = [Series(name, "s1", _rates(numbers.bars, minutes, measure), _all(numbers))]
    if numbers.comparison is not None:
        before = _rates(numbers.bars_before, minutes, measure)
        series.append(Series(numbers.comparison.label, _COMPARED_COLOUR, before, is_compared=True))
    return _chart(numbers, "lines", unit, series)


def _rates(bars: list[Sums], minutes: list[float], measure: Callable[[Sums], int]) -> list[float | None]:
    return [measure(one) / length for one, length in zip(bars, minutes, strict=True)]


def _percentiles(numbers: Numbers, read: Callable[..., list[float | None]]) -> Chart:
    shown = courses(numbers.spreads, read, (P50, P95, P99), numbers.scope.bars)
    (before,) = courses(numbers.spreads_before, read, (P95,), numbers.scope.bars)
    names = ("p50", "p95", "p99")
    colours = ("s8", "s5", "s4")
    series = [
        Series(name, colour, course, _all(numbers))
        for name, colour, course in zip(names, colours, shown, strict=True)
    ]
    if numbers.comparison is not None and any(before):
        series.append(Series(f"p95, {numbers.comparison.label}", "s5", before, is_compared=True))
    return _chart(numbers, "lines", "ms", series)


def _lines(
    numbers: Numbers, unit: Unit, found: dict[str, list[float | None]], query_of: Callable[[str], str]
) -> Chart:
    colours = colours_of(list(found))
    series = [
        Series(name, colour, values, query_of(name))
        for (name, values), colour in zip(found.items(), colours, strict=True)
    ]
    return _chart(numbers, "lines", unit, series)


def _chart(
    numbers: Numbers, kind: Kind, unit: Unit, series: Sequence[Series], *, is_stacked: bool = False
) -> Chart:
    return Chart.over(
        numbers.scope.edges,
        numbers.scope.zone,
        kind=kind,
        unit=unit,
        series=list(series),
        is_stacked=is_stacked,
        query=_all(numbers),
    )


def _query(numbers: Numbers, field: str, value: str) -> str:
    return numbers.scope.filter_query(node_of(field, value))


def _all(numbers: Numbers) -> str:
    return numbers.scope.filter_query()
