"""A posted span is shown as the conversation that it was, whichever convention told it."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from ingest_app.bodies import Bodies
from requests_app.conversation import Conversation, conversation
from requests_app.models import Request
from tests.live import Stack, Tenant
from tests.otlp import CHAT, export, post, span
from tests.web_client import WebClient

Shown = Callable[..., Conversation]

CALL = {"gen_ai.operation.name": "chat", "gen_ai.system": "openai", "gen_ai.request.model": "gpt-4o"}
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}
FUNCTION = {"name": "weather", "description": "The weather.", "parameters": SCHEMA}
# A question, a tool that was called with its result, and the answer: what every form below says.
EXPECTED = [
    ("user", [("text", "Weather?")], False),
    ("assistant", [("tool_call", '{\n  "city": "Rome"\n}')], False),
    ("tool", [("tool_result", "30 degrees")], False),
    ("assistant", [("text", "Hot")], True),
]


@pytest.fixture
def shown(
    stack: Stack,
    organization: Tenant,
    wait_for_rows: Callable[..., list[Request]],
    bodies_of: Callable[[Request], Bodies],
) -> Shown:
    """Returns a function that posts a span and returns the conversation that its row holds."""

    def do(attributes: Mapping[str, Any], events: list[tuple[str, dict[str, Any]]] | None = None) -> Any:
        sent = export(span({**CALL, **attributes}, events=events or ()))
        assert post(f"{stack.url}/v1/traces", sent, key=organization.api_key).status == 200
        (row,) = wait_for_rows(organization.id)
        bodies = bodies_of(row)
        assert bodies.preview == "Weather?"
        return conversation(bodies.request, bodies.response, row.path, kind=row.kind)

    return do


def outline(found: Conversation) -> list[tuple[str, list[tuple[str, str]], bool]]:
    return [(m.role, [(str(part.kind), part.text) for part in m.parts], m.is_answer) for m in found.messages]


OPENAI_MESSAGES = [
    {"role": "user", "content": "Weather?"},
    {
        "role": "assistant",
        "tool_calls": [
            {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Rome"}'}}
        ],
    },
    {"role": "tool", "tool_call_id": "c1", "content": "30 degrees"},
]
PARTS = [
    {"role": "user", "parts": [{"type": "text", "content": "Weather?"}]},
    {
        "role": "assistant",
        "parts": [{"type": "tool_call", "id": "c1", "name": "weather", "arguments": {"city": "Rome"}}],
    },
    {"role": "tool", "parts": [{"type": "tool_call_response", "id": "c1", "response": "30 degrees"}]},
]
PARTS_ANSWER = [{"role": "assistant", "parts": [{"type": "text", "content": "Hot"}], "finish_reason": "stop"}]
FORMS: dict[str, tuple[dict[str, Any], list[tuple[str, dict[str, Any]]]]] = {
    "attributes as JSON": (
        {"gen_ai.input.messages": json.dumps(PARTS), "gen_ai.output.messages": json.dumps(PARTS_ANSWER)},
        [],
    ),
    "attributes as they are": (
        {"gen_ai.input.messages": PARTS, "gen_ai.output.messages": PARTS_ANSWER},
        [],
    ),
    "one event of details": (
        {},
        [
            (
                "gen_ai.client.inference.operation.details",
                {"gen_ai.input.messages": PARTS, "gen_ai.output.messages": PARTS_ANSWER},
            )
        ],
    ),
    "an event for each message": (
        {},
        [
            ("gen_ai.user.message", {"content": "Weather?"}),
            (
                "gen_ai.assistant.message",
                {"tool_calls": json.dumps(OPENAI_MESSAGES[1]["tool_calls"])},
            ),
            ("gen_ai.tool.message", {"id": "c1", "content": "30 degrees"}),
            (
                "gen_ai.choice",
                {"index": 0, "finish_reason": "stop", "message": json.dumps({"content": "Hot"})},
            ),
        ],
    ),
    "events of prompt and completion": (
        {},
        [
            ("gen_ai.content.prompt", {"gen_ai.prompt": json.dumps(OPENAI_MESSAGES)}),
            (
                "gen_ai.content.completion",
                {"gen_ai.completion": json.dumps([{"role": "assistant", "content": "Hot"}])},
            ),
        ],
    ),
    "langsmith's": (
        {
            "gen_ai.prompt": json.dumps({"messages": OPENAI_MESSAGES}),
            "gen_ai.completion": json.dumps({"messages": [{"role": "assistant", "content": "Hot"}]}),
        },
        [],
    ),
    "langfuse's": (
        {
            "langfuse.observation.type": "generation",
            "langfuse.observation.input": json.dumps(OPENAI_MESSAGES),
            "langfuse.observation.output": json.dumps([{"role": "assistant", "content": "Hot"}]),
        },
        [],
    ),
    "an indexed attribute for each part": (
        {
            "gen_ai.prompt.0.role": "user",
            "gen_ai.prompt.0.content": "Weather?",
            "gen_ai.prompt.1.role": "assistant",
            "gen_ai.prompt.1.tool_calls.0.id": "c1",
            "gen_ai.prompt.1.tool_calls.0.name": "weather",
            "gen_ai.prompt.1.tool_calls.0.arguments": '{"city": "Rome"}',
            "gen_ai.prompt.2.role": "tool",
            "gen_ai.prompt.2.tool_call_id": "c1",
            "gen_ai.prompt.2.content": "30 degrees",
            "gen_ai.completion.0.role": "assistant",
            "gen_ai.completion.0.content": "Hot",
        },
        [],
    ),
    "openinference's": (
        {
            "llm.input_messages.0.message.role": "user",
            "llm.input_messages.0.message.contents.0.message_content.type": "text",
            "llm.input_messages.0.message.contents.0.message_content.text": "Weather?",
            "llm.input_messages.1.message.role": "assistant",
            "llm.input_messages.1.message.tool_calls.0.tool_call.id": "c1",
            "llm.input_messages.1.message.tool_calls.0.tool_call.function.name": "weather",
            "llm.input_messages.1.message.tool_calls.0.tool_call.function.arguments": '{"city": "Rome"}',
            "llm.input_messages.2.message.role": "tool",
            "llm.input_messages.2.message.tool_call_id": "c1",
            "llm.input_messages.2.message.content": "30 degrees",
            "llm.output_messages.0.message.role": "assistant",
            "llm.output_messages.0.message.content": "Hot",
        },
        [],
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_messages_are_found_in_every_form(shown: Shown, form: str) -> None:
    assert outline(shown(*FORMS[form])) == EXPECTED


@pytest.mark.parametrize(
    "attributes",
    [
        {"gen_ai.tool.definitions": json.dumps([{"type": "function", **FUNCTION}])},
        {"ai.prompt.tools": [json.dumps({"type": "function", "name": "weather", "inputSchema": SCHEMA})]},
        {"llm.tools.0.tool.json_schema": json.dumps({"type": "function", "function": FUNCTION})},
        {"llm.request.functions.0.name": "weather", "llm.request.functions.0.parameters": json.dumps(SCHEMA)},
    ],
)
def test_offered_tools_are_found(shown: Shown, attributes: dict[str, Any]) -> None:
    found = shown({**FORMS["attributes as JSON"][0], **attributes})

    (tool,) = found.tools
    assert tool.name == "weather"
    assert '"city"' in tool.schema.replace("\\", "")


def test_the_page_of_a_span_shows_what_was_said(
    stack: Stack, organization: Tenant, wait_for_rows: Callable[..., list[Request]]
) -> None:
    tool = span(
        {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": "clock",
            "gen_ai.tool.call.arguments": '{"zone": "UTC"}',
            "gen_ai.tool.call.result": "noon sharp",
        },
        "execute_tool clock",
    )
    chat = span(CHAT, parent=tool)
    post(f"{stack.url}/v1/traces", export(tool, chat), key=organization.api_key)
    rows = {row.span_id: row for row in wait_for_rows(organization.id, 2)}
    client = WebClient(stack.url, organization.owner)

    def page(sent: Any) -> str:
        id = rows[sent.span_id.hex()].id
        answer = client.get(f"/o/{organization.organization.slug}/requests/{id}/")
        assert answer.status == 200
        return answer.text

    assert "What is the time?" in page(chat)
    assert "Noon." in page(chat)
    # What was sent is not known, only what a tracer told of it.
    assert "/replay/" not in page(chat)
    replay = f"/o/{organization.organization.slug}/requests/{rows[chat.span_id.hex()].id}/replay/"
    assert "cannot be sent again" in client.get(replay).text
    assert "noon sharp" in page(tool)
    assert "clock" in page(tool)
