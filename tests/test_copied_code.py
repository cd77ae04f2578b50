"""A request as code: it runs as it is, sends the same again, and holds no key."""

import json
from typing import Any

import pytest

from requests_app.copied import Target, node, python

CHAT = {"model": "gpt-4o", "messages": [{"role": "user", "content": 'It\'s "me"\n'}], "temperature": 0.5}


def target(provider: str, path: str, body: Any = CHAT, **changes: Any) -> Target:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Target(
        "http://gateway.example", provider, path, "https://api.example/x?key=secret", raw, **changes
    )


class Recorder:
    """Stands for a client's module: remembers what its client was made with, and what was called."""

    def __init__(self, seen: dict[str, Any], trail: str = "") -> None:
        self._seen, self._trail = seen, trail

    def __getattr__(self, name: str) -> "Recorder":
        return Recorder(self._seen, f"{self._trail}.{name}")

    def __call__(self, *args: Any, **kwargs: Any) -> "Recorder":
        self._seen[self._trail] = (args, kwargs)
        return Recorder(self._seen, self._trail)

    def __iter__(self) -> Any:
        return iter(())


def run(code: str, package: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Returns the calls that `code` makes."""
    seen: dict[str, Any] = {}
    for variable in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "HELICONE_API_KEY", "GEMINI_API_KEY", "API_KEY"):
        monkeypatch.setenv(variable, f"the {variable}")
    monkeypatch.setitem(__import__("sys").modules, package, Recorder(seen))
    exec(compile(code, "copied", "exec"), {"print": lambda *_: None})  # noqa: S102
    return seen


def test_a_chat_uses_openais_client(monkeypatch: pytest.MonkeyPatch) -> None:
    body = {**CHAT, "stream": True, "some_new_field": {"a": None}}
    seen = run(python(target("openai", "/v1/chat/completions", body)), "openai", monkeypatch)
    assert seen[".OpenAI"][1] == {
        "api_key": "the OPENAI_API_KEY",
        "base_url": "http://gateway.example/v1/gateway/oai/v1",
        "default_headers": {"Helicone-Auth": "Bearer the HELICONE_API_KEY"},
    }
    called = seen[".OpenAI.chat.completions.create"][1]
    assert called.pop("extra_body") == {"some_new_field": {"a": None}}
    assert called == {**CHAT, "stream": True}


def test_messages_use_anthropics_client(monkeypatch: pytest.MonkeyPatch) -> None:
    body = {"model": "claude-sonnet-4-5", "max_tokens": 9, "messages": CHAT["messages"]}
    seen = run(python(target("anthropic", "/v1/messages", body)), "anthropic", monkeypatch)
    assert seen[".Anthropic"][1]["base_url"] == "http://gateway.example/v1/gateway/anthropic"
    assert seen[".Anthropic.messages.create"][1] == body


def test_other_dialects_use_httpx(monkeypatch: pytest.MonkeyPatch) -> None:
    body = {"contents": [{"parts": [{"text": "Hi"}]}]}
    code = python(target("google", "/v1beta/models/gemini-2.5-pro:generateContent", body))
    seen = run(code, "httpx", monkeypatch)
    args, kwargs = seen[".post"]
    assert args == ("http://gateway.example/v1/gateway/google/v1beta/models/gemini-2.5-pro:generateContent",)
    assert kwargs["json"] == body
    assert kwargs["headers"]["x-goog-api-key"] == "the GEMINI_API_KEY"


def test_a_provider_that_the_gateway_does_not_know_is_called_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = run(python(target("my-server", "/chat")), "httpx", monkeypatch)
    args, kwargs = seen[".post"]
    assert args == ("https://api.example/x",)
    assert "Helicone-Auth" not in kwargs["headers"]


def test_node_uses_the_clients_too() -> None:
    code = node(target("openai", "/v1/chat/completions"))
    assert 'baseURL: "http://gateway.example/v1/gateway/oai/v1"' in code
    assert "apiKey: process.env.OPENAI_API_KEY" in code
    start = code.index("create(") + len("create(")
    assert json.loads(code[start : code.index(");\nconsole")]) == CHAT


def test_node_without_a_client_fetches() -> None:
    code = node(target("google", "/v1beta/models/m:generateContent", {"contents": []}))
    assert 'await fetch("http://gateway.example/v1/gateway/google/v1beta/models/m:generateContent"' in code
    assert '"x-goog-api-key": process.env.GEMINI_API_KEY' in code


@pytest.mark.parametrize("body", [b"x" * 200_000, b"\xff\xfe", b"[1]"])
def test_a_body_that_is_no_short_json_is_left_to_a_file(body: bytes) -> None:
    for write in (python, node):
        code = write(target("openai", "/v1/chat/completions", body))
        assert "download it" in code
        assert len(code) < 2_000
