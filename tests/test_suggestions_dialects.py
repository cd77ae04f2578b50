"""Suggestions in other dialects: what is a tool, its call, a system prompt and a message there."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from ingest_app.events import LogEvent
from metrics_app.suggestions.models import Suggestion
from tests.events import chat_event
from tests.live import Tenant
from tests.made_calls import at, compact

pytest_plugins = ("tests.looks",)

LookAt = Callable[..., dict[str, Suggestion]]
SCHEMA = {"type": "object", "properties": {"q": {"type": "string"}}}
GIVEN = {"q": "Oslo"}


@dataclass(frozen=True)
class Dialect:
    """A provider's way to send a system prompt, tools and a message, and to answer with or without a tool's call."""

    provider: str
    path: str
    model: str
    asked: Callable[[str, str], dict[str, Any]]
    answered: Callable[[bool, int], dict[str, Any]]

    def call(
        self, organization_id: int, at_us: int, *, system: str, text: str, calls_tool: bool, tokens: int
    ) -> LogEvent:
        """Returns a call that was answered with a call of the tool `search`, or with a word."""
        request, answer = compact(self.asked(system, text)), compact(self.answered(calls_tool, tokens))
        return chat_event(
            organization_id,
            at_us=at_us,
            provider=self.provider,
            path=self.path,
            target_url=f"https://{self.provider}.example.com{self.path}",
            request_body=request,
            request_bytes=len(request),
            response_body=answer,
            response_bytes=len(answer),
            session_id="run",
        )


def _anthropic_asked(system: str, text: str) -> dict[str, Any]:
    return {
        "model": "claude-sonnet-4-5",
        "max_tokens": 100,
        "system": [{"type": "text", "text": system}],
        "tools": [
            {"name": name, "description": "Look up", "input_schema": SCHEMA} for name in ("search", "weather")
        ],
        "messages": [{"role": "user", "content": text}],
    }


def _anthropic_answered(calls_tool: bool, tokens: int) -> dict[str, Any]:
    use = {"type": "tool_use", "id": "toolu_1", "name": "search", "input": GIVEN}
    return {
        "type": "message",
        "role": "assistant",
        "model": "claude-sonnet-4-5",
        "content": [use if calls_tool else {"type": "text", "text": "Hi"}],
        "stop_reason": "tool_use" if calls_tool else "end_turn",
        "usage": {"input_tokens": tokens, "output_tokens": 60},
    }


def _responses_asked(system: str, text: str) -> dict[str, Any]:
    return {
        "model": "gpt-4.1",
        "instructions": system,
        "tools": [
            {"type": "function", "name": name, "description": "Look up", "parameters": SCHEMA}
            for name in ("search", "weather")
        ],
        "input": [{"role": "user", "content": text}],
    }


def _responses_answered(calls_tool: bool, tokens: int) -> dict[str, Any]:
    made = {"type": "function_call", "call_id": "call_1", "name": "search", "arguments": json.dumps(GIVEN)}
    said = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Hi"}]}
    return {
        "object": "response",
        "model": "gpt-4.1",
        "status": "completed",
        "output": [made if calls_tool else said],
        "usage": {"input_tokens": tokens, "output_tokens": 60, "total_tokens": tokens + 60},
    }


def _gemini_asked(system: str, text: str) -> dict[str, Any]:
    functions = [
        {"name": name, "description": "Look up", "parameters": SCHEMA} for name in ("search", "weather")
    ]
    return {
        "systemInstruction": {"parts": [{"text": system}]},
        "tools": [{"functionDeclarations": functions}],
        "contents": [{"role": "user", "parts": [{"text": text}]}],
    }


def _gemini_answered(calls_tool: bool, tokens: int) -> dict[str, Any]:
    part = {"functionCall": {"name": "search", "args": GIVEN}} if calls_tool else {"text": "Hi"}
    return {
        "candidates": [{"content": {"role": "model", "parts": [part]}, "finishReason": "STOP"}],
        "modelVersion": "gemini-2.5-flash",
        "usageMetadata": {
            "promptTokenCount": tokens,
            "candidatesTokenCount": 60,
            "totalTokenCount": tokens + 60,
        },
    }


DIALECTS = [
    Dialect("anthropic", "/v1/messages", "claude-sonnet-4-5", _anthropic_asked, _anthropic_answered),
    Dialect("openai", "/v1/responses", "gpt-4.1", _responses_asked, _responses_answered),
    Dialect(
        "google",
        "/v1beta/models/gemini-2.5-flash:generateContent",
        "gemini-2.5-flash",
        _gemini_asked,
        _gemini_answered,
    ),
]


@pytest.fixture(params=DIALECTS, ids=lambda dialect: dialect.path.split("/")[-1])
def dialect(request: pytest.FixtureRequest) -> Dialect:
    return request.param


def test_unused_tools_and_loops_are_found(organization: Tenant, look_at: LookAt, dialect: Dialect) -> None:
    calls = [
        dialect.call(
            organization.id,
            at(minutes=n),
            system="Be kind.",
            text=f"Step {n}",
            calls_tool=n < 6,
            tokens=400,
        )
        for n in range(26)
    ]
    found = look_at(calls)
    assert found["loops"].requests == 3
    assert found["loops"].facts["tool"] == "search"
    assert found["unused_tools"].requests == 23  # all but those that the loop has counted
    assert found["unused_tools"].facts["tools"] == ["weather"]
    assert found["unused_tools"].saving_nanodollars > 0


def test_prefixes_are_found(organization: Tenant, look_at: LookAt, dialect: Dialect) -> None:
    calls = [
        dialect.call(
            organization.id,
            at(minutes=n),
            system="s" * 6_000,
            text=f"Question {n}",
            calls_tool=False,
            tokens=2_000,
        )
        for n in range(4)
    ]
    found = look_at(calls)
    assert found["uncached_prefix"].requests == 3
    assert 1_500 < found["uncached_prefix"].facts["tokens"] / 3 < 2_000
    assert "varying_head" not in found
