"""Costs: our integer arithmetic against genai-prices' own, and against published prices."""

from datetime import UTC, datetime

import genai_prices
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest_app.events import Usage
from ingest_app.pricing import cost_lines, cost_nanodollars, unit_prices

AT = datetime(2026, 6, 1, tzinfo=UTC)
MODELS = [
    ("openai", "gpt-4o"),
    ("openai", "gpt-4o-mini-2024-07-18"),
    ("openai", "o4-mini"),
    ("openai", "text-embedding-3-small"),
    ("anthropic", "claude-sonnet-4-5"),
    ("anthropic", "claude-haiku-4-5-20251001"),
    ("google", "gemini-2.5-pro"),
]


def cost(provider: str, model: str, usage: Usage) -> int:
    prices = unit_prices(provider=provider, model=model, at=AT, prompt_tokens=usage.prompt_tokens)
    assert prices is not None
    return cost_nanodollars(usage, prices)


@settings(deadline=None)
@given(
    model=st.sampled_from(MODELS),
    fresh=st.integers(0, 400_000),
    cache_read=st.integers(0, 400_000),
    cache_write_5m=st.integers(0, 50_000),
    cache_write_1h=st.integers(0, 50_000),
    completion=st.integers(0, 100_000),
)
def test_it_equals_genai_prices(
    model: tuple[str, str],
    fresh: int,
    cache_read: int,
    cache_write_5m: int,
    cache_write_1h: int,
    completion: int,
) -> None:
    provider, name = model
    cache_write = cache_write_5m + cache_write_1h
    usage = Usage(
        prompt_tokens=fresh + cache_read + cache_write,
        completion_tokens=completion,
        cache_read_tokens=cache_read,
        cache_write_tokens=cache_write,
        cache_write_1h_tokens=cache_write_1h,
    )
    theirs = genai_prices.calc_price(
        genai_prices.Usage(
            input_tokens=usage.prompt_tokens,
            output_tokens=completion,
            cache_read_tokens=cache_read,
            cache_write_tokens=cache_write,
            cache_write_1h_tokens=cache_write_1h,
        ),
        name,
        provider_id=provider,
        genai_request_timestamp=AT,
    )
    # A line is rounded to a nano-dollar each.
    assert abs(cost(provider, name, usage) - theirs.total_price * 10**9) <= 4


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
