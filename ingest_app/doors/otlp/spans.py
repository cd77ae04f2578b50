"""A span as OTLP tells it, whichever of its two encodings it came in."""

from typing import Any, NamedTuple

import msgspec

Attributes = dict[str, Any]
"""Values as JSON has them: bytes are base64, numbers that JSON has not (NaN) are their names in the proto3 mapping."""

MAX_ATTRIBUTES = 20_000  # of a span; tracers allow 128, and some conventions raise that to 10,000
MAX_DEPTH = 30  # of lists and maps within an attribute; what decodes protobuf stops at 100 messages, three for each map
# Of one span. A trace's links and a stream's chunks are events too.
MAX_EVENTS = 20_000

_TRACE_ID_BYTES, _SPAN_ID_BYTES = 16, 8
_MAX_UINT64 = 2**64 - 1
_STATUSES = ("", "OK", "ERROR")
_KINDS = ("unspecified", "internal", "server", "client", "producer", "consumer")


class BadPost(ValueError):
    """The body as a whole is not what it says. Holds the reason."""


class BadSpan(ValueError):
    """One span cannot be taken. Holds the reason."""


class Source(msgspec.Struct, frozen=True):
    """Where spans come from: a resource (a service), and a scope (the library that made them)."""

    resource: Attributes
    resource_json: msgspec.Raw
    scope_json: msgspec.Raw


class Event(NamedTuple):
    """Something that happened within a span."""

    name: str
    time_ns: int
    attributes: Attributes


class Span(msgspec.Struct, kw_only=True):
    """One span. Ids are lower-case hex, and `parent_id` is empty for a root; times are ns since the epoch."""

    source: Source
    trace_id: str
    span_id: str
    parent_id: str
    name: str
    kind: str
    start_ns: int
    end_ns: int
    attributes: Attributes
    events: list[Event]
    links: list[dict[str, Any]]
    status: str  # "OK", "ERROR", or "" where nobody set it
    status_message: str
    trace_state: str

    @property
    def latency_ms(self) -> int:
        """Returns how long it took; 0 when its clock went backwards."""
        return max(self.end_ns - self.start_ns + 500_000, 0) // 1_000_000 if self.end_ns else 0


def source(resource: dict[str, Any], scope: dict[str, Any]) -> Source:
    """Returns the source of these, each with what is empty left out."""
    return Source(
        resource.get("attributes") or {},
        msgspec.Raw(msgspec.json.encode(_filled(resource))),
        msgspec.Raw(msgspec.json.encode(_filled(scope))),
    )


def checked_ids(trace_id: bytes, span_id: bytes, parent_id: bytes) -> tuple[str, str, str]:
    """Returns the ids in hex. Raises BadSpan."""
    if len(trace_id) != _TRACE_ID_BYTES or not any(trace_id):
        raise BadSpan("a trace_id must have 16 bytes, not all zero")
    if len(span_id) != _SPAN_ID_BYTES or not any(span_id):
        raise BadSpan("a span_id must have 8 bytes, not all zero")
    if len(parent_id) not in {0, _SPAN_ID_BYTES}:
        raise BadSpan("a parent_span_id must have 8 bytes, or none")
    return trace_id.hex(), span_id.hex(), parent_id.hex() if any(parent_id) else ""


def checked_time(time_ns: int) -> int:
    """Returns `time_ns`. Raises BadSpan for what no encoding can hold."""
    if not 0 <= time_ns <= _MAX_UINT64:
        raise BadSpan("a time is out of range")
    return time_ns


def kind_name(number: int) -> str:
    """Returns the name of OTLP's SpanKind; later versions may have more of them."""
    return _KINDS[number] if 0 <= number < len(_KINDS) else _KINDS[0]


def status_name(number: int) -> str:
    """Returns the name of OTLP's StatusCode, "" for what was not set."""
    return _STATUSES[number] if 0 <= number < len(_STATUSES) else ""


def _filled(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value}
