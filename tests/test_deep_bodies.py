"""JSON whose values lie too deep inside each other to be decoded: no fault of ours, and not logged as one."""

import json
from collections.abc import Callable

import pytest
from structlog.testing import capture_logs

from ingest_app.digest import digest
from ingest_app.search.texts import answer_texts, messages_of
from tests.events import chat_event

DEPTHS = [300, 950, 1_000, 100_000]


def deep(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


def sse(*events: bytes) -> bytes:
    return b"".join(b"data: %b\n\n" % event for event in events)


ANSWER = b'{"model": "gpt-4o", "choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 4}}'
BODIES: dict[str, tuple[str, Callable[[bytes], bytes], Callable[[bytes], bytes]]] = {
    "in the request": (
        "/v1/chat/completions",
        lambda value: b'{"model": "gpt-4o", "messages": [], "more": %b}' % value,
        lambda _: ANSWER,
    ),
    "in a message": (
        "/v1/chat/completions",
        lambda value: b'{"model": "gpt-4o", "messages": [{"role": "user", "content": %b}]}' % value,
        lambda _: ANSWER,
    ),
    "the whole request": ("/v1/chat/completions", lambda value: value, lambda _: ANSWER),
    "in the metadata": (
        "/v1/messages",
        lambda value: (
            b'{"model": "m", "metadata": {"user_id": %b}}'
            % json.dumps('{"device_id": ' + value.decode() + "}").encode()
        ),
        lambda _: ANSWER,
    ),
    "in the answer": (
        "/v1/chat/completions",
        lambda _: b"{}",
        lambda value: b'{"model": "gpt-4o", "choices": [{"message": {"content": %b}}]}' % value,
    ),
    "in a streamed event": (
        "/v1/chat/completions",
        lambda _: b"{}",
        lambda value: sse(
            b'{"choices": [{"index": 0, "delta": {"content": "Hi"}}]}',
            b'{"choices": [{"index": 0, "delta": {"content": %b}}]}' % value,
        ),
    ),
    "in streamed arguments": (
        "/v1/messages",
        lambda _: b"{}",
        lambda value: sse(
            b'{"type": "content_block_start", "index": 0, "content_block": {"type": "tool_use", "id": "t"}}',
            b'{"type": "content_block_delta", "index": 0, "delta": {"type": "input_json_delta", "partial_json": %b}}'
            % json.dumps(value.decode()).encode(),
        ),
    ),
    "in an array of events": (
        "/v1beta/models/gemini-2.5-flash:streamGenerateContent",
        lambda _: b"{}",
        lambda value: b'[{"candidates": [{"content": {"parts": [{"text": %b}]}}]}]' % value,
    ),
    "in lines": (
        "/api/chat",
        lambda _: b"{}",
        lambda value: b'{"message": {"content": "Hi"}}\n{"message": {"content": %b}}\n' % value,
    ),
}


@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize(("path", "request_of", "answer_of"), BODIES.values(), ids=BODIES)
def test_they_are_digested_in_silence(
    path: str, request_of: Callable[[bytes], bytes], answer_of: Callable[[bytes], bytes], depth: int
) -> None:
    value = deep(depth)
    event = chat_event(
        1, path=path, request_body=request_of(value), response_body=answer_of(value), is_stream=True
    )
    with capture_logs() as logged:
        found = digest(event)
        messages = [text for message in messages_of(found.request_body) for text in message.texts]
        texts = answer_texts(found.response_body)
    assert logged == []
    assert found.request_body == event.request_body
    assert found.response_body
    assert isinstance(messages + texts, list)
