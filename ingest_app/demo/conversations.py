"""Request bodies as the providers' SDKs send them."""

from collections.abc import Callable
from typing import Any

import msgspec

from ingest_app.demo.catalog import Dialect, Model
from ingest_app.demo.dialogue import Ask, Json, Message

MAX_TOKENS = 4096
EMBEDDING_DIMENSIONS = 256


def request_body(model: Model, ask: Ask, *, stream: bool) -> bytes:
    """Returns the JSON body of `ask` in the dialect of `model`."""
    body = _BODIES[model.dialect](model, ask)
    if stream:
        body["stream"] = True
        if model.dialect == "chat":
            body["stream_options"] = {"include_usage": True}
    return msgspec.json.encode(body)


def _chat(model: Model, ask: Ask) -> Json:
    system = [{"role": "system", "content": ask.system}] if ask.system else []
    body: Json = {"model": model.name, "messages": system + [_chat_message(one) for one in ask.messages]}
    if ask.tools:
        body["tools"] = [
            {"type": "function", "function": {**tool._asdict(), "strict": False}} for tool in ask.tools
        ]
        body["parallel_tool_calls"] = True
    else:
        body["temperature"] = 0.2
    if ask.schema_name:
        schema = {"name": ask.schema_name, "strict": True, "schema": ask.schema}
        body["response_format"] = {"type": "json_schema", "json_schema": schema}
    return body


def _chat_message(message: Message) -> Json:
    if message.role == "tool":
        return {"role": "tool", "tool_call_id": message.call_id, "content": message.text}
    if message.calls:
        calls = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for call in message.calls
        ]
        return {"role": message.role, "content": message.text or None, "tool_calls": calls}
    if message.image:
        image = {"type": "image_url", "image_url": {"url": message.image, "detail": "auto"}}
        return {"role": message.role, "content": [{"type": "text", "text": message.text}, image]}
    return {"role": message.role, "content": message.text}


def _messages(model: Model, ask: Ask) -> Json:
    body: Json = {"model": model.name, "max_tokens": MAX_TOKENS}
    if ask.tools:
        cached = {"type": "text", "text": ask.system, "cache_control": {"type": "ephemeral"}}
        body["system"] = [cached]
        body["tools"] = [
            {"name": tool.name, "description": tool.description, "input_schema": tool.parameters}
            for tool in ask.tools
        ]
    elif ask.system:
        body["system"] = ask.system
    messages: list[Json] = []
    for message in ask.messages:
        if message.role == "tool" and messages[-1]["role"] == "user":
            # The results of parallel calls go back in one message.
            messages[-1]["content"] += _blocks(message)
        else:
            role = "user" if message.role == "tool" else message.role
            messages.append({"role": role, "content": _blocks(message)})
    body["messages"] = messages
    if ask.schema_name:
        body["output_config"] = {"format": {"type": "json_schema", "schema": ask.schema}}
    return body


def _blocks(message: Message) -> list[Json]:
    if message.role == "tool":
        return [{"type": "tool_result", "tool_use_id": message.call_id, "content": message.text}]
    blocks: list[Json] = [{"type": "text", "text": message.text}] if message.text else []
    for call in message.calls:
        given: Any = msgspec.Raw(call.arguments.encode())
        blocks.append({"type": "tool_use", "id": call.id, "name": call.name, "input": given})
    if message.image:
        kind, _, data = message.image.removeprefix("data:").partition(";base64,")
        source = {"type": "base64", "media_type": kind, "data": data}
        blocks.insert(0, {"type": "image", "source": source})
    return blocks


def _responses(model: Model, ask: Ask) -> Json:
    items = [item for message in ask.messages for item in _items(message)]
    body: Json = {"model": model.name, "instructions": ask.system, "input": items, "store": False}
    if model.reasons:
        body["reasoning"] = {"effort": "medium"}
    if ask.tools:
        body["tools"] = [{"type": "function", **tool._asdict(), "strict": False} for tool in ask.tools]
    if ask.schema_name:
        schema = {"type": "json_schema", "name": ask.schema_name, "strict": True, "schema": ask.schema}
        body["text"] = {"format": schema}
    return body


def _items(message: Message) -> list[Json]:
    if message.role == "tool":
        return [{"type": "function_call_output", "call_id": message.call_id, "output": message.text}]
    items: list[Json] = []
    if message.image:
        content = [
            {"type": "input_text", "text": message.text},
            {"type": "input_image", "image_url": message.image},
        ]
        items.append({"role": message.role, "content": content})
    elif message.text:
        items.append({"role": message.role, "content": message.text})
    items += [
        {"type": "function_call", "call_id": call.id, "name": call.name, "arguments": call.arguments}
        for call in message.calls
    ]
    return items


def _embeddings(model: Model, ask: Ask) -> Json:
    given = ask.inputs[0] if len(ask.inputs) == 1 else ask.inputs
    return {
        "input": given,
        "model": model.name,
        "dimensions": EMBEDDING_DIMENSIONS,
        "encoding_format": "base64",
    }


_BODIES: dict[Dialect, Callable[[Model, Ask], Json]] = {
    "chat": _chat,
    "messages": _messages,
    "responses": _responses,
    "embeddings": _embeddings,
}
