"""OpenAI responses (platform.openai.com/docs/api-reference/responses-streaming)."""

from ingest_app.dialects.base import Dialect, Fold, Json, integer, table, text_of
from ingest_app.dialects.openai_usage import input_usage

_CONTENT_DELTA = (
    "response.output_text.delta",
    "response.refusal.delta",
    "response.reasoning_text.delta",
    "response.reasoning_summary_text.delta",
    "response.function_call_arguments.delta",
    "response.custom_tool_call_input.delta",
    "response.mcp_call_arguments.delta",
    "response.code_interpreter_call_code.delta",
    "response.audio.delta",
    "response.audio.transcript.delta",
)
_TEXT_OF = {"response.output_text.delta": "text", "response.refusal.delta": "refusal"}


class ResponsesFold(Fold):
    """The last event holds the whole response; of a stream that broke off, the items seen so far are kept."""

    def __init__(self) -> None:
        self._response: Json = {}
        self._items: dict[int, Json] = {}
        self._finished = False

    def add(self, event_type: str, data: Json) -> bool:
        kind = text_of(data.get("type")) or event_type
        if isinstance(data.get("response"), dict):
            self._response = data["response"]
            self._finished = kind in {"response.completed", "response.incomplete", "response.failed"}
        elif kind in {"response.output_item.added", "response.output_item.done"}:
            self._items[integer(data.get("output_index"))] = table(data.get("item"))
        elif kind in _TEXT_OF and not self._finished:
            self._append(kind, data)
        elif kind == "response.function_call_arguments.delta":
            item = self._items.setdefault(integer(data.get("output_index")), {"type": "function_call"})
            item["arguments"] = str(item.get("arguments") or "") + str(data.get("delta") or "")
        return kind in _CONTENT_DELTA and bool(data.get("delta"))

    def answer(self) -> Json | None:
        if self._finished or not self._items:
            return self._response or None
        return {**self._response, "output": [item for _, item in sorted(self._items.items())]}

    def _append(self, kind: str, data: Json) -> None:
        item = self._items.setdefault(
            integer(data.get("output_index")), {"type": "message", "role": "assistant"}
        )
        content = item["content"] = item["content"] if isinstance(item.get("content"), list) else []
        field, index = _TEXT_OF[kind], integer(data.get("content_index"))
        part_type = "output_text" if field == "text" else "refusal"
        while len(content) <= min(index, 1000):
            content.append({"type": part_type, field: ""})
        part = content[min(index, 1000)]
        if isinstance(part, dict):
            part[field] = str(part.get(field) or "") + str(data.get("delta") or "")


RESPONSES = Dialect("openai-responses", ResponsesFold, input_usage)
