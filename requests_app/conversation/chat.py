"""OpenAI chat and completions, and Anthropic messages: requests with `messages` or `prompt`."""

from typing import Any

from requests_app.conversation.model import Message, Part, PartKind, Tool
from requests_app.conversation.parts import content_parts, tool_call, tool_result
from requests_app.conversation.reading import mapping, sequence, text, word

# Stops that are the ordinary end of an answer and need no word.
_ORDINARY_STOPS = {
    "",
    "stop",
    "end_turn",
    "stop_sequence",
    "tool_calls",
    "tool_use",
    "function_call",
    "completed",
}


def request_messages(request: dict[str, Any]) -> list[Message]:
    """Returns the messages sent, with Anthropic's separate `system` first."""
    system = content_parts(request.get("system"))
    messages = [Message("system", system)] if system else []
    return messages + [_message(mapping(item)) for item in sequence(request.get("messages"))]


def prompt_messages(request: dict[str, Any]) -> list[Message]:
    """Returns the prompts of a legacy completion: one string, or several."""
    prompt = request.get("prompt")
    prompts = prompt if isinstance(prompt, list) and all(isinstance(p, str) for p in prompt) else [prompt]
    return [Message("prompt", content_parts(p if isinstance(p, str) else text(p))) for p in prompts]


def choice_messages(response: dict[str, Any]) -> list[Message]:
    """Returns the answers of a chat or completion: one per choice."""
    choices = [mapping(choice) for choice in sequence(response.get("choices"))]
    answers = []
    for position, choice in enumerate(choices):
        if isinstance(choice.get("text"), str):
            message = Message("assistant", content_parts(choice["text"]))
        else:
            message = _message(mapping(choice.get("message")) or mapping(choice.get("delta")), "assistant")
        message.is_answer = True
        message.note = stop_note(choice.get("finish_reason"))
        message.choice = position if len(choices) > 1 else None
        answers.append(message)
    return answers


def content_message(response: dict[str, Any]) -> Message:
    """Returns the answer of Anthropic's messages endpoint."""
    return Message(
        word(response.get("role")) or "assistant",
        content_parts(response.get("content")),
        is_answer=True,
        note=stop_note(response.get("stop_reason")),
    )


def stop_note(reason: Any) -> str:
    """Returns why the model stopped, in words, or nothing when it simply finished."""
    known = word(reason)
    if known in _ORDINARY_STOPS:
        return ""
    if known in {"length", "max_tokens", "max_output_tokens"}:
        return "cut off at the token limit"
    if known in {"content_filter", "refusal"}:
        return "stopped by the provider's content filter"
    return f"stopped: {known.replace('_', ' ')}"


def offered_tools(request: dict[str, Any]) -> list[Tool]:
    """Returns the tools that the request offered, in any of the dialects."""
    tools = []
    for item in sequence(request.get("tools")) + sequence(request.get("functions")):
        tool = mapping(item)
        function = mapping(tool.get("function")) or tool
        schema = function.get("parameters") or function.get("input_schema") or tool
        name = word(function.get("name")) or word(tool.get("type")) or "tool"
        tools.append(Tool(name, word(function.get("description")), text(schema)))
    return tools


def _message(item: dict[str, Any], default_role: str = "unknown") -> Message:
    role = word(item.get("role")) or default_role
    if role in {"tool", "function"}:
        result = tool_result(id=item.get("tool_call_id"), name=item.get("name"), content=item.get("content"))
        return Message(role, [result])
    parts = []
    for field in ("reasoning_content", "reasoning"):
        if isinstance(item.get(field), str) and item[field]:
            parts.append(Part(PartKind.REASONING, text=item[field]))
            break
    parts += content_parts(item.get("content"))
    if item.get("refusal"):
        parts.append(Part(PartKind.REFUSAL, text=text(item["refusal"])))
    if item.get("audio"):
        parts += content_parts({"type": "audio", "audio": item["audio"]})
    for call in sequence(item.get("tool_calls")):
        parts.append(_call(mapping(call)))
    if item.get("function_call"):
        function = mapping(item["function_call"])
        parts.append(tool_call(name=function.get("name"), id="", given=function.get("arguments")))
    return Message(role, parts)


def _call(call: dict[str, Any]) -> Part:
    called = mapping(call.get("function") or call.get("custom"))
    given = called.get("arguments", called.get("input"))
    return tool_call(name=called.get("name"), id=call.get("id"), given=given)
