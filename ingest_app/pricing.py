"""What a request cost. Prices come from genai-prices; the arithmetic is integer nano-dollars.

genai-prices' own calculation takes about 115 µs a request, more than all else that the writer does to one. Its
price table is looked up once per model instead, and the counts are multiplied here; a test holds the two equal.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from importlib.metadata import version
from typing import Any
from urllib.parse import urlsplit

from genai_prices.data_snapshot import get_snapshot
from genai_prices.types import ModelInfo, ModelPrice, TieredPrices

from ingest_app.events import Usage

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
_PER_MILLION = {
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
    *, provider: str, model: str, at: datetime, prompt_tokens: int, target_url: str = ""
) -> UnitPrices | None:
    """Returns the prices of `model` at the time `at`, or None when they are unknown.

    Long prompts have a higher price with some models: for all tokens once the prompt passes the threshold.
    `target_url` is where a provider without a name of its own was asked.
    """
    their_name = THEIR_NAME.get(provider)
    found = _model(their_name, "" if their_name else _origin(target_url), model)
    if found is None:
        return None
    return _applied(found, found.model.get_prices(at.astimezone(UTC)), prompt_tokens)


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


@dataclass(frozen=True)
class _Found:
    provider: str
    model: ModelInfo
    applied: dict[tuple[int, int], UnitPrices]  # by which of its prices, and the tier reached


@lru_cache(maxsize=4096)
def _model(their_name: str | None, origin: str, model: str) -> _Found | None:
    if not model or not (their_name or origin):
        return None
    try:
        provider, found = get_snapshot().find_provider_model(
            model.removeprefix("models/"), None, their_name, origin or None
        )
    except LookupError:
        return None
    return _Found(provider.id, found, {})


def _origin(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.hostname}/" if parts.scheme == "https" and parts.hostname else ""


def _applied(found: _Found, price: ModelPrice, prompt_tokens: int) -> UnitPrices | None:
    starts = {
        tier.start
        for value in vars(price).values()
        if isinstance(value, TieredPrices)
        for tier in value.tiers
    }
    reached = max((start for start in starts if prompt_tokens > start), default=0)
    key = id(price), reached
    if key not in found.applied:
        prices = {
            kind: each * _PER_MILLION.get(kind, 1)
            for kind, keys in _KEYS.items()
            if (each := _first_price(price, keys, prompt_tokens)) is not None
        }
        found.applied[key] = UnitPrices(found.provider, found.model.id, SOURCE, prices)
    applied = found.applied[key]
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
