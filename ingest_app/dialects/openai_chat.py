"""OpenAI chat completions and legacy completions (platform.openai.com/docs/api-reference/chat)."""

from typing import Any

from ingest_app.dialects.base import Dialect, Fold, Json, append_text, integer, rows, table
from ingest_app.events import Usage

# Text that arrives in pieces under the delta; the second pair are the names that vLLM, DeepSeek and
# OpenRouter use for reasoning.
_TEXT_FIELDS = ("content", "refusal", "reasoning_content", "reasoning")


def usage(answer: Json) -> Usage | None:
    """Returns the token counts: cached and audio tokens are part of the prompt, reasoning of the completion."""
    reported = answer.get("usage")
    if not isinstance(reported, dict):
        return None
    prompt = table(reported.get("prompt_tokens_details"))
    completion = table(reported.get("completion_tokens_details"))
    return Usage(
        prompt_tokens=integer(reported.get("prompt_tokens")),
        completion_tokens=integer(reported.get("completion_tokens")),
        cache_read_tokens=integer(prompt.get("cached_tokens")),
        cache_write_tokens=integer(prompt.get("cache_write_tokens")),
        prompt_audio_tokens=integer(prompt.get("audio_tokens")),
        reasoning_tokens=integer(completion.get("reasoning_tokens")),
        completion_audio_tokens=integer(completion.get("audio_tokens")),
    )


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
        return {**self._answer, "object": self.object_name, "choices": choices}

    def _new_choice(self) -> Json:
        return {"message": {"role": "assistant", "content": None}, "logprobs": None, "finish_reason": None}

    def _merge(self, choice: Json, chunk: Json) -> bool:
        message, delta = choice["message"], table(chunk.get("delta"))
        has_content = False
        for key, value in delta.items():
            if key in _TEXT_FIELDS:
                append_text(message, key, value)
                has_content |= bool(value)
            elif key == "tool_calls":
                has_content |= bool(value)
                _merge_tool_calls(message, rows(value))
            elif key == "function_call":
                has_content = True
                _merge_function(message.setdefault("function_call", {}), table(value))
            elif key == "audio":
                has_content = True
                _merge_audio(message.setdefault("audio", {}), table(value))
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


def _merge_tool_calls(message: Json, deltas: list[Json]) -> None:
    # Keyed by index until the end: fragments of parallel calls interleave.
    calls: dict[int, Json] = message.setdefault("tool_calls", {})
    for delta in deltas:
        call = calls.setdefault(integer(delta.get("index")), {})
        for key, value in delta.items():
            if key in {"function", "custom"}:
                _merge_function(call.setdefault(key, {}), table(value))
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
            merged[key] = [*(merged.get(key) or []), *value]
        else:
            merged.setdefault(key, value)


CHAT = Dialect("openai-chat", ChatFold, usage)
COMPLETIONS = Dialect("openai-completions", CompletionFold, usage)
EMBEDDINGS = Dialect("openai-embeddings", None, usage)
