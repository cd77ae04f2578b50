"""What a request may cost at most: never less than what it costs."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest_app.events import Usage
from ingest_app.output_limits import published_max_output
from ingest_app.own_prices import OwnPrice, OwnPrices, cost_by
from ingest_app.pricing import UnitPrices
from ingest_app.worst_case import DEARER_PICTURE_TOKENS, PICTURE_TOKENS, read_asked, worst_case

NOW = datetime(2026, 11, 30, tzinfo=UTC)
IN, OUT = 2_500, 10_000  # nano-dollars of a token of gpt-4o
WINDOW = 128_000
PICTURE = "data:image/png;base64," + "A" * 100_000


def worst(
    body: dict[str, Any],
    *,
    path: str = "/v1/chat/completions",
    provider: str = "openai",
    model: str = "",
    own: OwnPrices | None = None,
) -> int | None:
    asked = read_asked(json.dumps(body).encode(), path)
    assert asked is not None
    name = model or asked.model
    return worst_case(asked, provider=provider, model=name, at=NOW, target_url="", own=own)


def chat(**more: Any) -> dict[str, Any]:
    return {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}], **more}


def size(body: dict[str, Any]) -> int:
    return len(json.dumps(body).encode())


@pytest.mark.parametrize(
    ("more", "answer_tokens"),
    [
        ({"max_tokens": 100}, 100),
        ({"max_completion_tokens": 100}, 100),
        ({"max_tokens": 10, "max_completion_tokens": 100}, 100),
        ({"max_tokens": 100, "n": 3}, 300),
        ({"max_tokens": None}, 16_384),  # what OpenAI publishes
        ({}, 16_384),
        ({"max_tokens": "many"}, 16_384),
        ({"max_tokens": 10**9}, WINDOW),
    ],
)
def test_the_answer_is_as_long_as_the_request_allows(more: dict[str, Any], answer_tokens: int) -> None:
    body = chat(**more)

    assert worst(body) == size(body) * IN + answer_tokens * OUT


def test_each_dialect_says_its_maximum_in_its_own_way() -> None:
    gemini = {"contents": [], "generationConfig": {"maxOutputTokens": 50, "candidateCount": 2}}
    converse = {"messages": [], "inferenceConfig": {"maxTokens": 50}}
    responses = {"model": "gpt-4o", "input": "Hi", "max_output_tokens": 50}

    found = [
        read_asked(json.dumps(body).encode(), path)
        for body, path in (
            (gemini, "/v1beta/models/gemini-2.5-pro:generateContent"),
            (converse, "/model/anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse"),
            (responses, "/v1/responses"),
        )
    ]

    assert [(one.max_output, one.answers) for one in found if one] == [(50, 2), (50, 1), (50, 1)]
    assert [one.model for one in found if one] == [
        "gemini-2.5-pro",
        "anthropic.claude-sonnet-4-5-20250929-v1:0",
        "gpt-4o",
    ]


@pytest.mark.parametrize(
    "part",
    [
        {"type": "image_url", "image_url": {"url": PICTURE}},
        {"type": "input_image", "image_url": PICTURE},
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "A" * 100_000}},
        {"inlineData": {"mimeType": "image/png", "data": "A" * 100_000}},
        {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
    ],
)
def test_a_picture_counts_as_a_stated_number_of_tokens(part: dict[str, Any]) -> None:
    body = chat(
        messages=[{"role": "user", "content": [{"type": "text", "text": "What?"}, part]}], max_tokens=1
    )

    plain, mini = worst(body), worst(body, model="gpt-4o-mini")

    assert plain is not None
    assert mini is not None
    assert PICTURE_TOKENS * IN < plain < (PICTURE_TOKENS + 500) * IN
    assert DEARER_PICTURE_TOKENS * 150 < mini < (DEARER_PICTURE_TOKENS + 500) * 150


@pytest.mark.parametrize(
    "more",
    [
        {"previous_response_id": "resp_1"},
        {"tools": [{"type": "web_search"}]},
        {"messages": [{"role": "user", "content": [{"type": "file", "file": {"file_id": "f"}}]}]},
    ],
)
def test_what_a_body_only_points_to_counts_as_a_full_window(more: dict[str, Any]) -> None:
    assert worst(chat(max_tokens=1, **more)) == WINDOW * IN + OUT


def test_no_prompt_is_longer_than_the_window() -> None:
    assert (
        worst(chat(max_tokens=1, messages=[{"role": "user", "content": "x" * 500_000}])) == WINDOW * IN + OUT
    )


def test_embeddings_have_no_answer() -> None:
    body = {"model": "text-embedding-3-small", "input": ["Hi"] * 50}

    assert worst(body, path="/v1/embeddings") == size(body) * 20


def test_own_prices_stand_before_the_list() -> None:
    prices = UnitPrices("openai", "gpt-4o", "your price", {"prompt": Decimal(0), "completion": Decimal(1)})
    own = OwnPrices([OwnPrice("openai", "gpt-4o", False, datetime.min.replace(tzinfo=UTC), prices)])

    assert worst(chat(max_tokens=7), own=own) == 7000


def test_without_a_price_nothing_is_known() -> None:
    assert worst(chat(max_tokens=7), model="a-model-of-ours", provider="vllm") is None


@pytest.mark.parametrize("body", [b"", b"[]", b"--form", b"\xff", b"[" * 5000])
def test_what_is_no_request_in_json_is_not_read(body: bytes) -> None:
    assert read_asked(body, "/v1/chat/completions") is None


@pytest.mark.parametrize(
    ("model", "tokens"),
    [
        ("gpt-4o-mini-2024-07-18", 16_384),
        ("openai/gpt-5-mini", 128_000),
        ("gpt-5-chat-latest", 16_384),
        ("o3-mini", 100_000),
        ("anthropic.claude-3-haiku-20240307-v1:0", 4_096),
        ("claude-opus-4-1-20250805", 32_000),
        ("claude-sonnet-4-5", 64_000),
        ("gemini-2.0-flash", 8_192),
        ("models/gemini-2.5-pro", 65_536),
        ("llama-3.3-70b", None),
    ],
)
def test_what_makers_publish(model: str, tokens: int | None) -> None:
    assert published_max_output(model) == tokens


@given(
    model=st.sampled_from(["gpt-4o", "gpt-5", "claude-sonnet-4-5", "gemini-2.5-pro"]),
    text=st.text(max_size=300),
    max_tokens=st.integers(1, 5000),
    data=st.data(),
)
def test_the_worst_case_is_never_less_than_the_cost(
    model: str, text: str, max_tokens: int, data: st.DataObject
) -> None:
    provider = {"gpt": "openai", "cla": "anthropic", "gem": "google"}[model[:3]]
    body = {
        "model": model,
        "messages": [{"role": "user", "content": text, "cache_control": {"type": "ephemeral", "ttl": "1h"}}],
        "max_tokens": max_tokens,
    }
    prompt = data.draw(st.integers(0, size(body)))
    cached = data.draw(st.integers(0, prompt))
    written = data.draw(st.integers(0, prompt - cached))
    answer = data.draw(st.integers(0, max_tokens))
    usage = Usage(
        prompt_tokens=prompt,
        cache_read_tokens=cached,
        cache_write_tokens=written,
        cache_write_1h_tokens=data.draw(st.integers(0, written)),
        completion_tokens=answer,
        reasoning_tokens=data.draw(st.integers(0, answer)),
    )

    cost, _ = cost_by(usage, own=None, provider=provider, models=[model], at=NOW, target_url="")

    at_most = worst(body, provider=provider)
    assert cost is not None
    assert at_most is not None
    assert cost <= at_most
