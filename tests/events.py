"""Events put into the stream as the gateway would, for tests that need rows and no provider."""

import itertools
import json
import time
from collections.abc import Callable
from typing import Any

from helicone_site.redis_client import sync_client
from ingest_app.events import LogEvent, now_us, uuid7
from ingest_app.stream import append

_ticks = itertools.count()


def chat_event(
    organization_id: int, *, at_us: int | None = None, text: str = "Hello", **changes: Any
) -> LogEvent:
    """Returns a finished chat request of `organization_id`, each a microsecond later than the one before."""
    at_us = now_us() + next(_ticks) if at_us is None else at_us
    model = changes.pop("model", "gpt-4o")
    usage = changes.pop("usage", {"prompt_tokens": 100, "completion_tokens": 20})
    request = json.dumps({"model": model, "messages": [{"role": "user", "content": text}]}).encode()
    answer = json.dumps(
        {
            "object": "chat.completion",
            "model": model,
            "choices": [
                {"index": 0, "message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}
            ],
            "usage": usage,
        }
    ).encode()
    fields: dict[str, Any] = {
        "id": uuid7(at_us),
        "organization_id": organization_id,
        "created_at_us": at_us,
        "provider": "openai",
        "path": "/v1/chat/completions",
        "target_url": "https://api.openai.com/v1/chat/completions",
        "status": 200,
        "latency_ms": 500,
        "keeps_time": True,
        "request_body": request,
        "request_bytes": len(request),
        "response_body": answer,
        "response_bytes": len(answer),
    }
    return LogEvent(**{**fields, **changes})


def log(*events: LogEvent) -> None:
    """Append `events` to the stream; the running worker writes them."""
    append(sync_client(), events)


def wait_until(condition: Callable[[], Any], *, within_s: float = 10) -> Any:
    """Returns what `condition` returns once it is true. Fails when that takes too long."""
    deadline = time.monotonic() + within_s
    while not (value := condition()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
    return value
