"""Cohere v2 (docs.cohere.com/reference/chat and /embed)."""

from typing import Any

from ingest_app.dialects.base import Dialect, Fold, Json, append_text, integer, table
from ingest_app.events import Usage


def usage(answer: Json) -> Usage | None:
    """Returns the token counts: those that are billed where they are told, else all that were used.

    The two differ by Cohere's own preamble, which nobody pays for. Embeddings and v1 tell them under `meta`.
    """
    reported = table(answer.get("usage")) or table(answer.get("meta"))
    counts = table(reported.get("billed_units")) or table(reported.get("tokens"))
    if "input_tokens" not in counts and "output_tokens" not in counts:
        return None
    cached = integer(reported.get("cached_tokens"))
    return Usage(
        prompt_tokens=max(integer(counts.get("input_tokens")), cached),
        completion_tokens=integer(counts.get("output_tokens")),
        cache_read_tokens=cached,
    )


class CohereFold(Fold):
    """`message-start` … `message-end` become one answer."""

    def __init__(self) -> None:
        self._answer: Json = {}
        self._message: Json = {}
        self._content: dict[int, Json] = {}
        self._calls: dict[int, Json] = {}

    def add(self, event_type: str, data: Json) -> bool:
        index = integer(data.get("index"))
        delta = table(data.get("delta"))
        message = table(delta.get("message"))
        match data.get("type") or event_type:
            case "message-start":
                self._answer = {"id": data.get("id")}
                self._message = {"role": message.get("role") or "assistant"}
            case "content-start":
                self._content[index] = dict(table(message.get("content")))
            case "content-delta":
                return _append_all(self._content.setdefault(index, {"type": "text"}), message.get("content"))
            case "tool-plan-delta":
                append_text(self._message, "tool_plan", message.get("tool_plan"))
                return bool(message.get("tool_plan"))
            case "tool-call-start":
                call = dict(table(message.get("tool_calls")))
                self._calls[index] = {**call, "function": dict(table(call.get("function")))}
            case "tool-call-delta":
                function = self._calls.setdefault(index, {"function": {}})["function"]
                return _append_all(function, table(message.get("tool_calls")).get("function"))
            case "citation-start":
                cited = self._message.setdefault("citations", [])
                cited.append(message.get("citations"))
            case "message-end":
                self._answer.update(delta)
        return False

    def answer(self) -> Json | None:
        if not (self._answer or self._content or self._calls):
            return None
        message = dict(self._message)
        if self._content:
            message["content"] = [part for _, part in sorted(self._content.items())]
        if self._calls:
            message["tool_calls"] = [call for _, call in sorted(self._calls.items())]
        return {**self._answer, "message": message}


def _append_all(target: Json, pieces: Any) -> bool:
    """Append each piece of text to the field of its name. Returns whether there was any."""
    has_content = False
    for key, piece in table(pieces).items():
        if key != "type" and isinstance(piece, str):
            target[key] = (target[key] if isinstance(target.get(key), str) else "") + piece
            has_content |= bool(piece)
    return has_content


COHERE_CHAT = Dialect("cohere-chat", CohereFold, usage)
COHERE_EMBEDDINGS = Dialect("cohere-embeddings", None, usage)
