"""Costs: our integer arithmetic against genai-prices' own, and what is chosen before it: tiers, times, hosts.

What providers publish is in test_price_cases.
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import genai_prices
import pytest
from genai_prices.data_snapshot import get_snapshot
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest_app.dialects.tiers import tier_of
from ingest_app.events import Usage
from ingest_app.price_corrections import corrections_of
from ingest_app.pricing import (
    SOURCE,
    THEIR_NAME,
    cost_lines,
    cost_nanodollars,
    tier_of_source,
    unit_prices,
)

AT = datetime(2026, 6, 1, tzinfo=UTC)
OURS = {their_name: name for name, their_name in THEIR_NAME.items() if name != "vertex"}
# Those whose prices are genai-prices' alone.
MODELS = [
    (OURS[provider.id], model.id)
    for provider in get_snapshot().providers
    if provider.id in OURS
    for model in provider.models
    if unit_prices(provider=OURS[provider.id], model=model.id, at=AT, prompt_tokens=0) is not None
    and not corrections_of(provider.id, model.id)
    and ("claude" not in model.id or "cache_write_1h_mtok" in vars(model.get_prices(AT)))
]
# Models with prices of their own for parts that others charge as plain tokens: drawn as often as all the rest.
PARTICULAR = [
    ("openai", "gpt-4o"),
    ("openai", "gpt-realtime"),
    ("openai", "gpt-image-1"),
    ("openai", "gpt-4o-transcribe"),
    ("openai", "whisper-1"),
    ("anthropic", "claude-sonnet-4-5"),
    ("bedrock", "us.anthropic.claude-sonnet-4-6-v1:0"),
    ("google", "gemini-2.5-pro"),
    ("google", "gemini-2.5-flash"),
    ("google", "gemini-2.5-flash-image"),
    ("vertex", "claude-sonnet-4-5@20250929"),
    ("perplexity", "sonar-deep-research"),
    ("xai", "grok-4.20"),
]


def cost(provider: str, model: str, usage: Usage, at: datetime = AT) -> int:
    prices = unit_prices(provider=provider, model=model, at=at, prompt_tokens=usage.prompt_tokens)
    assert prices is not None
    return cost_nanodollars(usage, prices)


@settings(deadline=None, max_examples=400)
@given(
    model=st.sampled_from(PARTICULAR) | st.sampled_from(MODELS),
    at=st.integers(0, 24 * 730).map(lambda hours: datetime(2025, 1, 1, tzinfo=UTC) + timedelta(hours=hours)),
    fresh=st.integers(0, 400_000),
    fresh_audio=st.integers(0, 1000),
    fresh_image=st.integers(0, 1000),
    cached=st.integers(0, 400_000),
    cached_audio=st.integers(0, 1000),
    cached_image=st.integers(0, 1000),
    cache_write_5m=st.integers(0, 50_000),
    cache_write_1h=st.integers(0, 50_000),
    said=st.integers(0, 100_000),
    reasoning=st.integers(0, 1000),
    said_audio=st.integers(0, 1000),
    said_image=st.integers(0, 1000),
    seconds=st.integers(0, 4000),
)
def test_it_equals_genai_prices(
    model: tuple[str, str],
    at: datetime,
    fresh: int,
    fresh_audio: int,
    fresh_image: int,
    cached: int,
    cached_audio: int,
    cached_image: int,
    cache_write_5m: int,
    cache_write_1h: int,
    said: int,
    reasoning: int,
    said_audio: int,
    said_image: int,
    seconds: int,
) -> None:
    provider, name = model
    cache_read = cached + cached_audio + cached_image
    cache_write = cache_write_5m + cache_write_1h
    usage = Usage(
        prompt_tokens=fresh + fresh_audio + fresh_image + cache_read + cache_write,
        completion_tokens=said + reasoning + said_audio + said_image,
        cache_read_tokens=cache_read,
        cache_read_audio_tokens=cached_audio,
        cache_read_image_tokens=cached_image,
        cache_write_tokens=cache_write,
        cache_write_1h_tokens=cache_write_1h,
        reasoning_tokens=reasoning,
        prompt_audio_tokens=fresh_audio + cached_audio,
        prompt_image_tokens=fresh_image + cached_image,
        completion_audio_tokens=said_audio,
        completion_image_tokens=said_image,
        prompt_audio_seconds=seconds,
    )
    theirs = genai_prices.calc_price(
        genai_prices.Usage(
            input_tokens=usage.prompt_tokens,
            output_tokens=usage.completion_tokens,
            cache_read_tokens=cache_read,
            cache_audio_read_tokens=cached_audio,
            cache_image_read_tokens=cached_image,
            cache_write_tokens=cache_write,
            cache_write_1h_tokens=cache_write_1h,
            output_reasoning_tokens=reasoning,
            input_audio_tokens=fresh_audio + cached_audio,
            input_image_tokens=fresh_image + cached_image,
            output_audio_tokens=said_audio,
            output_image_tokens=said_image,
            input_audio_seconds=seconds,
            audio_seconds=seconds,
        ),
        name,
        provider_id=THEIR_NAME[provider],
        genai_request_timestamp=at,
    )
    # A line is rounded to a nano-dollar each.
    assert abs(cost(provider, name, usage, at) - theirs.total_price * 10**9) <= 8


def test_prices_by_the_time_of_day_are_those_of_the_time() -> None:
    by_day, by_night = (
        unit_prices(
            provider="deepseek",
            model="deepseek-chat",
            at=datetime(2025, 6, 1, hour, tzinfo=UTC),
            prompt_tokens=1,
        )
        for hour in (12, 20)
    )
    assert by_day is not None
    assert by_night is not None
    assert by_day.usd_per_mtok["prompt"] > by_night.usd_per_mtok["prompt"]


@pytest.mark.parametrize("provider", ["ollama", "vllm", "lmstudio", "nebius", "custom"])
def test_a_model_on_a_host_without_known_prices_has_none(provider: str) -> None:
    where = "http://localhost:11434/v1/chat/completions"
    assert unit_prices(provider=provider, model="gpt-4o", at=AT, prompt_tokens=1, target_url=where) is None


def test_a_host_that_genai_prices_knows_has_its_prices() -> None:
    where = "https://api.deepseek.com/chat/completions"
    prices = unit_prices(provider="custom", model="deepseek-chat", at=AT, prompt_tokens=1, target_url=where)
    assert prices is not None
    assert prices.provider == "deepseek"


def test_a_part_without_a_price_of_its_own_stays_in_the_whole() -> None:
    prices = unit_prices(provider="openai", model="gpt-4o", at=AT, prompt_tokens=1)
    assert prices is not None
    usage = Usage(prompt_tokens=100, prompt_image_tokens=60, completion_tokens=50, reasoning_tokens=40)
    lines = cost_lines(usage, prices.usd_per_mtok)
    assert [(line.kind, line.tokens) for line in lines] == [("prompt", 100), ("completion", 50)]


def test_the_lines_add_up_and_do_not_overlap() -> None:
    prices = unit_prices(provider="anthropic", model="claude-sonnet-4-5", at=AT, prompt_tokens=1000)
    assert prices is not None
    usage = Usage(
        prompt_tokens=1000,
        completion_tokens=50,
        cache_read_tokens=600,
        cache_write_tokens=300,
        cache_write_1h_tokens=100,
    )
    lines = cost_lines(usage, prices.usd_per_mtok)
    assert [(line.kind, line.tokens) for line in lines] == [
        ("prompt", 100),
        ("cache_read", 600),
        ("cache_write", 200),
        ("cache_write_1h", 100),
        ("completion", 50),
    ]
    assert sum(line.cost_nanodollars for line in lines) == cost_nanodollars(usage, prices)


@pytest.mark.parametrize("model", ["", "nobody-made-this", "gpt-99-imaginary"])
def test_an_unknown_model_has_no_price(model: str) -> None:
    assert unit_prices(provider="openai", model=model, at=AT, prompt_tokens=1) is None


def served(provider: str, model: str, tier: str, at: datetime = AT) -> dict[str, Decimal]:
    prices = unit_prices(provider=provider, model=model, at=at, prompt_tokens=1, tier=tier)
    assert prices is not None
    return prices.usd_per_mtok


def test_a_tier_has_the_prices_that_are_noted_for_it() -> None:
    assert served("openai", "gpt-5.5", "priority")["completion"] == Decimal("75")


def test_a_tier_without_noted_prices_has_its_part_of_those_of_the_time() -> None:
    before_it_was_cheaper = datetime(2026, 7, 1, tzinfo=UTC)
    standard, flex = (served("openai", "gpt-5.6-luna", tier, before_it_was_cheaper) for tier in ("", "flex"))
    assert flex["prompt"] == standard["prompt"] / 2


def test_a_tier_that_the_list_does_not_know_costs_the_standard() -> None:
    assert served("anthropic", "claude-opus-5", "priority") == served("anthropic", "claude-opus-5", "")


def test_the_source_of_prices_tells_the_tier_and_where_they_were_published() -> None:
    flex, corrected, plain = (
        unit_prices(provider=provider, model=model, at=AT, prompt_tokens=1, tier=tier)
        for provider, model, tier in (
            ("openai", "gpt-5", "flex"),
            ("deepseek", "deepseek-chat", ""),
            ("openai", "gpt-5", ""),
        )
    )
    assert flex is not None
    assert corrected is not None
    assert plain is not None
    assert (flex.source, tier_of_source(flex.source)) == (f"{SOURCE} (flex)", "flex")
    assert corrected.source == f"{SOURCE}, api-docs.deepseek.com/quick_start/pricing"
    assert (plain.source, tier_of_source(plain.source)) == (SOURCE, "")


@pytest.mark.parametrize(
    ("answer", "tier"),
    [
        ({}, ""),
        ({"service_tier": "default"}, ""),
        ({"service_tier": "flex"}, "flex"),
        ({"usage": {"service_tier": "batch", "inference_geo": "us"}}, "batch,us"),
        ({"usage": {"service_tier": "standard", "speed": "fast"}}, "fast"),
        ({"usageMetadata": {"trafficType": "ON_DEMAND_FLEX"}}, "flex"),
        ({"usageMetadata": {"serviceTier": "PRIORITY"}}, "priority"),
        ({"serviceTier": {"type": "priority"}}, "priority"),
        ({"usage": {"search_context_size": "low"}}, ""),
        ({"service_tier": 7, "serviceTier": ["flex"], "usage": {"speed": {}, "inference_geo": ["us"]}}, ""),
        ({"usage": "fast", "usageMetadata": None}, ""),
    ],
)
def test_an_answer_tells_how_it_was_served(answer: dict[str, Any], tier: str) -> None:
    assert tier_of(answer) == tier
