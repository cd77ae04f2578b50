"""What alerts say in words: what one watches, and values in the units of its metric. Pure: no queries."""

from datetime import timedelta

from alerts_app.rules.models import Aggregation, Alert, Baseline, Condition, Metric
from alerts_app.rules.rule import Watched
from helicone_site import formats
from requests_app.charts import Unit, written, written_out

Watching = Watched | Alert
"""An alert, or what may become one."""

_NAMES = {
    Metric.ERROR_RATE: "Error rate",
    Metric.COST: "Cost",
    Metric.LATENCY: "Latency",
    Metric.TOTAL_TOKENS: "Tokens",
    Metric.PROMPT_TOKENS: "Tokens in",
    Metric.COMPLETION_TOKENS: "Tokens out",
    Metric.CACHE_READ_TOKENS: "Tokens read from caches",
    Metric.CACHE_WRITE_TOKENS: "Tokens written to caches",
    Metric.COUNT: "Requests",
    Metric.ERROR_COUNT: "Errors",
    Metric.RATE_LIMIT_HITS: "Rate-limit hits",
    Metric.TIME_TO_FIRST_TOKEN: "Time to first token",
}
_UNITS: dict[str, Unit] = {
    Metric.ERROR_RATE: "percent",
    Metric.COST: "money",
    Metric.LATENCY: "ms",
    Metric.TIME_TO_FIRST_TOKEN: "ms",
    Metric.COUNT: "count",
    Metric.ERROR_COUNT: "count",
    Metric.RATE_LIMIT_HITS: "count",
}
_OF_ONE = {Aggregation.AVERAGE: "mean", Aggregation.LEAST: "least", Aggregation.MOST: "most"}
_NANO = 1e9


def unit_of(metric: str) -> Unit:
    """Returns the unit that charts write the metric's values in."""
    return _UNITS.get(metric, "tokens")


def in_chart_unit(metric: str, value: float | None) -> float | None:
    """Returns a value of the metric as charts have it: costs, which are in US dollars, in nano-dollars."""
    return value * _NANO if metric == Metric.COST and value is not None else value


def value_words(metric: str, value: float | None) -> str:
    """Returns a value of the metric as people read it; `–` for None."""
    return written(in_chart_unit(metric, value), unit_of(metric))


def value_exact(metric: str, value: float | None) -> str:
    """Returns the same with all digits that mean something."""
    return written_out(in_chart_unit(metric, value), unit_of(metric))


def measured(rule: Watching) -> str:
    """Returns what is measured: `Error rate`, `Latency p95`, `Cost`, `Tokens, most of a request`."""
    name = _NAMES[Metric(rule.metric)]
    if rule.aggregation == Aggregation.PERCENTILE:
        return f"{name} p{rule.percentile:g}"
    if rule.aggregation == Aggregation.SUM or unit_of(rule.metric) in {"percent", "count"}:
        return name
    how = _OF_ONE[Aggregation(rule.aggregation)]
    return f"{name}, {how} of a request"


def watches(rule: Watching) -> str:
    """Returns the whole condition: `Latency p95 at or above 4.00 s over 10 minutes, by model`."""
    by = f", by {rule.grouping}" if rule.grouping else ""
    return f"{measured(rule)} {compared(rule)} over {window_words(rule.window_ms)}{by}"


def compared(rule: Watching) -> str:
    """Returns what the value is held against: `at or above 5 %`, `20 % or more above last week's`."""
    is_above = rule.condition == Condition.ABOVE
    if rule.baseline == Baseline.LAST_WEEK:
        size = formats.percent(rule.threshold)
        return f"{size} or more above last week's" if is_above else f"more than {size} below last week's"
    bound = value_words(rule.metric, rule.threshold)
    return f"at or above {bound}" if is_above else f"below {bound}"


def window_words(window_ms: int) -> str:
    """Returns `10 minutes`, `1 hour`, `7 days`, `90 seconds`; what is none of these as a duration."""
    for length, name in ((86_400_000, "day"), (3_600_000, "hour"), (60_000, "minute"), (1000, "second")):
        number, rest = divmod(window_ms, length)
        if not rest:
            return f"{number:,} {name}{'' if number == 1 else 's'}"
    return formats.duration(window_ms)


def length_words(length: timedelta) -> str:
    """Returns how long something went on, as `4 m 10 s` or `3 days`."""
    if length >= timedelta(days=2):
        return f"{length // timedelta(days=1)} days"
    return formats.duration(max(length / timedelta(milliseconds=1), 0))
