"""One line of what a span was asked, found without reading more of its messages than the last few."""

from typing import Any

import msgspec

from ingest_app.asked import PREVIEW_CHARACTERS
from ingest_app.dialects import UNREADABLE, rows, table, text_of
from ingest_app.doors.otlp.spans import Attributes, Event

# Attributes that hold a list of messages, as JSON or as it is, or an object with one.
_CONVERSATIONS = (
    "gen_ai.input.messages",
    "ai.prompt.messages",
    "gen_ai.prompt",
    "ai.prompt",
    "langfuse.observation.input",
    "request_data",
    "pydantic_ai.all_messages",
    "all_messages_events",
    "events",
    "input.value",
    "traceloop.entity.input",
)
# Attributes with a number in their name: one each for the role and the text of a message.
_INDEXED = (("gen_ai.prompt.", "role", "content"), ("llm.input_messages.", "message.role", "message.content"))
_PART_INDEXED = ("llm.input_messages.", "message.role", "message.contents.0.message_content.text")
# What other steps are given.
_PLAIN = (
    "gen_ai.tool.call.arguments",
    "ai.toolCall.args",
    "tool_arguments",
    "tool.parameters",
    "db.query.text",
    "db.statement",
    "embedding.text",
    "embedding.embeddings.0.embedding.text",
    "ai.value",
    "traceloop.entity.input",
    "langfuse.observation.input",
    "input.value",
    "url.full",
    "http.url",
    "url.path",
    "http.target",
    "http.route",
)
_USER_EVENT = "gen_ai.user.message"
_LISTS = ("messages", "contents", "input", "prompt", "chat_history")
_USERS = frozenset(("user", "human"))
_MAX_MESSAGES = 10_000

_raw_items = msgspec.json.Decoder(list[msgspec.Raw])


def preview_of(attributes: Attributes, events: list[Event]) -> str:
    """Returns one line of the user's last message, or of what a step without messages was given; "" for none."""
    try:
        return _line(_found(attributes, events))
    except RecursionError:
        return ""  # lists in lists in lists


def _found(attributes: Attributes, events: list[Event]) -> str:
    for name in _CONVERSATIONS:
        value = attributes.get(name)
        if value and (text := _said(value)):
            return text
    for names in (*_INDEXED, _PART_INDEXED):
        if text := _last_indexed(attributes, *names):
            return text
    for event in reversed(events):
        if event.name == _USER_EVENT or "gen_ai.prompt" in event.attributes:
            held = event.attributes.get("gen_ai.prompt") or event.attributes.get("content")
            if text := _said(held):
                return text
        if messages := event.attributes.get("gen_ai.input.messages"):
            return _said(messages)
    return next((text for name in _PLAIN if (text := _text(attributes.get(name)))), "")


def _said(value: Any) -> str:
    """Returns what the user said last in a value of a conversation: a text, messages, or an object with those."""
    if isinstance(value, str):
        if value[:1] == "[":
            return _last_message(value)
        if value[:1] != "{":
            return value
        text = value
        try:
            value = msgspec.json.decode(text)
        except UNREADABLE:
            return text
    if isinstance(value, dict):
        held = next((value[name] for name in _LISTS if value.get(name)), None)
        return _said(held) if held is not None and held is not value else ""
    return _last_of(value) if isinstance(value, list) else ""


def _last_message(text: str) -> str:
    """Returns the user's last message in the JSON of a list; those before it are not decoded."""
    try:
        items = _raw_items.decode(text.encode("utf-8", "replace"))
    except UNREADABLE:
        return text
    for raw in reversed(items[-_MAX_MESSAGES:]):
        if said := _of_user(msgspec.json.decode(raw)):
            return said
    return ""


def _last_of(items: list[Any]) -> str:
    return next((said for item in reversed(items[-_MAX_MESSAGES:]) if (said := _of_user(item))), "")


def _of_user(item: Any) -> str:
    """Returns what a message of the user says, "" for others'. Lists may be nested, as LangChain's are."""
    if isinstance(item, str):
        return item
    if isinstance(item, list):
        return _last_of(item)
    message = table(item)
    inner = table(message.get("kwargs")) or table(message.get("message")) or message
    role = text_of(inner.get("role")) or text_of(inner.get("type")) or text_of(message.get("event.name"))
    if not (role in _USERS or role == _USER_EVENT or message.get("kind") == "request"):
        return ""
    return _content(inner.get("content") or inner.get("parts"))


def _content(content: Any) -> str:
    if isinstance(content, str):
        return content
    said = (
        text_of(part.get("text")) or text_of(part.get("content"))
        for part in rows(content)
        if part.get("part_kind", "user-prompt") == "user-prompt"
    )
    return " ".join(filter(None, said))


def _last_indexed(attributes: Attributes, prefix: str, role: str, content: str) -> str:
    if f"{prefix}0.{role}" not in attributes and f"{prefix}0.{content}" not in attributes:
        return ""
    last = 0
    while f"{prefix}{last + 1}.{role}" in attributes and last < _MAX_MESSAGES:
        last += 1
    for number in range(last, -1, -1):
        if _text(attributes.get(f"{prefix}{number}.{role}", "user")) in _USERS:
            text = _text(attributes.get(f"{prefix}{number}.{content}"))
            if text:
                # Traceloop writes a content of several parts as JSON.
                return _parts_text(text) if text[:2] == "[{" else text
    return ""


def _parts_text(text: str) -> str:
    try:
        return _content(msgspec.json.decode(text)) or text
    except UNREADABLE:
        return text


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return msgspec.json.encode(value).decode() if isinstance(value, dict | list) else ""


def _line(text: str) -> str:
    return " ".join(text[: PREVIEW_CHARACTERS * 4].split())[:PREVIEW_CHARACTERS]
