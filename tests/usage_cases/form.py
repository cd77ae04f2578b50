"""What a case is made of."""

from typing import Any

from ingest_app.events import Usage

CHAT = "/v1/chat/completions"

Case = tuple[str, str, dict[str, Any], Usage]  # provider, path, answer, and what is read from it


def chat(**usage: Any) -> dict[str, Any]:
    """Returns a chat completion with this usage."""
    return {"object": "chat.completion", "model": "m", "choices": [], "usage": usage}
