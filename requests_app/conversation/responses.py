"""OpenAI's Responses API: `input` and `output` are lists of items, of which messages are one kind."""

from collections.abc import Callable
from typing import Any

from requests_app.conversation.frameworks import plain_message
from requests_app.conversation.model import Message, Part, PartKind
from requests_app.conversation.parts import content_parts, output_parts, result_parts, tool_call
from requests_app.conversation.reading import data_url, mapping, sequence, text, word
from requests_app.conversation.stops import stop_note

Json = dict[str, Any]


def input_messages(request: Json) -> list[Message]:
    """Returns the instructions and the input, a string or a list of items."""
    instructions = content_parts(request.get("instructions"))
    messages = [Message("system", instructions)] if instructions else []
    given = request.get("input")
    if isinstance(given, list):
        return messages + [_item(entry) for entry in given]
    parts = content_parts(given)
    return [*messages, Message("user", parts)] if parts else messages


def output_messages(response: Json) -> list[Message]:
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
    for plain in plain_message(item):
        if "role" in plain:
            return Message(word(plain["role"]) or "unknown", content_parts(plain.get("content")))
    return Message("assistant", [Part(PartKind.JSON, text=text(entry), name=word(item.get("type")))])


def _function_call(item: Json) -> Message:
    given = item.get("arguments", item.get("input"))
    return Message("assistant", [tool_call(name=item.get("name"), id=item.get("call_id"), given=given)])


def _function_output(item: Json) -> Message:
    output = item.get("output")
    return Message("tool", result_parts(id=item.get("call_id"), content=output))


def _mcp_call(item: Json) -> Message:
    """A call of a remote server's tool, which the provider made and answered itself."""
    name = ".".join(filter(None, (word(item.get("server_label")), word(item.get("name")))))
    id = item.get("id") or item.get("call_id")
    parts = [tool_call(name=name, id=id, given=item.get("arguments"))]
    if item.get("error") is not None:
        parts += result_parts(id=id, name=name, content=text(item["error"]), is_error=True)
    elif item.get("output") is not None:
        parts += result_parts(id=id, name=name, content=item["output"])
    return Message("assistant", parts)


def _mcp_tools(item: Json) -> Message:
    names = [word(mapping(tool).get("name")) for tool in sequence(item.get("tools"))]
    words = f"{word(item.get('server_label')) or 'The server'} has {len(names)} tools: {', '.join(names)}"
    return Message("assistant", [Part(PartKind.TOOL_RESULT, words, "mcp_list_tools", word(item.get("id")))])


def _approval_request(item: Json) -> Message:
    name = f"approve {word(item.get('name'))}"
    return Message("assistant", [tool_call(name=name, id=item.get("id"), given=item.get("arguments"))])


def _approval_response(item: Json) -> Message:
    words = "Approved" if item.get("approve") is True else "Not approved"
    reason = word(item.get("reason"))
    words = f"{words}: {reason}" if reason else words
    return Message("user", result_parts(id=item.get("approval_request_id"), content=words))


def _web_search(item: Json) -> Message:
    action = mapping(item.get("action"))
    asked = {key: value for key, value in action.items() if key != "sources"}
    parts = [tool_call(name="web_search", id=item.get("id"), given=asked)]
    sources = [word(mapping(source).get("url")) for source in sequence(action.get("sources"))]
    if sources:
        parts += result_parts(id=item.get("id"), name="web_search", content="\n".join(sources))
    return Message("assistant", parts)


def _file_search(item: Json) -> Message:
    given = {"queries": item.get("queries")}
    parts = [tool_call(name="file_search", id=item.get("id"), given=given)]
    if item.get("results"):
        parts += result_parts(id=item.get("id"), name="file_search", content=text(item["results"]))
    return Message("assistant", parts)


def _code_interpreter(item: Json) -> Message:
    id, name = item.get("id"), "code_interpreter"
    parts = [Part(PartKind.TOOL_CALL, text=text(item.get("code")), name=name, id=word(id))]
    for output in map(mapping, sequence(item.get("outputs"))):
        if output.get("type") == "image":
            parts.append(Part(PartKind.IMAGE, source=word(output.get("url"))))
        else:
            parts += result_parts(id=id, name=name, content=text(output.get("logs")))
    return Message("assistant", parts)


def _action_call(item: Json) -> Message:
    """The computer, shell and patch tools: what is to be done is an `action` or an `operation`."""
    name = word(item.get("type")).removesuffix("_call")
    given = item.get("action") or item.get("actions") or item.get("operation")
    return Message("assistant", [tool_call(name=name, id=item.get("call_id") or item.get("id"), given=given)])


def _action_output(item: Json) -> Message:
    output = item.get("output")
    if isinstance(output, list):  # of a shell: one entry a command
        output = text(output)
    return Message("tool", result_parts(id=item.get("call_id") or item.get("id"), content=output))


def _reasoning(item: Json) -> Message:
    parts = output_parts(item.get("content")) or output_parts(item.get("summary"))
    if not parts and item.get("encrypted_content"):
        parts = [Part(PartKind.REASONING, text="(encrypted by the provider)")]
    return Message("assistant", parts)


def _compaction(item: Json) -> Message:
    return Message("assistant", [Part(PartKind.REASONING, text="(earlier turns, compacted by the provider)")])


def _image(item: Json) -> Message:
    kind = word(item.get("output_format")) or "png"
    source = data_url(f"image/{kind}", item.get("result"))
    return Message("assistant", [Part(PartKind.IMAGE, text=word(item.get("revised_prompt")), source=source)])


_READERS: dict[str, Callable[[Json], Message]] = {
    "function_call": _function_call,
    "custom_tool_call": _function_call,
    "function_call_output": _function_output,
    "custom_tool_call_output": _function_output,
    "mcp_call": _mcp_call,
    "mcp_list_tools": _mcp_tools,
    "mcp_approval_request": _approval_request,
    "mcp_approval_response": _approval_response,
    "web_search_call": _web_search,
    "file_search_call": _file_search,
    "code_interpreter_call": _code_interpreter,
    "computer_call": _action_call,
    "computer_call_output": _action_output,
    "local_shell_call": _action_call,
    "local_shell_call_output": _action_output,
    "shell_call": _action_call,
    "shell_call_output": _action_output,
    "apply_patch_call": _action_call,
    "apply_patch_call_output": _action_output,
    "reasoning": _reasoning,
    "compaction": _compaction,
    "image_generation_call": _image,
}
