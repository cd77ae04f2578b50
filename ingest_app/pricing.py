"""What a request cost. Prices come from genai-prices, where it errs from the published lists themselves
(`price_corrections`); the arithmetic is integer nano-dollars.

genai-prices' own calculation takes about 115 µs a request, more than all else that the writer does to one. Its
price table is looked up once per model instead, and the counts are multiplied here; a test holds the two equal.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from decimal import Decimal
from functools import lru_cache
from importlib.metadata import version
from typing import Any
from urllib.parse import urlsplit

from genai_prices.data_snapshot import get_snapshot
from genai_prices.types import (
    ModelInfo,
    ModelPrice,
    PriceVariant,
    StartDateConstraint,
    Tier,
    TieredPrices,
)

from ingest_app.events import Usage
from ingest_app.price_corrections import (
    REGIONAL_SURCHARGE,
    TIER_FACTORS,
    Correction,
    UnitPrice,
    corrections_of,
    is_surcharged_region,
)

SOURCE = f"genai-prices {version('genai-prices')}"

# Our names of providers and genai-prices' own. Who is not here has a price only where genai-prices knows the
# host: prices of a model differ from host to host, and a local model has none.
THEIR_NAME = {
    "openai": "openai",
    "azure": "azure",
    "anthropic": "anthropic",
    "google": "google",
    "vertex": "google",
    "bedrock": "aws",
    "mistral": "mistral",
    "groq": "groq",
    "deepseek": "deepseek",
    "xai": "x-ai",
    "together": "together",
    "fireworks": "fireworks",
    "openrouter": "openrouter",
    "perplexity": "perplexity",
    "cohere": "cohere",
    "cerebras": "cerebras",
    "novita": "novita",
}

# What is charged, and which of genai-prices' keys give its unit price: the first that the model has.
_KEYS: dict[str, tuple[str, ...]] = {
    "prompt": ("input_mtok",),
    "cache_read": ("cache_read_mtok", "input_mtok"),
    "cache_write": ("cache_write_mtok", "input_mtok"),
    "cache_write_1h": ("cache_write_1h_mtok", "cache_write_mtok", "input_mtok"),
    "prompt_audio": ("input_audio_mtok", "input_mtok"),
    "completion": ("output_mtok",),
    "completion_audio": ("output_audio_mtok", "output_mtok"),
    "cache_read_audio": ("cache_audio_read_mtok", "cache_read_mtok", "input_audio_mtok", "input_mtok"),
    "cache_read_image": ("cache_image_read_mtok", "cache_read_mtok", "input_image_mtok", "input_mtok"),
    # The following are told apart only where a model has a price of its own for them.
    "prompt_image": ("input_image_mtok",),
    "completion_image": ("output_image_mtok",),
    "reasoning": ("output_reasoning_mtok",),
    "audio_seconds": ("input_audio_hours", "audio_hours"),
    "requests": ("requests_kcount",),
}
# How many of the units that genai-prices prices make a million of ours.
PER_MILLION = {
    "audio_seconds": Decimal(1_000_000) / 3600,
    "requests": Decimal(1000),
}


@dataclass(frozen=True, slots=True)
class UnitPrices:
    """US dollars per million of each kind (see `_KEYS`), as applied to one request."""

    provider: str
    model: str
    source: str
    usd_per_mtok: dict[str, Decimal]

    def as_json(self) -> dict[str, Any]:
        """Returns the form in which the `price` table keeps it."""
        return {kind: str(price) for kind, price in self.usd_per_mtok.items()}


@dataclass(frozen=True, slots=True)
class CostLine:
    """One kind of token on the bill. Seconds of audio and the request itself are counted as tokens are."""

    kind: str
    tokens: int
    usd_per_million: Decimal
    cost_nanodollars: int


def unit_prices(
    *, provider: str, model: str, at: datetime, prompt_tokens: int, target_url: str = "", tier: str = ""
) -> UnitPrices | None:
    """Returns the prices of `model` at the time `at`, or None when they are unknown.

    Long prompts have a higher price with some models: for all tokens once the prompt passes the threshold.
    `target_url` is where the model was asked: it stands for a provider without a name of its own, and with some
    the region has its price. `tier` is how the request was served (`Usage.tier`).
    """
    their_name = THEIR_NAME.get(provider)
    found = _model(their_name, "" if their_name else _origin(target_url), model)
    if found is None:
        return None
    is_regional = is_surcharged_region(found.provider, model, target_url)
    merged = _merged(found, at.astimezone(UTC), tuple(tier.split(",")) if tier else (), is_regional)
    reached = max((start for start in merged.starts if prompt_tokens > start), default=0)
    if reached not in merged.applied:
        merged.applied[reached] = _applied(found, merged, prompt_tokens)
    return merged.applied[reached]


def listed_prices(provider_id: str, model: ModelInfo, *, at: datetime) -> UnitPrices | None:
    """Returns the standard prices of a model of genai-prices for short prompts, None where it has none."""
    found = _Found(provider_id, model.id, model, corrections_of(provider_id, model.id))
    return _applied(found, _merged(found, at.astimezone(UTC), (), False), 0)


def tier_of_source(source: str) -> str:
    """Returns the tier that prices of this `source` are for, "" for the standard: rows do not keep it."""
    return source.rpartition(" (")[2].removesuffix(")") if source.endswith(")") else ""


def cost_lines(usage: Usage, usd_per_mtok: dict[str, Decimal]) -> list[CostLine]:
    """Returns what each kind of token cost, kinds without tokens left out. The parts do not overlap.

    A part without a price of its own stays in the whole that it is a part of.
    """
    return [
        # USD per million tokens × tokens × 1,000 = nano-dollars.
        CostLine(kind, tokens, price, round(price * tokens * 1000))
        for kind, tokens in _parts(usage, usd_per_mtok).items()
        if tokens > 0 and (price := usd_per_mtok.get(kind)) is not None
    ]


def cost_nanodollars(usage: Usage, prices: UnitPrices) -> int:
    """Returns the cost of a request: the sum of its lines."""
    return sum(line.cost_nanodollars for line in cost_lines(usage, prices.usd_per_mtok))


def _parts(usage: Usage, priced: dict[str, Decimal]) -> dict[str, int]:
    cached_audio = usage.cache_read_audio_tokens if "cache_read_audio" in priced else 0
    cached_image = usage.cache_read_image_tokens if "cache_read_image" in priced else 0
    # What is cached is charged as such, so it counts no more as audio or image.
    audio_in = max(usage.prompt_audio_tokens - usage.cache_read_audio_tokens, 0)
    image_in = (
        max(usage.prompt_image_tokens - usage.cache_read_image_tokens, 0) if "prompt_image" in priced else 0
    )
    audio_out = usage.completion_audio_tokens
    image_out = usage.completion_image_tokens if "completion_image" in priced else 0
    reasoning = usage.reasoning_tokens if "reasoning" in priced else 0
    return {
        "prompt": usage.prompt_tokens
        - usage.cache_read_tokens
        - usage.cache_write_tokens
        - audio_in
        - image_in,
        "cache_read": usage.cache_read_tokens - cached_audio - cached_image,
        "cache_read_audio": cached_audio,
        "cache_read_image": cached_image,
        "cache_write": usage.cache_write_tokens - usage.cache_write_1h_tokens,
        "cache_write_1h": usage.cache_write_1h_tokens,
        "prompt_audio": audio_in,
        "prompt_image": image_in,
        "completion": usage.completion_tokens - audio_out - image_out - reasoning,
        "reasoning": reasoning,
        "completion_audio": audio_out,
        "completion_image": image_out,
        "audio_seconds": usage.prompt_audio_seconds,
        "requests": 1,
    }


@dataclass(frozen=True, slots=True)
class _Merged:
    """The prices that hold together at a time, by genai-prices' keys."""

    values: dict[str, UnitPrice]
    source: str
    starts: frozenset[int]  # prompt tokens beyond which a higher price begins
    applied: dict[int, UnitPrices | None] = field(default_factory=dict)  # by the start that is reached


@dataclass(frozen=True, slots=True)
class _Found:
    provider: str
    name: str
    model: ModelInfo | None  # None where only the corrections know it
    corrections: tuple[Correction, ...]
    # By the prices that are laid over each other, the tier and the factor: few, and none is ever freed.
    merged: dict[tuple[object, ...], _Merged] = field(default_factory=dict)


_NO_PRICES = ModelPrice()
# "1-hour cache write tokens are 2 times the base input tokens price" (docs.claude.com/en/docs/about-claude/pricing),
# which genai-prices leaves out of some hosts' models.
_CLAUDE_1H_FACTOR = Decimal(2)


@lru_cache(maxsize=4096)
def _model(their_name: str | None, origin: str, model: str) -> _Found | None:
    if not model or not (their_name or origin):
        return None
    asked = model.removeprefix("models/")
    try:
        provider, found = get_snapshot().find_provider_model(asked, None, their_name, origin or None)
    except LookupError:
        corrections = corrections_of(their_name or "", asked)
        return _Found(their_name or "", asked, None, corrections) if corrections else None
    return _Found(provider.id, found.id, found, corrections_of(provider.id, asked))


def _origin(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.hostname}/" if parts.scheme == "https" and parts.hostname else ""


def _merged(found: _Found, at: datetime, tiers: tuple[str, ...], is_regional: bool) -> _Merged:
    """Returns the standard prices with what is laid over them: corrections, and a tier's own prices or factor."""
    standard = found.model.get_prices(at) if found.model else _NO_PRICES
    holding = [each for each in found.corrections if each.holds(at, tiers)] if found.corrections else []
    factor = REGIONAL_SURCHARGE if is_regional else Decimal(1)
    variants = []
    for tier in tiers:
        if any(each.tier == tier for each in holding):
            continue
        variant = _variant(found.model, standard, tier, at) if found.model else None
        if variant is not None:
            variants.append(variant)
        else:
            factor *= TIER_FACTORS.get((found.provider, tier), Decimal(1))
    key = (id(standard), *map(id, holding), *map(id, variants), tiers, factor)
    if key not in found.merged:
        values = _prices_in(standard)
        for each in holding:
            values |= each.prices
        for variant in variants:
            values |= _prices_in(variant.prices)
        if "claude" in found.name and "input_mtok" in values:
            values.setdefault("cache_write_1h_mtok", _times(values["input_mtok"], _CLAUDE_1H_FACTOR))
        sources = [SOURCE, *(each.source for each in holding), *(["regional"] if is_regional else [])]
        source = ", ".join(dict.fromkeys(sources))
        found.merged[key] = _Merged(
            {
                name: _times(price, factor) if name.endswith("_mtok") else price
                for name, price in values.items()
            },
            f"{source} ({','.join(tiers)})" if tiers else source,
            frozenset(
                tier.start
                for price in values.values()
                if isinstance(price, TieredPrices)
                for tier in price.tiers
            ),
        )
    return found.merged[key]


def _variant(model: ModelInfo, standard: ModelPrice, tier: str, at: datetime) -> PriceVariant | None:
    """Returns the model's own prices for a tier.

    Most bear the date on which genai-prices noted them. They are taken before it too while the standard price is
    the one that they stand beside.
    """
    variants = [
        each for each in model.price_variants or () if all(value == tier for value in each.when.values())
    ]
    for each in variants:
        if each.constraint is None or each.constraint.active(at):
            return each
    dated = {
        datetime.combine(each.constraint.start_date, time(), UTC): each
        for each in variants
        if isinstance(each.constraint, StartDateConstraint)
    }
    first = min(dated, default=None)
    return dated[first] if first is not None and model.get_prices(first) is standard else None


def _prices_in(price: ModelPrice) -> dict[str, UnitPrice]:
    return {name: value for name, value in vars(price).items() if value is not None}


def _times(price: UnitPrice, factor: Decimal) -> UnitPrice:
    if factor == 1:
        return price
    if isinstance(price, TieredPrices):
        tiers = [Tier(tier.start, tier.price * factor) for tier in price.tiers]
        return TieredPrices(price.base * factor, tiers)
    return price * factor


def _applied(found: _Found, merged: _Merged, prompt_tokens: int) -> UnitPrices | None:
    prices = {
        kind: each * PER_MILLION.get(kind, 1)
        for kind, keys in _KEYS.items()
        if (each := _first_price(merged.values, keys, prompt_tokens)) is not None
    }
    return UnitPrices(found.provider, found.name, merged.source, prices) if prices else None


def _first_price(values: dict[str, UnitPrice], keys: tuple[str, ...], prompt_tokens: int) -> Decimal | None:
    for key in keys:
        value = values.get(key)
        if isinstance(value, TieredPrices):
            reached = [tier.price for tier in value.tiers if prompt_tokens > tier.start]
            return reached[-1] if reached else value.base
        if value is not None:
            return Decimal(value)
    return None
