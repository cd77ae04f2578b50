"""The two encodings say the same: whatever is sent in protobuf means the same in JSON."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from ingest_app.doors.otlp import BadPost, Owner, Traces, read_traces
from ingest_app.events import LogEvent
from tests.fuzzing import fuzz
from tests.otlp import CHAT, as_json, export, pairs, span

OWNER = Owner(organization_id=1, api_key_id=2, arrived_at_us=1_795_946_400_000_000, key="")
START_NS = 1_795_946_400_123_456_789

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
NUMBERS = st.integers(-(2**63), 2**63 - 1)
SCALARS = st.one_of(TEXTS, NUMBERS, st.booleans(), st.floats(width=64), st.binary(max_size=12), st.none())
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(
    [*CHAT, "metadata", "session.id", "openinference.span.kind", "http.url", "ai.operationId", "tag.tags"]
)
ATTRIBUTES = st.dictionaries(NAMES | TEXTS, VALUES, max_size=6)
IDS = st.sampled_from([b"", b"\0" * 8, b"12345678", b"short"])
SPANS = st.builds(
    lambda attributes, event, link, **fields: span(
        attributes,
        events=[("exception", event)],
        links=[Span.Link(trace_id=b"t" * 16, span_id=b"s" * 8, attributes=pairs(link))],
        **fields,
    ),
    ATTRIBUTES,
    ATTRIBUTES,
    ATTRIBUTES,
    name=TEXTS,
    trace_id=st.sampled_from([b"t" * 16, b"u" * 16, b"short"]),
    span_id=IDS,
    parent_span_id=IDS,
    start_ns=st.integers(0, 2**64 - 10**12),
    kind=st.integers(0, 7),
    status=st.fixed_dictionaries({"code": st.integers(0, 4), "message": TEXTS}),
    trace_state=TEXTS,
)


def read(body: bytes, *, is_json: bool) -> Traces:
    return read_traces(body, is_json=is_json, owner=OWNER, provider_at=lambda host: "")


@fuzz
@given(st.lists(SPANS, max_size=4), ATTRIBUTES)
def test_json_means_what_protobuf_means(spans: list[Span], resource: dict[str, Any]) -> None:
    request = export(*spans, resource=resource)
    binary = read(request.SerializeToString(), is_json=False)
    written = read(as_json(request), is_json=True)

    assert [msgspec.to_builtins(event) for event in binary.events] == [
        msgspec.to_builtins(event) for event in written.events
    ]
    assert (binary.rejected, binary.reason) == (written.rejected, written.reason)
    assert len(binary.events) + binary.rejected == len(spans)


@fuzz
@given(st.binary(max_size=200), st.booleans())
def test_garbage_is_refused_or_holds_no_spans(body: bytes, is_json: bool) -> None:
    try:
        traces = read(body, is_json=is_json)
    except BadPost:
        return
    assert not traces.events


@fuzz
@given(st.data())
def test_a_damaged_post_loses_no_more_than_its_spans(data: st.DataObject) -> None:
    body = bytearray(export(*(span() for _ in range(3))).SerializeToString())
    for place in data.draw(st.lists(st.integers(0, len(body) - 1), max_size=4)):
        body[place] = data.draw(st.integers(0, 255))
    try:
        traces = read(bytes(body), is_json=False)
    except BadPost:
        return
    assert len(traces.events) + traces.rejected <= 3


def json_span(**fields: Any) -> LogEvent:
    """Returns the event of a span in JSON. Fails when it is rejected."""
    sent = {"traceId": "5B8EFFF798038103D269B633813FC60C", "spanId": "EEE19B7EC3C1B174", **fields}
    body = {"resourceSpans": [{"scopeSpans": [{"spans": [sent]}]}]}
    traces = read(json.dumps(body).encode(), is_json=True)
    assert not traces.rejected, traces.reason
    return traces.events[0]


def sent_attributes(event: LogEvent) -> Any:
    return json.loads(event.request_body)["attributes"]


def test_ids_are_lower_case_hex_however_they_were_written() -> None:
    assert json_span().trace_id == "5b8efff798038103d269b633813fc60c"
    of_base64 = json_span(traceId="W47/95gDgQPSabYzgT/GDA==", spanId="7uGbfsPBsXQ=")
    assert (of_base64.trace_id, of_base64.span_id) == (json_span().trace_id, "eee19b7ec3c1b174")


@pytest.mark.parametrize("start", [START_NS, str(START_NS)])
def test_times_are_numbers_or_text(start: int | str) -> None:
    event = json_span(startTimeUnixNano=start, endTimeUnixNano=str(START_NS + 10**9))
    assert (event.created_at_us, event.latency_ms) == (START_NS // 1000, 1000)


@pytest.mark.parametrize("kind", [3, "SPAN_KIND_CLIENT"])
@pytest.mark.parametrize("code", [2, "STATUS_CODE_ERROR"])
def test_enumerations_are_numbers_or_names(kind: int | str, code: int | str) -> None:
    event = json_span(kind=kind, status={"code": code})
    assert json.loads(event.request_body)["kind"] == "client"
    assert event.status == 500


def test_names_may_be_the_original_ones() -> None:
    sent = {
        "trace_id": "5b8efff798038103d269b633813fc60c",
        "span_id": "eee19b7ec3c1b174",
        "parent_span_id": "eee19b7ec3c1b175",
        "start_time_unix_nano": str(START_NS),
        "attributes": [
            {"key": "a", "value": {"string_value": "b"}},
            {"key": "n", "value": {"int_value": "7"}},
            {"key": "l", "value": {"array_value": {"values": [{"bool_value": True}]}}},
        ],
    }
    body = {"resource_spans": [{"scope_spans": [{"spans": [sent]}]}]}
    (event,) = read(json.dumps(body).encode(), is_json=True).events
    assert (event.parent_span_id, event.created_at_us) == ("eee19b7ec3c1b175", START_NS // 1000)
    assert sent_attributes(event) == {"a": "b", "n": 7, "l": [True]}


def test_numbers_come_as_json_has_them() -> None:
    values = {
        "int as number": ({"intValue": 7}, 7),
        "int as text": ({"intValue": "-9223372036854775808"}, -(2**63)),
        "double as whole number": ({"doubleValue": 3}, 3.0),
        "double as text": ({"doubleValue": "0.5"}, 0.5),
        "no number": ({"doubleValue": "NaN"}, "NaN"),
        "url-safe base64": ({"bytesValue": "-_-_"}, "+/+/"),
        "nothing": ({}, None),
        "null": (None, None),
        "of a later version": ({"stringValueStrindex": 3}, None),
    }
    event = json_span(attributes=[{"key": name, "value": value} for name, (value, _) in values.items()])
    assert sent_attributes(event) == {name: read_as for name, (_, read_as) in values.items()}


def test_unknown_fields_and_nulls_are_no_fault() -> None:
    event = json_span(name=None, attributes=None, events=None, links=None, status=None, flags=257, new={})
    assert (event.span_name, event.status) == ("", 200)
