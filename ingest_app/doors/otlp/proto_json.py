"""OTLP in JSON: the proto3 mapping with hex ids (opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding).

As in protobuf, each span is decoded by itself. Names are lowerCamelCase; readers of the proto3 mapping take the
original snake_case too, and so do these.
"""

from base64 import b64decode, b64encode, urlsafe_b64decode
from binascii import Error as Base64Error
from collections.abc import Iterator
from math import isfinite
from typing import Any

import msgspec

from ingest_app.dialects import UNREADABLE
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
    checked_time,
    kind_name,
    source,
    status_name,
)

Json = dict[str, Any]

# Names of enumerations; their place is their number.
_KINDS = tuple(
    f"SPAN_KIND_{name}" for name in ("UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER")
)
_STATUSES = ("STATUS_CODE_UNSET", "STATUS_CODE_OK", "STATUS_CODE_ERROR")
_NOT_FINITE = frozenset(("NaN", "Infinity", "-Infinity"))
_INT64 = range(-(2**63), 2**63)

_raw_fields = msgspec.json.Decoder(dict[str, msgspec.Raw])
_raw_items = msgspec.json.Decoder(list[msgspec.Raw] | None)
_object = msgspec.json.Decoder(Json | None)


def read_spans(body: bytes) -> Iterator[Span | BadSpan]:
    """Yields the spans of an ExportTraceServiceRequest, and for each that cannot be taken why. Raises BadPost."""
    for raw in _items(_fields(body), "resourceSpans"):
        fields = _fields(raw)
        resource = _described(fields, "resource")
        for scope_spans in _items(fields, "scopeSpans"):
            yield from _of_scope(_fields(scope_spans), resource)


def _of_scope(fields: dict[str, msgspec.Raw], resource: Json) -> Iterator[Span | BadSpan]:
    origin = source(resource, _described(fields, "scope"))
    for raw in _items(fields, "spans"):
        try:
            yield _span(_camel(_checked(msgspec.json.decode(raw), dict)), origin)
        except UNREADABLE:
            yield BadSpan("a span is no JSON, or nested too deeply")
        except BadSpan as error:
            yield error


def _span(fields: Json, origin: Source) -> Span:
    trace_id, span_id, parent_id = checked_ids(
        _id(fields, "traceId"), _id(fields, "spanId"), _id(fields, "parentSpanId")
    )
    status = _camel(_checked(fields.get("status") or {}, dict))
    return Span(
        source=origin,
        trace_id=trace_id,
        span_id=span_id,
        parent_id=parent_id,
        name=_text(fields, "name"),
        kind=kind_name(_number_of(fields.get("kind"), _KINDS)),
        start_ns=_time(fields, "startTimeUnixNano"),
        end_ns=_time(fields, "endTimeUnixNano"),
        attributes=_attributes(fields),
        events=[_event(_camel(_checked(event, dict))) for event in _listed(fields, "events", MAX_EVENTS)],
        links=[_link(_camel(_checked(link, dict))) for link in _listed(fields, "links", MAX_EVENTS)],
        status=status_name(_number_of(status.get("code"), _STATUSES)),
        status_message=_text(status, "message"),
        trace_state=_text(fields, "traceState"),
    )


def _event(fields: Json) -> Event:
    return Event(_text(fields, "name"), _time(fields, "timeUnixNano"), _attributes(fields))


def _link(fields: Json) -> Json:
    ids = {"trace_id": _id(fields, "traceId").hex(), "span_id": _id(fields, "spanId").hex()}
    return {**ids, "attributes": _attributes(fields)}


def _attributes(fields: Json) -> Attributes:
    found: Attributes = {}
    for pair in _listed(fields, "attributes", MAX_ATTRIBUTES):
        if not isinstance(pair, dict):
            raise BadSpan("an attribute is no object with key and value")
        value = pair.get("value")
        # Nearly all are texts: the hot path of a post.
        text = value.get("stringValue") if isinstance(value, dict) else None
        found[_text(pair, "key")] = text if isinstance(text, str) else _value(value, 0)
    return found


def _value(value: Any, depth: int) -> Any:
    """Returns what an AnyValue holds. Raises BadSpan."""
    if value is None or value == {}:
        return None
    if depth > MAX_DEPTH:
        raise BadSpan("an attribute is nested too deeply")
    for name, held in _camel(_checked(value, dict)).items():
        if held is None:
            continue
        match name:
            case "stringValue":
                return _checked(held, str)
            case "intValue":
                return _integer(held, _INT64)
            case "boolValue":
                return _checked(held, bool)
            case "doubleValue":
                return _double(held)
            case "bytesValue":
                return b64encode(_from_base64(_checked(held, str))).decode()
            case "arrayValue":
                items = _listed(_camel(_checked(held, dict)), "values", None)
                return [_value(item, depth + 1) for item in items]
            case "kvlistValue":
                pairs = _listed(_camel(_checked(held, dict)), "values", None)
                return {
                    _text(_checked(pair, dict), "key"): _value(pair.get("value"), depth + 1) for pair in pairs
                }
    return None  # a kind of a later version


def _integer(value: Any, allowed: range) -> int:
    """Returns a number of 64 bits, which JSON holds as text or as a number. Raises BadSpan."""
    try:
        number = int(value) if isinstance(value, str) else value
    except ValueError:
        number = None
    if isinstance(number, float) and number.is_integer():
        number = int(number)
    if isinstance(number, bool) or not isinstance(number, int) or number not in allowed:
        raise BadSpan("a number is none, or out of range")
    return number


def _double(value: Any) -> float | str:
    if isinstance(value, str):
        if value in _NOT_FINITE:
            return value
        try:
            value = float(value)
        except ValueError:
            value = None
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise BadSpan("a doubleValue is no number")
    return float(value)


def _id(fields: Json, name: str) -> bytes:
    """Returns an id, which is hex here; some senders write base64, as proto3 does elsewhere. Raises BadSpan."""
    text = _text(fields, name)
    try:
        return bytes.fromhex(text)
    except ValueError:
        return _from_base64(text)


def _from_base64(text: str) -> bytes:
    padded = text + "=" * (-len(text) % 4)
    try:
        return urlsafe_b64decode(padded) if "-" in text or "_" in text else b64decode(padded, validate=True)
    except (Base64Error, ValueError) as error:
        raise BadSpan("an id or a bytesValue is neither hex nor base64") from error


def _time(fields: Json, name: str) -> int:
    value = fields.get(name)
    return checked_time(_integer(value, range(2**64))) if value is not None else 0


def _number_of(value: Any, names: tuple[str, ...]) -> int:
    """Returns the number of an enumeration's value, which is told by name or number; 0 for an unknown one."""
    if isinstance(value, str):
        return names.index(value) if value in names else 0
    return value if isinstance(value, int) else 0


def _text(fields: Json, name: str) -> str:
    text: str = _checked(fields.get(name) or "", str)
    return text


def _listed(fields: Json, name: str, limit: int | None) -> list[Any]:
    items: list[Any] = _checked(fields.get(name) or [], list)
    if limit is not None and len(items) > limit:
        raise BadSpan("a span has too many attributes or events")
    return items


def _checked(value: Any, *types: type) -> Any:
    if not isinstance(value, types):
        raise BadSpan(f"{types[0].__name__} expected, not {type(value).__name__}")
    return value


def _camel(fields: Json) -> Json:
    """Returns the object with its names in lowerCamelCase."""
    return {_camel_name(name): value for name, value in fields.items()} if _has_snake(fields) else fields


def _has_snake(fields: Json) -> bool:
    return any("_" in name for name in fields)


def _camel_name(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(word[:1].upper() + word[1:] for word in others)


def _fields(raw: bytes | msgspec.Raw) -> dict[str, msgspec.Raw]:
    try:
        fields = _raw_fields.decode(raw)
    except UNREADABLE as error:
        raise BadPost("the body is no JSON of OTLP") from error
    return _camel(fields)


def _items(fields: dict[str, msgspec.Raw], name: str) -> list[msgspec.Raw]:
    if name not in fields:
        return []
    try:
        return _raw_items.decode(fields[name]) or []
    except UNREADABLE as error:
        raise BadPost(f"{name} is no list") from error


def _described(fields: dict[str, msgspec.Raw], name: str) -> Json:
    """Returns the resource or scope of `fields`, and the address of its schema. Raises BadPost."""
    try:
        held = _camel(_object.decode(fields.get(name, msgspec.Raw(b"null"))) or {})
        schema_url = msgspec.json.decode(fields.get("schemaUrl", msgspec.Raw(b'""')), type=str | None)
        described = {"name": _text(held, "name"), "version": _text(held, "version")}
        return {**described, "attributes": _attributes(held), "schema_url": schema_url or ""}
    except (*UNREADABLE, BadSpan) as error:
        raise BadPost(f"the {name} cannot be read: {error}") from error
