"""What each metric and aggregation is among the measures of metrics, or of the rows themselves."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from alerts_app.rules.models import Aggregation, Condition, Metric
from alerts_app.rules.rule import Watched
from metrics_app.measures import MEASURES, Measure, Numbers
from metrics_app.reading import Sums
from metrics_app.scope import calls_only
from requests_app.filter_language.text import parse
from requests_app.filter_language.tree import Comparison, Node, Operator, conjunction

_IS_429 = Comparison("status", Operator.EQUALS, Decimal(429))
_IS_ERROR = Comparison("status", Operator.EQUALS, "error")
_NANO = 1e-9


@dataclass(frozen=True, slots=True)
class Column:
    """A column of requests whose values become one by `min`, `max` or a percentile.

    Times `scale` they are in the metric's unit.
    """

    name: str
    scale: float = 1


@dataclass(frozen=True, slots=True)
class Quantity:
    """How a value is found: by `measure`, times `scale`; or of rows, by `column`.

    `order` is how `ranking` calls what groups are worth looking at by; `of_nothing` is the value without requests.
    """

    order: str
    measure: Measure | None = None
    scale: float = 1
    column: Column | None = None
    of_nothing: float | None = None

    def value(self, numbers: Numbers) -> float | None:
        """Returns the value of some requests. Only of those that are found by a measure."""
        assert self.measure is not None  # noqa: S101
        found = self.measure.value(numbers)
        return None if found is None else found * self.scale


def tree_of(watched: Watched) -> Node:
    """Returns the condition of the requests that are added up. Raises FilterError."""
    tree = calls_only(parse(watched.query))
    return conjunction([tree, _IS_429]) if watched.metric == Metric.RATE_LIMIT_HITS else tree


def tree_behind(watched: Watched) -> Node:
    """Returns the condition of the requests that people look for when something is wrong. Raises FilterError."""
    has_failed = (
        watched.metric in {Metric.ERROR_RATE, Metric.ERROR_COUNT} and watched.condition == Condition.ABOVE
    )
    return conjunction([tree_of(watched), *([_IS_ERROR] if has_failed else [])])


def quantity_of(watched: Watched) -> Quantity:
    """Returns how the value is found."""
    metric, aggregation = Metric(watched.metric), Aggregation(watched.aggregation)
    if metric in _SIMPLE:
        return _SIMPLE[metric]
    of = _SUMMED[metric]
    if aggregation == Aggregation.SUM:
        return Quantity(of.order, of.sum, of_nothing=0)
    if aggregation == Aggregation.AVERAGE:
        return Quantity(of.order, of.average)
    if aggregation == Aggregation.PERCENTILE and of.spread is not None:
        return Quantity(of.order, _percentile(of.spread, watched.percentile or 0))
    return Quantity(of.order, column=of.column)


@dataclass(frozen=True, slots=True)
class _Summed:
    """A metric that is a sum over requests; `spread` is the name of its percentiles where sums know them."""

    order: str
    sum: Measure
    average: Measure
    column: Column
    spread: str | None = None


def _added(name: str, *columns: str, of: Callable[[Sums], float]) -> Measure:
    return Measure(
        name,
        name,
        "count",
        lambda numbers: of(numbers.sums),
        (*columns, "requests"),
        columns[0],
        adds_up=True,
    )


def _tokens(name: str, column: str, measure: str) -> _Summed:
    added = MEASURES[measure]

    def average(numbers: Numbers) -> float | None:
        value = added.value(numbers)
        return value / numbers.sums.requests if value is not None and numbers.sums.requests else None

    mean = Measure(f"{name}_avg", name, "tokens", average, (*added.columns, "requests"))
    return _Summed(added.order, added, mean, Column(column))


def _percentile(spread: str, percent: float) -> Measure:
    def value(numbers: Numbers) -> float | None:
        if numbers.spread is None:
            return None
        return getattr(numbers.spread, spread)(percent / 100)[0]  # type: ignore[no-any-return]

    return Measure(spread, spread, "ms", value, source="spread")


_SIMPLE = {
    # By their number, not by the rate: else the first places are all of users with one request that failed.
    Metric.ERROR_RATE: Quantity("failures", MEASURES["error_rate"], scale=100),
    Metric.ERROR_COUNT: Quantity("failures", MEASURES["errors"], of_nothing=0),
    Metric.COUNT: Quantity("requests", MEASURES["requests"], of_nothing=0),
    Metric.RATE_LIMIT_HITS: Quantity("requests", MEASURES["requests"], of_nothing=0),
}
_SUMMED = {
    Metric.COST: _Summed(
        "cost",
        Measure(
            "cost",
            "Cost",
            "usd",
            MEASURES["cost_usd"].value,
            ("cost_nanodollars", "unpriced", "requests"),
            adds_up=True,
        ),
        MEASURES["cost_usd_per_request"],
        Column("cost_nanodollars", _NANO),
    ),
    Metric.LATENCY: _Summed(
        "latency_sum_ms",
        _added("latency_sum_ms", "latency_sum_ms", of=lambda sums: sums.latency_sum_ms),
        MEASURES["latency_ms_avg"],
        Column("latency_ms"),
        "latency_ms",
    ),
    Metric.TIME_TO_FIRST_TOKEN: _Summed(
        "first_token_sum_ms",
        _added("first_token_sum_ms", "first_token_sum_ms", of=lambda sums: sums.first_token_sum_ms),
        MEASURES["time_to_first_token_ms_avg"],
        Column("time_to_first_token_ms"),
        "first_token_ms",
    ),
    Metric.TOTAL_TOKENS: _tokens("total_tokens", "total_tokens", "total_tokens"),
    Metric.PROMPT_TOKENS: _tokens("prompt_tokens", "prompt_tokens", "prompt_tokens"),
    Metric.COMPLETION_TOKENS: _tokens("completion_tokens", "completion_tokens", "completion_tokens"),
    Metric.CACHE_READ_TOKENS: _tokens("cache_read_tokens", "cache_read_tokens", "cache_read_tokens"),
    Metric.CACHE_WRITE_TOKENS: _tokens("cache_write_tokens", "cache_write_tokens", "cache_write_tokens"),
}
