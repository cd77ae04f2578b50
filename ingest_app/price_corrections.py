"""Where genai-prices and a provider's published list differ, the list; and what the list adds for how it was served.

Each entry says where its numbers were published. tests/price_cases holds the sums that they must give. An entry
goes when genai-prices has the same.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from genai_prices.types import Tier, TieredPrices

UnitPrice = Decimal | TieredPrices

_BEGINNING = datetime.min.replace(tzinfo=UTC)
_END = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Correction:
    """Prices that stand before those of genai-prices, by its keys; keys that are not named stay as they are."""

    provider: str  # as genai-prices calls it
    models: re.Pattern[str]  # matched against the model's name from its start, in lower case
    source: str  # where they were published
    prices: Mapping[str, UnitPrice]
    since: datetime = _BEGINNING
    until: datetime = _END
    tier: str = ""  # only for what was served so, such as "fast"
    holds_at: Callable[[datetime], bool] | None = None  # only at these hours

    def holds(self, at: datetime, tiers: tuple[str, ...]) -> bool:
        """Returns whether it applies to a request at the time `at` that was served in these `tiers`."""
        return (
            self.since <= at < self.until
            and (not self.tier or self.tier in tiers)
            and (self.holds_at is None or self.holds_at(at))
        )


def corrections_of(provider: str, model: str) -> tuple[Correction, ...]:
    """Returns what is corrected of a model, in the order in which it is laid over genai-prices' prices.

    `provider` is genai-prices' name, `model` the name that was asked for.
    """
    name = model.lower()
    return tuple(each for each in _CORRECTIONS if each.provider == provider and each.models.match(name))


def is_surcharged_region(provider: str, model: str, target_url: str) -> bool:
    """Returns whether the address keeps a request in one region, at a tenth above the list.

    Which models that concerns is published: Claude from 4.5 on Vertex, GPT-5.4 and newer at OpenAI. On Bedrock
    the model's name tells, and genai-prices has it.
    """
    rule = _REGIONAL.get(provider)
    return rule is not None and bool(rule[0].search(target_url)) and bool(rule[1].match(model.lower()))


REGIONAL_SURCHARGE = Decimal("1.1")

# platform.claude.com/docs/en/about-claude/pricing ("Regional endpoints include a 10% premium over global
# endpoints", Claude 4.5 and newer), seen 2025-10; platform.openai.com/docs/pricing ("charged a 10% uplift"),
# seen 2026-05-08.
_REGIONAL = {
    "google": (
        re.compile(r"/locations/(?!global/)"),
        re.compile(r"claude-(?!3|(opus|sonnet)-4(-0|-1)?(@|-2025|$))"),
    ),
    "openai": (re.compile(r"^https://[a-z]{2}\.api\.openai\.com/"), re.compile(r"gpt-(5\.[4-9]|[6-9])")),
}

TIER_FACTORS: Mapping[tuple[str, str], Decimal] = {
    # platform.openai.com/docs/pricing: Batch and Flex are half of Standard, seen 2025-11 and 2026-05-08.
    ("openai", "batch"): Decimal("0.5"),
    ("openai", "flex"): Decimal("0.5"),
    # docs.claude.com/en/docs/about-claude/pricing: "50% discount on both input and output tokens", with prompt
    # caching and long context upon it, seen 2025-10. "us": claude.com/pricing, "US-only inference is available
    # at 1.1x pricing for input and output tokens", seen 2026-09-06.
    ("anthropic", "batch"): Decimal("0.5"),
    ("anthropic", "us"): Decimal("1.1"),
    # ai.google.dev/gemini-api/docs/pricing: Batch and Flex are half of Standard, Priority is 1.8 times it,
    # seen 2026-07.
    ("google", "batch"): Decimal("0.5"),
    ("google", "flex"): Decimal("0.5"),
    ("google", "priority"): Decimal("1.8"),
    # AWS Price List of Amazon Bedrock, us-east-1, published 2026-09-01.
    ("aws", "flex"): Decimal("0.5"),
    ("aws", "priority"): Decimal("1.75"),
}
"""By genai-prices' provider and the tier, what the standard prices are multiplied by where a model has no own."""


def _usd(**prices: str) -> dict[str, UnitPrice]:
    """Returns prices by genai-prices' keys, which are the names given here with `_mtok`."""
    return {f"{name}_mtok": Decimal(price) for name, price in prices.items()}


def _long_context(start: int, **prices: tuple[str, str]) -> dict[str, UnitPrice]:
    """Returns prices up to and beyond `start` prompt tokens. Beyond it all tokens have the higher one."""
    return {
        f"{name}_mtok": TieredPrices(Decimal(base), [Tier(start, Decimal(beyond))])
        for name, (base, beyond) in prices.items()
    }


def _utc(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


def _openai(models: str, *, tier: str = "", **prices: str) -> Correction:
    source = "platform.openai.com/docs/pricing, seen 2025-11"
    return Correction("openai", re.compile(models), source, _usd(**prices), tier=tier)


def _is_night_at_deepseek(at: datetime) -> bool:
    minutes = at.hour * 60 + at.minute
    return minutes >= 16 * 60 + 30 or minutes < 30


def _is_peak_at_deepseek(at: datetime) -> bool:
    # The published rule leaves China's public holidays out as well, which nothing here knows.
    return at.weekday() < 5 and (1 <= at.hour < 4 or 6 <= at.hour < 10)


def _deepseek(
    models: str,
    since: datetime,
    *,
    holds_at: Callable[[datetime], bool] | None = None,
    **prices: str,
) -> Correction:
    source = "api-docs.deepseek.com/quick_start/pricing"
    return Correction("deepseek", re.compile(models), source, _usd(**prices), since=since, holds_at=holds_at)


# DeepSeek's two oldest names have stood for one model after the other, V4 Flash the last.
_OLD_NAMES = r"deepseek-(chat|reasoner)$"
_FLASH = rf"deepseek-(v4-)?flash|{_OLD_NAMES}"
_PRO = r"deepseek-v4-pro"
_NIGHTS_BEGAN = _utc(2025, 2, 26, 16, 30)
_PEAKS_BEGAN = _utc(2026, 8, 16, 16)
_FLASH_4_1 = _utc(2026, 9, 10)

_CORRECTIONS: tuple[Correction, ...] = (
    # Sound has a price of its own, not that of text.
    _openai(r"gpt-4o-audio-preview", input_audio="40", output_audio="80"),
    _openai(r"gpt-4o-mini-audio-preview", input_audio="10", output_audio="20"),
    # Cached input: before June 2025 a quarter of $10; for the search models no cheaper than other.
    Correction(
        "openai",
        re.compile(r"o3($|-2025)"),
        "openai.com/api/pricing, seen 2025-05",
        _usd(cache_read="2.5"),
        until=_utc(2025, 6, 10),
    ),
    _openai(r"gpt-4o-mini-search-preview", cache_read="0.15"),
    # Fine-tuned models.
    _openai(r"ft:gpt-4o-2024", cache_read="1.875"),
    _openai(r"ft:gpt-4o-2024", tier="batch", input="2.225", cache_read="0.9", output="12.5"),
    _openai(r"ft:gpt-4o-mini-2024", cache_read="0.15"),
    _openai(r"ft:gpt-4\.1-2025", input="3", cache_read="0.75", output="12"),
    _openai(r"ft:gpt-4\.1-2025", tier="batch", input="1.5", cache_read="0.5", output="6"),
    _openai(r"ft:gpt-4\.1-mini-2025", input="0.8", cache_read="0.2", output="3.2"),
    _openai(r"ft:gpt-4\.1-nano-2025", input="0.2", cache_read="0.05", output="0.8"),
    _openai(r"ft:o4-mini-2025", input="4", cache_read="1", output="16"),
    _openai(r"ft:davinci-002", input="12", output="12"),
    _openai(r"ft:babbage-002", input="1.6", output="1.6"),
    # The long context of Claude Sonnet 4, and of both on Bedrock.
    Correction(
        "anthropic",
        re.compile(r"claude-sonnet-4-(0$|2025)"),
        "docs.claude.com/en/docs/about-claude/pricing, seen 2025-10",
        _long_context(
            200_000,
            input=("3", "6"),
            cache_write=("3.75", "7.5"),
            cache_write_1h=("6", "12"),
            cache_read=("0.3", "0.6"),
            output=("15", "22.5"),
        ),
    ),
    Correction(
        "aws",
        re.compile(r"global\.anthropic\.claude-sonnet-4-5|([a-z]+\.)?anthropic\.claude-sonnet-4-2025"),
        "aws.amazon.com/bedrock/pricing, seen 2025-10",
        _long_context(
            200_000,
            input=("3", "6"),
            cache_write=("3.75", "7.5"),
            cache_write_1h=("6", "12"),
            cache_read=("0.3", "0.6"),
            output=("15", "22.5"),
        ),
    ),
    Correction(
        "aws",
        re.compile(r"((?!global)[a-z]+\.)?anthropic\.claude-sonnet-4-5"),
        "aws.amazon.com/bedrock/pricing, seen 2025-10",
        _long_context(
            200_000,
            input=("3.3", "6.6"),
            cache_write=("4.125", "8.25"),
            cache_write_1h=("6.6", "13.2"),
            cache_read=("0.33", "0.66"),
            output=("16.5", "24.75"),
        ),
    ),
    # Fast mode, while Opus 4.6 had it; the cache's multipliers apply on top.
    Correction(
        "anthropic",
        re.compile(r"claude-opus-4-6"),
        "platform.claude.com/docs/en/about-claude/pricing, seen 2026-05",
        _usd(input="30", cache_write="37.5", cache_write_1h="60", cache_read="3", output="150"),
        tier="fast",
    ),
    # In a batch the cache costs the same.
    Correction(
        "google",
        re.compile(r"gemini-2\.0-flash($|-0)"),
        "ai.google.dev/gemini-api/docs/pricing, seen 2026-04",
        _usd(input="0.05", input_audio="0.35", output="0.2"),
        tier="batch",
    ),
    # Models of Google's list that genai-prices does not have.
    Correction(
        "google",
        re.compile(r"gemini-2\.5-computer-use"),
        "ai.google.dev/gemini-api/docs/pricing, seen 2026-04",
        _long_context(200_000, input=("1.25", "2.5"), output=("10", "15")),
    ),
    Correction(
        "google",
        re.compile(r"gemini-robotics-er-1\.5"),
        "ai.google.dev/gemini-api/docs/pricing, seen 2026-04",
        _usd(input="0.3", input_audio="1", output="2.5"),
    ),
    # `mistral-large-latest` is Large 3 since it came out.
    Correction(
        "mistral",
        re.compile(r"mistral-large-latest$"),
        "mistral.ai/pricing, seen 2026-01-13",
        _usd(input="0.5", cache_read="0.05", output="1.5"),
        since=_utc(2025, 12, 2),
    ),
    Correction(
        "fireworks",
        re.compile(r"accounts/fireworks/models/gpt-oss-120b$"),
        "docs.fireworks.ai/serverless/pricing, seen 2026-06",
        _usd(cache_read="0.015"),
    ),
    # The fee of a request depends on how much is searched; little, unless the request asks for more.
    *(
        Correction(
            "perplexity",
            re.compile(models),
            "docs.perplexity.ai/getting-started/pricing, seen 2026",
            {"requests_kcount": Decimal(fee)},
            tier=tier,
        )
        for models, fees in {
            r"sonar$": ("5", "8", "12"),
            r"sonar-(reasoning-)?pro$": ("6", "10", "14"),
        }.items()
        for tier, fee in zip(("", "medium", "high"), fees, strict=True)
    ),
    # DeepSeek V3 and R1: by night half, and a quarter for R1.
    _deepseek(r"deepseek-chat$", _BEGINNING, input="0.27", cache_read="0.07", output="1.1"),
    _deepseek(r"deepseek-reasoner$", _BEGINNING, input="0.55", cache_read="0.14", output="2.19"),
    _deepseek(
        _OLD_NAMES,
        _NIGHTS_BEGAN,
        holds_at=_is_night_at_deepseek,
        input="0.135",
        cache_read="0.035",
        output="0.55",
    ),
    # V3.1, and V3.2.
    _deepseek(_OLD_NAMES, _utc(2025, 9, 5, 16), input="0.56", cache_read="0.07", output="1.68"),
    _deepseek(_OLD_NAMES, _utc(2025, 9, 29), input="0.28", cache_read="0.028", output="0.42"),
    # V4, whose cache became cheaper two days after; twice the price in peak hours from August on.
    _deepseek(_FLASH, _utc(2026, 4, 24), input="0.14", cache_read="0.028", output="0.28"),
    _deepseek(_FLASH, _utc(2026, 4, 26, 12, 15), cache_read="0.0028"),
    _deepseek(_FLASH, _PEAKS_BEGAN, input="0.22", cache_read="0.007", output="0.66"),
    _deepseek(
        _FLASH,
        _PEAKS_BEGAN,
        holds_at=_is_peak_at_deepseek,
        input="0.44",
        cache_read="0.014",
        output="1.32",
    ),
    _deepseek(_FLASH, _FLASH_4_1, input="0.15", cache_read="0.003", output="0.6"),
    _deepseek(
        _FLASH,
        _FLASH_4_1,
        holds_at=_is_peak_at_deepseek,
        input="0.3",
        cache_read="0.006",
        output="1.2",
    ),
    _deepseek(_PRO, _BEGINNING, input="0.435", cache_read="0.003625", output="0.87"),
    _deepseek(_PRO, _PEAKS_BEGAN, input="0.66", cache_read="0.022", output="1.98"),
    _deepseek(
        _PRO,
        _PEAKS_BEGAN,
        holds_at=_is_peak_at_deepseek,
        input="1.32",
        cache_read="0.044",
        output="3.96",
    ),
)
