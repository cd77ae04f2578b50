"""OpenAI chat completions and legacy completions (platform.openai.com/docs/api-reference/chat)."""

from typing import Any

from ingest_app.dialects.base import Dialect, Fold, Json, append_text, integer, rows, table, text_of
from ingest_app.dialects.openai_usage import prompt_usage

# Text that arrives in pieces under the delta; the second pair are the names that vLLM, DeepSeek and
# OpenRouter use for reasoning.
_TEXT_FIELDS = ("content", "refusal", "reasoning_content", "reasoning")


class ChatFold(Fold):
    """Chunks of `chat.completion.chunk` become one `chat.completion`."""

    object_name = "chat.completion"

    def __init__(self) -> None:
        self._answer: Json = {}
        self._choices: dict[int, Json] = {}

    def add(self, event_type: str, data: Json) -> bool:
        has_content = False
        for key, value in data.items():
            if key not in {"choices", "object", "obfuscation"} and (
                value is not None or key not in self._answer
            ):
                self._answer[key] = value
        for chunk in rows(data.get("choices")):
            choice = self._choices.setdefault(integer(chunk.get("index")), self._new_choice())
            has_content |= self._merge(choice, chunk)
            if chunk.get("finish_reason") is not None:
                choice["finish_reason"] = chunk["finish_reason"]
            _merge_logprobs(choice, chunk.get("logprobs"))
        return has_content

    def answer(self) -> Json | None:
        if not self._answer and not self._choices:
            return None
        choices = [
            {"index": index, **self._closed(choice)} for index, choice in sorted(self._choices.items())
        ]
        answer = {**self._answer, "object": self.object_name, "choices": choices}
        if not isinstance(answer.get("usage"), dict):
            # Groq tells the usage of a stream beside its own id only.
            told = table(answer.get("x_groq")).get("usage")
            answer |= {"usage": told} if told else {}
        return answer

    def _new_choice(self) -> Json:
        return {"message": {"role": "assistant", "content": None}, "logprobs": None, "finish_reason": None}

    def _merge(self, choice: Json, chunk: Json) -> bool:
        message, delta = choice["message"], table(chunk.get("delta"))
        has_content = False
        for key, value in delta.items():
            if key in _TEXT_FIELDS:
                _append(message, key, value)
                has_content |= bool(value)
            elif key == "reasoning_details":  # OpenRouter's, in pieces
                message[key] = [*rows(message.get(key)), *rows(value)]
                has_content |= bool(value)
            elif key == "tool_calls":
                has_content |= bool(value)
                _merge_tool_calls(message, rows(value))
            elif key == "function_call":
                has_content = True
                _merge_function(_object_at(message, "function_call"), table(value))
            elif key == "audio":
                has_content |= bool(table(value).get("data") or table(value).get("transcript"))
                _merge_audio(_object_at(message, "audio"), table(value))
            elif value is not None or key not in message:
                message[key] = value
        return has_content

    def _closed(self, choice: Json) -> Json:
        calls = choice["message"].get("tool_calls")
        if isinstance(calls, dict):
            choice["message"]["tool_calls"] = [call for _, call in sorted(calls.items())]
        return choice


class CompletionFold(ChatFold):
    """Chunks of `text_completion` become one."""

    object_name = "text_completion"

    def _new_choice(self) -> Json:
        return {"text": "", "logprobs": None, "finish_reason": None}

    def _merge(self, choice: Json, chunk: Json) -> bool:
        append_text(choice, "text", chunk.get("text"))
        return bool(chunk.get("text"))

    def _closed(self, choice: Json) -> Json:
        return choice


def _object_at(parent: Json, key: str) -> dict[Any, Any]:
    if not isinstance(parent.get(key), dict):
        parent[key] = {}
    found: dict[Any, Any] = parent[key]
    return found


def _append(message: Json, key: str, value: Any) -> None:
    """Append a piece of text, or the parts that Mistral's reasoning models stream in a list."""
    kept = message.get(key)
    if isinstance(value, list):
        before = [{"type": "text", "text": kept}] if isinstance(kept, str) and kept else rows(kept)
        message[key] = [*before, *rows(value)]
    elif isinstance(kept, list):
        if text_of(value):
            kept.append({"type": "text", "text": value})
    else:
        append_text(message, key, value)


def _merge_tool_calls(message: Json, deltas: list[Json]) -> None:
    # Keyed by index until the end: fragments of parallel calls interleave.
    calls: dict[int, Json] = _object_at(message, "tool_calls")
    for delta in deltas:
        call = calls.setdefault(integer(delta.get("index")), {})
        for key, value in delta.items():
            if key in {"function", "custom"}:
                _merge_function(_object_at(call, key), table(value))
            elif key != "index" and value is not None:
                call[key] = value


def _merge_function(function: Json, delta: Json) -> None:
    for key, value in delta.items():
        if key in {"arguments", "input"}:
            append_text(function, key, value)
        elif value is not None:
            function[key] = value


def _merge_audio(audio: Json, delta: Json) -> None:
    for key, value in delta.items():
        if key in {"data", "transcript"}:
            append_text(audio, key, value)
        elif value is not None:
            audio[key] = value


def _merge_logprobs(choice: Json, logprobs: Any) -> None:
    if not isinstance(logprobs, dict):
        return
    merged = choice["logprobs"] = choice["logprobs"] or {}
    for key, value in logprobs.items():
        if isinstance(value, list):
            before = merged.get(key)
            merged[key] = [*before, *value] if isinstance(before, list) else value
        else:
            merged.setdefault(key, value)


CHAT = Dialect("openai-chat", ChatFold, prompt_usage)
COMPLETIONS = Dialect("openai-completions", CompletionFold, prompt_usage)
EMBEDDINGS = Dialect("openai-embeddings", None, prompt_usage)
