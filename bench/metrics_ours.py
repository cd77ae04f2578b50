"""Our side of `bench.metrics`: what the panels of a dashboard call. Import it when Django is set up."""

from collections.abc import Callable
from typing import Any, NamedTuple

from bench.metrics_questions import Asked
from metrics_app.dashboard import cards, charts, lists
from metrics_app.dashboard.numbers import Numbers
from metrics_app.reading import Spread, Sums, spreads, sums
from metrics_app.reading.questions import MODEL_CALLS
from metrics_app.scope import Scope
from requests_app.filter_language.fields import REQUESTS
from requests_app.filter_language.text import parse
from requests_app.filter_language.tree import conjunction

_CARDS = (
    cards.requests,
    cards.cost,
    cards.error_rate,
    cards.tokens,
    cards.latency(cards.P50),
    cards.latency(cards.P95),
    cards.latency(cards.P99),
    cards.first_token,
    cards.active_users,
    cards.cache_hits,
)


class Totals(NamedTuple):
    """What stat cards show of a period."""

    sums: Sums
    spread: Spread | None


def totals(organization_id: int, asked: Asked) -> Totals:
    """Returns the figures of all requests that are asked for."""
    question = _scope(organization_id, asked).total()
    spread = next(iter(spreads(question, has_seen=True).values()), None)
    return Totals(next(iter(sums(question).values()), Sums()), spread)


def _scope(organization_id: int, asked: Asked) -> Scope:
    tree = conjunction([parse(asked.filter.ours, REQUESTS), MODEL_CALLS])
    return Scope(organization_id, tree, asked.start, asked.end, asked.zone)


def _panel(show: Callable[[Numbers], Any], *, by: str = "model") -> Callable[[int, Asked], Any]:
    """Returns the function that draws a panel, with nothing known of what other panels asked."""
    return lambda organization_id, asked: show(Numbers(_scope(organization_id, asked), None, by=by, top=by))


def _cards(numbers: Numbers) -> Any:
    return [card(numbers, "") for card in _CARDS]


def _list(show: Callable[[Numbers, lists.Narrow], Any]) -> Callable[[Numbers], Any]:
    return lambda numbers: show(numbers, lambda field, value: "")


# The same panels as in `metrics_questions.THEIRS`.
OURS: dict[str, Callable[[int, Asked], Any]] = {
    "stat cards": _panel(_cards),
    "requests by status": _panel(charts.requests_by_status),
    "errors by provider": _panel(charts.error_rate_by(1, "provider")),
    "errors by model": _panel(charts.error_rate_by(2, "model")),
    "kinds of errors": _panel(charts.error_kinds),
    "cost by model": _panel(charts.cost_by, by="model"),
    "cost by provider": _panel(charts.cost_by, by="provider"),
    "cost by user": _panel(charts.cost_by, by="user"),
    "cost by Feature": _panel(charts.cost_by, by="properties.Feature"),
    "cost by Document": _panel(charts.cost_by, by="properties.Document"),
    "latency": _panel(charts.latency),
    "time to first token": _panel(charts.first_token),
    "generation speed": _panel(charts.generation_speed),
    "tokens": _panel(charts.tokens_by_kind),
    "cache savings": _panel(charts.cache_savings),
    "active users": _panel(charts.users),
    "top models": _panel(_list(lists.top_models)),
    "top users": _panel(_list(lists.top_users)),
    "top values of Feature": _panel(_list(lists.top), by="properties.Feature"),
    "top values of Document": _panel(_list(lists.top), by="properties.Document"),
}
