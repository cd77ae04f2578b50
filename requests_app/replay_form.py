"""A request's body as a form: its texts, and the settings that people change. The browser writes them back by path."""

import json
from dataclasses import dataclass
from typing import Any, NamedTuple

from requests_app.conversation import Kind
from requests_app.conversation.reading import mapping, sequence, word

# Longer ones, and more of them, are edited in the JSON.
MAX_TEXTS = 100
MAX_TEXT_CHARACTERS = 20_000
LINE_CHARACTERS = 120
MAX_ROWS = 12

Path = list[str | int]


class SettingField(NamedTuple):
    """A number to send along; `value` is "" where the request does not have it."""

    label: str
    path: Path
    value: str

    @property
    def path_json(self) -> str:
        return json.dumps(self.path)


@dataclass(frozen=True, slots=True)
class TextField:
    """A text of the request, and where it stands in the body."""

    label: str
    path: Path
    value: str

    @property
    def path_json(self) -> str:
        return json.dumps(self.path)

    @property
    def rows(self) -> int:
        """Lines that the text takes, for a field that is neither empty nor endless."""
        lines = sum(1 + len(line) // LINE_CHARACTERS for line in self.value.split("\n"))
        return max(2, min(lines, MAX_ROWS))


@dataclass(frozen=True, slots=True)
class ReplayForm:
    """`stream` is None where the path, not the body, says whether the answer streams."""

    model: str
    settings: list[SettingField]
    texts: list[TextField]
    stream: bool | None
    has_more: bool  # texts that are only in the JSON


_ROOTS = (
    "system",
    "systemInstruction",
    "system_instruction",
    "instructions",
    "preamble",
    "messages",
    "input",
    "contents",
    "chat_history",
    "message",
    "prompt",
)
_CHAT = (("temperature",), ("top_p",), ("max_tokens",))
_SETTINGS: dict[str, tuple[tuple[str, ...], ...]] = {
    Kind.CHAT: _CHAT,
    Kind.MESSAGES: _CHAT,
    Kind.COMPLETION: _CHAT,
    Kind.RESPONSES: (("temperature",), ("top_p",), ("max_output_tokens",)),
    Kind.COHERE: (("temperature",), ("p",), ("max_tokens",)),
    Kind.GEMINI: tuple(("generationConfig", name) for name in ("temperature", "topP", "maxOutputTokens")),
    Kind.BEDROCK: tuple(("inferenceConfig", name) for name in ("temperature", "topP", "maxTokens")),
    Kind.OLLAMA: tuple(("options", name) for name in ("temperature", "top_p", "num_predict")),
}
_LABELS = {
    "temperature": "Temperature",
    "top_p": "Top p",
    "topP": "Top p",
    "p": "Top p",
    "max_tokens": "Max tokens",
    "max_completion_tokens": "Max tokens",
    "max_output_tokens": "Max tokens",
    "maxOutputTokens": "Max tokens",
    "maxTokens": "Max tokens",
    "num_predict": "Max tokens",
}
_STREAMS_BY_BODY = {Kind.CHAT, Kind.MESSAGES, Kind.COMPLETION, Kind.RESPONSES, Kind.COHERE, Kind.OLLAMA}


def replay_form(body: dict[str, Any], kind: str) -> ReplayForm:
    """Returns what of `body` can be edited in fields."""
    texts = [field for root in _ROOTS if root in body for field in _texts(body[root], [root], root)]
    shown = [field for field in texts if len(field.value) <= MAX_TEXT_CHARACTERS][:MAX_TEXTS]
    streams = body.get("stream") is True
    return ReplayForm(
        model=word(body.get("model")),
        settings=[_setting(body, path) for path in _SETTINGS.get(kind, ())],
        texts=shown,
        stream=streams if kind in _STREAMS_BY_BODY else None,
        has_more=len(shown) < len(texts),
    )


def _setting(body: dict[str, Any], path: tuple[str, ...]) -> SettingField:
    if path == ("max_tokens",) and "max_completion_tokens" in body:
        path = ("max_completion_tokens",)
    held: Any = body
    for step in path:
        held = mapping(held).get(step)
    value = str(held) if isinstance(held, int | float) and not isinstance(held, bool) else ""
    return SettingField(_LABELS[path[-1]], list(path), value)


def _texts(value: Any, path: Path, label: str) -> list[TextField]:
    if isinstance(value, str):
        return [TextField(label, path, value)]
    if isinstance(value, dict):
        label = word(value.get("role")) or label
        for name in ("content", "parts", "text", "message"):
            if isinstance(value.get(name), str | list):
                return _texts(value[name], [*path, name], label)
        return []
    return [field for at, item in enumerate(sequence(value)) for field in _texts(item, [*path, at], label)]
