"""Answers whose tokens nobody counted to the end: what was received is estimated, and marked so."""

import json
from typing import Any

import msgspec
import pytest

from ingest_app.digest import digest, without_omitted
from ingest_app.estimate import text_tokens
from ingest_app.events import LogEvent, Usage, now_us, uuid7
from tests.fake_provider.answer import DONE, data_event, named_event

CHAT, MESSAGES = "/v1/chat/completions", "/v1/messages"
ASKED = json.dumps({"model": "m", "messages": [{"role": "user", "content": "x" * 400}]}).encode()


def read(path: str, stream: bytes, **changes: Any) -> Usage | None:
    return digest(event_of(path, stream, **changes)).facts.usage


def event_of(path: str, stream: bytes, *, request: bytes = ASKED, **changes: Any) -> LogEvent:
    return LogEvent(
        id=uuid7(now_us()),
        organization_id=1,
        created_at_us=now_us(),
        provider="openai",
        path=path,
        latency_ms=1,
        is_stream=True,
        request_body=request,
        response_body=stream,
        **{"status": 200, "response_bytes": len(stream), **changes},
    )


def said(text: str) -> bytes:
    return data_event({"model": "m", "choices": [{"index": 0, "delta": {"content": text}}]})


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("", 0),
        ("four", 1),
        ("The quick brown fox jumps over the lazy dog.", 11),
        ("東京は今日も晴れです", 10),
        ("Привет", 3),
        ("tokens 東京", 4),
    ],
)
def test_tokens_of_text(text: str, tokens: int) -> None:
    assert text_tokens(text) == tokens


@pytest.mark.parametrize("status", [-2, -3, -100])
def test_a_stream_that_ended_early_counts_what_came(status: int) -> None:
    assert read(CHAT, said("y" * 40), status=status) == Usage(
        prompt_tokens=100, completion_tokens=10, is_estimated=True
    )


def test_a_finished_stream_that_never_told_usage_is_estimated() -> None:
    usage = read(CHAT, said("y" * 40) + DONE)
    assert usage is not None
    assert usage.is_estimated


def test_a_stream_that_told_usage_is_not() -> None:
    told = data_event({"choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 3}})
    assert read(CHAT, said("y" * 40) + told + DONE) == Usage(prompt_tokens=7, completion_tokens=3)


def test_of_a_cancelled_message_the_input_is_told_and_the_output_estimated() -> None:
    start = {"role": "assistant", "content": [], "usage": {"input_tokens": 25, "output_tokens": 1}}
    stream = named_event({"type": "message_start", "message": start})
    delta = {"type": "text_delta", "text": "y" * 40}
    stream += named_event({"type": "content_block_delta", "index": 0, "delta": delta})
    assert read(MESSAGES, stream, status=-3) == Usage(
        prompt_tokens=25, completion_tokens=10, is_estimated=True
    )


def test_an_error_before_any_content_counts_nothing() -> None:
    assert read(CHAT, data_event({"error": {"message": "overloaded", "code": 503}})) is None


def test_pictures_in_base64_are_not_counted_as_text() -> None:
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * 40_000}}
    text = {"type": "text", "text": "x" * 40}
    asked = json.dumps({"messages": [{"role": "user", "content": [text, picture]}]}).encode()
    usage = read(CHAT, said("y"), request=asked, status=-3)
    assert usage is not None
    assert usage.prompt_tokens == 10


def test_arguments_of_a_call_are_output() -> None:
    call = {"index": 0, "id": "c", "function": {"name": "search", "arguments": '{"id": "' + "z" * 30 + '"}'}}
    usage = read(CHAT, data_event({"choices": [{"index": 0, "delta": {"tool_calls": [call]}}]}), status=-3)
    assert usage is not None
    assert usage.completion_tokens == 12  # 2 of the name and 10 of the arguments


def test_a_cut_stream_is_counted_by_its_whole_length() -> None:
    stream = said("y" * 400)
    usage = read(CHAT, stream, response_is_cut=True, response_bytes=3 * len(stream))
    assert usage is not None
    assert (usage.completion_tokens, usage.is_estimated) == (300, True)


@pytest.mark.parametrize("omitted", ["omit_request", "omit_response"])
def test_an_omitted_body_is_counted_before_it_is_dropped(omitted: str) -> None:
    stream = said("y" * 40)
    whole = event_of(CHAT, stream, status=-3, arrivals=[(len(stream), 70)])
    facts = digest(without_omitted(msgspec.structs.replace(whole, **{omitted: True}))).facts
    assert facts.usage == Usage(prompt_tokens=100, completion_tokens=10, is_estimated=True)
    assert facts.time_to_first_token_ms == 70
