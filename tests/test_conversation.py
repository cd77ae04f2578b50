"""Bodies of all dialects become one list of messages."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from requests_app.conversation import Conversation, PartKind, conversation

CHAT = "/v1/chat/completions"


def read(request: Any = None, response: Any = None, path: str = CHAT) -> Conversation:
    return conversation(
        None if request is None else json.dumps(request).encode(),
        None if response is None else json.dumps(response).encode(),
        path,
    )


def outline(found: Conversation) -> list[tuple[str, list[tuple[str, str]]]]:
    return [(m.role, [(str(part.kind), part.text) for part in m.parts]) for m in found.messages]


def test_a_chat_with_a_tool_call_and_its_result() -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "search", "arguments": '{"q": "EU"}'}}
    found = read(
        {
            "messages": [
                {"role": "system", "content": "Be brief"},
                {"role": "assistant", "content": None, "tool_calls": [call]},
                {"role": "tool", "tool_call_id": "c1", "content": "three hits"},
            ]
        },
        {"choices": [{"message": {"role": "assistant", "content": "Northwind"}, "finish_reason": "length"}]},
    )
    assert found.kind == "chat"
    assert outline(found) == [
        ("system", [("text", "Be brief")]),
        ("assistant", [("tool_call", '{\n  "q": "EU"\n}')]),
        ("tool", [("tool_result", "three hits")]),
        ("assistant", [("text", "Northwind")]),
    ]
    assert found.messages[2].parts[0].name == "search"
    assert [m.is_answer for m in found.messages] == [False, False, False, True]
    assert found.messages[3].note == "cut off at the token limit"


def test_several_choices_are_told_apart() -> None:
    choices = [{"message": {"role": "assistant", "content": word}} for word in ("one", "two")]
    found = read({"messages": []}, {"choices": choices})
    assert [(m.choice, m.parts[0].text) for m in found.messages] == [(0, "one"), (1, "two")]


def test_images_audio_and_files() -> None:
    content = [
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}},
        {"type": "input_audio", "input_audio": {"data": "AA==", "format": "mp3"}},
        {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,AA=="}},
    ]
    parts = read({"messages": [{"role": "user", "content": content}]}).messages[0].parts
    assert [(part.kind, part.source) for part in parts] == [
        (PartKind.IMAGE, "data:image/png;base64,AA=="),
        (PartKind.AUDIO, "data:audio/mp3;base64,AA=="),
        (PartKind.FILE, "data:application/pdf;base64,AA=="),
    ]


def test_anthropic_messages() -> None:
    found = read(
        {
            "system": [{"type": "text", "text": "Be brief"}],
            "messages": [
                {
                    "role": "assistant",
                    "content": [{"type": "tool_use", "id": "t1", "name": "search", "input": {}}],
                },
                {
                    "role": "user",
                    "content": [
                        {
                            "type": "tool_result",
                            "tool_use_id": "t1",
                            "is_error": True,
                            "content": [{"type": "text", "text": "no"}],
                        },
                        {
                            "type": "image",
                            "source": {"type": "base64", "media_type": "image/png", "data": "AA=="},
                        },
                    ],
                },
            ],
        },
        {
            "type": "message",
            "role": "assistant",
            "content": [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "Sorry"}],
        },
        "/v1/messages",
    )
    assert found.kind == "messages"
    assert outline(found) == [
        ("system", [("text", "Be brief")]),
        ("assistant", [("tool_call", "{}")]),
        ("user", [("tool_result", "no"), ("image", "")]),
        ("assistant", [("reasoning", "hm"), ("text", "Sorry")]),
    ]
    result = found.messages[2].parts[0]
    assert (result.name, result.is_error) == ("search", True)


def test_openai_responses() -> None:
    found = read(
        {
            "instructions": "Be brief",
            "input": [
                {"role": "user", "content": [{"type": "input_text", "text": "Which?"}]},
                {"type": "function_call", "call_id": "f1", "name": "search", "arguments": "{}"},
                {"type": "function_call_output", "call_id": "f1", "output": "hits"},
            ],
        },
        {
            "output": [
                {"type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}]},
                {
                    "type": "message",
                    "role": "assistant",
                    "content": [{"type": "output_text", "text": "Northwind"}],
                },
            ]
        },
        "/v1/responses",
    )
    assert found.kind == "responses"
    assert outline(found) == [
        ("system", [("text", "Be brief")]),
        ("user", [("text", "Which?")]),
        ("assistant", [("tool_call", "{}")]),
        ("tool", [("tool_result", "hits")]),
        ("assistant", [("reasoning", "hm")]),
        ("assistant", [("text", "Northwind")]),
    ]
    assert found.messages[3].parts[0].name == "search"


def test_a_completion() -> None:
    found = read(
        {"prompt": "Once"}, {"choices": [{"text": " upon", "finish_reason": "stop"}]}, "/v1/completions"
    )
    assert found.kind == "completion"
    assert outline(found) == [("prompt", [("text", "Once")]), ("assistant", [("text", " upon")])]


@pytest.mark.parametrize(
    ("given_input", "first"), [(["a"] * 64, "64 inputs"), ("a", "1 input"), ([1, 2, 3], "1 input")]
)
def test_embeddings_are_counted(given_input: Any, first: str) -> None:
    found = read({"input": given_input}, {"data": [{"embedding": [0.1] * 8}]}, "/v1/embeddings")
    assert found.kind == "embeddings"
    assert found.messages[0].parts[0].text == first
    assert found.messages[-1].parts[0].text == "1 vector of 8 dimensions"


@pytest.mark.parametrize("error", [{"message": "Too many", "type": "rate_limit"}, "Too many"])
def test_an_error_is_a_message(error: Any) -> None:
    last = read({"messages": []}, {"error": error}).messages[-1]
    assert (last.role, last.parts[0].text) == ("error", "Too many")


def test_what_is_no_json_is_shown_as_it_is() -> None:
    found = conversation(b'{"messages": []}', b"<h1>502 Bad Gateway</h1>", CHAT)
    assert outline(found) == [("response", [("text", "<h1>502 Bad Gateway</h1>")])]


def test_a_lone_surrogate_hides_nothing_else() -> None:
    found = conversation(b'{"messages": [{"role": "user", "content": "a\\ud800b"}]}', None, CHAT)
    assert found.messages[0].parts[0].text == "a?b"


# What the readers look for.
_VOCABULARY = """
messages content role type text tool_calls function input output choices message delta index error data embedding
prompt system image_url source tools response tool_use tool_result thinking function_call reasoning input_audio file
arguments response.completed content_block_delta message_delta id call_id item finish_reason
contents parts candidates functionCall functionResponse inlineData toolUse toolResult reasoningContent inputSchema
lc kwargs human ai generations kind request part_kind tool-call tool-result blocks block_type additional_kwargs
gen_ai.input.messages gen_ai.output.messages gen_ai.prompt.0.role gen_ai.prompt.0 llm.input_messages.0.message
ai.prompt input.value attributes key value stringValue event.name gen_ai.choice results categories category_scores
b64_json embeddings texts requests instances predictions done web_search_call mcp_call code_interpreter_call action
functionDeclarations toolConfig annotations citations groundingMetadata groundingChunks _type segments speaker image
"""
_PATHS = """
/v1/chat/completions /v1/messages /v1/embeddings /v1/responses /v1/completions /v1/images/generations /v1/moderations
/v1/audio/speech /v1/audio/transcriptions /v1beta/models/m:generateContent /v1beta/models/m:embedContent
/model/m/converse /v2/chat /api/chat /api/generate /unknown
"""
_words = st.sampled_from(_VOCABULARY.split())
_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | _words,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_words, inner, max_size=5),
    max_leaves=25,
)
_bodies = st.none() | st.binary(max_size=60) | _json.map(lambda value: json.dumps(value).encode())


@settings(max_examples=120, deadline=None)
@given(request=_bodies, response=_bodies, path=st.sampled_from(_PATHS.split()))
def test_nothing_makes_it_raise(request: bytes | None, response: bytes | None, path: str) -> None:
    for message in conversation(request, response, path).messages:
        for part in message.parts:
            part.text.encode()


def test_nesting_beyond_all_measure_is_shown_as_text() -> None:
    body = b'{"messages":' + b"[" * 100_000
    assert conversation(body, body, CHAT).messages[0].role == "request"
