"""What a request cost. Prices come from genai-prices; the arithmetic is integer nano-dollars.

genai-prices' own calculation takes about 115 µs a request, more than all else that the writer does to one. Its
price table is looked up once per model and day instead, and the counts are multiplied here; a test holds the
two equal.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from importlib.metadata import version
from typing import Any

from genai_prices.data_snapshot import get_snapshot
from genai_prices.types import ModelPrice, TieredPrices

from ingest_app.events import Usage

SOURCE = f"genai-prices {version('genai-prices')}"

# What is charged, and which of genai-prices' keys give its unit price: the first that the model has.
_KEYS: dict[str, tuple[str, ...]] = {
    "prompt": ("input_mtok",),
    "cache_read": ("cache_read_mtok", "input_mtok"),
    "cache_write": ("cache_write_mtok", "input_mtok"),
    "cache_write_1h": ("cache_write_1h_mtok", "cache_write_mtok", "input_mtok"),
    "prompt_audio": ("input_audio_mtok", "input_mtok"),
    "completion": ("output_mtok",),
    "completion_audio": ("output_audio_mtok", "output_mtok"),
}


@dataclass(frozen=True, slots=True)
class UnitPrices:
    """US dollars per million tokens of each kind (see `_KEYS`), as applied to one request."""

    provider: str
    model: str
    source: str
    usd_per_mtok: dict[str, Decimal]

    def as_json(self) -> dict[str, Any]:
        """Returns the form in which the `price` table keeps it."""
        return {kind: str(price) for kind, price in self.usd_per_mtok.items()}


@dataclass(frozen=True, slots=True)
class CostLine:
    """One kind of token on the bill."""

    kind: str
    tokens: int
    usd_per_million: Decimal
    cost_nanodollars: int


def unit_prices(*, provider: str, model: str, at: datetime, prompt_tokens: int) -> UnitPrices | None:
    """Returns the prices of `model` at the time `at`, or None when they are unknown.

    Long prompts have a higher price with some models: for all tokens once the prompt passes the threshold.
    """
    found = _model_price(provider, model, at.astimezone(UTC).date().toordinal())
    if found is None:
        return None
    return _applied(found, prompt_tokens)


def cost_lines(usage: Usage, usd_per_mtok: dict[str, Decimal]) -> list[CostLine]:
    """Returns what each kind of token cost, kinds without tokens left out. The parts do not overlap."""
    audio_in, audio_out = usage.prompt_audio_tokens, usage.completion_audio_tokens
    counts = {
        "prompt": usage.prompt_tokens - usage.cache_read_tokens - usage.cache_write_tokens - audio_in,
        "cache_read": usage.cache_read_tokens,
        "cache_write": usage.cache_write_tokens - usage.cache_write_1h_tokens,
        "cache_write_1h": usage.cache_write_1h_tokens,
        "prompt_audio": audio_in,
        "completion": usage.completion_tokens - audio_out,
        "completion_audio": audio_out,
    }
    return [
        # USD per million tokens × tokens × 1,000 = nano-dollars.
        CostLine(kind, tokens, price, round(price * tokens * 1000))
        for kind, tokens in counts.items()
        if tokens > 0 and (price := usd_per_mtok.get(kind)) is not None
    ]


def cost_nanodollars(usage: Usage, prices: UnitPrices) -> int:
    """Returns the cost of a request: the sum of its lines."""
    return sum(line.cost_nanodollars for line in cost_lines(usage, prices.usd_per_mtok))


@dataclass(frozen=True)
class _ModelPrice:
    provider: str
    model: str
    price: ModelPrice
    by_tier: dict[int, UnitPrices]


@lru_cache(maxsize=4096)
def _model_price(provider: str, model: str, day: int) -> _ModelPrice | None:
    if not model:
        return None
    try:
        found_provider, found = get_snapshot().find_provider_model(model, None, provider, None)
    except LookupError:
        return None
    # Noon: prices change at the turn of a day, and the cache is kept by day.
    price = found.get_prices(datetime.fromordinal(day).replace(hour=12, tzinfo=UTC))
    return _ModelPrice(found_provider.id, found.id, price, {})


def _applied(found: _ModelPrice, prompt_tokens: int) -> UnitPrices | None:
    starts = {
        tier.start
        for value in vars(found.price).values()
        if isinstance(value, TieredPrices)
        for tier in value.tiers
    }
    reached = max((start for start in starts if prompt_tokens > start), default=0)
    if reached not in found.by_tier:
        prices = {
            kind: price
            for kind, keys in _KEYS.items()
            if (price := _first_price(found.price, keys, prompt_tokens)) is not None
        }
        found.by_tier[reached] = UnitPrices(found.provider, found.model, SOURCE, prices)
    applied = found.by_tier[reached]
    return applied if applied.usd_per_mtok else None


def _first_price(price: ModelPrice, keys: tuple[str, ...], prompt_tokens: int) -> Decimal | None:
    for key in keys:
        value = vars(price).get(key)
        if isinstance(value, TieredPrices):
            reached = [tier.price for tier in value.tiers if prompt_tokens > tier.start]
            return reached[-1] if reached else value.base
        if value is not None:
            return Decimal(value)
    return None
