"""Bodies of manual logs (contract 3.2), and how tests post them."""

import json
import time
from collections.abc import Mapping
from typing import Any

from tests.raw_http import RawAnswer, send

CHAT = {"model": "gpt-4o", "messages": [{"role": "user", "content": "What is the time?"}], "user": "ada"}
ANSWER = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "model": "gpt-4o-2024-08-06",
    "choices": [
        {"index": 0, "message": {"role": "assistant", "content": "Noon."}, "finish_reason": "stop"},
    ],
    "usage": {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100},
}


def manual_log(
    request: Any = CHAT,
    response: Any = ANSWER,
    *,
    url: str = "https://api.openai.com/v1/chat/completions",
    meta: Mapping[str, Any] | None = None,
    text: str | None = None,
    status: int = 200,
    started_s: float | None = None,
    latency_ms: float = 1500,
    first_token_ms: float | None = None,
    **more: Any,
) -> dict[str, Any]:
    """Returns the body that Helicone's helpers send for one call."""
    started_ms = (time.time() if started_s is None else started_s) * 1000
    timing: dict[str, Any] = {"startTime": _parts(started_ms), "endTime": _parts(started_ms + latency_ms)}
    if first_token_ms is not None:
        timing["timeToFirstToken"] = first_token_ms
    answer = {"json": response, "status": status, "headers": {}}
    if text is not None:
        answer["textBody"] = text
    return {
        "providerRequest": {"url": url, "json": request, "meta": dict(meta or {})},
        "providerResponse": answer,
        "timing": timing,
        **more,
    }


def post_log(
    url: str, body: Any, *, key: str | None, headers: Mapping[str, str | bytes] | None = None
) -> RawAnswer:
    """Returns the answer to a post of `body`, JSON unless it is bytes, with `key` as `Authorization`."""
    authorization = {"Authorization": f"Bearer {key}"} if key else {}
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    return send(
        url, body=sent, headers={"Content-Type": "application/json", **authorization, **(headers or {})}
    )


def _parts(at_ms: float) -> dict[str, float]:
    return {"seconds": int(at_ms // 1000), "milliseconds": at_ms % 1000}
