"""Inputs and outputs of Langfuse's observations as bodies of requests, in OpenAI's form where they can be read so."""

from typing import Any

import msgspec

from ingest_app.dialects import rows
from ingest_app.dialects.shapes import dialect_by_shape
from ingest_app.events import SpanKind
from ingest_app.importing.row import Row, as_text, unwrapped

_ROLES = frozenset(("system", "developer", "user", "assistant", "tool", "function", "model"))
# LangChain's names of roles.
_OTHER_ROLES = {"human": "user", "ai": "assistant"}


def call_bodies(row: Row, model: str) -> tuple[bytes, bytes]:
    """Returns the request and the answer of a call of a model; b"" for what is not there."""
    asked, said = unwrapped(row.get("input")), unwrapped(row.get("output"))
    if row.text("type").upper() == "EMBEDDING":
        return _encoded({"model": model, "input": asked} if asked is not None else None), _encoded(said)
    request = _request(asked)
    if request is not None:
        parameters = row.object("model_parameters", "modelParameters")
        request = {"model": model, **parameters, **request} if model else {**parameters, **request}
    return _encoded(request), _encoded(_answer(said, model))


def step_bodies(row: Row, kind: SpanKind, name: str) -> tuple[bytes, bytes]:
    """Returns what went into a step and what came out, as Helicone's manual logs have it (contract 3.3)."""
    asked, said = unwrapped(row.get("input")), unwrapped(row.get("output"))
    match kind:
        case SpanKind.TOOL:
            step: dict[str, Any] = {"_type": "tool", "toolName": name}
        case SpanKind.VECTOR_SEARCH:
            step = {"_type": "vector_db", "operation": "search"}
        case _:
            step = {"_type": "data", "name": name}
    given = "text" if kind is SpanKind.VECTOR_SEARCH and isinstance(asked, str) else "input"
    request = step if asked is None else {**step, given: asked}
    return _encoded(request), _encoded(None if said is None else {**step, "output": said})


def _request(asked: Any) -> dict[str, Any] | None:
    if asked is None:
        return None
    if isinstance(asked, str):
        return {"messages": [{"role": "user", "content": asked}]}
    if isinstance(asked, list):
        messages = [_message(item) for item in asked]
        known = [message for message in messages if message is not None]
        return {"messages": known} if known and len(known) == len(asked) else {"input": asked}
    if isinstance(asked, dict):
        if isinstance(asked.get("messages"), list):
            return {**asked, "messages": [_message(item) or item for item in asked["messages"]]}
        if (message := _message(asked)) is not None:
            return {"messages": [message]}
        if any(name in asked for name in ("contents", "prompt", "input")):
            return asked
    return {"messages": [{"role": "user", "content": as_text(asked)}]}


def _answer(said: Any, model: str) -> Any:
    if said is None:
        return None
    if isinstance(said, dict) and dialect_by_shape(said) is not None:
        return said
    if isinstance(said, list) and len(rows(said)) == len(said) and said:
        messages = [_message(item, "assistant") for item in said]
    else:
        messages = [_message(said, "assistant")]
    if any(message is None for message in messages):
        messages = [{"role": "assistant", "content": as_text(said)}]
    choices = [
        {"index": index, "message": message, "finish_reason": None} for index, message in enumerate(messages)
    ]
    return {"object": "chat.completion", "model": model, "choices": choices}


def _message(item: Any, role: str = "user") -> dict[str, Any] | None:
    """Returns a message, None for what is none."""
    if isinstance(item, str):
        return {"role": role, "content": item}
    if not isinstance(item, dict):
        return None
    named = item.get("role") or item.get("type")
    known = _OTHER_ROLES.get(named, named) if isinstance(named, str) else None
    if known in _ROLES and ("content" in item or "tool_calls" in item or "parts" in item):
        rest = {name: value for name, value in item.items() if name != "type" or item.get("role")}
        return {**rest, "role": known}
    if role == "assistant" and ("content" in item or "tool_calls" in item):
        return {"role": role, **item}
    return None


def _encoded(value: Any) -> bytes:
    return b"" if value is None else msgspec.json.encode(value)
