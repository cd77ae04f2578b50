"""What of a body is text: of a request message by message, of an answer all of it.

Dialects differ, and clients invent more. So nothing is looked for: all strings are text but those under names that
are known to hold something else.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import cached_property
from typing import Any

import msgspec

from ingest_app.cut import closed
from ingest_app.dialects import UNREADABLE, rows, text_of
from ingest_app.estimate import NOT_TEXT

Json = Any

# What a request says that is nobody's words, and what it repeats each time.
_NOT_ASKED = frozenset(
    {"model", "tools", "functions", "tool_choice", "toolConfig", "tool_config", "user", "metadata", "stream_options",
     "safety_identifier", "prompt_cache_key", "service_tier", "reasoning", "reasoning_effort", "response_format",
     "generationConfig", "generation_config", "safetySettings", "inferenceConfig", "thinking", "include", "store",
     "previous_response_id", "anthropic_version", "client_metadata", "context_management", "encoding_format"}
)  # fmt: skip
# Answers of OpenAI's Responses repeat what was asked.
_NOT_ANSWERED = frozenset(
    {"id", "model", "object", "instructions", "tools", "tool_choice", "metadata", "usage", "reasoning",
     "system_fingerprint", "service_tier", "previous_response_id", "prompt_cache_key", "modelVersion", "responseId"}
)  # fmt: skip
# Lists of messages, of which the user's last is the question; and single texts that are one.
_CONVERSATIONS = ("messages", "contents", "input", "chat_history")
_QUESTIONS = ("prompt", "input", "message", "query", "content", "contents", "texts", "messages")
_FREE = frozenset({"input", "args", "arguments", "parameters"})  # what is within has names of the model's own
_USERS = frozenset({"user", "human"})
# The bodies of a span of OpenTelemetry (ingest_app.doors.otlp.bodies), and which attributes are nobody's words.
_ATTRIBUTES, _EVENTS = "attributes", "events"
_SPAN = frozenset({_ATTRIBUTES, "resource", "scope"})
_SPAN_ANSWER = frozenset({_ATTRIBUTES, _EVENTS})
_NOT_SAID = (
    "gen_ai.tool.definitions", "gen_ai.request.", "llm.tools", "llm.invocation_parameters", "ai.prompt.tools",
    "ai.settings.", "logfire.json_schema", "model_request_parameters", "server.", "code.", "telemetry.",
)  # fmt: skip

_fields = msgspec.json.Decoder(dict[str, msgspec.Raw])
_items = msgspec.json.Decoder(list[msgspec.Raw])


class Message:
    """A part of a request. Two of the same `raw` bytes say the same."""

    def __init__(self, raw: bytes | msgspec.Raw, *, is_question: bool = False) -> None:
        self.raw = raw
        self.is_question = is_question

    @cached_property
    def texts(self) -> list[str]:
        """What it says, in order; made when it is first asked for."""
        return list(_texts(_decoded(self.raw)))


def messages_of(body: bytes | None) -> list[Message]:
    """Returns the parts of a request's body, in order. Takes any bytes."""
    if not body:
        return []
    fields = _object(body)
    if fields is None:
        return [_Plain(text) for text in _plain_texts(body)]
    if fields.keys() >= _SPAN:
        return _span_messages(fields)
    messages: list[Message] = []
    for name, raw in fields.items():
        kind = _opening(raw)
        if name in _NOT_ASKED or name in NOT_TEXT or kind not in {b'"', b"[", b"{"}:
            continue
        if kind == b"[":
            messages += _listed(raw, is_conversation=name in _CONVERSATIONS, is_asked=name in _QUESTIONS)
        else:
            messages.append(Message(raw, is_question=name in _QUESTIONS))
    return messages


def answer_texts(body: bytes | None) -> list[str]:
    """Returns the texts of an answer's body, in order. Takes any bytes."""
    if not body:
        return []
    fields = _object(body)
    if fields is None:
        return list(_plain_texts(body))
    if _ATTRIBUTES in fields and fields.keys() <= _SPAN_ANSWER:
        return [text for message in _span_messages(fields) for text in message.texts]
    return [
        text
        for name, raw in fields.items()
        if name not in _NOT_ANSWERED
        for text in _texts({name: _decoded(raw)})
    ]


class _Plain(Message):
    """A body that is no JSON: its text as it is."""

    def __init__(self, text: str) -> None:
        super().__init__(text.encode("utf-8", "replace"), is_question=True)
        self.texts = [text]


def _span_messages(fields: dict[str, msgspec.Raw]) -> list[Message]:
    """Returns each attribute by itself, and each message of those that are a list of them."""
    attributes: dict[str, msgspec.Raw] = {}
    with suppress(*UNREADABLE):
        attributes = _fields.decode(fields[_ATTRIBUTES])
    messages: list[Message] = []
    for name, raw in attributes.items():
        last = name.rpartition(".")[2]
        if last in _NOT_ASKED or last in NOT_TEXT or name.startswith(_NOT_SAID):
            continue
        inner = _json_in_text(raw)
        kind = _opening(inner)
        if kind == b"[":
            messages += _listed(inner, is_conversation=True, is_asked=True)
        elif kind in {b'"', b"{"}:
            messages.append(Message(inner))
    if _EVENTS in fields:
        messages += _listed(fields[_EVENTS], is_conversation=False, is_asked=False)
    return messages


def _json_in_text(raw: msgspec.Raw) -> msgspec.Raw:
    """Returns the JSON in a string, where there is an object or a list in it; else what was given."""
    if bytes(memoryview(raw)[:2]) not in {b'"[', b'"{'}:
        return raw
    inner = text_of(_decoded(raw)).encode()
    return msgspec.Raw(inner) if isinstance(_decoded(inner), dict | list) else raw


def _listed(raw: msgspec.Raw, *, is_conversation: bool, is_asked: bool) -> list[Message]:
    try:
        items = _items.decode(raw)
    except UNREADABLE:
        return []
    # Texts to embed are each asked for by themselves. Numbers are no messages, and may be as many as a vector has.
    messages = [
        Message(item, is_question=is_asked and kind == b'"')
        for item in items
        if (kind := _opening(item)) in {b"{", b"[", b'"'}
    ]
    if is_conversation:
        question = next(filter(_is_said_by_user, reversed(messages)), None)
        if question is not None:
            question.is_question = True
    return messages


def _opening(raw: msgspec.Raw) -> bytes:
    """Returns the first byte, which tells what a value is."""
    return bytes(memoryview(raw)[:1])


def _is_said_by_user(message: Message) -> bool:
    """Returns whether a user says something in it, and does not only hand over what a tool returned."""
    item = _decoded(message.raw)
    if not isinstance(item, dict) or item.get("role", "user") not in _USERS:
        return False
    content = item.get("content") or item.get("parts")
    return bool(text_of(content)) or any(
        # OpenTelemetry's parts have their text as `content`, and so have results of tools.
        text_of(part.get("text")) or (part.get("type") == "text" and text_of(part.get("content")))
        for part in rows(content)
    )


def _object(body: bytes) -> dict[str, msgspec.Raw] | None:
    """Returns the fields of the JSON object in `body`, as many as are whole of one that was cut, else None."""
    start = body[:64].lstrip()[:1]
    if start == b"[":
        return {"messages": msgspec.Raw(body)} if _decoded(body) is not None else None
    if start != b"{":
        return None
    with suppress(*UNREADABLE):
        return _fields.decode(body)
    with suppress(*UNREADABLE):
        return _fields.decode(closed(body))
    return None


def _plain_texts(body: bytes) -> Iterator[str]:
    if body.startswith(b"--"):  # a form: its fields, but not its files
        parts: Sequence[bytes] = body.split(b"\r\n\r\n")[1:]
    else:
        parts = [body]
    for part in parts:
        if b"\x00" not in part:
            yield part.decode("utf-8", "replace")


def _decoded(raw: bytes | msgspec.Raw) -> Json:
    try:
        return msgspec.json.decode(raw)
    except UNREADABLE:
        return None


def _texts(value: Json, *, is_free: bool = False) -> Iterator[str]:
    """Yields the text in `value`, in order; where the names are the model's own (arguments), those too."""
    waiting: list[tuple[Json, bool]] = [(value, is_free)]
    while waiting:
        item, is_free = waiting.pop()
        if isinstance(item, str):
            inner = _decoded(item.encode("utf-8", "replace")) if item[:1] in {"{", "["} else None
            if isinstance(inner, dict | list):
                waiting.append((inner, True))  # arguments and results of tools are JSON in a string
            elif item and not item.startswith("data:"):
                yield item
        elif isinstance(item, dict):
            inside: list[tuple[Json, bool]] = []
            for name, member in item.items():
                if is_free:
                    inside.append((str(name), False))
                if is_free or name not in NOT_TEXT:
                    inside.append((member, is_free or name in _FREE))
            waiting.extend(reversed(inside))
        elif isinstance(item, list):
            waiting.extend((member, is_free) for member in reversed(item))
