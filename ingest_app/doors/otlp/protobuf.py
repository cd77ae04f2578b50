"""OTLP in protobuf.

The three outer levels are walked here, so that each span is decoded by itself: what is wrong with one is no fault
of the others.
"""

from base64 import b64encode
from collections.abc import Iterator
from math import isfinite
from typing import Any

from google.protobuf.message import DecodeError
from opentelemetry.proto.common.v1.common_pb2 import InstrumentationScope
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import Span as SpanMessage

from ingest_app.doors.otlp.spans import (
    MAX_ATTRIBUTES,
    MAX_DEPTH,
    MAX_EVENTS,
    Attributes,
    BadPost,
    BadSpan,
    Event,
    Source,
    Span,
    checked_ids,
    kind_name,
    source,
    status_name,
)

# Field numbers (opentelemetry/proto/trace/v1/trace.proto).
_RESOURCE_SPANS = 1  # TracesData
_RESOURCE, _SCOPE_SPANS, _RESOURCE_SCHEMA_URL = 1, 2, 3  # ResourceSpans
_SCOPE, _SPANS, _SCOPE_SCHEMA_URL = 1, 2, 3  # ScopeSpans

_VARINT, _FIXED64, _LENGTH, _FIXED32 = 0, 1, 2, 5  # wire types
_MAX_VARINT_BYTES = 10
_PLAIN = frozenset(("string_value", "int_value", "bool_value"))


def read_spans(body: bytes) -> Iterator[Span | BadSpan]:
    """Yields the spans of an ExportTraceServiceRequest, and for each that cannot be taken why. Raises BadPost."""
    for number, resource_spans in _fields(memoryview(body)):
        if number == _RESOURCE_SPANS:
            yield from _of_resource(resource_spans)


def _of_resource(data: memoryview) -> Iterator[Span | BadSpan]:
    resource, scopes, schema_url = Resource(), [], ""
    for number, value in _fields(data):
        if number == _RESOURCE:
            resource = _parsed(Resource, value)
        elif number == _SCOPE_SPANS:
            scopes.append(value)
        elif number == _RESOURCE_SCHEMA_URL:
            schema_url = _text(value)
    described = {"attributes": _source_attributes(resource.attributes), "schema_url": schema_url}
    for value in scopes:
        yield from _of_scope(value, described)


def _of_scope(data: memoryview, resource: dict[str, Any]) -> Iterator[Span | BadSpan]:
    scope, spans, schema_url = InstrumentationScope(), [], ""
    for number, value in _fields(data):
        if number == _SCOPE:
            scope = _parsed(InstrumentationScope, value)
        elif number == _SPANS:
            spans.append(value)
        elif number == _SCOPE_SCHEMA_URL:
            schema_url = _text(value)
    described = {
        "name": scope.name,
        "version": scope.version,
        "attributes": _source_attributes(scope.attributes),
        "schema_url": schema_url,
    }
    origin = source(resource, described)
    for value in spans:
        try:
            yield _span(SpanMessage.FromString(bytes(value)), origin)
        except DecodeError:
            yield BadSpan("a span is no protobuf, nested too deeply, or has text that is not UTF-8")
        except BadSpan as error:
            yield error


def _span(message: SpanMessage, origin: Source) -> Span:
    trace_id, span_id, parent_id = checked_ids(message.trace_id, message.span_id, message.parent_span_id)
    if len(message.attributes) > MAX_ATTRIBUTES or len(message.events) > MAX_EVENTS:
        raise BadSpan("a span has too many attributes or events")
    status = message.status
    return Span(
        source=origin,
        trace_id=trace_id,
        span_id=span_id,
        parent_id=parent_id,
        name=message.name,
        kind=kind_name(message.kind),
        start_ns=message.start_time_unix_nano,
        end_ns=message.end_time_unix_nano,
        attributes=_attributes(message.attributes),
        events=[
            Event(event.name, event.time_unix_nano, _attributes(event.attributes)) for event in message.events
        ],
        links=[
            {
                "trace_id": link.trace_id.hex(),
                "span_id": link.span_id.hex(),
                "attributes": _attributes(link.attributes),
            }
            for link in message.links
        ],
        status=status_name(status.code),
        status_message=status.message,
        trace_state=message.trace_state,
    )


def _attributes(pairs: Any) -> Attributes:
    found: Attributes = {}
    for pair in pairs:
        value = pair.value
        kind = value.WhichOneof("value")
        # Nearly all are texts and numbers: what follows is the hot path of a post.
        found[pair.key] = getattr(value, kind) if kind in _PLAIN else _other_value(value, kind, 0)
    return found


def _other_value(value: Any, kind: str | None, depth: int) -> Any:
    match kind:
        case None:
            return None
        case "double_value":
            number = value.double_value
            return number if isfinite(number) else _not_finite(number)
        case "bytes_value":
            return b64encode(value.bytes_value).decode()
        case "array_value":
            return [_value(item, depth + 1) for item in value.array_value.values]
        case "kvlist_value":
            return {pair.key: _value(pair.value, depth + 1) for pair in value.kvlist_value.values}
    return None  # a kind of a later version


def _value(value: Any, depth: int) -> Any:
    if depth > MAX_DEPTH:
        raise BadSpan("an attribute is nested too deeply")
    kind = value.WhichOneof("value")
    return getattr(value, kind) if kind in _PLAIN else _other_value(value, kind, depth)


def _not_finite(number: float) -> str:
    if number != number:
        return "NaN"
    return "Infinity" if number > 0 else "-Infinity"


def _source_attributes(pairs: Any) -> Attributes:
    try:
        return _attributes(pairs)
    except BadSpan as error:
        raise BadPost(f"a resource or scope: {error}") from error


def _parsed(message_class: Any, data: memoryview) -> Any:
    try:
        return message_class.FromString(bytes(data))
    except DecodeError as error:
        raise BadPost("a resource or scope is no protobuf") from error


def _text(data: memoryview) -> str:
    return bytes(data).decode("utf-8", "replace")


def _fields(data: memoryview) -> Iterator[tuple[int, memoryview]]:
    """Yields (number, bytes) of the fields that have a length. Raises BadPost."""
    position, end = 0, len(data)
    while position < end:
        tag, position = _varint(data, position)
        wire_type = tag & 7
        if wire_type == _VARINT:
            _, position = _varint(data, position)
        elif wire_type == _LENGTH:
            length, position = _varint(data, position)
            if length > end - position:
                raise BadPost("the body ends within a field")
            yield tag >> 3, data[position : position + length]
            position += length
        elif wire_type in {_FIXED64, _FIXED32}:
            position += 8 if wire_type == _FIXED64 else 4
        else:
            raise BadPost("the body is no protobuf of OTLP")
    if position > end:
        raise BadPost("the body ends within a field")


def _varint(data: memoryview, position: int) -> tuple[int, int]:
    """Returns the number at `position`, and where it ends."""
    number = 0
    for shift in range(_MAX_VARINT_BYTES):
        if position >= len(data):
            raise BadPost("the body ends within a field")
        byte = data[position]
        position += 1
        number |= (byte & 0x7F) << 7 * shift
        if byte < 0x80:
            return number, position
    raise BadPost("the body is no protobuf of OTLP")
