"""Ollama's own API (github.com/ollama/ollama/blob/main/docs/api.md); it streams JSON lines."""

from ingest_app.dialects.base import Dialect, Fold, Json, append_text, integer, rows, table
from ingest_app.events import Usage

_TEXT_FIELDS = ("response", "thinking", "content")


def usage(answer: Json) -> Usage | None:
    """Returns the token counts, None while the answer is not done.

    A prompt that is in Ollama's own cache has no `prompt_eval_count`.
    """
    if "eval_count" not in answer and "prompt_eval_count" not in answer:
        return None
    return Usage(
        prompt_tokens=integer(answer.get("prompt_eval_count")),
        completion_tokens=integer(answer.get("eval_count")),
    )


class OllamaFold(Fold):
    """Lines of `/api/chat` or `/api/generate`; the last one is `done` and has the counts."""

    def __init__(self) -> None:
        self._answer: Json = {}
        self._text: Json = {}
        self._message: Json = {}

    def add(self, event_type: str, data: Json) -> bool:
        message = table(data.get("message"))
        has_content = False
        for name in _TEXT_FIELDS:
            for source, target in ((data, self._text), (message, self._message)):
                if name in source:
                    append_text(target, name, source[name])
                    has_content |= bool(source[name])
        if calls := rows(message.get("tool_calls")):
            self._message["tool_calls"] = [*self._message.get("tool_calls", []), *calls]
            has_content = True
        if message:
            self._message.setdefault("role", message.get("role"))
        self._answer.update(
            {key: value for key, value in data.items() if key != "message" and key not in _TEXT_FIELDS}
        )
        return has_content

    def answer(self) -> Json | None:
        if not self._answer and not self._text and not self._message:
            return None
        return {**self._answer, **self._text, **({"message": self._message} if self._message else {})}


OLLAMA = Dialect("ollama", OllamaFold, usage)
OLLAMA_EMBEDDINGS = Dialect("ollama-embeddings", None, usage)
