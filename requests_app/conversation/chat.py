"""Requests with `messages` or `prompt`: OpenAI chat and completions, Anthropic, Cohere, and those like them."""

from typing import Any

from requests_app.conversation.frameworks import plain_messages
from requests_app.conversation.model import Message, Part, PartKind
from requests_app.conversation.parts import content_parts, result_parts, sources_part, tool_call
from requests_app.conversation.reading import data_url, first, mapping, sequence, text, word
from requests_app.conversation.stops import stop_note

Json = dict[str, Any]


def request_messages(request: Json) -> list[Message]:
    """Returns the messages sent, with a separate `system` (Anthropic, Bedrock) first."""
    system = content_parts(request.get("system"))
    messages = [Message("system", system)] if system else []
    return messages + message_list(request.get("messages"))


def message_list(items: Any) -> list[Message]:
    """Returns a list of messages in whichever framework's form, nested batches laid out one after another."""
    return [message(item) for item in plain_messages(items)]


def prompt_messages(request: Json) -> list[Message]:
    """Returns the prompts of a legacy completion: one string, or several; or a list of messages (AI SDK)."""
    prompt = request.get("prompt")
    if isinstance(prompt, list) and prompt and all(isinstance(item, dict) for item in prompt):
        return request_messages({"system": request.get("system"), "messages": prompt})
    prompts = prompt if isinstance(prompt, list) and all(isinstance(p, str) for p in prompt) else [prompt]
    messages = [Message("prompt", content_parts(p if isinstance(p, str) else text(p))) for p in prompts]
    system, suffix = content_parts(request.get("system")), word(request.get("suffix"))
    if suffix:
        messages.append(Message("suffix", content_parts(suffix)))
    return [Message("system", system), *messages] if system else messages


def choice_messages(response: Json) -> list[Message]:
    """Returns the answers of a chat or completion: one per choice."""
    choices = [mapping(choice) for choice in sequence(response.get("choices"))]
    answers = []
    for position, choice in enumerate(choices):
        if isinstance(choice.get("text"), str):
            answer = Message("assistant", content_parts(choice["text"]))
        else:
            answer = message(mapping(choice.get("message")) or mapping(choice.get("delta")), "assistant")
        answer.is_answer = True
        answer.note = stop_note(choice.get("finish_reason"))
        answer.choice = position if len(choices) > 1 else None
        answers.append(answer)
    if answers:  # Perplexity
        answers[-1].parts += sources_part(_searched(response))
    return answers


def content_message(response: Json) -> Message:
    """Returns the answer of Anthropic's messages endpoint."""
    return Message(
        word(response.get("role")) or "assistant",
        content_parts(response.get("content")),
        is_answer=True,
        note=stop_note(response.get("stop_reason")),
    )


def message(item: Json, default_role: str = "unknown") -> Message:
    """Returns one message of OpenAI's form."""
    role = word(item.get("role")) or default_role
    content = item.get("content")
    if role in {"tool", "function"} and not _names_its_call(content):
        id = item.get("tool_call_id")
        is_error = item.get("status") == "error"
        name = first(item, "name", "tool_name")
        return Message(role, result_parts(id=id, name=name, content=content, is_error=is_error))
    parts = _thoughts(item) + content_parts(content)
    if item.get("refusal"):
        parts.append(Part(PartKind.REFUSAL, text=text(item["refusal"])))
    if item.get("audio"):
        parts += content_parts({"type": "audio", "audio": item["audio"]})
    for image in sequence(item.get("images")):
        parts += _image(image)
    for call in sequence(item.get("tool_calls")):
        parts.append(_call(mapping(call)))
    if item.get("function_call"):
        function = mapping(item["function_call"])
        parts.append(tool_call(name=function.get("name"), id="", given=function.get("arguments")))
    parts += sources_part(_annotated(item))
    return Message(role, parts, note=stop_note(item.get("finish_reason")))


def _thoughts(item: Json) -> list[Part]:
    for field in ("reasoning_content", "reasoning", "thinking", "tool_plan"):
        if isinstance(item.get(field), str) and item[field]:
            return [Part(PartKind.REASONING, text=item[field])]
    return []


def _names_its_call(content: Any) -> bool:
    """Returns whether the results in a message of the role tool say themselves which call they answer."""
    names = ("toolCallId", "tool_call_id", "id")
    return any(
        "tool" in word(first(part, "type", "part_kind")) and first(part, *names) is not None
        for part in map(mapping, sequence(content))
    )


def _call(call: Json) -> Part:
    called = mapping(call.get("function") or call.get("custom")) or call
    return tool_call(
        name=first(called, "name", "toolName"),
        id=first(call, "id", "toolCallId"),
        given=first(called, "arguments", "input", "args"),
    )


def _image(image: Any) -> list[Part]:
    if isinstance(image, str):  # Ollama
        return [Part(PartKind.IMAGE, source=data_url("image/png", image))]
    return content_parts({"type": "image_url", **mapping(image)})


def _annotated(item: Json) -> list[tuple[str, str]]:
    found = []
    for annotation in map(mapping, sequence(item.get("annotations"))):
        cited = mapping(annotation.get("url_citation")) or annotation
        found.append((word(cited.get("title")), word(cited.get("url"))))
    return found


def _searched(response: Json) -> list[tuple[str, str]]:
    results = [mapping(result) for result in sequence(response.get("search_results"))]
    if results:
        return [(word(result.get("title")), word(result.get("url"))) for result in results]
    return [("", word(address)) for address in sequence(response.get("citations"))]
