"""Calls of models made up to the byte and the token, for tests of suggestions."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from ingest_app.events import LogEvent
from tests.events import chat_event

# Old enough for what comes days after it to be past, too.
BEGAN = datetime.now(UTC).replace(microsecond=0) - timedelta(days=12)


def at(**after: float) -> int:
    """Returns the moment so long after `BEGAN` (as of timedelta), in microseconds since the epoch."""
    return round((BEGAN + timedelta(**after)).timestamp() * 1_000_000)


def said(text: str, role: str = "user") -> dict[str, str]:
    """Returns a message."""
    return {"role": role, "content": text}


def filled(role: str, size_bytes: int, beginning: str = "") -> dict[str, str]:
    """Returns a message that is `size_bytes` long as compact JSON, and says letters after its beginning."""
    room = size_bytes - len(compact(said(beginning, role)))
    return said(beginning + "x" * room, role)


def compact(value: Any) -> bytes:
    """Returns the JSON of `value` without spaces, as most clients write it."""
    return json.dumps(value, separators=(",", ":")).encode()


def call(
    organization_id: int,
    at_us: int,
    asked: dict[str, Any],
    *,
    tokens: tuple[int, int] = (100, 20),
    said_back: dict[str, Any] | None = None,
    ended: str = "stop",
    more_usage: dict[str, Any] | None = None,
    **changes: Any,
) -> LogEvent:
    """Returns a call of OpenAI's chat endpoint that sent `asked`, with `tokens` in and out."""
    asked = {"model": "gpt-4o", **asked}
    answer = {
        "object": "chat.completion",
        "model": asked["model"],
        "choices": [
            {
                "index": 0,
                "message": said_back or said("Hi", "assistant"),
                "finish_reason": ended,
            }
        ],
        "usage": {"prompt_tokens": tokens[0], "completion_tokens": tokens[1], **(more_usage or {})},
    }
    body, answer_body = compact(asked), compact(answer)
    fields = {
        "request_body": body,
        "request_bytes": len(body),
        "response_body": answer_body,
        "response_bytes": len(answer_body),
    }
    return chat_event(organization_id, at_us=at_us, **fields | changes)


def failure(
    organization_id: int, at_us: int, asked: dict[str, Any], status: int = 500, **changes: Any
) -> LogEvent:
    """Returns a call that failed, and told no usage."""
    answer = compact({"error": {"message": "No", "type": "server_error"}})
    return call(
        organization_id,
        at_us,
        asked,
        status=status,
        response_body=answer,
        response_bytes=len(answer),
        **changes,
    )


def claude(
    organization_id: int,
    at_us: int,
    asked: dict[str, Any],
    *,
    tokens: tuple[int, int] = (100, 20),
    more_usage: dict[str, Any] | None = None,
    **changes: Any,
) -> LogEvent:
    """Returns a call of Anthropic's messages endpoint that sent `asked`."""
    asked = {"model": "claude-sonnet-4-5", "max_tokens": 100, **asked}
    answer = {
        "type": "message",
        "role": "assistant",
        "model": asked["model"],
        "content": [{"type": "text", "text": "Hi"}],
        "stop_reason": "end_turn",
        "usage": {"input_tokens": tokens[0], "output_tokens": tokens[1], **(more_usage or {})},
    }
    body, answer_body = compact(asked), compact(answer)
    fields = {
        "provider": "anthropic",
        "path": "/v1/messages",
        "target_url": "https://api.anthropic.com/v1/messages",
        "request_body": body,
        "request_bytes": len(body),
        "response_body": answer_body,
        "response_bytes": len(answer_body),
    }
    return chat_event(organization_id, at_us=at_us, **fields | changes)


def called(tool: str, given: dict[str, Any], id: str = "call_1") -> dict[str, Any]:
    """Returns an answer that calls a tool."""
    function = {"name": tool, "arguments": json.dumps(given)}
    return {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": id, "type": "function", "function": function}],
    }
