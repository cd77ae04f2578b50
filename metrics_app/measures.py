"""What can be said of requests in one number: each measure has its name, its unit and its meaning here alone."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from helicone_site.formats import usd
from metrics_app import rates
from metrics_app.reading import Spread, Sums

Unit = Literal["count", "usd", "nanodollars", "tokens", "ms", "share", "tokens_per_s", "per_s"]
# Where the number is found: `sums`, or how values spread, or (dearer) who was seen.
Source = Literal["sums", "spread", "seen"]


@dataclass(frozen=True, slots=True)
class Numbers:
    """What is known of some requests: `seconds` is how long their stretch of time is.

    `spread` is None without any calls of models, and where it was not looked for: then not `knows_spread`.
    """

    sums: Sums
    seconds: float
    spread: Spread | None = None
    knows_spread: bool = True


@dataclass(frozen=True, slots=True)
class Measure:
    """One number of some requests; None where there is nothing to divide by.

    `columns` are the sums that it needs, `order` is how `ranking` calls it ('': it cannot sort), and `adds_up` says
    whether those of parts are that of the whole.
    """

    name: str
    label: str
    unit: Unit
    value: Callable[[Numbers], float | None]
    columns: tuple[str, ...] = ()
    order: str = ""
    adds_up: bool = False
    source: Source = "sums"


class NoSuchMeasure(Exception):
    """There is no measure of this name. `str()` of it names those that there are."""


def measure_named(name: str) -> Measure:
    """Returns the measure: one of `MEASURES`, or a percentile such as `latency_ms_p95`. Raises NoSuchMeasure."""
    if name in MEASURES:
        return MEASURES[name]
    found = _PERCENTILE.fullmatch(name)
    if found is None or not 1 <= float(found[2]) <= _MOST_PERCENT:
        raise NoSuchMeasure(f"There is no {name!r}: choose from {', '.join(MEASURES)}, {PERCENTILES}.")
    return _percentile(name, found[1], float(found[2]))


def told(measures: Iterable[Measure], numbers: Numbers) -> dict[str, float | None]:
    """Returns the values by name, with no more digits than mean something."""
    values = {measure: measure.value(numbers) for measure in measures}
    return {
        measure.name: round(value, _DECIMALS.get(measure.unit, 9)) if isinstance(value, float) else value
        for measure, value in values.items()
    }


PERCENTILES = "and latency_ms_pN or time_to_first_token_ms_pN with N from 1 to 99.9"
_MOST_PERCENT = 99.9
_DECIMALS: dict[Unit, int] = {"ms": 3, "share": 6, "tokens_per_s": 3}
_PERCENTILE = re.compile(r"(latency_ms|time_to_first_token_ms)_p(\d{1,2}(?:\.\d)?)", re.ASCII)
_SPREADING = {"latency_ms": "Latency", "time_to_first_token_ms": "Time to first token"}


def _percentile(name: str, what: str, percent: float) -> Measure:
    def value(numbers: Numbers) -> float | None:
        if numbers.spread is None:
            return None
        of = numbers.spread.latency_ms if what == "latency_ms" else numbers.spread.first_token_ms
        return of(percent / 100)[0]

    return Measure(name, f"{_SPREADING[what]} p{percent:g}", "ms", value, source="spread")


def _sum(name: str, label: str, unit: Unit, *columns: str, order: str = "") -> Measure:
    def value(numbers: Numbers) -> float | None:
        added: int = sum(getattr(numbers.sums, column) for column in columns)
        return added

    return Measure(name, label, unit, value, columns, order or columns[0], adds_up=True)


def _money(name: str, label: str, *columns: str, of: Callable[[Sums], int | None]) -> list[Measure]:
    """In US dollars, and exact however large."""

    def dollars(numbers: Numbers) -> float | None:
        return usd(of(numbers.sums))

    def nanodollars(numbers: Numbers) -> float | None:
        return of(numbers.sums)

    return [
        Measure(f"{name}_usd", label, "usd", dollars, columns, columns[0], adds_up=True),
        Measure(f"{name}_nanodollars", label, "nanodollars", nanodollars, columns, columns[0], adds_up=True),
    ]


def _ratio(
    name: str, label: str, unit: Unit, *columns: str, order: str, of: Callable[[Sums], float | None]
) -> Measure:
    return Measure(name, label, unit, lambda numbers: of(numbers.sums), columns, order)


def _seen(name: str, label: str, of: Callable[[Spread], int]) -> Measure:
    def value(numbers: Numbers) -> float | None:
        return of(numbers.spread) if numbers.spread else 0 if numbers.knows_spread else None

    return Measure(name, label, "count", value, source="seen")


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


_ALL = [
    _sum("requests", "Requests", "count", "requests"),
    _sum("errors", "Errors", "count", "failures"),
    _ratio(
        "error_rate", "Error rate", "share", "failures", "requests",
        order="error_rate",
        of=lambda sums: _share(sums.failures, sums.requests),
    ),
    Measure(
        "requests_per_s", "Requests per second", "per_s",
        lambda numbers: numbers.sums.requests / numbers.seconds,
        ("requests",),
        "requests",
    ),
    *_money("cost", "Cost", "cost_nanodollars", "unpriced", of=rates.known_cost),
    _ratio(
        "cost_usd_per_request", "Cost per request of known price", "usd",
        "cost_nanodollars", "requests", "unpriced",
        order="cost_per_request",
        of=lambda sums: usd(rates.cost_per_request(sums)),
    ),
    _ratio(
        "cost_usd_per_mtok", "Cost per million tokens", "usd",
        "cost_nanodollars", "prompt_tokens", "completion_tokens", "unpriced",
        order="cost_per_token",
        of=lambda sums: usd(rates.cost_per_mtok(sums)),
    ),
    _sum("unpriced_requests", "Requests of unknown price", "count", "unpriced"),
    _sum("prompt_tokens", "Tokens in", "tokens", "prompt_tokens"),
    _sum("completion_tokens", "Tokens out", "tokens", "completion_tokens"),
    _sum("total_tokens", "Tokens", "tokens", "prompt_tokens", "completion_tokens", order="tokens"),
    _sum("cache_read_tokens", "Tokens read from prompt caches", "tokens", "cache_read_tokens"),
    _sum("cache_write_tokens", "Tokens written to prompt caches", "tokens", "cache_write_tokens"),
    _sum("reasoning_tokens", "Reasoning tokens", "tokens", "reasoning_tokens"),
    _sum("audio_tokens", "Audio tokens", "tokens", "audio_tokens"),
    _sum("cache_hits", "Prompt cache hits", "count", "cache_hits"),
    _ratio(
        "cache_hit_rate", "Prompt cache hit rate", "share", "cache_hits", "requests",
        order="cache_hit_rate",
        of=lambda sums: _share(sums.cache_hits, sums.requests),
    ),
    *_money("saved", "Saved by prompt caches", "saved_nanodollars", of=lambda sums: sums.saved_nanodollars),
    _ratio(
        "latency_ms_avg", "Mean latency", "ms", "latency_sum_ms", "requests",
        order="latency",
        of=lambda sums: sums.latency_ms,
    ),
    _ratio(
        "time_to_first_token_ms_avg", "Mean time to first token", "ms", "first_token_sum_ms", "first_tokens",
        order="first_token",
        of=lambda sums: sums.first_token_ms,
    ),
    _ratio(
        "tokens_per_s", "Generation speed", "tokens_per_s", "streamed_tokens", "streaming_sum_ms",
        order="tokens_per_s",
        of=lambda sums: sums.tokens_per_s,
    ),
    _seen("active_users", "Active users", lambda spread: spread.users),
    _seen("sessions", "Sessions", lambda spread: spread.sessions),
]  # fmt: skip
MEASURES: dict[str, Measure] = {measure.name: measure for measure in _ALL}
