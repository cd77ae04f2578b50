"""Making the body of a call of the stored prompt that it names and of what it says itself (contract 2.2, 4.6)."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import msgspec

from gateway_app import edits
from gateway_app.errors import GatewayError
from gateway_app.prompts.cache import PromptCache, PromptsUnknown
from gateway_app.prompts.stored import StoredPrompt, Wanted
from gateway_app.prompts.tags import (
    Inputs,
    Misfit,
    Partial,
    filled_json,
    filled_text,
    partials_in,
    with_partials,
)
from gateway_app.providers import Speaks
from ingest_app.dialects import UNREADABLE

ID_FIELD = "prompt_id"
_FIELDS = (ID_FIELD, "version_id", "environment", "inputs")
_MARK = b'"prompt_id"'
_TAG = b"{{"  # a message without it has nothing to fill in
_PARTIAL = b"hcp"
_KEPT_INPUT_BYTES = 1 << 20
_MOST_MISFITS = 20  # that an answer names
_NOTHING = msgspec.Raw(b"null")

_RawFields = dict[str, msgspec.Raw]


class Filled(NamedTuple):
    """The body that goes up, and what it was made of, for the log."""

    body: bytes
    inputs: bytes = b""  # as the caller wrote them; nothing where they are too large to be kept
    properties: Mapping[str, str] = {}


def may_name_prompt(body: bytes) -> bool:
    """Returns whether it is worth reading `body` for a prompt: hardly any call has one."""
    return _MARK in body


async def filled(body: bytes, dialect: Speaks, organization_id: int, prompts: PromptCache) -> Filled:
    """Returns what goes up for a call; `body` itself where it names no prompt. Raises GatewayError."""
    try:
        asked = edits.fields(body)
    except edits.NotAnObject:
        return Filled(body)
    if ID_FIELD not in asked:
        return Filled(body)
    wanted = Wanted(*(_text(asked, name) for name in (ID_FIELD, "version_id", "environment")))
    own = {name: value for name, value in asked.items() if name not in _FIELDS}
    if not wanted.prompt_id:
        return Filled(msgspec.json.encode(own))
    if dialect is not Speaks.CHAT:
        raise _refused(f"Stored prompts are for {Speaks.CHAT} only, not for {dialect}.")
    inputs = _decoded(asked.get("inputs", _NOTHING), "inputs", dict[str, Any] | None) or {}
    prompt = await _stored(prompts, organization_id, wanted)
    try:
        texts = await _partial_texts(prompt, organization_id, prompts)
        merged = _merged(prompt, own, inputs, texts)
    except UNREADABLE as error:
        raise _refused(f"The stored prompt and the call make no body: {error}.") from error
    properties = {"Helicone-Prompt-Id": wanted.prompt_id, "Helicone-Prompt-Version": prompt.version_id}
    if wanted.environment:
        properties["Helicone-Prompt-Environment"] = wanted.environment
    written = bytes(asked.get("inputs", b""))
    kept = written if len(written) <= _KEPT_INPUT_BYTES else b""
    return Filled(msgspec.json.encode(merged), kept, properties)


def _merged(
    prompt: StoredPrompt, own: _RawFields, inputs: Inputs, texts: Mapping[Partial, str]
) -> dict[str, Any]:
    """Returns the fields of the body: the caller's before the stored; of messages and tools both, the stored first."""
    stored = prompt.fields
    misfits: list[Misfit] = []
    merged: dict[str, Any] = {**stored, **own}
    merged["messages"] = [
        *(_filled_message(message, inputs, texts, misfits) for message in _list(stored, "messages")),
        *(_filled_message(message, inputs, {}, misfits) for message in _list(own, "messages")),
    ]
    tools = [*_list(stored, "tools"), *_list(own, "tools")]
    merged["tools"] = [_filled_part(tool, inputs, misfits) for tool in tools]
    if not tools:
        del merged["tools"]  # providers take no empty list
    formats = [fields["response_format"] for fields in (own, stored) if _has(fields, "response_format")]
    if formats:
        merged["response_format"] = _filled_part(formats[0], inputs, misfits)
    if misfits:
        raise _refused("\n".join(str(misfit) for misfit in _once(misfits)))
    return merged


def _filled_message(
    raw: msgspec.Raw, inputs: Inputs, texts: Mapping[Partial, str], misfits: list[Misfit]
) -> Any:
    if _TAG not in bytes(raw):
        return raw

    def fill(text: str) -> str:
        return filled_text(with_partials(text, texts), inputs, misfits)

    message = msgspec.json.decode(raw)
    match message:
        case {"content": str(text)}:
            return {**message, "content": fill(text)}
        case {"content": list(parts)}:
            return {**message, "content": [_filled_content(part, fill) for part in parts]}
    return message


def _filled_content(part: Any, fill: Any) -> Any:
    match part:
        case {"type": "text", "text": str(text)}:
            return {**part, "text": fill(text)}
    return part


def _filled_part(raw: msgspec.Raw, inputs: Inputs, misfits: list[Misfit]) -> Any:
    return filled_json(msgspec.json.decode(raw), inputs, misfits) if _TAG in bytes(raw) else raw


async def _partial_texts(
    prompt: StoredPrompt, organization_id: int, prompts: PromptCache
) -> dict[Partial, str]:
    """Returns the texts that stand for the partials in a stored prompt. What callers write names none."""
    texts: dict[Partial, str] = {}
    if _PARTIAL not in prompt.body:
        return texts
    for raw in _list(prompt.fields, "messages"):
        for partial in partials_in("\n".join(_texts(raw))):
            if partial not in texts:
                texts[partial] = await _partial_text(partial, organization_id, prompts)
    return texts


async def _partial_text(partial: Partial, organization_id: int, prompts: PromptCache) -> str:
    """Returns the text of the message that a partial names, "" where its prompt has none at that place."""
    wanted = Wanted(partial.prompt_id, environment=partial.environment)
    messages = _list((await _stored(prompts, organization_id, wanted)).fields, "messages")
    if partial.position >= len(messages):
        return ""
    text = " ".join(text for text in _texts(messages[partial.position]) if text)
    if any(partials_in(text)):
        raise _refused(f"Message {partial.position} of the {wanted} has partials itself: they do not nest.")
    return text


def _texts(raw: msgspec.Raw) -> list[str]:
    """Returns the texts that a message has."""
    match msgspec.json.decode(raw):
        case {"content": str(text)}:
            return [text]
        case {"content": list(parts)}:
            texts = [
                part.get("text") for part in parts if isinstance(part, dict) and part.get("type") == "text"
            ]
            return [text for text in texts if isinstance(text, str)]
    return []


async def _stored(prompts: PromptCache, organization_id: int, wanted: Wanted) -> StoredPrompt:
    try:
        prompt = await prompts.get(organization_id, wanted)
    except PromptsUnknown as error:
        raise GatewayError(
            503,
            "prompts_unavailable",
            "Stored prompts cannot be looked up at the moment. Try again.",
            bare=True,
        ) from error
    if prompt is None:
        raise _refused(f"There is no {wanted}.")
    return prompt


def _has(fields: _RawFields, name: str) -> bool:
    return bytes(fields.get(name, _NOTHING)).strip() != b"null"


def _list(fields: _RawFields, name: str) -> list[msgspec.Raw]:
    return _decoded(fields.get(name, _NOTHING), name, list[msgspec.Raw] | None) or []


def _text(fields: _RawFields, name: str) -> str:
    return _decoded(fields.get(name, _NOTHING), name, str | None) or ""


def _decoded(raw: msgspec.Raw, name: str, type: Any) -> Any:
    try:
        return msgspec.json.decode(raw, type=type)
    except UNREADABLE as error:
        raise _refused(f"{name} cannot be read: {error}.") from error


def _once(misfits: Iterable[Misfit]) -> list[Misfit]:
    """Returns the misfits that an answer names: each variable once."""
    return list({misfit.variable: misfit for misfit in misfits}.values())[:_MOST_MISFITS]


def _refused(reason: str) -> GatewayError:
    return GatewayError(400, "invalid_prompt", reason, bare=True)
