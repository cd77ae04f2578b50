"""Turns logged bodies into one list of messages: a chat is read as a chat, whoever's dialect it was.

Pure, and never raises on odd input: it returns what could be read. `readers` knows the dialects, `parts` what
messages are made of.
"""

from typing import Any, NamedTuple

from ingest_app.cut import closed
from ingest_app.events import SpanKind
from requests_app.conversation.custom import custom_step, step_messages
from requests_app.conversation.form_data import form_messages, is_form_data
from requests_app.conversation.matching import match_tools
from requests_app.conversation.media import bytes_part, media_type_of
from requests_app.conversation.model import Conversation, Kind, Message, Part, PartKind, Tool
from requests_app.conversation.offered import offered_tools
from requests_app.conversation.readers import reader_of
from requests_app.conversation.reading import mapping, text
from requests_app.conversation.step import Step
from requests_app.conversation.telemetry import attributes_of, span_messages
from requests_app.json_text import decoded

__all__ = ["Conversation", "Kind", "Message", "Part", "PartKind", "Step", "Tool", "conversation"]


class _Body(NamedTuple):
    """A body as the object in it, or else as messages of what it is."""

    value: dict[str, Any]
    messages: list[Message]


def conversation(
    request_body: bytes | None, response_body: bytes | None, path: str, *, kind: str = ""
) -> Conversation:
    """Returns the conversation of one request; `path` is the provider's, and settles what the bodies leave open.

    `kind` is the row's: what is no call of a model becomes a step, and messages that say the same.
    Streamed answers are stored put together. A body that is no JSON object becomes one message with its text, so
    that an HTML error page of a proxy is seen too.
    """
    request = _parsed(request_body, "request", list_name="messages")
    response = _parsed(response_body, "response", list_name="output")
    step = _step(request.value, response.value, kind)
    if step is not None:
        messages = step_messages(step)
        match_tools(messages)
        return Conversation(messages, Kind.CUSTOM, step=step)
    found_kind, messages = _read(request.value, response.value, path)
    messages = request.messages + messages
    for message in response.messages:
        message.is_answer = True
        messages.append(message)
    if response.value.get("error"):
        messages.append(_error(response.value["error"]))
    if not messages and found_kind is Kind.UNKNOWN:
        messages = _as_json(request.value, response.value)
    match_tools(messages)
    return Conversation(
        messages, found_kind, offered_tools({**request.value, **attributes_of(request.value)})
    )


def _step(request: dict[str, Any], response: dict[str, Any], kind: str) -> Step | None:
    """Returns the step that is no call of a model. An agent's span that tells its messages is read as a chat."""
    if kind == SpanKind.AGENT and span_messages({**attributes_of(request), **attributes_of(response)}):
        return None
    return custom_step(request, response, kind)


def _read(request: dict[str, Any], response: dict[str, Any], path: str) -> tuple[Kind, list[Message]]:
    attributes = {**attributes_of(request), **attributes_of(response)}
    if attributes:
        return Kind.TELEMETRY, span_messages(attributes)
    reader = reader_of(request, response, path)
    return reader.kind, reader.asked(request) + reader.answered(response)


def _parsed(body: bytes | None, role: str, *, list_name: str) -> _Body:
    """A bare list of messages counts as the object that would have it under `list_name`."""
    if not body or not body.strip():
        return _Body({}, [])
    media_type = media_type_of(body)
    if media_type:
        return _Body({}, [Message(role, [bytes_part(body, media_type)])])
    if is_form_data(body):
        return _Body({}, form_messages(body))
    value = _decoded(body)
    if isinstance(value, dict):
        return _Body(value, [])
    if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
        return _Body({list_name: value}, [])
    words = body.decode("utf-8", "replace") if value is None else text(value)
    return _Body({}, [Message(role, [Part(PartKind.TEXT, text=words)])])


def _decoded(body: bytes) -> Any:
    """Returns the JSON in `body`, of one that was cut as much as is whole; None when it is no JSON."""
    try:
        return decoded(body)
    except ValueError:
        pass
    if body[:64].lstrip()[:1] != b"{":
        return None
    try:
        return decoded(closed(body)) or None
    except ValueError:
        return None


def _as_json(request: dict[str, Any], response: dict[str, Any]) -> list[Message]:
    messages = []
    for role, value in (("request", request), ("response", response)):
        if value:
            parts = [Part(PartKind.JSON, text=text(value))]
            messages.append(Message(role, parts, is_answer=role == "response"))
    return messages


def _error(error: Any) -> Message:
    """Returns `{"error": …}`, an object with a message or a plain text, as a message of its own."""
    details = mapping(error)
    words = text(details.get("message")) or text(error)
    name = text(details.get("type")) or text(details.get("code"))
    return Message("error", [Part(PartKind.ERROR, text=words, name=name)], is_answer=True)
