"""Messages in the forms of the frameworks, as they arrive over OpenTelemetry or in a manual log."""

import json
from typing import Any

import pytest

from requests_app.conversation import Conversation, conversation


def read(request: Any, response: Any = None) -> Conversation:
    answer = None if response is None else json.dumps(response).encode()
    return conversation(json.dumps(request).encode(), answer, "async-unknown-path")


def outline(found: Conversation) -> list[tuple[str, list[tuple[str, str]]]]:
    return [(m.role, [(str(part.kind), part.text) for part in m.parts]) for m in found.messages]


# A question, a tool called and its result, and the answer: what every form below says.
EXPECTED = [
    ("system", [("text", "Be brief")]),
    ("user", [("text", "Weather?")]),
    ("assistant", [("tool_call", '{\n  "city": "Rome"\n}')]),
    ("tool", [("tool_result", "30 degrees")]),
    ("assistant", [("text", "Hot")]),
]
ARGUMENTS = {"city": "Rome"}

OPENTELEMETRY = {
    "gen_ai.system_instructions": json.dumps([{"type": "text", "content": "Be brief"}]),
    "gen_ai.input.messages": json.dumps(
        [
            {"role": "user", "parts": [{"type": "text", "content": "Weather?"}]},
            {
                "role": "assistant",
                "parts": [{"type": "tool_call", "id": "c1", "name": "weather", "arguments": ARGUMENTS}],
            },
            {"role": "tool", "parts": [{"type": "tool_call_response", "id": "c1", "response": "30 degrees"}]},
        ]
    ),
    "gen_ai.output.messages": json.dumps(
        [{"role": "assistant", "parts": [{"type": "text", "content": "Hot"}], "finish_reason": "stop"}]
    ),
}
TRACELOOP = {
    "gen_ai.prompt.0.role": "system",
    "gen_ai.prompt.0.content": "Be brief",
    "gen_ai.prompt.1.role": "user",
    "gen_ai.prompt.1.content": json.dumps([{"type": "text", "text": "Weather?"}]),
    "gen_ai.prompt.2.role": "assistant",
    "gen_ai.prompt.2.tool_calls.0.id": "c1",
    "gen_ai.prompt.2.tool_calls.0.name": "weather",
    "gen_ai.prompt.2.tool_calls.0.arguments": json.dumps(ARGUMENTS),
    "gen_ai.prompt.3.role": "tool",
    "gen_ai.prompt.3.tool_call_id": "c1",
    "gen_ai.prompt.3.content": "30 degrees",
    "gen_ai.completion.0.role": "assistant",
    "gen_ai.completion.0.content": "Hot",
    "gen_ai.completion.0.finish_reason": "stop",
}
OPENINFERENCE = {
    "llm.input_messages.0.message.role": "system",
    "llm.input_messages.0.message.content": "Be brief",
    "llm.input_messages.1.message.role": "user",
    "llm.input_messages.1.message.contents.0.message_content.type": "text",
    "llm.input_messages.1.message.contents.0.message_content.text": "Weather?",
    "llm.input_messages.2.message.role": "assistant",
    "llm.input_messages.2.message.tool_calls.0.tool_call.id": "c1",
    "llm.input_messages.2.message.tool_calls.0.tool_call.function.name": "weather",
    "llm.input_messages.2.message.tool_calls.0.tool_call.function.arguments": json.dumps(ARGUMENTS),
    "llm.input_messages.3.message.role": "tool",
    "llm.input_messages.3.message.tool_call_id": "c1",
    "llm.input_messages.3.message.content": "30 degrees",
    "llm.output_messages.0.message.role": "assistant",
    "llm.output_messages.0.message.content": "Hot",
}
VERCEL_MESSAGES = [
    {"role": "system", "content": "Be brief"},
    {"role": "user", "content": [{"type": "text", "text": "Weather?"}]},
    {
        "role": "assistant",
        "content": [{"type": "tool-call", "toolCallId": "c1", "toolName": "weather", "input": ARGUMENTS}],
    },
    {
        "role": "tool",
        "content": [
            {
                "type": "tool-result",
                "toolCallId": "c1",
                "toolName": "weather",
                "output": {"type": "text", "value": "30 degrees"},
            }
        ],
    },
]
VERCEL = {"ai.prompt.messages": json.dumps(VERCEL_MESSAGES), "ai.response.text": "Hot"}
VERCEL_OUTER = {
    "ai.prompt": json.dumps({"system": "Be brief", "messages": VERCEL_MESSAGES[1:]}),
    "ai.response.text": "Hot",
}
LANGCHAIN_MESSAGES = [
    ("SystemMessage", {"content": "Be brief", "type": "system"}),
    ("HumanMessage", {"content": "Weather?", "type": "human"}),
    ("AIMessage", {"content": "", "tool_calls": [{"name": "weather", "args": ARGUMENTS, "id": "c1"}]}),
    ("ToolMessage", {"content": "30 degrees", "tool_call_id": "c1", "type": "tool"}),
]
LANGCHAIN_LISTS = [
    [
        {"lc": 1, "type": "constructor", "id": ["langchain", "schema", "messages", name], "kwargs": fields}
        for name, fields in LANGCHAIN_MESSAGES
    ]
]
LANGCHAIN_ANSWER = {
    "generations": [
        [{"text": "Hot", "message": {"lc": 1, "id": ["x", "AIMessage"], "kwargs": {"content": "Hot"}}}]
    ]
}
LANGCHAIN = {
    "input.value": json.dumps({"messages": LANGCHAIN_LISTS}),
    "output.value": json.dumps(LANGCHAIN_ANSWER),
    "llm.model_name": "gpt-4o",
}
PYDANTIC_AI = {
    "pydantic_ai.all_messages": json.dumps(
        [
            {
                "kind": "request",
                "parts": [
                    {"part_kind": "system-prompt", "content": "Be brief"},
                    {"part_kind": "user-prompt", "content": "Weather?"},
                ],
            },
            {
                "kind": "response",
                "parts": [
                    {
                        "part_kind": "tool-call",
                        "tool_name": "weather",
                        "args": ARGUMENTS,
                        "tool_call_id": "c1",
                    }
                ],
            },
            {
                "kind": "request",
                "parts": [
                    {
                        "part_kind": "tool-return",
                        "tool_name": "weather",
                        "content": "30 degrees",
                        "tool_call_id": "c1",
                    }
                ],
            },
            {"kind": "response", "parts": [{"part_kind": "text", "content": "Hot"}]},
        ]
    )
}
LOGFIRE = {
    "events": json.dumps(
        [
            {"event.name": "gen_ai.system.message", "content": "Be brief", "role": "system"},
            {"event.name": "gen_ai.user.message", "content": "Weather?", "role": "user"},
            {
                "event.name": "gen_ai.assistant.message",
                "role": "assistant",
                "tool_calls": [{"id": "c1", "function": {"name": "weather", "arguments": ARGUMENTS}}],
            },
            {"event.name": "gen_ai.tool.message", "id": "c1", "content": "30 degrees", "role": "tool"},
            {"event.name": "gen_ai.choice", "message": {"role": "assistant", "content": "Hot"}},
        ]
    ),
    "gen_ai.request.model": "gpt-4o",
}
OTLP_PAIRS = {
    "attributes": [{"key": name, "value": {"stringValue": value}} for name, value in TRACELOOP.items()]
}


@pytest.mark.parametrize(
    "span",
    [
        pytest.param(OPENTELEMETRY, id="opentelemetry"),
        pytest.param(TRACELOOP, id="traceloop"),
        pytest.param(OTLP_PAIRS, id="pairs of OTLP"),
        pytest.param(OPENINFERENCE, id="openinference"),
        pytest.param(VERCEL, id="vercel, one call"),
        pytest.param(VERCEL_OUTER, id="vercel, the whole function"),
        pytest.param(LANGCHAIN, id="langchain"),
        pytest.param(PYDANTIC_AI, id="pydantic-ai"),
        pytest.param(LOGFIRE, id="logfire's events"),
    ],
)
def test_a_span_is_read_as_a_conversation(span: dict[str, Any]) -> None:
    found = read(span)
    assert found.kind == "telemetry"
    assert outline(found) == EXPECTED
    assert [message.is_answer for message in found.messages] == [False] * 4 + [True]
    result = found.messages[3].parts[0]
    assert (result.name, result.number) == ("weather", 1)


def test_langchains_messages_in_a_manual_log() -> None:
    assert outline(read({"messages": LANGCHAIN_LISTS}, LANGCHAIN_ANSWER)) == EXPECTED


def test_llamaindexs_blocks() -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": ARGUMENTS}}
    messages = [
        {"role": "system", "blocks": [{"block_type": "text", "text": "Be brief"}], "additional_kwargs": {}},
        {"role": "user", "blocks": [{"block_type": "text", "text": "Weather?"}]},
        {"role": "assistant", "blocks": [], "additional_kwargs": {"tool_calls": [call]}},
        {
            "role": "tool",
            "blocks": [{"block_type": "text", "text": "30 degrees"}],
            "additional_kwargs": {"tool_call_id": "c1"},
        },
    ]
    answer = {"message": {"role": "assistant", "blocks": [{"block_type": "text", "text": "Hot"}]}}
    assert outline(read({"messages": messages}, answer)) == EXPECTED


def test_a_bare_list_of_messages() -> None:
    assert outline(read(VERCEL_MESSAGES)) == EXPECTED[:-1]


def test_the_ai_sdks_prompt_of_messages() -> None:
    assert outline(read({"prompt": VERCEL_MESSAGES})) == EXPECTED[:-1]


def test_a_span_split_into_request_and_answer() -> None:
    request = {name: value for name, value in OPENTELEMETRY.items() if "output" not in name}
    response = {name: value for name, value in OPENTELEMETRY.items() if "output" in name}
    assert outline(read(request, response)) == EXPECTED


def test_a_message_whose_kind_is_no_word_is_read_all_the_same() -> None:
    found = read({"messages": [{"role": "user", "kind": [], "parts": [], "content": "Weather?"}]})
    assert outline(found) == [("user", [("text", "Weather?")])]
