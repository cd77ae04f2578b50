"""`Helicone-Moderations-Enabled` (contract 1.3): the last user message is shown to OpenAI's moderation first."""

import asyncio
from dataclasses import replace
from typing import Any

import msgspec
import structlog

from gateway_app import errors
from gateway_app.upstream import Call, NotPublic, TimedOut, Timeouts, Unreachable, Upstream
from ingest_app.dialects import UNREADABLE

log = structlog.get_logger(__name__)

CHAT_PATH, MODERATIONS_PATH = "/chat/completions", "/moderations"
# The call waits for the verdict. One that does not come in this time is not waited for.
WITHIN_S = 10.0
_TIMEOUTS = Timeouts(connect_s=5.0, first_byte_s=WITHIN_S, idle_s=WITHIN_S)
_OWN_HEADERS = frozenset((b"authorization", b"openai-organization", b"openai-project", b"user-agent"))


class _Message(msgspec.Struct):
    role: Any = None
    content: Any = None


class _Chat(msgspec.Struct):
    messages: list[_Message] = []


class _Verdict(msgspec.Struct):
    flagged: bool = False
    categories: dict[str, Any] = {}


class _Verdicts(msgspec.Struct):
    results: list[_Verdict] = []


_read_chat = msgspec.json.Decoder(_Chat)
_read_verdicts = msgspec.json.Decoder(_Verdicts)


def question(chat: Call) -> Call | None:
    """Returns the call that asks about a chat call, None where there is no message to ask about."""
    path = chat.target.partition("?")[0]
    if not isinstance(chat.body, bytes) or not path.endswith(CHAT_PATH):
        return None
    text = last_user_text(chat.body)
    if not text:
        return None
    body = msgspec.json.encode({"model": "omni-moderation-latest", "input": text})
    return replace(
        chat,
        target=path.removesuffix(CHAT_PATH) + MODERATIONS_PATH,
        headers=[
            *(pair for pair in chat.headers if pair[0] in _OWN_HEADERS),
            (b"content-type", b"application/json"),
        ],
        body=body,
        body_length=len(body),
        timeouts=_TIMEOUTS,
    )


def last_user_text(body: bytes) -> str:
    """Returns the text of a chat request's last user message, "" where there is none."""
    try:
        messages = _read_chat.decode(body).messages
    except UNREADABLE:
        return ""
    content = next((message.content for message in reversed(messages) if message.role == "user"), None)
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    texts = (part.get("text") for part in parts if isinstance(part, dict))
    return "\n".join(text for text in texts if isinstance(text, str))


def flagged_categories(answer: bytes) -> list[str] | None:
    """Returns why OpenAI flagged the text, None where it did not or the answer cannot be read."""
    try:
        verdicts = _read_verdicts.decode(answer).results
    except UNREADABLE:
        return None
    flagged = [verdict for verdict in verdicts if verdict.flagged]
    return (
        [name for verdict in flagged for name, is_so in verdict.categories.items() if is_so]
        if flagged
        else None
    )


async def require_unflagged(upstream: Upstream, asking: Call) -> None:
    """Ask, and raise the refusal (GatewayError) of what is flagged. A moderation that fails refuses nothing."""
    try:
        async with asyncio.timeout(WITHIN_S), upstream.send(asking) as answer:
            pieces = []
            while piece := await answer.read():
                pieces.append(piece)
            status = answer.status
    except (TimedOut, Unreachable, NotPublic, TimeoutError) as error:
        log.warning("moderation does not answer", error=str(error))
        return
    if status != 200:
        log.warning("moderation does not answer", status=status)
        return
    categories = flagged_categories(b"".join(pieces))
    if categories is not None:
        raise errors.flagged(categories)
