"""Messages as frameworks write them down, made into the form of OpenAI's chat.

LangChain, LlamaIndex, pydantic-ai, the Vercel AI SDK, OpenInference and OpenTelemetry each have their own; what
their content parts look like is known to `parts`.
"""

from typing import Any

from requests_app.conversation.reading import first, mapping, sequence, unwrapped, word

Json = dict[str, Any]

_ROLES = {
    "human": "user",
    "HumanMessage": "user",
    "ai": "assistant",
    "AIMessage": "assistant",
    "AIMessageChunk": "assistant",
    "SystemMessage": "system",
    "ToolMessage": "tool",
    "FunctionMessage": "function",
    "CHATBOT": "assistant",
    "USER": "user",
    "SYSTEM": "system",
    "TOOL": "tool",
}
_LANGCHAIN_TYPES = {"human", "ai", "AIMessageChunk", "system", "tool", "function", "chat"}
_PYDANTIC_ROLES = {
    "system-prompt": "system",
    "instructions": "system",
    "tool-return": "tool",
    "retry-prompt": "tool",
}


def plain_messages(items: Any) -> list[Json]:
    """Returns the messages in `items`, however deep batches of them are nested, in the form of OpenAI's chat."""
    found: list[Json] = []
    for item in sequence(unwrapped(items)):
        if isinstance(item, list):
            found += plain_messages(item)
        elif isinstance(item, str):
            found.append({"role": "user", "content": item})
        else:
            found += plain_message(mapping(item))
    return found


def plain_message(item: Json) -> list[Json]:
    """Returns the message that `item` is, as one or more of OpenAI's; what it does not know stays as it is."""
    if "lc" in item and "kwargs" in item:
        return [_langchain(mapping(item["kwargs"]), word((sequence(item.get("id")) or [""])[-1]))]
    if "role" not in item and word(item.get("type")) in _LANGCHAIN_TYPES:
        return [_langchain(mapping(item.get("data")) or item, word(item["type"]))]
    if word(item.get("event.name")).startswith("gen_ai."):
        return _event(item)
    if isinstance(item.get("message"), dict) and "role" not in item:
        return [_open_inference(item["message"])]  # OpenInference wraps each
    if word(item.get("kind")) in {"request", "response"} and isinstance(item.get("parts"), list):
        return _pydantic(item)
    return [_with_content(item)]


def _langchain(fields: Json, kind: str) -> Json:
    extra = mapping(fields.get("additional_kwargs"))
    role = _ROLES.get(kind) or word(fields.get("role")) or kind
    calls = sequence(fields.get("tool_calls")) or sequence(extra.get("tool_calls"))
    content = fields.get("content")
    if calls and isinstance(content, list):  # Anthropic's content names its calls itself
        content = [part for part in content if mapping(part).get("type") != "tool_use"]
    plain = {"reasoning_content": extra.get("reasoning_content"), **fields, "content": content}
    stop = mapping(fields.get("response_metadata"))
    return {
        **plain,
        "role": role,
        "tool_calls": calls,
        "function_call": extra.get("function_call"),
        "finish_reason": first(stop, "finish_reason", "stop_reason"),
    }


def _open_inference(message: Json) -> Json:
    parts = [_unwrapped_part(mapping(part)) for part in sequence(message.get("contents"))]
    calls = [mapping(call).get("tool_call") or call for call in sequence(message.get("tool_calls"))]
    return {**message, "content": message.get("content") or parts, "tool_calls": calls}


def _unwrapped_part(part: Json) -> Json:
    inner = mapping(part.get("message_content")) or part
    image = mapping(mapping(inner.get("image")).get("image"))
    return {"type": "image_url", "image_url": image} if image else inner


def _pydantic(item: Json) -> list[Json]:
    """pydantic-ai's own: a request holds parts of several roles."""
    if item["kind"] == "response":
        return [{"role": "assistant", "content": item["parts"]}]
    found: list[Json] = []
    if item.get("instructions"):
        found.append({"role": "system", "content": item["instructions"]})
    for part in map(mapping, item["parts"]):
        kind = word(part.get("part_kind"))
        role = _PYDANTIC_ROLES.get(kind, "user")
        if kind == "retry-prompt" and not part.get("tool_name"):
            role = "user"
        found.append({"role": role, "content": [part]})
    return found


def _event(item: Json) -> list[Json]:
    """OpenTelemetry's older form: one event a message, and `gen_ai.choice` with the answer."""
    message = item.get("message")
    if isinstance(message, dict):
        return [{"role": "assistant", **message, "finish_reason": item.get("finish_reason")}]
    role = word(item["event.name"]).removeprefix("gen_ai.").removesuffix(".message")
    return [{"role": role, **item, "tool_call_id": item.get("id")}]


def _with_content(item: Json) -> Json:
    """Other names for the content: pydantic-ai's and Gemini's `parts`, LlamaIndex's `blocks`, Cohere's `message`."""
    role = word(item.get("role"))
    extra = mapping(item.get("additional_kwargs"))
    named = {"role": _ROLES.get(role, role)} if role in _ROLES else {}
    calls = (
        {"tool_calls": extra["tool_calls"]} if extra.get("tool_calls") and not item.get("tool_calls") else {}
    )
    if not item.get("tool_call_id") and extra.get("tool_call_id"):
        named["tool_call_id"] = extra["tool_call_id"]
    content = item.get("content")
    if content is None:
        content = first(item, "parts", "blocks", "message")
    return {**item, **named, **calls, "content": unwrapped_parts(content)}


def unwrapped_parts(content: Any) -> Any:
    """Returns the parts of a content that was written as JSON text, which Traceloop does; other texts as they are."""
    parts = unwrapped(content)
    is_parts = isinstance(parts, list) and parts and all("type" in mapping(part) for part in parts)
    return parts if is_parts else content
