"""What a request asks: its model, its user, one line of its text, and the session of a coding agent.

Only the fields that are asked for are decoded: an agent's request repeats its whole history.
"""

import re
from typing import Any

import msgspec

from ingest_app.agents import AgentSession, claude_code_session, codex_session
from ingest_app.cut import closed
from ingest_app.dialects import UNREADABLE, model_in_path, rows, table, text_of
from ingest_app.events import Facts, SpanKind

PREVIEW_CHARACTERS = 200
# What manual logs name in `_type`, and where such a step's input is.
_STEPS = frozenset((SpanKind.TOOL, SpanKind.VECTOR_SEARCH, SpanKind.DATA))
_STEP_INPUTS = ("input", "text", "query", "filter", "meta")

_raw_fields = msgspec.json.Decoder(dict[str, msgspec.Raw])
_raw_items = msgspec.json.Decoder(list[msgspec.Raw])
_NULL = msgspec.Raw(b"null")
# A field of a form, as files are sent with (audio, pictures to edit); long ones are files.
_FORM_FIELD = re.compile(
    rb'content-disposition: form-data; name="?(model|prompt|user)"?\r\n(?:[^\r\n]+\r\n)*\r\n(.{0,4000}?)\r\n--',
    re.IGNORECASE | re.DOTALL,
)


def request_facts(body: bytes, path: str, *, is_cut: bool = False) -> Facts:
    """Returns what the request says, and of a body that is no JSON what its path says."""
    if body.startswith(b"--"):
        return _form_facts(body)
    try:
        fields = _raw_fields.decode(closed(body) if is_cut else body)
    except UNREADABLE:
        return Facts(request_model=model_in_path(path))
    session = _session(fields)
    return Facts(
        request_model=_text(fields.get("model")) or model_in_path(path),
        user_id=_text(fields.get("user")),
        session_id=session.id,
        session_name=session.name,
        preview=_preview(fields),
    )


def _form_facts(body: bytes) -> Facts:
    fields = {
        name.decode().lower(): value.decode("utf-8", "replace") for name, value in _FORM_FIELD.findall(body)
    }
    return Facts(
        request_model=fields.get("model", ""),
        user_id=fields.get("user", ""),
        preview=_line(fields.get("prompt", "")),
    )


def _session(fields: dict[str, msgspec.Raw]) -> AgentSession:
    if "prompt_cache_key" in fields and "input" in fields:
        return codex_session(
            cache_key=_decoded(fields["prompt_cache_key"]),
            instructions=_decoded(fields.get("instructions", _NULL)),
            client_metadata=_decoded(fields.get("client_metadata", _NULL)),
        )
    if "metadata" in fields:
        return claude_code_session(_decoded(fields["metadata"]))
    return AgentSession()


def _preview(fields: dict[str, msgspec.Raw]) -> str:
    """Returns one line of what was asked: the last user message, the prompt, or the number of inputs."""
    if "_type" in fields and _text(fields["_type"]) in _STEPS:
        return _step_preview(fields)
    messages = fields.get("messages") or fields.get("contents")
    if messages is not None:
        try:
            return _line(_last_user_message(messages))
        except UNREADABLE:
            return _line(text_of(_decoded(messages)))  # Gemini takes a single text for a list of one
    # Gemini's embeddings have one `content`, Cohere's `texts`.
    name = next((name for name in ("input", "prompt", "content", "texts") if name in fields), "")
    asked = _decoded(fields.get(name, _NULL))
    if isinstance(asked, dict):
        return _line(_plain(asked.get("parts")))
    if isinstance(asked, list) and asked and not any(isinstance(item, dict) for item in asked):
        return _line(str(asked[0])) if len(asked) == 1 else f"[ {len(asked)} inputs ]"
    if isinstance(asked, list):
        said = [_plain(item.get("content")) for item in rows(asked) if item.get("role") == "user"]
        return _line(next(filter(None, reversed(said)), ""))
    return _line(str(asked or ""))


def _step_preview(fields: dict[str, msgspec.Raw]) -> str:
    """Returns one line of what a logged tool, look-up or piece of data was given."""
    given = next((fields[name] for name in _STEP_INPUTS if name in fields), _NULL)
    asked = _decoded(given)
    if isinstance(asked, str):
        return _line(asked)
    return _line(bytes(given).decode("utf-8", "replace")) if asked else ""


def _last_user_message(messages: msgspec.Raw) -> str:
    for raw in reversed(_raw_items.decode(messages)):
        message = table(msgspec.json.decode(raw))
        text = _plain(message.get("content") or message.get("parts"))
        if message.get("role", "user") == "user" and text:
            return text
    return ""


def _plain(content: Any) -> str:
    """Returns the texts and transcripts of a message's content, which is a string or a list of parts."""
    if isinstance(content, str):
        return content
    said = (text_of(part.get("text")) or text_of(part.get("transcript")) for part in rows(content))
    return " ".join(filter(None, said))


def _line(text: str) -> str:
    return " ".join(text[: PREVIEW_CHARACTERS * 4].split())[:PREVIEW_CHARACTERS]


def _text(raw: msgspec.Raw | None) -> str:
    value = _decoded(raw) if raw is not None else None
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _decoded(raw: msgspec.Raw) -> Any:
    try:
        return msgspec.json.decode(raw)
    except UNREADABLE:
        return None
