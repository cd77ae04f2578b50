"""anthropic-python."""

from typing import Any

import anthropic
from harness import QUESTION, WEATHER, Target, behaviour, run
from pydantic import BaseModel

MODEL = "claude-sonnet-4-5"
MESSAGES: Any = [{"role": "user", "content": QUESTION}]
TOOLS: Any = [{"name": "get_weather", "description": "The weather in a city.", "input_schema": WEATHER}]


class Forecast(BaseModel):
    city: str
    degrees: float


def client(target: Target, **scenario: object) -> anthropic.Anthropic:
    """Returns the SDK set up for `target`, without retries of its own."""
    return anthropic.Anthropic(
        api_key=target.anthropic_key,
        base_url=target.anthropic_url,
        default_headers=target.headers(**scenario),
        max_retries=0,
        timeout=10,
    )


@behaviour
def message(target: Target) -> Any:
    answer = client(target, cached=40, cache_write=20).messages.with_raw_response.create(
        model=MODEL, max_tokens=100, messages=MESSAGES, system="Be brief."
    )
    return [answer.parse(), answer.headers["anthropic-ratelimit-tokens-remaining"]]


@behaviour
def stream(target: Target) -> Any:
    with client(target).messages.stream(model=MODEL, max_tokens=100, messages=MESSAGES) as events:
        return [[event.type for event in events], events.get_final_message()]


@behaviour
async def async_stream(target: Target) -> Any:
    async with (
        anthropic.AsyncAnthropic(
            api_key=target.anthropic_key,
            base_url=target.anthropic_url,
            default_headers=target.headers(words=300),
            max_retries=0,
        ) as asynchronous,
        asynchronous.messages.stream(model=MODEL, max_tokens=900, messages=MESSAGES) as events,
    ):
        return [text async for text in events.text_stream]


@behaviour
def tools(target: Target) -> Any:
    messages = client(target, calls=2).messages
    asked = messages.create(model=MODEL, max_tokens=100, messages=MESSAGES, tools=TOOLS)
    results = [
        {"type": "tool_result", "tool_use_id": block.id, "content": "21 degrees"}
        for block in asked.content
        if block.type == "tool_use"
    ]
    conversation: Any = [
        *MESSAGES,
        {"role": "assistant", "content": asked.content},
        {"role": "user", "content": results},
    ]
    told = messages.create(model=MODEL, max_tokens=100, messages=conversation, tools=TOOLS)
    return [asked, told]


@behaviour
def stream_tools(target: Target) -> Any:
    with client(target).messages.stream(
        model=MODEL, max_tokens=100, messages=MESSAGES, tools=TOOLS
    ) as events:
        return events.get_final_message()


@behaviour
def thinking(target: Target) -> Any:
    with client(target).messages.stream(
        model=MODEL, max_tokens=4000, messages=MESSAGES, thinking={"type": "enabled", "budget_tokens": 1024}
    ) as events:
        return events.get_final_message()


@behaviour
def parsed(target: Target) -> Any:
    answer = client(target).messages.parse(
        model=MODEL, max_tokens=100, messages=MESSAGES, output_format=Forecast
    )
    return [answer, answer.parsed_output]


@behaviour
def count_tokens(target: Target) -> Any:
    return client(target).messages.count_tokens(model=MODEL, messages=MESSAGES)


@behaviour
def models(target: Target) -> Any:
    return [model.id for model in client(target).models.list()]


@behaviour
def error_wrong_key(target: Target) -> Any:
    keyed = client(target).with_options(api_key=target.bad_key(target.anthropic_key))
    return keyed.messages.create(model=MODEL, max_tokens=100, messages=MESSAGES)


@behaviour
def error_rate_limited(target: Target) -> Any:
    return client(target, status=429).messages.create(model=MODEL, max_tokens=100, messages=MESSAGES)


@behaviour
def error_overloaded(target: Target) -> Any:
    return client(target, status=529).messages.create(model=MODEL, max_tokens=100, messages=MESSAGES)


@behaviour
def error_in_stream(target: Target) -> Any:
    with client(target, error_after=4).messages.stream(
        model=MODEL, max_tokens=100, messages=MESSAGES
    ) as events:
        return [event.type for event in events]


if __name__ == "__main__":
    run()
