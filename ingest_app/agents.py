"""Coding agents and the session that they carry in their requests.

Only what is surely theirs is taken: a session that is none of the agent's would join strangers' requests.
"""

import re
from typing import NamedTuple

import msgspec

from ingest_app.dialects import UNREADABLE, Json, table, text_of

_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_IS_UUID = re.compile(_UUID)
_DEVICE = re.compile(r"[0-9a-f]{64}")
# Claude Code before 2.1.78; the account is empty with an API key.
_CLAUDE_CODE_USER = re.compile(rf"user_[0-9a-f]{{64}}_account_(?:{_UUID})?_session_({_UUID})")
_CODEX_OPENING_CHARACTERS = 200


class AgentSession(NamedTuple):
    """A run of a coding agent; both empty when there is none."""

    id: str = ""
    name: str = ""


def claude_code_session(metadata: object) -> AgentSession:
    """Returns the session in an Anthropic request's `metadata`."""
    user_id = text_of(table(metadata).get("user_id"))
    if found := _CLAUDE_CODE_USER.fullmatch(user_id):
        return AgentSession(found[1], "Claude Code")
    if user_id.startswith("{"):  # since 2.1.78: {"device_id", "account_uuid", "session_id"}
        try:
            parts: Json = table(msgspec.json.decode(user_id))
        except UNREADABLE:
            return AgentSession()
        session = text_of(parts.get("session_id"))
        if _DEVICE.fullmatch(text_of(parts.get("device_id"))) and _IS_UUID.fullmatch(session):
            return AgentSession(session, "Claude Code")
    return AgentSession()


def codex_session(*, cache_key: object, instructions: object, client_metadata: object) -> AgentSession:
    """Returns the session of a request to `/responses`, whose `prompt_cache_key` is Codex' conversation.

    Others use that field as well, so Codex has to be named: in `client_metadata`, or by the first words of the
    instructions.
    """
    key = text_of(cache_key)
    is_codex = (
        any(name.startswith("x-codex-") for name in table(client_metadata))
        or "Codex" in text_of(instructions)[:_CODEX_OPENING_CHARACTERS]
    )
    return AgentSession(key, "Codex") if is_codex and _IS_UUID.fullmatch(key) else AgentSession()
