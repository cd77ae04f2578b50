"""The two bodies of a span's row: what was asked, and what came of it. Together they hold all that was sent.

Resource and scope are encoded once for all spans that have them. Keys are not kept.
"""

import re
from typing import Any

import msgspec

from ingest_app.doors.otlp.spans import Attributes, Event, Span

REMOVED = "[removed]"
# Events that tell what the model answered; others are with what was asked.
_ANSWER_EVENTS = frozenset(("gen_ai.choice", "gen_ai.content.completion"))
# Headers that HTTP instrumentations may be told to record.
_KEY_HEADERS = (
    "authorization",
    "proxy-authorization",
    "helicone-auth",
    "x-api-key",
    "api-key",
    "x-goog-api-key",
    "cookie",
)
_KEYS = frozenset(
    f"http.request.header.{spelt}" for name in _KEY_HEADERS for spelt in (name, name.replace("-", "_"))
)
_ADDRESSES = frozenset(("url.full", "url.query", "http.url", "http.target"))
_KEY_IN_ADDRESS = re.compile(r"\b((?:api[-_]?)?key|access_token|token)=[^&#\s]+", re.IGNORECASE)
# Traceloop records the headers that a call was given beside the client's own.
_HEADERS = "llm.headers"

_encode = msgspec.json.Encoder().encode


def without_keys(attributes: Attributes) -> Attributes:
    """Returns the attributes without the values of those that carry keys."""
    for name in attributes.keys() & _KEYS:
        attributes[name] = REMOVED
    for name in attributes.keys() & _ADDRESSES:
        if isinstance(attributes[name], str):
            attributes[name] = _KEY_IN_ADDRESS.sub(rf"\1={REMOVED}", attributes[name])
    if _HEADERS in attributes:
        attributes[_HEADERS] = REMOVED
    return attributes


def without_key(body: bytes, key: str) -> bytes:
    """Returns the body without the API key that it was posted with."""
    return body.replace(key.encode("utf-8", "replace"), REMOVED.encode()) if key else body


def request_body(span: Span, asked: Attributes) -> bytes:
    """Returns the JSON of the span without its answer."""
    body: dict[str, Any] = {"name": span.name, "kind": span.kind, "attributes": asked}
    events = [_event(event) for event in span.events if event.name not in _ANSWER_EVENTS]
    if events:
        body["events"] = events
    if span.links:
        body["links"] = span.links
    body["resource"] = span.source.resource_json
    body["scope"] = span.source.scope_json
    if span.status or span.status_message:
        body["status"] = {"code": span.status, "message": span.status_message}
    if span.trace_state:
        body["trace_state"] = span.trace_state
    body["start_time_unix_nano"] = span.start_ns
    body["end_time_unix_nano"] = span.end_ns
    return _encode(body)


def response_body(span: Span, answered: Attributes) -> bytes:
    """Returns the JSON of what belongs to the answer; empty when nothing does."""
    events = [_event(event) for event in span.events if event.name in _ANSWER_EVENTS]
    if not answered and not events:
        return b""
    return _encode({"attributes": answered, "events": events} if events else {"attributes": answered})


def _event(event: Event) -> dict[str, Any]:
    return {"name": event.name, "time_unix_nano": event.time_ns, "attributes": event.attributes}
