"""Streams of each dialect become the answer that they would have been unstreamed, and tell when content began."""

import itertools
import json
from typing import Any

import pytest

from ingest_app import sse
from ingest_app.digest import digest
from ingest_app.events import Facts, LogEvent, now_us, uuid7
from tests.fake_provider.answer import Answer, Ask, data_event, named_event
from tests.fake_provider.bedrock_converse import chunk, exception
from tests.fake_provider.routes import route_of
from tests.fake_provider.scenario import Scenario

GEMINI = "/v1beta/models/gemini-2.5-flash"
CONVERSE = "/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0"


def logged(path: str, stream: bytes, *, provider: str = "x", arrivals: Any = (), **changes: Any) -> LogEvent:
    return LogEvent(
        id=uuid7(now_us()),
        organization_id=1,
        created_at_us=now_us(),
        provider=provider,
        path=path,
        status=changes.pop("status", 200),
        latency_ms=1,
        response_body=stream,
        response_bytes=len(stream),
        arrivals=list(arrivals),
        **changes,
    )


def answered(path: str, body: dict[str, Any], query: str = "", **scenario: Any) -> Answer:
    route = route_of(path)
    assert route is not None
    ask = Ask(path=path, query=query, body=body, scenario=Scenario(**scenario), request_id="r", now=1.0)
    return route[1](ask)


def read(path: str, stream: bytes, **changes: Any) -> tuple[Any, Facts]:
    facts, _, body = digest(logged(path, stream, **changes))
    assert body is not None
    return json.loads(body), facts


USER_ASKS = [{"role": "user", "content": "Hi"}]
USER = {"role": "user", "parts": [{"text": "Hi"}]}
THINKING = {"generationConfig": {"thinkingConfig": {"includeThoughts": True}}}
TOOL = {"tools": [{"functionDeclarations": [{"name": "look", "parameters": {"properties": {"q": {}}}}]}]}


@pytest.mark.parametrize("query", ["alt=sse", ""], ids=["server-sent events", "JSON array"])
@pytest.mark.parametrize("extra", [{}, THINKING, TOOL], ids=["text", "thoughts", "function call"])
def test_a_gemini_stream_becomes_its_answer(query: str, extra: dict[str, Any]) -> None:
    body = {"contents": [USER], **extra}
    stream = answered(f"{GEMINI}:streamGenerateContent", body, query, cached=30)
    whole = answered(f"{GEMINI}:generateContent", body, cached=30)
    said, facts = read(
        f"{GEMINI}:streamGenerateContent", b"".join(stream.events or []), is_stream=bool(query)
    )
    assert said == whole.whole
    assert facts.usage == digest(logged(f"{GEMINI}:generateContent", whole.body)).facts.usage
    assert facts.response_model == "gemini-2.5-flash"


def test_a_gemini_array_that_broke_off_is_read_as_far_as_it_came() -> None:
    stream = answered(f"{GEMINI}:streamGenerateContent", {"contents": [USER]}, words=6)
    said, facts = read(
        f"{GEMINI}:streamGenerateContent", b"".join((stream.events or [])[:3]) + b',\r\n{"cand'
    )
    assert said["candidates"][0]["content"]["parts"] == [{"text": "The small gateway"}]
    assert facts.usage is not None
    assert facts.usage.completion_tokens == 3


def test_an_error_in_a_gemini_array_is_an_error() -> None:
    error = b'[{"error": {"code": 429, "message": "Quota", "status": "RESOURCE_EXHAUSTED"}}]'
    _, facts = read(f"{GEMINI}:streamGenerateContent", error)
    assert (facts.status, facts.error) == (429, "RESOURCE_EXHAUSTED")


SPEC = {"toolSpec": {"name": "look", "inputSchema": {"json": {"properties": {"q": {"type": "string"}}}}}}


@pytest.mark.parametrize(
    ("extra", "scenario"),
    [({}, {}), ({}, {"reasoning": 4}), ({"toolConfig": {"tools": [SPEC]}}, {"calls": 2})],
    ids=["text", "reasoning", "tools"],
)
def test_a_bedrock_stream_becomes_its_answer(extra: dict[str, Any], scenario: dict[str, Any]) -> None:
    body = {"messages": [{"role": "user", "content": [{"text": "Hi"}]}], **extra}
    scenario |= {"cached": 100, "cache_write": 20, "cache_write_1h": 5}
    stream = answered(f"{CONVERSE}/converse-stream", body, **scenario)
    said, facts = read(f"{CONVERSE}/converse-stream", b"".join(stream.events or []))
    assert said == answered(f"{CONVERSE}/converse", body, **scenario).whole
    assert facts.usage is not None
    assert facts.usage.prompt_tokens == (stream.usage or {})["inputTokens"] + 125
    assert facts.usage.cache_write_1h_tokens == 5


def test_a_bedrock_stream_that_is_cut_within_a_frame_is_read_up_to_there() -> None:
    body = {"messages": [{"role": "user", "content": [{"text": "Hi"}]}]}
    whole = b"".join(answered(f"{CONVERSE}/converse-stream", body).events or [])
    said, _ = read(f"{CONVERSE}/converse-stream", whole[: len(whole) // 2])
    (block,) = said["output"]["message"]["content"]
    assert block["text"].startswith("The small gateway")


def test_an_exception_in_a_bedrock_stream_is_an_error() -> None:
    _, facts = read(f"{CONVERSE}/converse-stream", exception("throttlingException", "Too many tokens"))
    assert (facts.status, facts.error) == (429, "throttlingException")


def test_claude_streamed_by_invoke_model_speaks_anthropics_dialect() -> None:
    body = {"model": "claude-haiku-4-5", "max_tokens": 9, "messages": USER_ASKS, "stream": True}
    told = answered("/v1/messages", body, cached=50)
    frames_of_aws = b"".join(
        chunk(json.loads(event.data)) for event in sse.events(b"".join(told.events or []))
    )
    path = "/model/anthropic.claude-haiku-4-5-20251001-v1%3A0/invoke-with-response-stream"
    said, facts = read(path, frames_of_aws, provider="bedrock")
    assert said["content"] == (told.whole or {})["content"]
    assert facts.usage is not None
    assert facts.usage.cache_read_tokens == 50
    assert not facts.usage.is_estimated


COHERE_EVENTS = [
    {"type": "message-start", "id": "c1", "delta": {"message": {"role": "assistant", "content": []}}},
    {"type": "content-start", "index": 0, "delta": {"message": {"content": {"type": "text", "text": ""}}}},
    {"type": "content-delta", "index": 0, "delta": {"message": {"content": {"text": "Hel"}}}},
    {"type": "content-delta", "index": 0, "delta": {"message": {"content": {"text": "lo"}}}},
    {"type": "content-end", "index": 0},
    {
        "type": "tool-call-start",
        "index": 0,
        "delta": {
            "message": {
                "tool_calls": {"id": "t", "type": "function", "function": {"name": "f", "arguments": ""}}
            }
        },
    },
    {
        "type": "tool-call-delta",
        "index": 0,
        "delta": {"message": {"tool_calls": {"function": {"arguments": "{"}}}},
    },
    {
        "type": "tool-call-delta",
        "index": 0,
        "delta": {"message": {"tool_calls": {"function": {"arguments": "}"}}}},
    },
    {"type": "tool-call-end", "index": 0},
    {
        "type": "message-end",
        "delta": {
            "finish_reason": "TOOL_CALL",
            "usage": {"billed_units": {"input_tokens": 5, "output_tokens": 7}},
        },
    },
]


def test_a_cohere_stream_becomes_its_answer() -> None:
    said, facts = read("/v2/chat", b"".join(map(named_event, COHERE_EVENTS)), is_stream=True)
    assert said == {
        "id": "c1",
        "finish_reason": "TOOL_CALL",
        "usage": {"billed_units": {"input_tokens": 5, "output_tokens": 7}},
        "message": {
            "role": "assistant",
            "content": [{"type": "text", "text": "Hello"}],
            "tool_calls": [{"id": "t", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
        },
    }
    assert facts.usage is not None
    assert (facts.usage.prompt_tokens, facts.usage.completion_tokens) == (5, 7)


OLLAMA_LINES = [
    {"model": "llama3.2", "message": {"role": "assistant", "content": "", "thinking": "Hm"}, "done": False},
    {"model": "llama3.2", "message": {"role": "assistant", "content": "Hel"}, "done": False},
    {"model": "llama3.2", "message": {"role": "assistant", "content": "lo"}, "done": False},
    {
        "model": "llama3.2",
        "message": {"role": "assistant", "content": ""},
        "done": True,
        "prompt_eval_count": 26,
        "eval_count": 3,
    },
]


def test_ollama_lines_become_one_answer() -> None:
    stream = b"".join(json.dumps(line).encode() + b"\n" for line in OLLAMA_LINES)
    said, facts = read("/api/chat", stream)
    assert said == {
        "model": "llama3.2",
        "done": True,
        "prompt_eval_count": 26,
        "eval_count": 3,
        "message": {"content": "Hello", "thinking": "Hm", "role": "assistant"},
    }
    assert facts.usage is not None
    assert (facts.usage.prompt_tokens, facts.usage.completion_tokens) == (26, 3)


@pytest.mark.parametrize("flavour", ["groq", "deepseek", "xai", "openrouter", "perplexity", "mistral"])
def test_a_flavour_of_chat_says_the_same_streamed_and_not(flavour: str) -> None:
    body = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}
    scenario = {"flavour": flavour, "cached": 40, "reasoning": 9}
    stream = answered("/v1/chat/completions", {**body, "stream": True}, **scenario)
    whole = answered("/v1/chat/completions", body, **scenario)
    _, of_stream = read(
        "/v1/chat/completions", b"".join(stream.events or []), provider=flavour, is_stream=True
    )
    _, of_whole = read("/v1/chat/completions", whole.body, provider=flavour)
    assert of_stream.usage == of_whole.usage
    assert of_whole.usage is not None
    assert of_whole.usage.completion_tokens == 12 + 9


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/images/generations", {"prompt": "a fox", "stream": True}),
        ("/v1/audio/speech", {"input": "Hello there", "stream_format": "sse"}),
        ("/v1/audio/transcriptions", {"file": b"x", "model": "gpt-4o-transcribe", "stream": "true"}),
    ],
)
def test_a_stream_of_pictures_or_sound_tells_its_usage(path: str, body: dict[str, Any]) -> None:
    stream = answered(path, body)
    said, facts = read(path, b"".join(stream.events or []), is_stream=True)
    assert said["usage"] == stream.usage
    assert facts.usage is not None
    assert not facts.usage.is_estimated


def test_a_streamed_transcription_is_its_whole_text() -> None:
    stream = answered("/v1/audio/transcriptions", {"file": b"x", "stream": "true"}, words=5)
    said, _ = read("/v1/audio/transcriptions", b"".join(stream.events or []), is_stream=True)
    assert said == stream.whole


MISTRAL_THINKING = [
    {"choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}]},
    {
        "choices": [
            {
                "index": 0,
                "delta": {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm"}]}]},
            }
        ]
    },
    {"choices": [{"index": 0, "delta": {"content": "Yes"}, "finish_reason": "stop"}]},
]


def test_the_thoughts_that_mistral_streams_as_parts_are_kept() -> None:
    said, _ = read("/v1/chat/completions", b"".join(map(data_event, MISTRAL_THINKING)), is_stream=True)
    assert said["choices"][0]["message"]["content"] == [
        {"type": "thinking", "thinking": [{"type": "text", "text": "Hm"}]},
        {"type": "text", "text": "Yes"},
    ]


def chat_chunk(**delta: Any) -> bytes:
    return data_event({"choices": [{"index": 0, "delta": delta, "finish_reason": None}]})


# For each dialect the pieces as they arrive, and which of them is the first with content.
FIRST_CONTENT: dict[str, tuple[str, list[bytes], int]] = {
    "chat": (
        "/v1/chat/completions",
        [b": ping\n\n", chat_chunk(role="assistant", content=""), chat_chunk(content="Hi")],
        2,
    ),
    "chat with audio": (
        "/v1/chat/completions",
        [chat_chunk(audio={"id": "a", "transcript": ""}), chat_chunk(audio={"transcript": "Hi"})],
        1,
    ),
    "responses": (
        "/v1/responses",
        [
            named_event({"type": "response.created", "response": {"id": "r", "output": []}}),
            named_event(
                {"type": "response.output_item.added", "output_index": 0, "item": {"type": "message"}}
            ),
            named_event({"type": "response.output_text.delta", "output_index": 0, "delta": ""}),
            named_event({"type": "response.output_text.delta", "output_index": 0, "delta": "Hi"}),
        ],
        3,
    ),
    "messages": (
        "/v1/messages",
        [
            named_event({"type": "message_start", "message": {"role": "assistant", "content": []}}),
            named_event(
                {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
            ),
            named_event({"type": "ping"}),
            named_event(
                {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hi"}}
            ),
        ],
        3,
    ),
    "cohere": ("/v2/chat", [named_event(event) for event in COHERE_EVENTS[:3]], 2),
    "gemini": (
        f"{GEMINI}:streamGenerateContent",
        [
            data_event({"candidates": [{"content": {"role": "model", "parts": [{"text": ""}]}}]}),
            data_event({"candidates": [{"content": {"role": "model", "parts": [{"text": "Hi"}]}}]}),
        ],
        1,
    ),
    "gemini's array": (
        f"{GEMINI}:streamGenerateContent",
        [b'[{"candidates":[]}', b',\r\n{"candidates":[{"content":{"parts":[{"text":"\xc3\xa9"}]}}]}'],
        1,
    ),
    "ollama": (
        "/api/chat",
        [b'{"message":{"role":"assistant","content":""}}\n', b'{"message":{"content":"Hi"}}\n'],
        1,
    ),
    "bedrock": (
        f"{CONVERSE}/converse-stream",
        list(
            answered(f"{CONVERSE}/converse-stream", {"messages": [{"role": "user", "content": []}]}).events
            or []
        )[:2],
        1,
    ),
}


@pytest.mark.parametrize("case", FIRST_CONTENT.values(), ids=FIRST_CONTENT.keys())
def test_the_first_token_is_the_first_content(case: tuple[str, list[bytes], int]) -> None:
    path, pieces, first = case
    received = itertools.accumulate(map(len, pieces))
    arrivals = [(size, 100 * (number + 1)) for number, size in enumerate(received)]
    event = logged(path, b"".join(pieces), arrivals=arrivals, is_stream=True)
    assert digest(event).facts.time_to_first_token_ms == 100 * (first + 1)
    without = logged(path, b"".join(pieces[:first]), arrivals=arrivals, is_stream=True)
    assert digest(without).facts.time_to_first_token_ms is None
