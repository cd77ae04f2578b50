"""What the openai SDK gets through the gateway, and what is logged of it."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import openai
import pydantic
import pytest

from requests_app.models import Request
from tests.live import Logged, Stack, Tenant

Scenario = Callable[..., dict[str, str]]

HELLO: Any = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Grüße aus München 🥨"}]
WEATHER: Any = {
    "name": "get_weather",
    "description": "The weather in a city.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "integer"}}},
}
COLUMNS = (
    "prompt_tokens",
    "completion_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
    "prompt_audio_tokens",
    "completion_audio_tokens",
)


class Forecast(pydantic.BaseModel):
    city: str
    degrees: float
    days: int
    warnings: list[str]


def counts(row: Request) -> dict[str, int | None]:
    return {name: getattr(row, name) for name in COLUMNS}


def chat_counts(usage: dict[str, Any]) -> dict[str, int]:
    prompt, completion = usage["prompt_tokens_details"], usage["completion_tokens_details"]
    values = (
        usage["prompt_tokens"],
        usage["completion_tokens"],
        prompt["cached_tokens"],
        prompt["cache_write_tokens"],
        completion["reasoning_tokens"],
        prompt["audio_tokens"],
        completion["audio_tokens"],
    )
    return dict(zip(COLUMNS, values, strict=True))


def as_streamed(whole: dict[str, Any]) -> dict[str, Any]:
    """Returns a chat completion without what only unstreamed ones have."""
    choices = [
        {**choice, "message": {k: v for k, v in choice["message"].items() if k != "annotations"}}
        for choice in whole["choices"]
    ]
    return {**whole, "choices": choices}


@pytest.mark.parametrize("base", ["/v1", "", "/v1/gateway/oai/v1", "/v1/gateway/oai"])
def test_a_chat_completion_arrives_and_every_field_is_logged(
    openai_client: openai.OpenAI,
    stack: Stack,
    organization: Tenant,
    scenario: Scenario,
    logged: Callable[[], Logged],
    base: str,
) -> None:
    wanted = scenario(cached=1024, cache_write=256, reasoning=64, audio_in=32, audio_out=16)
    answer = openai_client.with_options(base_url=stack.url + base).chat.completions.create(
        model="gpt-4o", messages=HELLO, user="ada", service_tier="flex", extra_headers=wanted
    )

    it = logged()
    assert answer.to_dict() == it.call.said()
    assert it.call.path == "/v1/chat/completions"
    assert it.bodies.request == it.call.body
    assert it.bodies.response == it.call.answer
    assert it.call.usage is not None
    assert counts(it.row) == chat_counts(it.call.usage)
    row = it.row
    assert (row.provider, row.status, row.is_stream, row.error) == ("openai", 200, False, "")
    assert (row.model, row.request_model, row.response_model) == ("gpt-4o", "gpt-4o", "gpt-4o-2024-08-06")
    assert (row.user_id, row.path) == ("ada", "/v1/chat/completions")
    assert row.target_url.endswith("/v1/chat/completions")
    assert row.request_bytes == len(it.call.body)
    assert row.response_bytes == len(it.call.wire)
    assert row.api_key_id == organization.organization.api_keys.get().pk
    assert abs(row.created_at.timestamp() - it.call.received_at) < 1
    assert 0 <= row.latency_ms < 5_000
    assert row.time_to_first_token_ms is None


def test_a_stream_with_usage_is_logged_as_the_unstreamed_answer(
    openai_client: openai.OpenAI, scenario: Scenario, logged: Callable[[], Logged]
) -> None:
    chunks = list(
        openai_client.chat.completions.create(
            model="gpt-4o",
            messages=HELLO,
            stream=True,
            stream_options={"include_usage": True},
            extra_headers=scenario(words=30, cached=100, reasoning=9),
        )
    )

    it = logged()
    said = it.call.said()
    text = said["choices"][0]["message"]["content"]
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == text
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.to_dict() == said["usage"]
    assert it.row.is_stream
    assert it.bodies.response is not None
    assert json.loads(it.bodies.response) == as_streamed(said)
    assert it.bodies.request == it.call.body
    assert counts(it.row) == chat_counts(said["usage"])
    assert it.row.response_bytes == len(it.call.wire)


def test_a_stream_whose_client_asked_for_no_usage_is_counted_all_the_same(
    openai_client: openai.OpenAI, scenario: Scenario, logged: Callable[[], Logged]
) -> None:
    chunks = list(
        openai_client.chat.completions.create(
            model="gpt-4o", messages=HELLO, stream=True, extra_headers=scenario(words=7)
        )
    )

    it = logged()
    assert all(chunk.choices and chunk.usage is None for chunk in chunks)
    assert it.bodies.response is not None
    assert json.loads(it.bodies.response) == as_streamed(it.call.said())
    assert it.row.completion_tokens == 7
    assert it.row.cost_nanodollars is not None


@pytest.mark.parametrize("calls", [1, 3])
def test_streamed_tool_calls_are_put_together(
    openai_client: openai.OpenAI, scenario: Scenario, logged: Callable[[], Logged], calls: int
) -> None:
    with openai_client.chat.completions.stream(
        model="gpt-4o",
        messages=HELLO,
        tools=[{"type": "function", "function": WEATHER}],
        stream_options={"include_usage": True},
        extra_headers=scenario(calls=calls, join=3),
    ) as stream:
        completion = stream.get_final_completion()

    it = logged()
    made = completion.choices[0].message.tool_calls or []
    assert [json.loads(call.function.arguments) for call in made] == [{"city": "Zürich", "days": 3}] * calls
    assert completion.choices[0].finish_reason == "tool_calls"
    assert it.bodies.response is not None
    assert json.loads(it.bodies.response) == as_streamed(it.call.said())


def test_a_tool_loop_is_two_rows(
    openai_client: openai.OpenAI,
    organization: Tenant,
    scenario: Scenario,
    wait_for_rows: Callable[..., list[Request]],
) -> None:
    tools: Any = [{"type": "function", "function": WEATHER}]
    messages = list(HELLO)
    headers = {**scenario(), "Helicone-Request-Id": "loop-1"}
    first = openai_client.chat.completions.create(
        model="gpt-4o", messages=messages, tools=tools, extra_headers=headers
    )
    called = first.choices[0].message
    assert called.tool_calls
    messages += [
        called.to_dict(),
        {"role": "tool", "tool_call_id": called.tool_calls[0].id, "content": "21 degrees"},
    ]
    second = openai_client.chat.completions.create(
        model="gpt-4o", messages=messages, tools=tools, extra_headers=headers
    )

    assert second.choices[0].finish_reason == "stop"
    rows = wait_for_rows(organization.id, 2)
    assert [row.request_id for row in rows] == ["loop-1", "loop-1"]
    assert len({row.id for row in rows}) == 2


@pytest.mark.parametrize("stream", [False, True])
def test_several_choices_with_logprobs(
    openai_client: openai.OpenAI, scenario: Scenario, logged: Callable[[], Logged], stream: bool
) -> None:
    asked: Any = {
        "model": "gpt-4o",
        "messages": HELLO,
        "n": 2,
        "logprobs": True,
        "top_logprobs": 2,
        "extra_headers": scenario(words=6),
    }
    if stream:
        chunks = list(
            openai_client.chat.completions.create(
                stream=True, stream_options={"include_usage": True}, **asked
            )
        )
        assert {choice.index for chunk in chunks for choice in chunk.choices} == {0, 1}
    else:
        assert len(openai_client.chat.completions.create(**asked).choices) == 2

    it = logged()
    assert it.bodies.response is not None
    stored = json.loads(it.bodies.response)
    assert stored == (as_streamed(it.call.said()) if stream else it.call.said())
    assert len(stored["choices"][1]["logprobs"]["content"]) == 6


@pytest.mark.parametrize("settings", [{"ending": "refusal"}, {"ending": "length"}, {"ending": "filter"}])
def test_a_stream_that_ends_otherwise_is_put_together(
    openai_client: openai.OpenAI, scenario: Scenario, logged: Callable[[], Logged], settings: dict[str, str]
) -> None:
    stream = openai_client.chat.completions.create(
        model="gpt-4o",
        messages=HELLO,
        stream=True,
        stream_options={"include_usage": True},
        extra_headers=scenario(**settings),
    )
    for _ in stream:
        pass

    it = logged()
    assert it.bodies.response is not None
    assert json.loads(it.bodies.response) == as_streamed(it.call.said())
    assert it.row.status == 200


def test_streamed_audio_is_put_together(
    openai_client: openai.OpenAI, scenario: Scenario, logged: Callable[[], Logged]
) -> None:
    stream = openai_client.chat.completions.create(
        model="gpt-4o-audio-preview",
        messages=HELLO,
        modalities=["text", "audio"],
        audio={"voice": "alloy", "format": "pcm16"},
        stream=True,
        stream_options={"include_usage": True},
        extra_headers=scenario(audio_in=40, audio_out=50),
    )
    for _ in stream:
        pass

    it = logged()
    said = as_streamed(it.call.said())
    assert it.bodies.response is not None
    assert json.loads(it.bodies.response) == said
    assert (it.row.prompt_audio_tokens, it.row.completion_audio_tokens) == (40, 50)


def test_parsed_output(
    openai_client: openai.OpenAI, scenario: Scenario, logged: Callable[[], Logged]
) -> None:
    completion = openai_client.chat.completions.parse(
        model="gpt-4o", messages=HELLO, response_format=Forecast, extra_headers=scenario()
    )

    forecast = Forecast(city="Zürich", degrees=21.5, days=3, warnings=["Zürich", "Zürich"])
    assert completion.choices[0].message.parsed == forecast
    assert logged().row.status == 200


@pytest.mark.parametrize("stream", [False, True])
def test_a_completion_arrives_and_is_logged(
    openai_client: openai.OpenAI, scenario: Scenario, logged: Callable[[], Logged], stream: bool
) -> None:
    asked: Any = {
        "model": "gpt-3.5-turbo-instruct",
        "prompt": ["Once upon a time", "Es war einmal"],
        "logprobs": 1,
        "extra_headers": scenario(words=5),
    }
    if stream:
        for _ in openai_client.completions.create(
            stream=True, stream_options={"include_usage": True}, **asked
        ):
            pass
    else:
        openai_client.completions.create(**asked)

    it = logged()
    assert it.bodies.response is not None
    assert json.loads(it.bodies.response) == it.call.said()
    usage = it.call.said()["usage"]
    assert (it.row.prompt_tokens, it.row.completion_tokens) == (
        usage["prompt_tokens"],
        usage["completion_tokens"],
    )


@pytest.mark.parametrize("encoding", ["float", "base64"])
def test_embeddings_arrive_and_are_logged(
    openai_client: openai.OpenAI, scenario: Scenario, logged: Callable[[], Logged], encoding: Any
) -> None:
    answer = openai_client.embeddings.create(
        model="text-embedding-3-small",
        input=["gateway", "proxy"],
        encoding_format=encoding,
        extra_headers=scenario(),
    )

    it = logged()
    assert len(answer.data) == 2
    assert it.bodies.response == it.call.answer
    assert it.row.prompt_tokens == answer.usage.prompt_tokens
    assert it.row.completion_tokens == 0
    assert it.row.cost_nanodollars == answer.usage.prompt_tokens * 20  # $0.02 per million


def test_the_list_of_models_is_the_providers(openai_client: openai.OpenAI) -> None:
    names = [model.id for model in openai_client.models.list()]
    assert "gpt-4o" in names
    assert openai_client.models.retrieve("gpt-4o").owned_by == "system"


def test_async_streams_side_by_side(
    stack: Stack,
    organization: Tenant,
    scenario: Scenario,
    wait_for_rows: Callable[..., list[Request]],
) -> None:
    async def all_of_them() -> list[str]:
        async with openai.AsyncOpenAI(
            api_key="sk-fake-openai-key",
            base_url=f"{stack.url}/v1",
            default_headers={"Helicone-Auth": f"Bearer {organization.api_key}"},
            max_retries=0,
        ) as client:
            return await asyncio.gather(*(one(client, words) for words in range(10, 20)))

    async def one(client: openai.AsyncOpenAI, words: int) -> str:
        stream = await client.chat.completions.create(
            model="gpt-4o", messages=HELLO, stream=True, extra_headers=scenario(words=words, gap=0.01)
        )
        return "".join([chunk.choices[0].delta.content or "" async for chunk in stream])

    texts = asyncio.run(all_of_them())
    assert [len(text.split()) for text in texts] == list(range(10, 20))
    assert len(wait_for_rows(organization.id, 10)) == 10


@pytest.mark.parametrize(
    ("model", "settings", "usd_per_million"),
    [
        # fresh input, cached input, output: as published by OpenAI
        ("gpt-4o", {"words": 50}, (2.50, 1.25, 10.00)),
        ("gpt-4o-mini", {"cached": 2048, "words": 50}, (0.15, 0.075, 0.60)),
        ("gpt-5", {"cached": 4096, "reasoning": 640, "words": 3}, (1.25, 0.125, 10.00)),
    ],
)
def test_cost_is_what_the_price_list_says(
    openai_client: openai.OpenAI,
    scenario: Scenario,
    logged: Callable[[], Logged],
    model: str,
    settings: dict[str, int],
    usd_per_million: tuple[float, float, float],
) -> None:
    usage = openai_client.chat.completions.create(
        model=model, messages=HELLO, extra_headers=scenario(**settings)
    ).usage

    assert usage is not None
    cached = settings.get("cached", 0)
    fresh, read, output = usd_per_million
    usd = (usage.prompt_tokens - cached) * fresh + cached * read + usage.completion_tokens * output
    assert logged().row.cost_nanodollars == round(usd * 1000)


def test_the_cost_of_an_unknown_model_is_unknown(
    openai_client: openai.OpenAI, scenario: Scenario, logged: Callable[[], Logged]
) -> None:
    openai_client.chat.completions.create(model="gpt-unpriced", messages=HELLO, extra_headers=scenario())

    row = logged().row
    assert row.cost_nanodollars is None
    assert row.price_id is None
    assert row.prompt_tokens
