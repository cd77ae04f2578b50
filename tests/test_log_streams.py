"""Streams in manual logs: whichever way a client wrote down what it read, one answer comes of it."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from ingest_app.bodies import Bodies
from requests_app.models import Request
from tests.live import Stack, Tenant
from tests.manual_logs import CHAT, manual_log, post_log

LogText = Callable[..., tuple[Request, bytes]]

CHUNKS: list[Any] = [
    {
        "object": "chat.completion.chunk",
        "model": "gpt-4o",
        "choices": [{"index": 0, "delta": {"content": "No"}}],
    },
    {
        "object": "chat.completion.chunk",
        "model": "gpt-4o",
        "choices": [{"index": 0, "delta": {"content": "on."}}],
    },
    {
        "object": "chat.completion.chunk",
        "model": "gpt-4o",
        "choices": [],
        "usage": {"prompt_tokens": 12, "completion_tokens": 2, "total_tokens": 14},
    },
]
ANTHROPIC: list[Any] = [
    {
        "type": "message_start",
        "message": {"model": "claude-sonnet-4-5", "role": "assistant", "usage": {"input_tokens": 9}},
    },
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Noon."}},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 4}},
    {"type": "message_stop"},
]
GEMINI: list[Any] = [
    {"candidates": [{"content": {"role": "model", "parts": [{"text": "No"}]}}]},
    {
        "candidates": [{"content": {"role": "model", "parts": [{"text": "on."}]}}],
        "usageMetadata": {"promptTokenCount": 5, "candidatesTokenCount": 2},
    },
]
RESPONSES: list[Any] = [
    {"type": "response.created", "response": {"object": "response", "output": []}},
    {"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "delta": "Noon."},
    {
        "type": "response.completed",
        "response": {
            "object": "response",
            "output": [{"type": "message", "content": [{"type": "output_text", "text": "Noon."}]}],
            "usage": {"input_tokens": 6, "output_tokens": 2, "total_tokens": 8},
        },
    },
]
FORMS: dict[str, Callable[[list[Any]], str]] = {
    "server-sent events": lambda chunks: (
        "".join(f"data: {json.dumps(c)}\n\n" for c in chunks) + "data: [DONE]\n\n"
    ),
    "events without blank lines": lambda chunks: "\n".join(f"data: {json.dumps(c)}" for c in chunks),
    "named events": lambda chunks: "".join(f"event: x\r\ndata: {json.dumps(c)}\r\n\r\n" for c in chunks),
    "JSON lines": lambda chunks: "\n".join(map(json.dumps, chunks)),
    "JSON lines with blank ones": lambda chunks: "\n\n".join(map(json.dumps, chunks)) + "\n",
    "JSON strings": lambda chunks: "\n".join(json.dumps(json.dumps(c)) for c in chunks),
    "JSON strings of events": lambda chunks: "\n".join(
        json.dumps(f"data: {json.dumps(c)}\n\n") for c in chunks
    ),
    "a JSON array": json.dumps,
}


@pytest.fixture
def log_text(
    stack: Stack,
    organization: Tenant,
    wait_for_rows: Callable[..., list[Request]],
    bodies_of: Callable[[Request], Bodies],
) -> LogText:
    """Returns a function that logs an answer in text, and returns the row and the answer as it was stored."""

    def do(text: str, *, path: str = "/custom/v1/log", **more: Any) -> tuple[Request, bytes]:
        body = manual_log(CHAT, {}, url="custom-model-nopath", text=text, **more)
        assert post_log(stack.url + path, body, key=organization.api_key).status == 200
        (row,) = wait_for_rows(organization.id)
        return row, bodies_of(row).response or b""

    return do


@pytest.mark.parametrize("form", FORMS)
def test_a_stream_is_folded_whichever_way_it_was_written_down(log_text: LogText, form: str) -> None:
    row, answer = log_text(FORMS[form](CHUNKS))

    assert json.loads(answer)["choices"][0]["message"]["content"] == "Noon."
    assert (row.is_stream, row.prompt_tokens, row.completion_tokens) == (True, 12, 2)


@pytest.mark.parametrize(
    ("chunks", "said", "tokens"),
    [
        (ANTHROPIC, lambda answer: answer["content"][0]["text"], (9, 4)),
        (GEMINI, lambda answer: answer["candidates"][0]["content"]["parts"][0]["text"], (5, 2)),
        (RESPONSES, lambda answer: answer["output"][0]["content"][0]["text"], (6, 2)),
    ],
    ids=["anthropic", "gemini", "responses"],
)
def test_the_dialect_of_a_stream_is_known_by_its_looks(
    log_text: LogText, chunks: list[Any], said: Callable[[Any], str], tokens: tuple[int, int]
) -> None:
    row, answer = log_text(FORMS["JSON lines"](chunks))

    assert said(json.loads(answer)) == "Noon."
    assert (row.prompt_tokens, row.completion_tokens) == tokens


def test_a_stream_of_a_single_piece_is_folded_too(log_text: LogText) -> None:
    _, answer = log_text(json.dumps(CHUNKS[0]))

    assert json.loads(answer)["choices"][0]["message"]["content"] == "No"


def test_the_time_to_first_token_is_what_the_client_says(log_text: LogText) -> None:
    row, _ = log_text(FORMS["JSON lines"](CHUNKS), first_token_ms=321.4)

    assert row.time_to_first_token_ms == 321


def test_a_stream_that_the_client_cancelled_keeps_what_had_come(log_text: LogText) -> None:
    row, answer = log_text(FORMS["JSON lines"](CHUNKS[:1]), status=-3)

    assert row.status == -3
    assert json.loads(answer)["choices"][0]["message"]["content"] == "No"


def test_tokens_of_a_stream_without_counts_are_estimated(log_text: LogText) -> None:
    row, _ = log_text(FORMS["JSON lines"](CHUNKS[:2]))

    assert row.usage_is_estimated
    assert row.completion_tokens


def test_pieces_of_plain_text_are_put_together(log_text: LogText) -> None:
    _, answer = log_text('"It is "\n"noon"\n"."')

    assert answer == b"It is noon."


@pytest.mark.parametrize(
    "text",
    [
        "It is noon.",
        'Error: no time {"left": 0}',
        "data: what?\n\n",
        "{not JSON\n}",
        '"half',
        "[1, 2]",
        '{"a": 1}\n{"b": 2}',
        "event: ping\n\n",
        "\ud7ff \u2028 {",
    ],
)
def test_other_text_is_kept_as_it_is(log_text: LogText, text: str) -> None:
    row, answer = log_text(text)

    assert answer.decode() == text
    assert row.prompt_tokens is None


def test_a_whole_answer_in_the_text_is_read(log_text: LogText) -> None:
    whole = {"object": "chat.completion", "usage": {"prompt_tokens": 3, "completion_tokens": 1}}
    row, answer = log_text(json.dumps(whole, indent=2))

    assert json.loads(answer) == whole
    assert (row.is_stream, row.prompt_tokens) == (False, 3)
