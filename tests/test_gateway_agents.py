"""Coding agents without any set-up: their own session becomes the session, and nothing of theirs is changed."""

import json
from collections.abc import Callable

import pytest

from tests.live import Logged, Stack, Tenant
from tests.raw_http import RawAnswer, send

Scenario = Callable[..., dict[str, str]]
Post = Callable[..., RawAnswer]

SESSION = "0199c1d2-3e4f-7a5b-8c6d-7e8f90a1b2c3"
DEVICE = "d" * 64
MESSAGE = {
    "model": "claude-sonnet-4-5",
    "max_tokens": 99,
    "messages": [{"role": "user", "content": "Fix the build."}],
}
RESPONSE = {"model": "gpt-5", "input": "Fix the build.", "stream": True, "store": False}
CLAUDE_CODE = {
    "X-Api-Key": "sk-ant-fake-mine",
    "anthropic-version": "2023-06-01",
    "anthropic-beta": "claude-code-20250219,interleaved-thinking-2025-05-14",
    "User-Agent": "claude-cli/2.1.90 (external, cli)",
    "X-App": "cli",
}
CODEX = {
    "Authorization": "Bearer sk-fake-mine",
    "User-Agent": "codex_cli_rs/0.63.0 (Ubuntu 24.4.0; x86_64) xterm",
    "originator": "codex_cli_rs",
}


@pytest.fixture
def post(stack: Stack, organization: Tenant, scenario: Scenario) -> Post:
    """Returns a function that posts an object as a client does that only had its base URL changed."""

    def do(path: str, body: object, headers: dict[str, str]) -> RawAnswer:
        keys = {"Helicone-Auth": f"Bearer {organization.api_key}", "Content-Type": "application/json"}
        return send(stack.url + path, body=json.dumps(body).encode(), headers=keys | headers | scenario())

    return do


def test_claude_codes_header_is_its_session(post: Post, logged: Callable[[], Logged]) -> None:
    answer = post("/v1/messages?beta=true", MESSAGE, CLAUDE_CODE | {"X-Claude-Code-Session-Id": SESSION})

    it = logged()
    assert answer.status == 200
    assert (it.row.session_id, it.row.session_name) == (SESSION, "Claude Code")
    assert it.call.path == "/v1/messages?beta=true"
    assert it.call.header("x-claude-code-session-id") == SESSION
    assert it.call.header("anthropic-beta") == CLAUDE_CODE["anthropic-beta"]
    assert it.call.header("user-agent") == CLAUDE_CODE["User-Agent"]


@pytest.mark.parametrize(
    "user_id",
    [
        f"user_{DEVICE}_account__session_{SESSION}",
        json.dumps({"device_id": DEVICE, "account_uuid": "", "session_id": SESSION}),
    ],
)
def test_claude_codes_metadata_is_its_session(post: Post, logged: Callable[[], Logged], user_id: str) -> None:
    post("/v1/messages", MESSAGE | {"metadata": {"user_id": user_id}}, CLAUDE_CODE)

    row = logged().row
    assert (row.session_id, row.session_name) == (SESSION, "Claude Code")


def test_claude_codes_stream_passes_and_its_cached_input_is_counted(
    post: Post, logged: Callable[[], Logged], scenario: Scenario
) -> None:
    wanted = scenario(cached=1000, cache_write=200)
    answer = post("/v1/messages?beta=true", MESSAGE | {"stream": True}, CLAUDE_CODE | wanted)

    it = logged()
    assert answer.body == it.call.answer
    assert it.row.is_stream
    assert it.row.completion_tokens is not None


def test_claude_codes_count_of_tokens_passes(post: Post, logged: Callable[[], Logged]) -> None:
    asked = {name: value for name, value in MESSAGE.items() if name != "max_tokens"}
    answer = post("/v1/messages/count_tokens?beta=true", asked, CLAUDE_CODE)

    it = logged()
    assert answer.status == 200
    assert "input_tokens" in json.loads(answer.body)
    assert it.call.path == "/v1/messages/count_tokens?beta=true"
    assert (it.row.provider, it.row.path) == ("anthropic", "/v1/messages/count_tokens")


@pytest.mark.parametrize("header", ["session_id", "session-id", "conversation_id"])
def test_codexs_header_is_its_session(post: Post, logged: Callable[[], Logged], header: str) -> None:
    answer = post("/v1/responses", RESPONSE, CODEX | {header: SESSION})

    it = logged()
    assert answer.status == 200
    assert answer.body == it.call.answer
    assert (it.row.session_id, it.row.session_name) == (SESSION, "Codex")
    assert it.call.header(header) == SESSION


def test_such_a_header_of_anybody_else_is_no_session(post: Post, logged: Callable[[], Logged]) -> None:
    headers = {"Authorization": "Bearer sk-fake-mine", "User-Agent": "curl/8.5", "session_id": SESSION}
    post("/v1/responses", RESPONSE, headers)
    assert logged().row.session_id == ""


@pytest.mark.parametrize(
    ("path", "body", "headers"),
    [
        ("/v1/messages", MESSAGE, CLAUDE_CODE | {"X-Claude-Code-Session-Id": SESSION}),
        ("/v1/responses", RESPONSE, CODEX | {"session_id": SESSION}),
    ],
)
def test_a_session_that_is_given_comes_first(
    post: Post, logged: Callable[[], Logged], path: str, body: object, headers: dict[str, str]
) -> None:
    post(path, body, headers | {"Helicone-Session-Id": "mine", "Helicone-Session-Name": "Nightly"})

    row = logged().row
    assert (row.session_id, row.session_name) == ("mine", "Nightly")


def test_a_name_that_is_given_names_the_agents_session(post: Post, logged: Callable[[], Logged]) -> None:
    headers = CLAUDE_CODE | {"X-Claude-Code-Session-Id": SESSION, "Helicone-Session-Name": "Nightly"}
    post("/v1/messages", MESSAGE, headers)

    row = logged().row
    assert (row.session_id, row.session_name) == (SESSION, "Nightly")
