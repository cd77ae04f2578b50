"""OpenAI realtime (platform.openai.com/docs/api-reference/realtime), one response at a time.

What is logged of a response are those of its WebSocket events that say what it became, written as an event stream
(gateway_app/realtime_turns.py). Names are those of the API and of its beta.
"""

from ingest_app.dialects.base import Dialect, Fold, Json, append_text, integer, rows, table, text_of
from ingest_app.dialects.openai_usage import input_usage
from ingest_app.events import Usage

AUDIO_DELTAS = frozenset({"response.output_audio.delta", "response.audio.delta"})
_ARGUMENTS_DELTAS = frozenset({"response.function_call_arguments.delta", "response.mcp_call_arguments.delta"})
# The event, and the type and the field of the content part that it continues.
_TEXT_DELTAS = {
    "response.output_text.delta": ("output_text", "text"),
    "response.text.delta": ("text", "text"),
    "response.output_audio_transcript.delta": ("output_audio", "transcript"),
    "response.audio_transcript.delta": ("audio", "transcript"),
}
CONTENT_DELTAS = AUDIO_DELTAS | _ARGUMENTS_DELTAS | _TEXT_DELTAS.keys()
"""The events that bring something generated: the first of them is the first token."""
TOLD_BY = CONTENT_DELTAS | {
    "response.created",
    "response.output_item.added",
    "response.output_item.done",
    "response.done",
}
"""The events from which a response can be put together."""
_MAX_PARTS = 1000


def usage(answer: Json) -> Usage | None:
    """Returns the counts of a response, given alone or as its event `response.done`."""
    return input_usage(table(answer.get("response")) or answer)


class RealtimeFold(Fold):
    """`response.done` holds the whole response; of one that broke off, what was said so far is kept."""

    def __init__(self) -> None:
        self._response: Json = {}
        self._items: dict[int, Json] = {}
        self._finished = False

    def add(self, event_type: str, data: Json) -> bool:
        kind = text_of(data.get("type"))
        if kind in {"response.created", "response.done"}:
            self._response = table(data.get("response"))
            self._finished = kind == "response.done"
        elif kind in {"response.output_item.added", "response.output_item.done"}:
            self._items[integer(data.get("output_index"))] = dict(table(data.get("item")))
        elif kind in _TEXT_DELTAS and not self._finished:
            self._append_text(*_TEXT_DELTAS[kind], data)
        elif kind in _ARGUMENTS_DELTAS and not self._finished:
            append_text(self._item(data, "function_call"), "arguments", data.get("delta"))
        return kind in CONTENT_DELTAS

    def answer(self) -> Json | None:
        if self._finished:
            error = table(self._response.get("status_details")).get("error")
            return {**self._response, "error": error} if error else self._response
        if not self._items:
            return self._response or None
        return {**self._response, "output": [item for _, item in sorted(self._items.items())]}

    def _append_text(self, part_type: str, field: str, data: Json) -> None:
        item = self._item(data, "message")
        parts = item["content"] = rows(item.get("content"))
        index = min(integer(data.get("content_index")), _MAX_PARTS)
        while len(parts) <= index:
            parts.append({"type": part_type})
        append_text(parts[index], field, data.get("delta"))

    def _item(self, data: Json, item_type: str) -> Json:
        return self._items.setdefault(integer(data.get("output_index")), {"type": item_type})


REALTIME = Dialect("openai-realtime", RealtimeFold, usage, is_text=False)
