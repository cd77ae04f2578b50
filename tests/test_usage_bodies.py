"""What is read of request bodies that are cut or are forms, of errors, and of the agents that send them."""

import json
from typing import Any

import pytest

from ingest_app.cut import closed
from ingest_app.digest import Digest, digest
from ingest_app.events import LogEvent, now_us, uuid7

SESSION = "d2e70091-3007-41a3-a916-cb8b0d3098de"
DEVICE = "5dd07c33da27e6d2968d94ea20bf47a7b090b6b158b82328d54da2909a108e84"


def read(path: str = "/v1/chat/completions", **fields: Any) -> Digest:
    return digest(
        LogEvent(
            id=uuid7(now_us()),
            organization_id=1,
            created_at_us=now_us(),
            provider=fields.pop("provider", "openai"),
            path=path,
            status=fields.pop("status", 200),
            latency_ms=1,
            **fields,
        )
    )


@pytest.mark.parametrize(
    ("cut", "whole"),
    [
        (b'{"messages": [{"role": "user", "content": "Hello th', b'{"messages": [{"role": "user"}]}'),
        (b'{"a": [1, 2, 3', b'{"a": [1, 2]}'),
        (b'{"a": {"b": "c, [d"}, "e', b'{"a": {"b": "c, [d"}}'),
        (b'{"a": "b\\', b"{}"),
        (b'{"a": 1}', b'{"a": 1}'),
    ],
)
def test_cut_json_is_closed_after_its_last_whole_value(cut: bytes, whole: bytes) -> None:
    assert json.loads(closed(cut)) == json.loads(whole)


def test_the_model_of_a_cut_request_is_read_when_it_comes_before_the_cut() -> None:
    body = b'{"model": "gpt-4o", "messages": [{"role": "user", "content": "Look"}, {"role": "user", "con'
    it = read(request_body=body, request_is_cut=True)
    assert (it.facts.request_model, it.facts.preview, it.request_body) == ("gpt-4o", "Look", body)


def test_the_usage_of_a_cut_answer_is_read_when_it_comes_before_the_cut() -> None:
    body = b'{"model": "m", "usage": {"prompt_tokens": 3, "total_tokens": 3}, "data": [{"embedding": [0.1, 0.'
    it = read("/v1/embeddings", response_body=body, response_is_cut=True)
    assert it.facts.usage is not None
    assert (it.facts.usage.prompt_tokens, it.response_body) == (3, body)


def test_the_model_of_a_form_is_read() -> None:
    form = (
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.mp3"\r\n'
        b"Content-Type: audio/mpeg\r\n\r\n\x00\xff\r\n"
        b'--b\r\nContent-Disposition: form-data; name="model"\r\n\r\nwhisper-1\r\n--b--\r\n'
    )
    assert read("/v1/audio/transcriptions", request_body=form).facts.request_model == "whisper-1"


@pytest.mark.parametrize(
    "user_id",
    [
        f"user_{DEVICE}_account__session_{SESSION}",
        f"user_{DEVICE}_account_7581b58b-1234-5678-9abc-def012345678_session_{SESSION}",
        json.dumps({"device_id": DEVICE, "account_uuid": "", "session_id": SESSION}),
    ],
    ids=["with a key", "with an account", "since 2.1.78"],
)
def test_claude_code_carries_its_session(user_id: str) -> None:
    asked = {"model": "claude-opus-4-5", "messages": [], "metadata": {"user_id": user_id}}
    facts = read("/v1/messages", request_body=json.dumps(asked).encode()).facts
    assert (facts.session_id, facts.session_name) == (SESSION, "Claude Code")


@pytest.mark.parametrize(
    "user_id",
    ["ada", f"user_x_session_{SESSION}", json.dumps({"session_id": SESSION}), "{", 7, None],
)
def test_a_user_that_is_not_claude_code_has_no_session(user_id: object) -> None:
    asked = {"messages": [], "metadata": {"user_id": user_id}}
    assert read("/v1/messages", request_body=json.dumps(asked).encode()).facts.session_id == ""


@pytest.mark.parametrize(
    ("extra", "session"),
    [
        ({"instructions": "You are Codex, based on GPT-5."}, SESSION),
        ({"instructions": "You are a coding agent running in the Codex CLI"}, SESSION),
        ({"client_metadata": {"x-codex-installation-id": "1"}}, SESSION),
        ({"instructions": "You are a helpful assistant."}, ""),
        ({"instructions": "You are Codex", "prompt_cache_key": "all-my-users"}, ""),
    ],
)
def test_codex_carries_its_session(extra: dict[str, Any], session: str) -> None:
    asked = {"model": "gpt-5-codex", "input": [], "prompt_cache_key": SESSION, **extra}
    facts = read("/v1/responses", request_body=json.dumps(asked).encode()).facts
    assert (facts.session_id, facts.session_name) == (session, "Codex" if session else "")


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (
            {"error": {"message": "No", "type": "invalid_request_error", "code": None}},
            "invalid_request_error",
        ),
        ({"error": {"code": 429, "message": "Quota", "status": "RESOURCE_EXHAUSTED"}}, "RESOURCE_EXHAUSTED"),
        ({"error": {"code": 402, "message": "Insufficient credits"}}, "402"),
        ({"error": "model 'x' not found"}, "model 'x' not found"),
        ({"message": "The security token is invalid."}, "The security token is invalid."),
        ({"object": "error", "message": "No", "type": "NotFoundError", "code": 404}, "NotFoundError"),
        ({"detail": "Not Found"}, "Not Found"),
    ],
    ids=["OpenAI", "Google", "OpenRouter", "Ollama", "Bedrock and Cohere", "vLLM", "FastAPI"],
)
def test_an_error_is_named_as_the_provider_names_it(body: dict[str, Any], name: str) -> None:
    assert read(status=400, response_body=json.dumps(body).encode()).facts.error == name


@pytest.mark.parametrize(
    ("path", "body", "preview"),
    [
        ("/v1beta/models/g:generateContent", {"contents": [{"parts": [{"text": "Hi"}]}]}, "Hi"),
        ("/v1beta/models/g:generateContent", {"contents": "Hi"}, "Hi"),
        ("/v1beta/models/g:embedContent", {"content": {"parts": [{"text": "Hi"}]}}, "Hi"),
        ("/model/m/converse", {"messages": [{"role": "user", "content": [{"text": "Hi"}]}]}, "Hi"),
        ("/v2/embed", {"texts": ["a", "b"]}, "[ 2 inputs ]"),
        ("/v1/images/generations", {"prompt": "a fox"}, "a fox"),
    ],
)
def test_the_preview_is_what_was_asked(path: str, body: dict[str, Any], preview: str) -> None:
    assert read(path, request_body=json.dumps(body).encode()).facts.preview == preview
