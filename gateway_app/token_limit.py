"""`Helicone-Token-Limit-Exception-Handler` (contract 1.3): what becomes of a prompt that its model cannot hold.

It acts only where the estimate says so. An estimate is a quarter of the characters: tokenizers cost more time than a
gateway has, and differ.
"""

import math
import re
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from gateway_app import edits
from ingest_app.dialects import UNREADABLE

TRUNCATE, MIDDLE_OUT, FALLBACK = "truncate", "middle-out", "fallback"
_TOKENS_PER_CHARACTER = 0.25
_SHARE_FOR_THE_ANSWER = 0.1  # where the request does not say how long that may be
_MAX_ANSWER = ("max_completion_tokens", "max_tokens", "max_output_tokens")
# Up to 1000 characters that end at white space, where there is any.
_CHUNK = re.compile(r".{1,1000}(?:(?<=\s)|\Z)|.{1,1000}", re.DOTALL)
_NOISE = re.compile(r"<!--.*?-->|\b(?:id|uuid):[0-9a-f-]{36}\b", re.DOTALL | re.IGNORECASE)
_WHITE_SPACE = re.compile(r"\s+")

Messages = list[dict[str, Any]]
WindowOf = Callable[[str], int | None]
"""Returns the context window (tokens) of a model, None where it is not known."""


def fitted(body: bytes, handler: str, window_of: WindowOf, *, keeps_list: bool = False) -> bytes:
    """Returns the body of a chat or messages request so that its model may hold it; `body` where nothing is to do.

    A list of models (`a, b`) becomes one of them, because no provider takes a list; unless `keeps_list`, for the AI
    gateway, which chooses among them later.
    """
    try:
        values = edits.fields(body)
        model = edits.model_of(body)
        messages = msgspec.json.decode(values.get("messages", b"[]"), type=Messages)
        asked = [_number(values.get(name)) for name in _MAX_ANSWER]
    except (edits.NotAnObject, *UNREADABLE):
        return body
    if "messages" not in values:
        return body
    first, *others = _names(model) or [""]
    limit = _limit(window_of(first), asked)
    tools = bytes(values.get("tools", b"")).decode("utf-8", "replace")
    excess = estimated(messages, tools) - limit if limit is not None else 0
    is_one_of_a_list = others and not keeps_list
    if excess > 0 and handler == FALLBACK and others:
        return edits.with_model(body, ",".join(others) if keeps_list else others[0])
    if excess > 0 and handler in {TRUNCATE, MIDDLE_OUT}:
        kept = truncated(messages) if handler == TRUNCATE else without_middle(messages, excess)
        return msgspec.json.encode(
            {**values, "messages": kept, **({"model": first} if is_one_of_a_list else {})}
        )
    return edits.with_model(body, first) if is_one_of_a_list else body


def model_chosen(body: bytes, sent: object) -> str:
    """Returns the model in `sent`, what `fitted` made of `body`; "" where it is the same."""
    try:
        model = edits.model_of(sent) if isinstance(sent, bytes) else ""
        return model if model != edits.model_of(body) else ""
    except edits.NotAnObject:
        return ""


def estimated(messages: Messages, tools: str) -> int:
    """Returns the tokens that a prompt is taken for; tools count twice, as what they are and as JSON."""
    characters = sum(len(text) for message in messages for text in _texts(message)) + 2 * len(tools)
    return math.ceil(characters * _TOKENS_PER_CHARACTER)


def truncated(messages: Messages) -> Messages:
    """Returns the messages without what says little: comments, identifiers, runs of white space."""

    def shorter(text: str) -> str:
        return _WHITE_SPACE.sub(" ", _NOISE.sub("", text)).strip()

    return [_with_texts(message, [shorter(text) for text in _texts(message)]) for message in messages]


def without_middle(messages: Messages, excess: int) -> Messages:
    """Returns the messages without chunks from their middle worth `excess` tokens; emptied ones are left out."""
    chunks = [
        (place, chunk)
        for place, message in enumerate(messages)
        for chunk in _CHUNK.findall(message["content"] if isinstance(message.get("content"), str) else "")
    ]
    if not chunks:
        return _without_middle_messages(messages, excess)
    start, end = _middle([len(chunk) for _, chunk in chunks], excess / _TOKENS_PER_CHARACTER)
    kept = [*chunks[:start], *chunks[end:]]
    shortened = []
    for place, message in enumerate(messages):
        if isinstance(message.get("content"), str):
            text = "".join(chunk for where, chunk in kept if where == place)
            if not text and message["content"]:
                continue
            message = {**message, "content": text}
        shortened.append(message)
    return shortened


def _without_middle_messages(messages: Messages, excess: int) -> Messages:
    """Messages in parts stay or go as a whole; the first and the last stay."""
    kept = list(messages)
    while len(kept) > 2 and excess > 0:
        excess -= estimated([kept.pop(len(kept) // 2)], "")
    return kept


def _middle(lengths: Sequence[int], wanted: float) -> tuple[int, int]:
    """Returns the centred range of `lengths` whose sum is at least `wanted`, grown to both sides in turn."""
    start = (len(lengths) - 1) // 2
    end, removed = start + 1, lengths[start]
    to_the_right = True
    while removed < wanted and (start > 0 or end < len(lengths)):
        if (to_the_right and end < len(lengths)) or start == 0:
            removed += lengths[end]
            end += 1
        else:
            start -= 1
            removed += lengths[start]
        to_the_right = not to_the_right
    return start, end


def _limit(window: int | None, asked: Sequence[int]) -> int | None:
    """Returns how long a prompt may be (tokens), None where that is not known."""
    if window is None:
        return None
    answer = next(filter(None, asked), 0) or math.ceil(window * _SHARE_FOR_THE_ANSWER)
    return window - answer if answer < window else None


def _number(raw: msgspec.Raw | None) -> int:
    found = msgspec.json.decode(raw) if raw is not None else 0
    return found if isinstance(found, int) else 0


def _names(model: str) -> list[str]:
    return [name for name in map(str.strip, model.split(",")) if name]


def _texts(message: dict[str, Any]) -> list[str]:
    content = message.get("content")
    if isinstance(content, str):
        return [content]
    parts = content if isinstance(content, list) else []
    return [part["text"] for part in parts if _is_text(part)]


def _with_texts(message: dict[str, Any], texts: list[str]) -> dict[str, Any]:
    content = message.get("content")
    if isinstance(content, str):
        return {**message, "content": texts[0]}
    if not isinstance(content, list):
        return message
    left = iter(texts)
    parts = [{**part, "text": next(left)} if _is_text(part) else part for part in content]
    return {**message, "content": parts}


def _is_text(part: object) -> bool:
    return isinstance(part, dict) and isinstance(part.get("text"), str)
