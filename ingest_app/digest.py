"""What an event means: pure functions from wire bytes to facts and the bodies worth keeping.

Nothing here trusts what it reads: bodies come from any client and any provider, and a body that cannot be read
is kept as it is, without facts.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec

from ingest_app import sse
from ingest_app.dialects import Dialect, Fold, Json, dialect_of, rows, table
from ingest_app.encodings import Undecodable, decode
from ingest_app.events import Facts, LogEvent

PREVIEW_CHARACTERS = 200

# Anthropic's error types inside a stream and the status that the same error has outside one
# (docs.anthropic.com/en/api/errors).
_STATUS_OF_ERROR = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "rate_limit_exceeded": 429,
    "overloaded_error": 529,
}
_raw_fields = msgspec.json.Decoder(dict[str, msgspec.Raw])
_raw_items = msgspec.json.Decoder(list[msgspec.Raw])


class Digest(NamedTuple):
    """What the writer stores of an event's bodies. None where the body was omitted."""

    facts: Facts
    request_body: bytes | None
    response_body: bytes | None


def digest(event: LogEvent) -> Digest:
    """Returns the facts of `event` and its bodies, unpacked, and folded where the answer was a stream."""
    if event.facts is not None and event.omit_request and event.omit_response:
        return Digest(event.facts, None, None)
    request_body = _unpacked(event.request_body, event.request_encoding)
    response_body = _unpacked(event.response_body, event.response_encoding)
    dialect = dialect_of(event.path)
    known = event.facts or Facts()
    request_facts = known if event.facts and event.omit_request else _request_facts(request_body)
    if event.facts and event.omit_response:
        answer_facts = known
    else:
        answer_facts, response_body = _answer(event, dialect, response_body)
    facts = Facts(
        request_model=request_facts.request_model,
        user_id=request_facts.user_id,
        preview=request_facts.preview,
        response_model=answer_facts.response_model,
        usage=answer_facts.usage,
        status=answer_facts.status,
        error=answer_facts.error,
        time_to_first_token_ms=answer_facts.time_to_first_token_ms,
    )
    return Digest(
        facts,
        None if event.omit_request else request_body,
        None if event.omit_response else response_body,
    )


def without_omitted(event: LogEvent) -> LogEvent:
    """Returns the event without the bodies that must not be stored, what they said kept as facts.

    Called before the event leaves the gateway, so that an omitted body is never written anywhere.
    """
    if not (event.omit_request or event.omit_response):
        return event
    facts = digest(event).facts
    if event.omit_request:
        facts = msgspec.structs.replace(facts, preview="")
    return msgspec.structs.replace(
        event,
        facts=facts,
        request_body=b"" if event.omit_request else event.request_body,
        response_body=b"" if event.omit_response else event.response_body,
        arrivals=[],
    )


def _unpacked(body: bytes, encoding: str) -> bytes:
    try:
        return decode(body, encoding) if encoding else body
    except Undecodable:
        return body


def _request_facts(body: bytes) -> Facts:
    """Only the fields that are asked for are decoded: an agent's request repeats its whole history."""
    try:
        fields = _raw_fields.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Facts()
    return Facts(
        request_model=_text(fields.get("model")),
        user_id=_text(fields.get("user")),
        preview=_preview(fields),
    )


def _answer(event: LogEvent, dialect: Dialect | None, body: bytes) -> tuple[Facts, bytes]:
    """Returns the facts of the answer, and the answer as one JSON object where it was a stream."""
    answer: Json | None
    error: Json = {}
    first_content_end: int | None = None
    if event.is_stream and dialect and dialect.new_fold:
        answer, error, first_content_end = _folded(dialect.new_fold, body)
        if answer is None and not error:
            return Facts(error=event.error), body
        body = msgspec.json.encode(answer if answer is not None else {"error": error})
    else:
        answer = _object(body)
        error = table((answer or {}).get("error"))
    failed = bool(error) or event.status >= 400 or event.status < 0
    status = None
    if error and 200 <= event.status < 300:
        status = _STATUS_OF_ERROR.get(str(error.get("type") or error.get("code")), 500)
    return (
        Facts(
            response_model=_string((answer or {}).get("model")),
            usage=dialect.usage(answer) if dialect and answer else None,
            status=status,
            error=event.error or (_error_name(error) if failed else ""),
            time_to_first_token_ms=_time_at(event, first_content_end),
        ),
        body,
    )


def _folded(new_fold: Callable[[], Fold], stream: bytes) -> tuple[Json | None, Json, int | None]:
    """Returns the folded answer, an error that came inside the stream, and where the first content ended."""
    fold = new_fold()
    error: Json = {}
    first_content_end = None
    for event in sse.events(stream):
        data = _object(event.data)
        if data is None:
            continue  # [DONE], or a comment in disguise
        if event.type == "error" or isinstance(data.get("error"), dict):
            error = table(data.get("error")) or data
        elif fold.add(event.type, data) and first_content_end is None:
            first_content_end = event.end
    answer = fold.answer()
    if answer is not None:
        error = error or table(answer.get("error"))
        if error:
            answer = {**answer, "error": error}
    return answer, error, first_content_end


def _time_at(event: LogEvent, offset: int | None) -> int | None:
    """Returns when the byte before `offset` came, in milliseconds since arrival.

    In a compressed stream offsets say nothing, so there it is the time of its first bytes.
    """
    if offset is None or not event.arrivals:
        return None
    if event.response_encoding not in {"", "identity"}:
        return event.arrivals[0][1]
    return next((at_ms for received, at_ms in event.arrivals if received >= offset), event.arrivals[-1][1])


def _object(body: bytes) -> Json | None:
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return value if isinstance(value, dict) else None


def _error_name(error: Json) -> str:
    """Returns the provider's own short name of the error, such as `rate_limit_exceeded`."""
    return _string(error.get("code")) or _string(error.get("type")) or _string(error.get("message"))[:100]


def _preview(fields: dict[str, msgspec.Raw]) -> str:
    """Returns one line of what was asked: the last user message, the prompt, or the number of inputs."""
    try:
        if "messages" in fields:
            return _line(_last_user_message(fields["messages"]))
        asked = msgspec.json.decode(fields.get("input", fields.get("prompt", msgspec.Raw(b"null"))))
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""
    if isinstance(asked, list) and asked and not any(isinstance(item, dict) for item in asked):
        return _line(str(asked[0])) if len(asked) == 1 else f"[ {len(asked)} inputs ]"
    if isinstance(asked, list):
        said = [_plain(item.get("content")) for item in rows(asked) if item.get("role") == "user"]
        return _line(next(filter(None, reversed(said)), ""))
    return _line(str(asked or ""))


def _last_user_message(messages: msgspec.Raw) -> str:
    for raw in reversed(_raw_items.decode(messages)):
        message = table(msgspec.json.decode(raw))
        text = _plain(message.get("content"))
        if message.get("role") == "user" and text:
            return text
    return ""


def _plain(content: Any) -> str:
    """Returns the text parts of a message's content, which is a string or a list of parts."""
    if isinstance(content, str):
        return content
    return " ".join(text for part in rows(content) if isinstance(text := part.get("text"), str))


def _line(text: str) -> str:
    return " ".join(text[: PREVIEW_CHARACTERS * 4].split())[:PREVIEW_CHARACTERS]


def _text(raw: msgspec.Raw | None) -> str:
    try:
        return _string(msgspec.json.decode(raw)) if raw is not None else ""
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""


def _string(value: object) -> str:
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
