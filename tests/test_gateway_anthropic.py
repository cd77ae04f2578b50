"""What the anthropic SDK gets through the gateway, and what is logged of it."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import anthropic
import pytest

from requests_app.models import Request
from tests.live import Logged, Stack, Tenant

Scenario = Callable[..., dict[str, str]]

MODEL = "claude-haiku-4-5"
HELLO: Any = [{"role": "user", "content": "Grüße aus München 🥨"}]
TOOLS: Any = [
    {
        "name": "get_weather",
        "description": "The weather in a city.",
        "input_schema": {
            "type": "object",
            "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
        },
    }
]


def assert_counts(row: Request, usage: dict[str, Any]) -> None:
    """Anthropic counts what was read from and written to the cache beside the input, we as a part of it."""
    read, written = usage["cache_read_input_tokens"], usage["cache_creation_input_tokens"]
    assert row.prompt_tokens == usage["input_tokens"] + read + written
    assert row.completion_tokens == usage["output_tokens"]
    assert (row.cache_read_tokens, row.cache_write_tokens) == (read, written)
    assert row.cache_write_1h_tokens == usage["cache_creation"]["ephemeral_1h_input_tokens"]
    assert row.reasoning_tokens == usage["output_tokens_details"]["thinking_tokens"]


@pytest.mark.parametrize("base", ["", "/v1/gateway/anthropic"])
def test_a_message_arrives_and_every_field_is_logged(
    anthropic_client: anthropic.Anthropic,
    stack: Stack,
    scenario: Scenario,
    logged: Callable[[], Logged],
    base: str,
) -> None:
    message = anthropic_client.with_options(base_url=stack.url + base).messages.create(
        model=MODEL,
        max_tokens=200,
        system="Be brief.",
        messages=HELLO,
        extra_headers=scenario(cached=3000, cache_write=400, cache_write_1h=50),
    )

    it = logged()
    said = it.call.said()
    assert message.content[0].to_dict() == said["content"][0]
    assert message.usage.cache_creation is not None
    assert message.usage.cache_creation.to_dict() == said["usage"]["cache_creation"]
    assert it.bodies.request == it.call.body
    assert it.bodies.response == it.call.answer
    assert_counts(it.row, said["usage"])
    row = it.row
    assert (row.provider, row.status, row.is_stream, row.error) == ("anthropic", 200, False, "")
    assert (row.model, row.request_model, row.response_model) == (MODEL, MODEL, "claude-haiku-4-5-20251001")
    assert row.path == "/v1/messages"


def test_a_stream_is_logged_as_the_unstreamed_message(
    anthropic_client: anthropic.Anthropic, scenario: Scenario, logged: Callable[[], Logged]
) -> None:
    with anthropic_client.messages.stream(
        model=MODEL,
        max_tokens=200,
        messages=HELLO,
        extra_headers=scenario(words=40, cached=2000, cache_write=100, cache_write_1h=7),
    ) as stream:
        text = "".join(stream.text_stream)

    it = logged()
    said = it.call.said()
    assert text == said["content"][0]["text"]
    assert it.bodies.request == it.call.body
    assert it.bodies.response is not None
    assert json.loads(it.bodies.response) == said
    assert_counts(it.row, said["usage"])
    assert it.row.is_stream
    assert it.row.response_model == "claude-haiku-4-5-20251001"


def test_streamed_thinking_searching_and_tools_are_put_together(
    anthropic_client: anthropic.Anthropic, scenario: Scenario, logged: Callable[[], Logged]
) -> None:
    with anthropic_client.messages.stream(
        model=MODEL,
        max_tokens=4000,
        messages=HELLO,
        tools=TOOLS,
        thinking={"type": "enabled", "budget_tokens": 1024},
        extra_headers=scenario(calls=2, searches=1, reasoning=12),
    ) as stream:
        final = stream.get_final_message()

    it = logged()
    assert [block.type for block in final.content] == [
        "thinking",
        "server_tool_use",
        "web_search_tool_result",
        "text",
        "tool_use",
        "tool_use",
    ]
    assert it.bodies.response is not None
    assert json.loads(it.bodies.response) == it.call.said()
    assert_counts(it.row, it.call.said()["usage"])
    assert it.row.reasoning_tokens == 12


def test_a_tool_without_arguments_is_put_together(
    anthropic_client: anthropic.Anthropic, scenario: Scenario, logged: Callable[[], Logged]
) -> None:
    tools: Any = [{"name": "now", "input_schema": {"type": "object", "properties": {}}}]
    with anthropic_client.messages.stream(
        model=MODEL, max_tokens=200, messages=HELLO, tools=tools, extra_headers=scenario()
    ) as stream:
        stream.until_done()

    it = logged()
    assert it.bodies.response is not None
    assert json.loads(it.bodies.response) == it.call.said()


@pytest.mark.parametrize("ending", ["length", "refusal"])
def test_a_stream_that_ends_otherwise_is_put_together(
    anthropic_client: anthropic.Anthropic, scenario: Scenario, logged: Callable[[], Logged], ending: str
) -> None:
    with anthropic_client.messages.stream(
        model=MODEL, max_tokens=200, messages=HELLO, extra_headers=scenario(ending=ending)
    ) as stream:
        stream.until_done()

    it = logged()
    assert it.bodies.response is not None
    assert json.loads(it.bodies.response) == it.call.said()
    assert it.row.status == 200


def test_a_plain_tool_call(
    anthropic_client: anthropic.Anthropic, scenario: Scenario, logged: Callable[[], Logged]
) -> None:
    message = anthropic_client.messages.create(
        model=MODEL, max_tokens=200, messages=HELLO, tools=TOOLS, extra_headers=scenario(calls=2)
    )

    called = [block for block in message.content if block.type == "tool_use"]
    assert [block.input for block in called] == [{"city": "Zürich", "days": 3}] * 2
    assert logged().row.status == 200


def test_counting_tokens_costs_nothing(
    anthropic_client: anthropic.Anthropic, scenario: Scenario, logged: Callable[[], Logged]
) -> None:
    counted = anthropic_client.messages.count_tokens(model=MODEL, messages=HELLO, extra_headers=scenario())

    it = logged()
    assert counted.input_tokens == it.call.said()["input_tokens"]
    assert it.row.path == "/v1/messages/count_tokens"
    assert it.row.prompt_tokens is None
    assert it.row.cost_nanodollars is None


def test_the_list_of_models_speaks_the_callers_dialect(anthropic_client: anthropic.Anthropic) -> None:
    page = anthropic_client.models.list()
    assert "claude-haiku-4-5-20251001" in [model.id for model in page.data]
    assert page.has_more is False
    assert anthropic_client.models.retrieve(MODEL).type == "model"


def test_an_async_stream(
    stack: Stack, organization: Tenant, scenario: Scenario, logged: Callable[[], Logged]
) -> None:
    async def text() -> str:
        async with (
            anthropic.AsyncAnthropic(
                api_key="sk-ant-fake-anthropic-key",
                base_url=stack.url,
                default_headers={"Helicone-Auth": f"Bearer {organization.api_key}"},
                max_retries=0,
            ) as client,
            client.messages.stream(
                model=MODEL, max_tokens=200, messages=HELLO, extra_headers=scenario(words=15)
            ) as stream,
        ):
            return "".join([piece async for piece in stream.text_stream])

    assert asyncio.run(text()) == logged().call.said()["content"][0]["text"]


@pytest.mark.parametrize("stream", [False, True])
def test_cost_is_what_the_price_list_says(
    anthropic_client: anthropic.Anthropic, scenario: Scenario, logged: Callable[[], Logged], stream: bool
) -> None:
    answer = anthropic_client.messages.create(
        model=MODEL,
        max_tokens=500,
        messages=HELLO,
        stream=stream,
        extra_headers=scenario(cached=10_000, cache_write=2_000, cache_write_1h=300, words=60),
    )
    if isinstance(answer, anthropic.Stream):
        for _ in answer:
            pass

    it = logged()
    usage = it.call.said()["usage"]
    # Claude Haiku 4.5 as published by Anthropic, in dollars per million tokens: input 1, output 5, cache read
    # 0.10, cache write 1.25 for 5 minutes and 2 for an hour.
    usd = (
        usage["input_tokens"] * 1.00
        + usage["output_tokens"] * 5.00
        + 10_000 * 0.10
        + 2_000 * 1.25
        + 300 * 2.00
    )
    assert it.row.cost_nanodollars == round(usd * 1000)
