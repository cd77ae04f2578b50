"""Spans as an exporter of OpenTelemetry posts them, made by hand."""

import base64
import json
import secrets
import time
from collections.abc import Mapping, Sequence
from typing import Any

from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.raw_http import RawAnswer, send

PROTOBUF, JSON = "application/x-protobuf", "application/json"
CHAT: dict[str, Any] = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-4o",
    "gen_ai.response.model": "gpt-4o-2024-08-06",
    "gen_ai.usage.input_tokens": 1000,
    "gen_ai.usage.output_tokens": 100,
    "gen_ai.input.messages": json.dumps(
        [
            {"role": "system", "parts": [{"type": "text", "content": "Be brief."}]},
            {"role": "user", "parts": [{"type": "text", "content": "What is the time?"}]},
        ]
    ),
    "gen_ai.output.messages": json.dumps(
        [{"role": "assistant", "parts": [{"type": "text", "content": "Noon."}], "finish_reason": "stop"}]
    ),
}
CHAT_NANODOLLARS = 1000 * 2500 + 100 * 10_000
TRACE_ID = bytes.fromhex("5b8efff798038103d269b633813fc60c")


def any_value(value: Any) -> AnyValue:
    """Returns a Python value as OTLP's."""
    match value:
        case None:
            return AnyValue()
        case bool():
            return AnyValue(bool_value=value)
        case int():
            return AnyValue(int_value=value)
        case float():
            return AnyValue(double_value=value)
        case bytes():
            return AnyValue(bytes_value=value)
        case list():
            return AnyValue(array_value={"values": [any_value(item) for item in value]})
        case dict():
            return AnyValue(kvlist_value={"values": pairs(value)})
    return AnyValue(string_value=value)


def pairs(attributes: Mapping[str, Any]) -> list[KeyValue]:
    """Returns attributes as OTLP's list of them."""
    return [KeyValue(key=name, value=any_value(value)) for name, value in attributes.items()]


def span(
    attributes: Mapping[str, Any] = CHAT,
    name: str = "chat gpt-4o",
    *,
    parent: Span | None = None,
    trace_id: bytes = b"",
    start_ns: int | None = None,
    latency_ms: float = 250,
    events: Sequence[tuple[str, Mapping[str, Any]]] = (),
    **fields: Any,
) -> Span:
    """Returns a span that began now, or at `start_ns`; a child of `parent`, else a trace of its own."""
    start_ns = time.time_ns() if start_ns is None else start_ns
    return Span(
        **{
            "trace_id": parent.trace_id if parent is not None else trace_id or secrets.token_bytes(16),
            "span_id": secrets.token_bytes(8),
            "parent_span_id": parent.span_id if parent is not None else b"",
            "name": name,
            "kind": Span.SPAN_KIND_CLIENT,
            "start_time_unix_nano": start_ns,
            "end_time_unix_nano": start_ns + round(latency_ms * 1e6),
            "attributes": pairs(attributes),
            "events": [
                Span.Event(name=event, time_unix_nano=start_ns + 40_000_000, attributes=pairs(held))
                for event, held in events
            ],
            **fields,
        }
    )


def export(*spans: Span, resource: Mapping[str, Any] | None = None) -> ExportTraceServiceRequest:
    """Returns the request of an exporter, whose service is called `shop` unless `resource` says more."""
    request = ExportTraceServiceRequest()
    of_resource = request.resource_spans.add()
    of_resource.resource.attributes.extend(pairs({"service.name": "shop"} if resource is None else resource))
    of_scope = of_resource.scope_spans.add()
    of_scope.scope.name, of_scope.scope.version = "tests", "1.0"
    of_scope.spans.extend(spans)
    return request


def as_json(request: ExportTraceServiceRequest) -> bytes:
    """Returns the request in OTLP's JSON, whose ids are hex."""
    found = MessageToDict(request)
    for of_resource in found.get("resourceSpans", []):
        for of_scope in of_resource.get("scopeSpans", []):
            for each in of_scope.get("spans", []):
                for one in (each, *each.get("links", [])):
                    for name in {"traceId", "spanId", "parentSpanId"} & one.keys():
                        one[name] = base64.b64decode(one[name]).hex()
    return json.dumps(found).encode()


def post(
    url: str,
    body: bytes | ExportTraceServiceRequest,
    *,
    key: str | None,
    media_type: str = PROTOBUF,
    headers: Mapping[str, str] | None = None,
) -> RawAnswer:
    """Returns the answer to a post with `key` as `Authorization`."""
    authorization = {"Authorization": f"Bearer {key}"} if key else {}
    sent = body if isinstance(body, bytes) else body.SerializeToString()
    return send(url, body=sent, headers={"Content-Type": media_type, **authorization, **(headers or {})})
