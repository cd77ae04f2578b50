"""An organization's own prices as plain objects, and the sum that they, or else the price list, make of a request."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from ingest_app.events import Facts, LogEvent, Usage
from ingest_app.pricing import UnitPrices, cost_nanodollars, unit_prices

ANY = "*"  # of models: all of a provider
UNKNOWN_MODEL = "unknown"
_REMEMBERED = 10_000  # combinations of provider and models, of an organization
# Whose price a kind has that has none of its own; without one it would cost nothing.
_FALLBACKS = {
    "cache_read": "prompt",
    "cache_write": "prompt",
    "cache_write_1h": "cache_write",  # after that of the line before, which may be the prompt's
    "prompt_audio": "prompt",
    "completion_audio": "completion",
}


class OwnPrice(NamedTuple):
    """One price, of one model or of all whose names begin alike."""

    provider: str
    name: str  # without the *
    is_prefix: bool
    valid_from: datetime
    prices: UnitPrices

    def rank(self, provider: str, models: tuple[str, ...]) -> tuple[object, ...] | None:
        """Returns what the rule is ordered by for a request, the largest first; None when it says nothing of it."""
        if self.provider not in {"", provider}:
            return None
        if not self.is_prefix:
            if self.name not in models:
                return None
            nearness = -models.index(self.name)
        elif any(model.startswith(self.name) for model in models):
            nearness = len(self.name)
        else:
            return None
        return not self.is_prefix, nearness, bool(self.provider), self.valid_from


class OwnPrices:
    """The prices of one organization."""

    def __init__(self, rules: list[OwnPrice]) -> None:
        self._rules = rules
        self._of: dict[tuple[str, tuple[str, ...]], list[OwnPrice]] = {}

    def prices(self, provider: str, models: tuple[str, ...], at: datetime) -> UnitPrices | None:
        """Returns what holds for a request of the time `at` (`price_overrides.own_prices`), None where nothing does."""
        key = provider, models
        matching = self._of.get(key)
        if matching is None:
            matching = self._matching(provider, models)
            if len(self._of) < _REMEMBERED:
                self._of[key] = matching
        return next((rule.prices for rule in matching if rule.valid_from <= at), None)

    def _matching(self, provider: str, models: tuple[str, ...]) -> list[OwnPrice]:
        ranked = [(rank, rule) for rule in self._rules if (rank := rule.rank(provider, models)) is not None]
        return [rule for _, rule in sorted(ranked, key=lambda one: one[0], reverse=True)]


def with_fallbacks(usd_per_mtok: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """Returns the prices as they are applied: every kind of token that is always told apart has one."""
    prices = dict(usd_per_mtok)
    for kind, whole in _FALLBACKS.items():
        if kind not in prices and whole in prices:
            prices[kind] = prices[whole]
    return prices


def without_fallbacks(usd_per_mtok: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """Returns the prices without those that `with_fallbacks` puts back."""
    prices = dict(usd_per_mtok)
    # From the last: it may fall back on one that goes after it.
    for kind, whole in reversed(_FALLBACKS.items()):
        if kind in prices and prices[kind] == prices.get(whole):
            del prices[kind]
    return prices


def names_of_model(event: LogEvent, facts: Facts) -> list[str]:
    """Returns the names that a request has for its model, the answer's first."""
    # A deployment or an alias may answer under a name that has no price.
    asked = event.sent_model or facts.request_model
    return [model for model in (facts.response_model, asked) if model] or [
        event.model_override or UNKNOWN_MODEL
    ]


def cost_of_event(event: LogEvent, facts: Facts, own: OwnPrices | None, at: datetime) -> int:
    """Returns the cost in nano-dollars of an event that was read, 0 where it had none or nobody knows its price."""
    if facts.usage is None:
        return 0
    models = names_of_model(event, facts)
    cost, _ = cost_by(
        facts.usage,
        own=own.prices(event.provider, tuple(models), at) if own is not None else None,
        provider=event.priced_as or event.provider,
        models=models,
        at=at,
        target_url=event.target_url,
    )
    return cost or 0


def cost_by(
    usage: Usage,
    *,
    own: UnitPrices | None,
    provider: str,
    models: Sequence[str],
    at: datetime,
    target_url: str,
) -> tuple[int | None, UnitPrices | None]:
    """Returns what `costing.cost_of` does, by the organization's `own` prices, or where it has none by the list."""
    if usage.reported_cost_nanodollars is not None:
        return usage.reported_cost_nanodollars, None
    prices = own
    if prices is not None and usage.tier:
        # The same for every tier; but which it was is to be known when the list counts again (pricing.tier_of_source).
        prices = replace(prices, source=f"{prices.source} ({usage.tier})")
    for model in models:
        if prices is not None:
            break
        prices = unit_prices(
            provider=provider,
            model=model,
            at=at,
            prompt_tokens=usage.prompt_tokens,
            target_url=target_url,
            tier=usage.tier,
        )
    return (cost_nanodollars(usage, prices), prices) if prices is not None else (None, None)
