"""Each provider's own form of requests and answers becomes the same list of messages."""

import base64
import json
from typing import Any

import pytest

from requests_app.conversation import Conversation, PartKind, conversation

PNG = "iVBORw0KGgo="


def read(request: Any = None, response: Any = None, path: str = "") -> Conversation:
    return conversation(
        None if request is None else json.dumps(request).encode(),
        None if response is None else json.dumps(response).encode(),
        path,
    )


def outline(found: Conversation) -> list[tuple[str, list[tuple[str, str]]]]:
    return [(m.role, [(str(part.kind), part.text) for part in m.parts]) for m in found.messages]


@pytest.mark.parametrize("path", ["/v1beta/models/gemini-2.5-pro:generateContent", ""])
def test_gemini(path: str) -> None:
    found = read(
        {
            "systemInstruction": {"parts": [{"text": "Be brief"}]},
            "contents": [
                {
                    "role": "user",
                    "parts": [{"text": "What?"}, {"inlineData": {"mimeType": "image/png", "data": PNG}}],
                },
                {"role": "model", "parts": [{"functionCall": {"name": "look", "args": {"x": 1}}}]},
                {"role": "user", "parts": [{"functionResponse": {"name": "look", "response": {"y": 2}}}]},
            ],
            "tools": [
                {"functionDeclarations": [{"name": "look", "description": "Look"}]},
                {"googleSearch": {}},
            ],
        },
        {
            "candidates": [
                {
                    "content": {
                        "role": "model",
                        "parts": [{"text": "hm", "thought": True}, {"text": "A cat"}],
                    },
                    "finishReason": "MAX_TOKENS",
                    "groundingMetadata": {
                        "groundingChunks": [{"web": {"uri": "https://a.example/", "title": "Cats"}}]
                    },
                }
            ]
        },
        path,
    )
    assert found.kind == "gemini"
    assert outline(found) == [
        ("system", [("text", "Be brief")]),
        ("user", [("text", "What?"), ("image", "")]),
        ("model", [("tool_call", '{\n  "x": 1\n}')]),
        ("user", [("tool_result", '{\n  "y": 2\n}')]),
        ("model", [("reasoning", "hm"), ("text", "A cat"), ("sources", "- Cats <https://a.example/>")]),
    ]
    assert found.messages[1].parts[1].source == f"data:image/png;base64,{PNG}"
    assert found.messages[-1].note == "cut off at the token limit"
    assert [tool.name for tool in found.tools] == ["look", "googleSearch"]


def test_a_prompt_that_gemini_blocks() -> None:
    found = read(
        {"contents": []}, {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, "candidates": []}
    )
    assert outline(found) == [("model", [("refusal", "The prompt was blocked: prohibited content")])]


def test_bedrock_converse() -> None:
    found = read(
        {
            "system": [{"text": "Be brief"}],
            "messages": [
                {
                    "role": "user",
                    "content": [{"text": "What?"}, {"image": {"format": "png", "source": {"bytes": PNG}}}],
                },
                {
                    "role": "assistant",
                    "content": [{"toolUse": {"toolUseId": "t1", "name": "look", "input": {}}}],
                },
                {
                    "role": "user",
                    "content": [
                        {
                            "toolResult": {
                                "toolUseId": "t1",
                                "content": [{"json": {"y": 2}}],
                                "status": "error",
                            }
                        }
                    ],
                },
            ],
            "toolConfig": {
                "tools": [{"toolSpec": {"name": "look", "inputSchema": {"json": {"type": "object"}}}}]
            },
        },
        {
            "output": {
                "message": {
                    "role": "assistant",
                    "content": [{"reasoningContent": {"reasoningText": {"text": "hm"}}}, {"text": "A cat"}],
                }
            },
            "stopReason": "guardrail_intervened",
        },
        "/model/amazon.nova-pro-v1:0/converse",
    )
    assert found.kind == "bedrock"
    assert outline(found) == [
        ("system", [("text", "Be brief")]),
        ("user", [("text", "What?"), ("image", "")]),
        ("assistant", [("tool_call", "{}")]),
        ("user", [("tool_result", '{\n  "y": 2\n}')]),
        ("assistant", [("reasoning", "hm"), ("text", "A cat")]),
    ]
    result = found.messages[3].parts[0]
    assert (result.name, result.number, result.partner, result.is_error) == ("look", 1, "2-0", True)
    assert found.messages[-1].note == "stopped by the provider's content filter"
    assert [tool.name for tool in found.tools] == ["look"]


def test_cohere() -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "look", "arguments": "{}"}}
    document = {"type": "document", "document": {"data": "two hits"}}
    found = read(
        {
            "messages": [
                {"role": "user", "content": "What?"},
                {"role": "assistant", "tool_plan": "I will look", "tool_calls": [call]},
                {"role": "tool", "tool_call_id": "c1", "content": [document]},
            ]
        },
        {
            "message": {"role": "assistant", "content": [{"type": "text", "text": "A cat"}]},
            "finish_reason": "COMPLETE",
        },
        "/v2/chat",
    )
    assert found.kind == "cohere"
    assert [message.role for message in found.messages] == ["user", "assistant", "tool", "assistant"]
    assert [str(part.kind) for part in found.messages[1].parts] == ["reasoning", "tool_call"]
    assert "two hits" in found.messages[2].parts[0].text
    assert (found.messages[3].parts[0].text, found.messages[3].note) == ("A cat", "")


@pytest.mark.parametrize("path", ["/api/chat", ""])
def test_ollama_chat(path: str) -> None:
    found = read(
        {"messages": [{"role": "user", "content": "What?", "images": [PNG]}]},
        {
            "message": {"role": "assistant", "content": "A cat", "thinking": "hm"},
            "done": True,
            "done_reason": "length",
        },
        path,
    )
    assert found.kind == "ollama"
    assert outline(found) == [
        ("user", [("text", "What?"), ("image", "")]),
        ("assistant", [("reasoning", "hm"), ("text", "A cat")]),
    ]
    assert found.messages[-1].note == "cut off at the token limit"


def test_ollama_generate() -> None:
    found = read(
        {"prompt": "Once", "system": "Be brief"}, {"response": " upon", "done": True}, "/api/generate"
    )
    assert outline(found) == [
        ("system", [("text", "Be brief")]),
        ("prompt", [("text", "Once")]),
        ("assistant", [("text", " upon")]),
    ]


def test_the_built_in_tools_of_openai_responses() -> None:
    found = read(
        {"input": "Find out"},
        {
            "output": [
                {"type": "web_search_call", "id": "w1", "action": {"type": "search", "query": "cats"}},
                {
                    "type": "code_interpreter_call",
                    "id": "i1",
                    "code": "print(1)",
                    "outputs": [{"type": "logs", "logs": "1"}],
                },
                {
                    "type": "mcp_call",
                    "id": "m1",
                    "server_label": "docs",
                    "name": "find",
                    "arguments": "{}",
                    "output": "found",
                },
                {"type": "computer_call", "call_id": "k1", "action": {"type": "screenshot"}},
                {
                    "type": "computer_call_output",
                    "call_id": "k1",
                    "output": {"type": "computer_screenshot", "image_url": f"data:image/png;base64,{PNG}"},
                },
                {"type": "image_generation_call", "id": "g1", "result": PNG},
                {
                    "type": "message",
                    "role": "assistant",
                    "content": [
                        {
                            "type": "output_text",
                            "text": "Cats.",
                            "annotations": [
                                {"type": "url_citation", "url": "https://a.example/", "title": "On cats"}
                            ],
                        }
                    ],
                },
            ]
        },
        "/v1/responses",
    )
    parts = [part for message in found.messages for part in message.parts]
    assert [(str(part.kind), part.name, part.number) for part in parts] == [
        ("text", "", 0),
        ("tool_call", "web_search", 1),
        ("tool_call", "code_interpreter", 2),
        ("tool_result", "code_interpreter", 2),
        ("tool_call", "docs.find", 3),
        ("tool_result", "docs.find", 3),
        ("tool_call", "computer", 4),
        ("tool_result", "computer", 4),
        ("image", "", 0),
        ("image", "", 0),
        ("text", "", 0),
        ("sources", "", 0),
    ]
    assert parts[-1].text == "- On cats <https://a.example/>"


def test_pictures_that_were_made() -> None:
    found = read(
        {"prompt": "A cat"},
        {"data": [{"b64_json": PNG, "revised_prompt": "A grey cat"}], "output_format": "webp"},
        "/v1/images/generations",
    )
    assert found.kind == "images"
    picture, prompt = found.messages[-1].parts
    assert picture.source == f"data:image/webp;base64,{PNG}"
    assert prompt.text == "A grey cat"


def test_speech_can_be_played() -> None:
    sound = b"ID3\x04\x00 not really music"
    request = json.dumps({"input": "Hello", "voice": "alloy"}).encode()
    found = conversation(request, sound, "/v1/audio/speech")
    assert found.messages[0].parts[0].text == "Hello"
    spoken = found.messages[1]
    assert spoken.is_answer
    assert spoken.parts[0].kind == PartKind.AUDIO
    assert spoken.parts[0].source == f"data:audio/mpeg;base64,{base64.b64encode(sound).decode()}"


def test_an_upload_to_transcribe() -> None:
    sound = b"RIFF\x00\x00\x00\x00WAVEfmt \r\n more"
    form = (
        b'--x1\r\nContent-Disposition: form-data; name="model"\r\n\r\nwhisper-1\r\n'
        b'--x1\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n'
        b"Content-Type: audio/wav\r\n\r\n" + sound + b"\r\n--x1--\r\n"
    )
    found = conversation(form, b'{"text": "Hello there"}', "/v1/audio/transcriptions")
    assert outline(found) == [
        ("request", [("audio", "a.wav"), ("json", "model: whisper-1")]),
        ("transcript", [("text", "Hello there")]),
    ]
    assert found.messages[0].parts[0].source == f"data:audio/wav;base64,{base64.b64encode(sound).decode()}"


def test_a_moderation() -> None:
    found = read(
        {"input": "I will hurt you"},
        {
            "results": [
                {
                    "flagged": True,
                    "categories": {"violence": True, "hate": False},
                    "category_scores": {"violence": 0.97, "hate": 0.01},
                }
            ]
        },
        "/v1/moderations",
    )
    assert outline(found) == [
        ("input", [("text", "I will hurt you")]),
        ("moderation", [("text", "Flagged: violence"), ("json", "0.9700  violence\n0.0100  hate")]),
    ]


@pytest.mark.parametrize(
    ("request_body", "response", "path"),
    [
        ({"texts": ["a", "b"]}, {"embeddings": {"float": [[0.1] * 4] * 2}}, "/v2/embed"),
        ({"input": ["a", "b"]}, {"embeddings": [[0.1] * 4] * 2}, "/api/embed"),
        (
            {"requests": [{"content": {"parts": [{"text": word}]}} for word in "ab"]},
            {"embeddings": [{"values": [0.1] * 4}] * 2},
            "/v1beta/models/m:batchEmbedContents",
        ),
        (
            {"instances": [{"content": "a"}, {"content": "b"}]},
            {"predictions": [{"embeddings": {"values": [0.1] * 4}}] * 2},
            "/v1/projects/p/locations/l/publishers/google/models/m:predict",
        ),
    ],
)
def test_embeddings_of_every_provider(request_body: Any, response: Any, path: str) -> None:
    found = read(request_body, response, path)
    assert outline(found) == [
        ("input", [("text", "2 inputs"), ("text", "a"), ("text", "b")]),
        ("embedding", [("text", "2 vectors of 4 dimensions")]),
    ]


def test_an_anthropic_document_and_a_server_tool() -> None:
    document = {"type": "document", "source": {"type": "text", "data": "Clause 7"}, "title": "Contract"}
    found = read(
        {"messages": [{"role": "user", "content": [document]}]},
        {
            "type": "message",
            "content": [
                {"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {"query": "x"}},
                {
                    "type": "web_search_tool_result",
                    "tool_use_id": "s1",
                    "content": {"type": "web_search_tool_result_error", "error_code": "unavailable"},
                },
                {"type": "redacted_thinking", "data": "xyz"},
                {"type": "text", "text": "Sorry", "citations": [{"url": "https://a.example/", "title": "A"}]},
            ],
        },
        "/v1/messages",
    )
    assert outline(found)[0] == ("user", [("file", "Contract"), ("text", "Clause 7")])
    call, result, thought, words, sources = found.messages[1].parts
    assert (call.partner, result.partner, result.name, result.is_error) == ("1-1", "1-0", "web_search", True)
    assert thought.text == "(encrypted by the provider)"
    assert (words.text, sources.text) == ("Sorry", "- A <https://a.example/>")


def test_realtime() -> None:
    found = read(
        {
            "instructions": "Be kind",
            "input": [
                {
                    "type": "message",
                    "role": "user",
                    "content": [{"type": "input_audio", "transcript": "Hello"}],
                }
            ],
        },
        {
            "output": [
                {"type": "message", "role": "assistant", "content": [{"type": "audio", "transcript": "Hi"}]}
            ]
        },
        "/v1/realtime",
    )
    assert found.kind == "realtime"
    assert outline(found) == [
        ("system", [("text", "Be kind")]),
        ("user", [("audio", "Hello")]),
        ("assistant", [("audio", "Hi")]),
    ]


def test_what_helicones_manual_logger_sends() -> None:
    found = read({"_type": "tool", "toolName": "weather", "input": {"city": "Rome"}}, {"degrees": 30})
    assert outline(found) == [
        ("call", [("tool_call", '{\n  "city": "Rome"\n}')]),
        ("result", [("tool_result", '{\n  "degrees": 30\n}')]),
    ]
    assert found.messages[1].parts[0].number == 1


def test_bodies_of_an_unknown_kind_are_shown_as_json() -> None:
    found = read({"weird": 1}, {"odd": 2})
    assert outline(found) == [
        ("request", [("json", '{\n  "weird": 1\n}')]),
        ("response", [("json", '{\n  "odd": 2\n}')]),
    ]


def test_a_body_that_was_cut_is_read_as_far_as_it_goes() -> None:
    found = conversation(b'{"messages": [{"role": "user", "content": "Hi"}, {"role": "us', None, "")
    assert outline(found)[0] == ("user", [("text", "Hi")])
