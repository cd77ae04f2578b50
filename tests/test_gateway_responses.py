"""What the openai SDK gets of the Responses API through the gateway, and what is logged of it."""

import json
from collections.abc import Callable
from typing import Any

import openai
import pydantic
import pytest

from requests_app.models import Request
from tests.live import Logged

Scenario = Callable[..., dict[str, str]]

WEATHER: Any = {
    "type": "function",
    "strict": False,
    "name": "get_weather",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "integer"}}},
}


class Forecast(pydantic.BaseModel):
    city: str
    degrees: float


def assert_counts(row: Request, usage: dict[str, Any]) -> None:
    assert (row.prompt_tokens, row.completion_tokens) == (usage["input_tokens"], usage["output_tokens"])
    assert row.cache_read_tokens == usage["input_tokens_details"]["cached_tokens"]
    assert row.cache_write_tokens == usage["input_tokens_details"]["cache_write_tokens"]
    assert row.reasoning_tokens == usage["output_tokens_details"]["reasoning_tokens"]


def test_a_response_arrives_and_is_logged(
    openai_client: openai.OpenAI, scenario: Scenario, logged: Callable[[], Logged]
) -> None:
    answer = openai_client.responses.parse(
        model="gpt-5",
        input="What is it like outside?",
        reasoning={"effort": "low", "summary": "auto"},
        text_format=Forecast,
        extra_headers=scenario(cached=512, reasoning=20),
    )

    it = logged()
    assert answer.output_parsed is not None
    assert answer.output_parsed.city == "Zürich"
    assert it.bodies.request == it.call.body
    assert it.bodies.response == it.call.answer
    assert_counts(it.row, it.call.said()["usage"])
    assert (it.row.request_model, it.row.response_model) == ("gpt-5", "gpt-5-2025-08-07")
    assert it.row.path == "/v1/responses"


def test_a_streamed_response_is_logged_as_the_unstreamed_one(
    openai_client: openai.OpenAI, scenario: Scenario, logged: Callable[[], Logged]
) -> None:
    with openai_client.responses.stream(
        model="gpt-5",
        input="What is it like outside?",
        reasoning={"effort": "low", "summary": "auto"},
        tools=[WEATHER],
        extra_headers=scenario(words=9, calls=2, cached=64),
    ) as stream:
        events = list(stream)
        final = stream.get_final_response()

    it = logged()
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert [item.type for item in final.output] == ["reasoning", "message", "function_call", "function_call"]
    assert it.bodies.response is not None
    assert json.loads(it.bodies.response) == it.call.said()
    assert_counts(it.row, it.call.said()["usage"])
    assert it.row.is_stream


@pytest.mark.parametrize("stream", [False, True])
def test_an_incomplete_response_is_logged(
    openai_client: openai.OpenAI, scenario: Scenario, logged: Callable[[], Logged], stream: bool
) -> None:
    answer = openai_client.responses.create(
        model="gpt-5", input="Go on.", stream=stream, extra_headers=scenario(ending="length")
    )
    if isinstance(answer, openai.Stream):
        assert list(answer)[-1].type == "response.incomplete"

    it = logged()
    assert it.bodies.response is not None
    assert json.loads(it.bodies.response)["incomplete_details"] == {"reason": "max_output_tokens"}
    assert_counts(it.row, it.call.said()["usage"])
    assert it.row.status == 200
