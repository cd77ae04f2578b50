"""Nothing that a client or a provider sends trips a reader: any JSON, any bytes, any framing."""

import json
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ingest_app.cut import closed
from ingest_app.dialects import dialect_of, frames, model_in_path, usage_of
from ingest_app.dialects.paths import BY_PATH_END
from ingest_app.digest import digest
from ingest_app.estimate import estimated_usage
from ingest_app.events import COUNTS, LogEvent, now_us, uuid7
from tests.test_dialects_streams import (
    COHERE_EVENTS,
    CONVERSE,
    GEMINI,
    OLLAMA_LINES,
    SPEC,
    THINKING,
    answered,
)
from tests.usage_cases import CASES

USER = [{"role": "user", "content": "Hi"}]
OPENAI_TOOL = {"type": "function", "name": "f", "function": {"name": "f"}}
ANTHROPIC_TOOL = {"name": "f", "input_schema": {"properties": {"q": {"type": "string"}}}}


def events_of(path: str, body: dict[str, Any], query: str = "", **scenario: Any) -> list[tuple[str, Any]]:
    """Returns the events with which the fake provider streams its answer."""
    answer = answered(path, {"stream": True, **body}, query, **scenario)
    return [
        (event.type, json.loads(event.data))
        for event in frames(b"".join(answer.events or []))
        if event.data != b"[DONE]"
    ]


CHAT, RESPONSES, MESSAGES = "/v1/chat/completions", "/v1/responses", "/v1/messages"
CLAUDE = {"model": "claude-haiku-4-5", "messages": USER, "max_tokens": 2000}
STREAMS: dict[str, list[tuple[str, Any]]] = {
    CHAT: [
        *events_of(CHAT, {"model": "gpt-4o", "messages": USER, "logprobs": True}, words=3),
        *events_of(CHAT, {"model": "gpt-4o", "messages": USER, "tools": [OPENAI_TOOL]}, calls=2),
        *events_of(CHAT, {"model": "gpt-4o", "messages": USER, "modalities": ["audio"]}, words=2),
        *events_of(CHAT, {"model": "m", "messages": USER}, flavour="groq", words=2),
    ],
    "/v1/completions": events_of(
        "/v1/completions", {"model": "gpt-3.5-turbo-instruct", "logprobs": 1}, words=3
    ),
    RESPONSES: [
        *events_of(RESPONSES, {"model": "gpt-4o", "input": "Hi"}, words=3),
        *events_of(RESPONSES, {"model": "gpt-4o", "input": "Hi", "tools": [OPENAI_TOOL]}),
    ],
    MESSAGES: [
        *events_of(MESSAGES, {**CLAUDE, "thinking": {"type": "enabled", "budget_tokens": 1024}}, words=3),
        *events_of(MESSAGES, {**CLAUDE, "tools": [ANTHROPIC_TOOL]}),
    ],
    f"{GEMINI}:streamGenerateContent": events_of(
        f"{GEMINI}:streamGenerateContent", {"contents": [], **THINKING}, words=3
    ),
    f"{CONVERSE}/converse-stream": [
        *events_of(f"{CONVERSE}/converse-stream", {"messages": []}, reasoning=2, words=2),
        *events_of(f"{CONVERSE}/converse-stream", {"messages": [], "toolConfig": {"tools": [SPEC]}}),
    ],
    "/v2/chat": [(event["type"], event) for event in COHERE_EVENTS],
    "/api/chat": [("message", line) for line in OLLAMA_LINES],
    "/v1/images/edits": events_of("/v1/images/edits", {"prompt": "a fox"}),
    "/v1/audio/speech": events_of("/v1/audio/speech", {"input": "Hi", "stream_format": "sse"}),
    "/v1/audio/transcriptions": events_of("/v1/audio/transcriptions", {"file": b"x"}, words=3),
    "/v1/realtime": [
        ("message", {"type": "response.created", "response": {"id": "r", "output": []}}),
        ("message", {"type": "response.output_item.added", "output_index": 0, "item": {"content": []}}),
        ("message", {"type": "response.text.delta", "output_index": 0, "content_index": 0, "delta": "Hi"}),
        ("message", {"type": "response.function_call_arguments.delta", "output_index": 1, "delta": "{"}),
        ("message", {"type": "response.done", "response": {"status_details": {"error": {"code": "x"}}}}),
    ],
}
PATHS = sorted({path: None for path, _ in BY_PATH_END})
PROVIDERS = ["openai", "xai", "google", "openrouter", "perplexity", "deepinfra", "bedrock", "custom"]

# The words that the readers look for, so that wrong types stand where they look.
WORDS = [
    "usage", "usageMetadata", "choices", "delta", "content", "message", "text", "index", "type", "tool_calls",
    "function", "arguments", "audio", "data", "transcript", "logprobs", "reasoning_details", "function_call",
    "prompt_tokens", "completion_tokens", "total_tokens", "prompt_tokens_details", "completion_tokens_details",
    "input_tokens", "output_tokens", "input_tokens_details", "cached_tokens", "cached_tokens_details",
    "reasoning_tokens", "cost", "cost_details", "total_cost", "cost_in_usd_ticks", "estimated_cost", "x_groq",
    "candidates", "parts", "thought", "role", "promptTokenCount", "candidatesTokensDetails", "modality",
    "tokenCount", "predictions", "embeddings", "statistics", "token_count", "output", "start", "toolUse", "input",
    "contentBlockIndex", "contentBlockDelta", "messageStop", "metadata", "reasoningContent", "cacheDetails",
    "response", "item", "output_index", "content_index", "content_block", "partial_json", "citation", "citations",
    "billed_units", "tokens", "meta", "tool_plan", "eval_count", "thinking", "seconds", "duration", "results",
    "error", "code", "model", "modelVersion", "b64_json", "cache_creation", "messages", "contents", "instructions",
    "prompt_cache_key", "client_metadata", "user_id", "prompt", "user",
]  # fmt: skip
KINDS = [
    "message_start", "content_block_start", "content_block_delta", "message_delta", "text_delta",
    "input_json_delta", "citations_delta", "thinking_delta", "response.output_text.delta", "response.created",
    "response.function_call_arguments.delta", "response.output_item.added", "response.completed",
    "message-start", "content-start", "content-delta", "tool-call-start", "tool-call-delta", "tool-plan-delta",
    "citation-start", "message-end", "contentBlockDelta", "contentBlockStart", "messageStart", "messageStop",
    "metadata", "transcript.text.delta", "transcript.text.done", "speech.audio.delta", "duration",
    "image_generation.completed", "image_edit.partial_image", "error",
]  # fmt: skip

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.sampled_from([*KINDS, "1h", "AUDIO", "", "text"])
    | st.text(max_size=5)
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=5),
    max_leaves=25,
)
objects = st.dictionaries(st.sampled_from(WORDS), values, max_size=6)
typed = st.builds(lambda body, kind: {**body, "type": kind}, objects, st.sampled_from(KINDS))


def event(path: str, provider: str, **fields: Any) -> LogEvent:
    return LogEvent(
        id=uuid7(now_us()),
        organization_id=1,
        created_at_us=now_us(),
        provider=provider,
        path=path,
        latency_ms=1,
        **{"status": 200, **fields},
    )


def spoiled(value: Any, random: Random, junk: list[Any]) -> Any:
    """Returns `value` with here and there something else in it."""
    if random.random() < 0.06:
        return random.choice(junk)
    if isinstance(value, dict):
        return {key: spoiled(inner, random, junk) for key, inner in value.items()}
    if isinstance(value, list):
        return [spoiled(inner, random, junk) for inner in value]
    return value


spoilt = st.tuples(st.randoms(use_true_random=False), st.lists(values, min_size=1, max_size=4))


@settings(deadline=None, max_examples=150)
@given(case=st.sampled_from(list(CASES.values())), how=spoilt)
def test_usage_of_a_spoilt_answer(case: Any, how: tuple[Random, list[Any]]) -> None:
    provider, path, answer, _ = case
    dialect = dialect_of(path)
    spoiled_answer = spoiled(answer, *how)
    assert dialect is not None
    if isinstance(spoiled_answer, dict):
        usage = usage_of(provider, dialect, spoiled_answer)
        assert usage is None or all(getattr(usage, name) >= 0 for name in COUNTS)


@settings(deadline=None, max_examples=120)
@given(path=st.sampled_from(sorted(STREAMS)), how=spoilt, kinds=st.booleans())
def test_a_fold_of_spoilt_events(path: str, how: tuple[Random, list[Any]], kinds: bool) -> None:
    dialect = dialect_of(path)
    assert dialect is not None
    assert dialect.new_fold is not None
    fold = dialect.new_fold()
    for kind, event in STREAMS[path]:
        data = spoiled(event, *how)
        if isinstance(data, dict):
            assert fold.add(kind if kinds else "message", data) in (True, False)
    answer = fold.answer()
    json.dumps(answer)
    if answer is not None:
        usage_of("openai", dialect, answer)
        estimated_usage(b"{}", answer, None)


@settings(deadline=None, max_examples=100)
@given(
    path=st.sampled_from(PATHS),
    provider=st.sampled_from(PROVIDERS),
    request=objects | values,
    stream=st.lists(objects | typed, max_size=4),
    framing=st.sampled_from(["data: %s\n\n", "%s\n", "[%s,", "%s"]),
    status=st.sampled_from([200, 400, -2, -3, -100]),
    cut=st.integers(0, 200),
    is_stream=st.booleans(),
)
def test_an_event_with_any_bodies(
    path: str,
    provider: str,
    request: Any,
    stream: list[dict[str, Any]],
    framing: str,
    status: int,
    cut: int,
    is_stream: bool,
) -> None:
    answer = "".join(framing % json.dumps(data) for data in stream).encode()
    asked = json.dumps(request).encode()
    digest(
        event(
            path,
            provider,
            status=status,
            is_stream=is_stream,
            request_body=asked[: len(asked) - cut],
            request_is_cut=bool(cut),
            response_body=answer[: len(answer) - cut],
            response_bytes=len(answer),
            response_is_cut=bool(cut),
        )
    )


@settings(deadline=None, max_examples=100)
@given(body=st.binary(max_size=200), path=st.sampled_from(PATHS))
def test_any_bytes(body: bytes, path: str) -> None:
    digest(event(path, "x", request_body=body, response_body=body, is_stream=True, request_is_cut=True))


@settings(deadline=None, max_examples=120)
@given(
    st.binary(max_size=120)
    | st.binary(max_size=100).map(lambda tail: b"\x00\x00\x00\x40\x00\x00\x00\x10" + tail)
)
def test_frames_of_any_bytes_end(body: bytes) -> None:
    ends = [one.end for one in frames(body)]
    assert ends == sorted(ends)


@settings(deadline=None, max_examples=100)
@given(value=values, cut=st.integers(0, 100))
def test_cut_json_becomes_json_or_stays_unreadable(value: Any, cut: int) -> None:
    body = json.dumps({"a": value}).encode()
    whole = closed(body[: max(len(body) - cut, 1)])
    assert isinstance(json.loads(whole), dict)


@given(st.text(max_size=60))
def test_any_path(path: str) -> None:
    assert isinstance(model_in_path(path), str)
