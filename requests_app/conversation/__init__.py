"""Turns logged bodies into one list of messages: a chat is read as a chat, whoever's dialect it was.

Pure, and never raises on odd input: it returns what could be read.
"""

from typing import Any

from requests_app.conversation import chat, embeddings, responses
from requests_app.conversation.model import Conversation, Kind, Message, Part, PartKind, Tool
from requests_app.conversation.reading import mapping, text
from requests_app.json_text import decoded

__all__ = ["Conversation", "Kind", "Message", "Part", "PartKind", "Tool", "conversation"]


def conversation(request_body: bytes | None, response_body: bytes | None, path: str) -> Conversation:
    """Returns the conversation of one request; `path` is the provider's, and settles what the bodies leave open.

    Streamed answers are stored put together. A body that is no JSON object becomes one message with its text, so
    that an HTML error page of a proxy is seen too.
    """
    request, request_text = _parsed(request_body)
    response, response_text = _parsed(response_body)
    kind = _kind(request, response, path)
    messages = _request_messages(kind, request) + _response_messages(response)
    if request_text:
        messages.insert(0, Message("request", [Part(PartKind.TEXT, text=request_text)]))
    if response_text:
        messages.append(Message("response", [Part(PartKind.TEXT, text=response_text)], is_answer=True))
    _name_results(messages)
    return Conversation(messages, kind, chat.offered_tools(request))


def _parsed(body: bytes | None) -> tuple[dict[str, Any], str]:
    """Returns the object in `body`, or else an empty one and the body's text."""
    if not body or not body.strip():
        return {}, ""
    try:
        value = decoded(body)
    except ValueError:
        return {}, body.decode("utf-8", "replace")
    return (value, "") if isinstance(value, dict) else ({}, text(value))


def _kind(request: dict[str, Any], response: dict[str, Any], path: str) -> Kind:
    if "embedding" in path or embeddings.is_embedding_answer(response):
        return Kind.EMBEDDINGS
    if "messages" in request:
        is_anthropic = path.endswith("/messages") or response.get("type") == "message"
        return Kind.MESSAGES if is_anthropic else Kind.CHAT
    if "input" in request or isinstance(response.get("output"), list):
        return Kind.RESPONSES
    if "prompt" in request:
        return Kind.COMPLETION
    if "choices" in response:
        return Kind.CHAT
    return Kind.MESSAGES if isinstance(response.get("content"), list) else Kind.UNKNOWN


def _request_messages(kind: Kind, request: dict[str, Any]) -> list[Message]:
    if kind is Kind.EMBEDDINGS and "input" in request:
        return embeddings.input_messages(request)
    if "messages" in request or "system" in request:
        return chat.request_messages(request)
    if "input" in request or "instructions" in request:
        return responses.input_messages(request)
    return chat.prompt_messages(request) if "prompt" in request else []


def _response_messages(response: dict[str, Any]) -> list[Message]:
    messages: list[Message] = []
    if embeddings.is_embedding_answer(response):
        messages.append(embeddings.answer_message(response))
    elif isinstance(response.get("choices"), list):
        messages += chat.choice_messages(response)
    elif isinstance(response.get("output"), list):
        messages += responses.output_messages(response)
    elif isinstance(response.get("content"), list):
        messages.append(chat.content_message(response))
    if response.get("error"):
        messages.append(_error(response["error"]))
    return messages


def _error(error: Any) -> Message:
    """Returns `{"error": …}`, an object with a message or a plain text, as a message of its own."""
    details = mapping(error)
    words = text(details.get("message")) or text(error)
    name = text(details.get("type")) or text(details.get("code"))
    return Message("error", [Part(PartKind.ERROR, text=words, name=name)], is_answer=True)


def _name_results(messages: list[Message]) -> None:
    """A tool's result carries only the id of its call; give it the tool's name."""
    parts = [part for message in messages for part in message.parts]
    names = {part.id: part.name for part in parts if part.kind == PartKind.TOOL_CALL and part.id}
    for part in parts:
        if part.kind == PartKind.TOOL_RESULT and not part.name:
            part.name = names.get(part.id, "")
