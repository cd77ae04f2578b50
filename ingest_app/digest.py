"""What an event means: pure functions from wire bytes to facts and the bodies worth keeping.

Nothing here trusts what it reads: bodies come from any client and any provider, and a body that cannot be read
is kept as it is, without facts.
"""

from contextlib import suppress
from typing import NamedTuple

import msgspec
import structlog

from ingest_app.asked import request_facts
from ingest_app.cut import closed
from ingest_app.dialects import (
    UNREADABLE,
    Dialect,
    Fold,
    Json,
    dialect_named,
    dialect_of,
    frames,
    is_framed_without_sse,
    table,
    text_of,
    usage_of,
)
from ingest_app.encodings import Undecodable, decode
from ingest_app.estimate import estimated_usage
from ingest_app.events import BY_HAND, Facts, LogEvent, Usage

log = structlog.get_logger(__name__)

_CLIENT_CANCELLED = -3  # LogEvent.status
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
    # Bedrock's exceptions inside an event stream.
    "throttlingException": 429,
    "validationException": 400,
    "modelTimeoutException": 408,
    "serviceUnavailableException": 503,
}


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
    if event.facts is not None and not (event.is_stream or is_framed_without_sse(response_body)):
        return _stored(event, event.facts, request_body, response_body)  # and there is no stream to fold
    asked = request_facts(request_body, event.path, is_cut=event.request_is_cut)
    dialect = dialect_named(event.dialect) or dialect_of(event.path)
    answered, response_body = _answer(event, dialect, request_body, response_body)
    facts = Facts(
        request_model=asked.request_model,
        user_id=asked.user_id,
        session_id=asked.session_id,
        session_name=asked.session_name,
        preview=asked.preview,
        response_model=answered.response_model,
        usage=answered.usage,
        status=answered.status,
        error=answered.error,
        time_to_first_token_ms=answered.time_to_first_token_ms,
    )
    # Who had both bodies, and when they came, knows more.
    return _stored(event, event.facts or facts, request_body, response_body)


def without_omitted(event: LogEvent) -> LogEvent:
    """Returns the event without the bodies that must not be stored, what they said kept as facts.

    Called before the event leaves the gateway, so that an omitted body is never written anywhere.
    """
    if not (event.omit_request or event.omit_response):
        return event
    try:
        facts = digest(event).facts
    except Exception:
        # The bodies cannot be read, so nothing is known of them; stored they must not be.
        log.exception("omitted bodies not understood", event_id=str(event.id))
        return msgspec.structs.replace(event, request_body=b"", response_body=b"", prompt_inputs=b"")
    if event.omit_request:
        facts = msgspec.structs.replace(facts, preview="")
    return msgspec.structs.replace(
        event,
        facts=facts,
        request_body=b"" if event.omit_request else event.request_body,
        response_body=b"" if event.omit_response else event.response_body,
        prompt_inputs=b"" if event.omit_request else event.prompt_inputs,
        arrivals=[],
    )


def _stored(event: LogEvent, facts: Facts, request_body: bytes, response_body: bytes) -> Digest:
    return Digest(
        facts,
        None if event.omit_request else request_body,
        None if event.omit_response else response_body,
    )


def _unpacked(body: bytes, encoding: str) -> bytes:
    try:
        return decode(body, encoding) if encoding else body
    except Undecodable:
        return body


def _answer(
    event: LogEvent, dialect: Dialect | None, request_body: bytes, body: bytes
) -> tuple[Facts, bytes]:
    """Returns the facts of the answer, and the answer as one JSON object where it was a stream."""
    looks_streamed = dialect is not None and is_framed_without_sse(body)
    answer = None if looks_streamed else _object(body)
    fold: Fold | None = None
    first_content_end: int | None = None
    if answer is None and dialect and dialect.new_fold and (event.is_stream or looks_streamed):
        fold = dialect.new_fold()
        error, first_content_end = _fold(fold, body)
        answer = fold.answer()
        if answer is None and not error:
            return Facts(error=event.error, time_to_first_token_ms=event.time_to_first_token_ms), body
        if answer is not None:
            error = error or table(answer.get("error"))
            answer = {**answer, "error": error} if error else answer
        with suppress(RecursionError):  # then the stream itself is kept
            body = msgspec.json.encode(answer if answer is not None else {"error": error})
    else:
        if answer is None and event.response_is_cut:
            answer = _object(closed(body))
        error = _error_of(answer, event.status)
    usage = (
        usage_of(event.provider, dialect, answer, is_told_by_sender=event.referrer == BY_HAND)
        if dialect and answer
        else None
    )
    is_counted_out = usage is not None and (fold is None or fold.usage_is_final)
    began = fold is not None and event.status < 400 and (first_content_end is not None or not error)
    if dialect and dialect.is_text and answer and began and not is_counted_out:
        usage = _estimate(event, request_body, answer, usage)
    failed = bool(error) or event.status >= 400 or event.status < 0
    return (
        Facts(
            response_model=_string((answer or {}).get("model") or (answer or {}).get("modelVersion")),
            usage=usage,
            status=_status_of(error)
            if error and _may_hold_error(event.status, is_stream=fold is not None)
            else None,
            error=event.error or (_error_name(error) if failed else ""),
            time_to_first_token_ms=_first_token_ms(event, first_content_end),
        ),
        body,
    )


def _fold(fold: Fold, stream: bytes) -> tuple[Json, int | None]:
    """Give `fold` the events of `stream`. Returns an error that came inside, and where the first content ended."""
    error: Json = {}
    first_content_end = None
    for event in frames(stream):
        data = _object(event.data)
        if data is None:
            continue  # [DONE], or a comment in disguise
        if event.type == "error" or isinstance(data.get("error"), dict):
            error = table(data.get("error")) or data
        elif fold.add(event.type, data) and first_content_end is None:
            first_content_end = event.end
    return error, first_content_end


def _estimate(event: LogEvent, request_body: bytes, answer: Json, reported: Usage | None) -> Usage:
    kept = len(event.response_body)
    larger = event.response_bytes / kept if event.response_is_cut and kept else 1
    return estimated_usage(request_body, answer, reported, whole_answer=max(larger, 1))


def _first_token_ms(event: LogEvent, offset: int | None) -> int | None:
    """Returns when the byte before `offset` came, in milliseconds since arrival, unless the sender told the time.

    In a compressed stream offsets say nothing, so there it is the time of its first bytes.
    """
    if event.time_to_first_token_ms is not None or offset is None or not event.arrivals:
        return event.time_to_first_token_ms
    if event.response_encoding not in {"", "identity"}:
        return event.arrivals[0][1]
    return next((at_ms for received, at_ms in event.arrivals if received >= offset), event.arrivals[-1][1])


def _object(body: bytes) -> Json | None:
    try:
        value = msgspec.json.decode(body)
    except UNREADABLE:
        return None
    return value if isinstance(value, dict) else None


def _error_of(answer: Json | None, status: int) -> Json:
    """Returns the error in a plain answer, whose form differs: an object, a text, or the whole answer."""
    error = (answer or {}).get("error")
    if isinstance(error, dict) or not answer:
        return table(error)
    if status < 400:
        return {}
    said = text_of(error) or text_of(answer.get("message")) or text_of(answer.get("detail"))
    return {"code": answer.get("code"), "type": answer.get("type"), "message": said} if said else {}


def _error_name(error: Json) -> str:
    """Returns the provider's own short name of the error, such as `rate_limit_exceeded`."""
    named = (text_of(error.get(key)) for key in ("code", "type", "status"))
    return next(filter(None, named), "") or _string(error.get("code")) or _string(error.get("message"))[:100]


def _may_hold_error(status: int, *, is_stream: bool) -> bool:
    """Returns whether an error inside says more than `status`: also of a stream whose client hung up on reading it."""
    return 200 <= status < 300 or (is_stream and status == _CLIENT_CANCELLED)


def _status_of(error: Json) -> int:
    """Returns the status that an error inside a 200 stream has outside one."""
    code = error.get("code")
    if isinstance(code, int) and 400 <= code < 600:
        return code
    return _STATUS_OF_ERROR.get(text_of(error.get("type")) or text_of(code), 500)


def _string(value: object) -> str:
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
