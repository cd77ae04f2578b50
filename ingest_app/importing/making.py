"""From what a record says to a log event: its id, and what its bodies say where the record does not."""

from hashlib import blake2b
from typing import Any, NamedTuple

import msgspec

from ingest_app.dialects import dialect_of
from ingest_app.digest import digest
from ingest_app.doors.manual.answer import answer_of
from ingest_app.events import Facts, LogEvent, Usage, uuid7

REFERRER = "import"


class Draft(NamedTuple):
    """An event without facts, and what its bodies say."""

    event: LogEvent
    facts: Facts


def draft(
    *, source: str, organization_id: int, original_id: str, at_us: int, response_body: bytes, **fields: Any
) -> Draft:
    """Returns an event whose id is the same each time that the same record is imported.

    `fields` are those of LogEvent. A stream that was kept as text becomes the one answer that it amounts to.
    """
    sent = f"{source} {organization_id} {original_id}"
    fields.setdefault("referrer", REFERRER)
    event = LogEvent(
        id=uuid7(at_us, blake2b(sent.encode("utf-8", "replace"), digest_size=10).digest()),
        organization_id=organization_id,
        created_at_us=at_us,
        keeps_time=True,
        response_body=response_body,
        **fields,
    )
    read = digest(_with_dialect(event))
    bodies = read.request_body or b"", read.response_body or b""
    event = msgspec.structs.replace(
        event,
        request_body=bodies[0],
        request_bytes=max(event.request_bytes, len(bodies[0])),
        response_body=bodies[1],
        response_bytes=max(event.response_bytes, len(bodies[1])),
    )
    return Draft(event, read.facts)


def finished(
    drafted: Draft,
    *,
    usage: Usage | None,
    cost_nanodollars: int | None,
    request_model: str = "",
    response_model: str = "",
    time_to_first_token_ms: int | None = None,
    error: str = "",
    preview: str = "",
) -> LogEvent:
    """Returns the event with its facts: what the record says stands before what the bodies do.

    A cost that is known stands, and nothing is computed; its status is the one of the record.
    """
    event, found = drafted
    if cost_nanodollars is not None:
        usage = msgspec.structs.replace(usage or Usage(), reported_cost_nanodollars=cost_nanodollars)
    facts = msgspec.structs.replace(
        found,
        request_model=request_model or found.request_model,
        response_model=response_model or found.response_model,
        user_id="" if event.user_id else found.user_id,
        usage=usage,
        status=None,
        error=error or found.error,
        preview=preview or found.preview,
        time_to_first_token_ms=time_to_first_token_ms,
    )
    return msgspec.structs.replace(event, facts=facts)


def _with_dialect(event: LogEvent) -> LogEvent:
    """Returns the event as the reader wants it: where its path tells nothing, the answer's looks have to."""
    body = event.response_body
    if not body or event.dialect or (body[:1] == b"{" and dialect_of(event.path) is not None):
        return event
    is_json = body[:1] == b"{"
    answer = answer_of(
        json=body if is_json else b"",
        text="" if is_json else body.decode("utf-8", "replace"),
        path=event.path,
    )
    return msgspec.structs.replace(
        event,
        dialect=answer.dialect,
        response_body=answer.body,
        is_stream=event.is_stream or answer.is_stream,
    )
