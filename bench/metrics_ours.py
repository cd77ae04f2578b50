"""Our side of `bench.metrics`: what the panels of a dashboard ask for. Import it when Django is set up."""

from collections.abc import Callable
from functools import partial
from operator import attrgetter
from typing import Any, NamedTuple

from bench.metrics_questions import TOP_RANKED, Asked
from metrics_app.reading import Spread, Sums, spreads, sums
from metrics_app.reading.questions import MODEL_CALLS
from metrics_app.scope import Scope
from requests_app.filter_language.fields import REQUESTS
from requests_app.filter_language.text import parse
from requests_app.filter_language.tree import conjunction

SHARES = (0.5, 0.95, 0.99)


class Totals(NamedTuple):
    """What stat cards show of a period."""

    sums: Sums
    spread: Spread | None


def totals(organization_id: int, asked: Asked) -> Totals:
    """Returns the figures of all requests that are asked for."""
    question = _scope(organization_id, asked).total()
    return Totals(
        next(iter(sums(question).values()), Sums()),
        next(iter(spreads(question, has_seen=True).values()), None),
    )


def _scope(organization_id: int, asked: Asked) -> Scope:
    tree = conjunction([parse(asked.filter.ours, REQUESTS), MODEL_CALLS])
    return Scope(organization_id, tree, asked.start, asked.end, asked.zone)


def _summed(
    organization_id: int, asked: Asked, *, by: tuple[str, ...] = (), measures: tuple[str, ...]
) -> Any:
    return sums(_scope(organization_id, asked).over_time(*by), measures)


def _ranked(organization_id: int, asked: Asked, *, by: str) -> Any:
    measures = ("requests", "prompt_tokens", "completion_tokens", "cost_nanodollars")
    found = sums(_scope(organization_id, asked).total(by), measures)
    return sorted(found.values(), key=attrgetter("cost_nanodollars"), reverse=True)[:TOP_RANKED]


def _latencies(organization_id: int, asked: Asked) -> Any:
    found = spreads(_scope(organization_id, asked).over_time())
    return {key: spread.latency_ms(*SHARES) for key, spread in found.items()}


def _first_tokens(organization_id: int, asked: Asked) -> Any:
    found = spreads(_scope(organization_id, asked).over_time())
    return {key: spread.first_token_ms(*SHARES) for key, spread in found.items()}


def _users(organization_id: int, asked: Asked) -> Any:
    found = spreads(_scope(organization_id, asked).over_time(), has_seen=True)
    return {key: spread.users for key, spread in found.items()}


_COST = ("cost_nanodollars",)
# The same panels as in `metrics_questions.THEIRS`.
OURS: dict[str, Callable[[int, Asked], Any]] = {
    "stat cards": totals,
    "requests by status": partial(_summed, by=("status",), measures=("requests",)),
    "errors by provider": partial(_summed, by=("provider", "status"), measures=("requests",)),
    "errors by model": partial(_summed, by=("model", "status"), measures=("requests",)),
    "cost by model": partial(_summed, by=("model",), measures=_COST),
    "cost by provider": partial(_summed, by=("provider",), measures=_COST),
    "cost by user": partial(_summed, by=("user",), measures=_COST),
    "cost by Feature": partial(_summed, by=("properties.Feature",), measures=_COST),
    "cost by Document": partial(_summed, by=("properties.Document",), measures=_COST),
    "latency": _latencies,
    "time to first token": _first_tokens,
    "generation speed": partial(_summed, measures=("streamed_tokens", "streaming_sum_ms")),
    "tokens": partial(
        _summed,
        measures=(
            "prompt_tokens", "completion_tokens", "reasoning_tokens", "cache_read_tokens", "cache_write_tokens",
        ),
    ),
    "cache hits": partial(_summed, measures=("requests", "cache_hits", "saved_nanodollars")),
    "active users": _users,
    "top models": partial(_ranked, by="model"),
    "top users": partial(_ranked, by="user"),
    "top values of Feature": partial(_ranked, by="properties.Feature"),
    "top values of Document": partial(_ranked, by="properties.Document"),
}  # fmt: skip
