"""OpenAI's Responses API: `input` and `output` are lists of items, of which messages are one kind."""

from collections.abc import Callable
from typing import Any

from requests_app.conversation.chat import stop_note
from requests_app.conversation.model import Message, Part, PartKind
from requests_app.conversation.parts import content_parts, output_parts, tool_call, tool_result
from requests_app.conversation.reading import mapping, sequence, text, word


def input_messages(request: dict[str, Any]) -> list[Message]:
    """Returns the instructions and the input, a string or a list of items."""
    instructions = content_parts(request.get("instructions"))
    messages = [Message("system", instructions)] if instructions else []
    given = request.get("input")
    if isinstance(given, list):
        return messages + [_item(entry) for entry in given]
    parts = content_parts(given)
    return [*messages, Message("user", parts)] if parts else messages


def output_messages(response: dict[str, Any]) -> list[Message]:
    """Returns the answer: reasoning, tool calls and messages in the order in which the model made them."""
    messages = [_item(entry) for entry in sequence(response.get("output"))]
    for message in messages:
        message.is_answer = True
    reason = mapping(response.get("incomplete_details")).get("reason")
    if messages and reason:
        messages[-1].note = stop_note(reason)
    return [message for message in messages if message.parts or message.note]


def _item(entry: Any) -> Message:
    if isinstance(entry, str):
        return Message("user", content_parts(entry))
    item = mapping(entry)
    reader = _READERS.get(word(item.get("type")))
    if reader is not None:
        return reader(item)
    if "role" in item:
        return Message(word(item["role"]) or "unknown", content_parts(item.get("content")))
    return Message("assistant", [Part(PartKind.JSON, text=text(entry), name=word(item.get("type")))])


def _function_call(item: dict[str, Any]) -> Message:
    given = item.get("arguments", item.get("input"))
    return Message("assistant", [tool_call(name=item.get("name"), id=item.get("call_id"), given=given)])


def _function_output(item: dict[str, Any]) -> Message:
    return Message("tool", [tool_result(id=item.get("call_id"), content=item.get("output"))])


def _reasoning(item: dict[str, Any]) -> Message:
    parts = output_parts(item.get("content")) or output_parts(item.get("summary"))
    if not parts and item.get("encrypted_content"):
        parts = [Part(PartKind.REASONING, text="(encrypted by the provider)")]
    return Message("assistant", parts)


def _image(item: dict[str, Any]) -> Message:
    data = word(item.get("result"))
    kind = word(item.get("output_format")) or "png"
    return Message(
        "assistant", [Part(PartKind.IMAGE, source=f"data:image/{kind};base64,{data}" if data else "")]
    )


_READERS: dict[str, Callable[[dict[str, Any]], Message]] = {
    "function_call": _function_call,
    "custom_tool_call": _function_call,
    "mcp_call": _function_call,
    "function_call_output": _function_output,
    "custom_tool_call_output": _function_output,
    "reasoning": _reasoning,
    "image_generation_call": _image,
}
