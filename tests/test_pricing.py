"""Costs: our integer arithmetic against genai-prices' own, and against published prices."""

from datetime import UTC, datetime, timedelta

import genai_prices
import pytest
from genai_prices.data_snapshot import get_snapshot
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest_app.events import Usage
from ingest_app.pricing import THEIR_NAME, cost_lines, cost_nanodollars, unit_prices

AT = datetime(2026, 6, 1, tzinfo=UTC)
OURS = {their_name: name for name, their_name in THEIR_NAME.items() if name != "vertex"}
MODELS = [
    (OURS[provider.id], model.id)
    for provider in get_snapshot().providers
    if provider.id in OURS
    for model in provider.models
    if unit_prices(provider=OURS[provider.id], model=model.id, at=AT, prompt_tokens=0) is not None
]
# Models with prices of their own for parts that others charge as plain tokens: drawn as often as all the rest.
PARTICULAR = [
    ("openai", "gpt-4o"),
    ("openai", "gpt-realtime"),
    ("openai", "gpt-image-1"),
    ("openai", "gpt-4o-transcribe"),
    ("openai", "whisper-1"),
    ("anthropic", "claude-sonnet-4-5"),
    ("bedrock", "us.anthropic.claude-sonnet-4-5-20250929-v1:0"),
    ("google", "gemini-2.5-pro"),
    ("google", "gemini-2.5-flash"),
    ("google", "gemini-2.5-flash-image"),
    ("vertex", "claude-sonnet-4-5@20250929"),
    ("perplexity", "sonar"),
    ("perplexity", "sonar-deep-research"),
    ("deepseek", "deepseek-chat"),
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


@pytest.mark.parametrize(
    ("provider", "model", "usage", "usd"),
    [
        # openai.com/api/pricing: $2.50 in, $1.25 cached, $10 out per million
        ("openai", "gpt-4o", Usage(prompt_tokens=1_000_000), 2.50),
        ("openai", "gpt-4o", Usage(prompt_tokens=1_000_000, cache_read_tokens=1_000_000), 1.25),
        ("openai", "gpt-4o", Usage(completion_tokens=1_000_000, reasoning_tokens=400_000), 10.0),
        # claude.com/pricing: Haiku 4.5 $1 in, $5 out, cache write $1.25 (1 h $2), cache read $0.10
        ("anthropic", "claude-haiku-4-5", Usage(prompt_tokens=100_000, completion_tokens=100_000), 0.60),
        ("anthropic", "claude-haiku-4-5", Usage(prompt_tokens=100_000, cache_read_tokens=100_000), 0.01),
        ("anthropic", "claude-haiku-4-5", Usage(prompt_tokens=100_000, cache_write_tokens=100_000), 0.125),
        (
            "anthropic",
            "claude-haiku-4-5",
            Usage(prompt_tokens=100_000, cache_write_tokens=100_000, cache_write_1h_tokens=100_000),
            0.20,
        ),
    ],
)
def test_published_prices(provider: str, model: str, usage: Usage, usd: float) -> None:
    assert cost(provider, model, usage) == round(usd * 1e9)


@pytest.mark.parametrize(
    ("model", "usage", "usd"),
    [
        # openai.com/api/pricing: audio $32 in, $64 out, cached $0.40; text $4 in, $16 out per million
        (
            "gpt-realtime",
            Usage(
                prompt_tokens=1_000_000,
                prompt_audio_tokens=1_000_000,
                cache_read_tokens=500_000,
                cache_read_audio_tokens=500_000,
            ),
            16.20,
        ),
        # $5 text in, $10 pictures in, $40 out
        (
            "gpt-image-1",
            Usage(
                prompt_tokens=1_000_000,
                prompt_image_tokens=500_000,
                completion_tokens=100_000,
                completion_image_tokens=100_000,
            ),
            11.50,
        ),
        # $0.006 a minute
        ("whisper-1", Usage(prompt_audio_seconds=90), 0.009),
    ],
)
def test_published_prices_of_sound_and_pictures(model: str, usage: Usage, usd: float) -> None:
    assert cost("openai", model, usage) == round(usd * 1e9)


def test_prices_by_the_time_of_day_are_those_of_the_time() -> None:
    by_day, by_night = (
        unit_prices(provider="deepseek", model="deepseek-chat", at=AT.replace(hour=hour), prompt_tokens=1)
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
