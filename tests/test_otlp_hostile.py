"""Posts that mean harm, or come from broken tracers: the product takes what can be taken, and stays quick."""

import gzip
import json
import time
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from ingest_app.bodies import Bodies
from requests_app.models import Request
from tests.live import Stack, Tenant
from tests.otlp import CHAT, JSON, export, pairs, post, span
from tests.raw_http import RawAnswer

Rows = Callable[..., list[Request]]
Post = Callable[..., RawAnswer]

MAX_UINT64 = 2**64 - 1


@pytest.fixture
def send_spans(stack: Stack, organization: Tenant) -> Post:
    """Returns a function that posts a body or spans."""

    def do(*spans: Span, body: bytes = b"", **options: Any) -> RawAnswer:
        return post(f"{stack.url}/v1/traces", body or export(*spans), key=organization.api_key, **options)

    return do


def rejected(answer: RawAnswer) -> int:
    assert answer.status == 200
    return ExportTraceServiceResponse.FromString(answer.body).partial_success.rejected_spans


def field(number: int, value: bytes) -> bytes:
    """Returns a field of protobuf that has a length, for what the library refuses to write."""
    length, written = len(value), bytearray((number << 3 | 2,))
    while length > 0x7F:
        written.append(length & 0x7F | 0x80)
        length >>= 7
    return bytes(written) + bytes((length,)) + value


def nested(depth: int) -> bytes:
    """Returns an AnyValue of so many maps in each other."""
    value = AnyValue(string_value="deep").SerializeToString()
    for _ in range(depth):
        value = field(6, field(1, field(1, b"k") + field(2, value)))  # kvlist_value, values, key and value
    return value


@pytest.mark.parametrize(
    ("start_ns", "end_ns"),
    [
        (0, 0),
        (1, 1_000_000_001),
        (MAX_UINT64, MAX_UINT64),
        (1_795_946_400_000_000_000, 0),
        (1_795_946_400_000_000_000, 1),
    ],
    ids=["no times", "1970", "2554", "no end", "ends before it starts"],
)
def test_impossible_times_are_rows_of_about_now(
    send_spans: Post, organization: Tenant, wait_for_rows: Rows, start_ns: int, end_ns: int
) -> None:
    now_s = time.time()
    sent = span(start_time_unix_nano=start_ns, end_time_unix_nano=end_ns)
    assert rejected(send_spans(sent)) == 0

    (row,) = wait_for_rows(organization.id)
    assert abs(row.created_at.timestamp() - now_s) < 8 * 86_400
    assert row.latency_ms in {0, 1000}


def test_a_span_with_more_attributes_than_anybody_needs_is_rejected(
    send_spans: Post, organization: Tenant, wait_for_rows: Rows
) -> None:
    one = Span(attributes=pairs({"name": 1})).SerializeToString()
    million = Span.FromString(span().SerializeToString() + one * 1_000_000)
    started = time.monotonic()

    assert rejected(send_spans(million, span())) == 1
    assert time.monotonic() - started < 30
    assert len(wait_for_rows(organization.id)) == 1


@pytest.mark.parametrize("depth", [40, 3_000])
def test_attributes_nested_without_end_reject_their_span(
    send_spans: Post, organization: Tenant, wait_for_rows: Rows, depth: int
) -> None:
    attribute = field(1, b"deep") + field(2, nested(depth))
    deep = span({}).SerializeToString() + field(9, attribute)
    body = export(span()).SerializeToString() + field(1, field(2, field(2, deep)))

    assert rejected(send_spans(body=body)) == 1
    assert len(wait_for_rows(organization.id)) == 1


def test_json_nested_without_end_is_refused(send_spans: Post) -> None:
    value = '{"arrayValue":{"values":[' * 50_000 + "]}}" * 50_000
    body = f'{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{{"attributes":[{value}]}}]}}]}}]}}'

    assert send_spans(body=body.encode(), media_type=JSON).status == 400


def test_text_that_is_not_utf_8_rejects_its_span(
    send_spans: Post, organization: Tenant, wait_for_rows: Rows
) -> None:
    body = export(span(name="XXXX"), span()).SerializeToString().replace(b"XXXX", b"\xff\xfe\xfd\xfc")

    assert rejected(send_spans(body=body)) == 1
    assert len(wait_for_rows(organization.id)) == 1


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress])
def test_a_bomb_is_refused_before_it_is_unpacked(send_spans: Post, pack: Callable[[bytes], bytes]) -> None:
    encoding = "gzip" if pack is gzip.compress else "deflate"
    bomb = pack(b"\0" * (200 << 20))
    assert len(bomb) < 300_000

    assert send_spans(body=bomb, headers={"Content-Encoding": encoding}).status == 413


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b"null",
        b'{"resourceSpans":7}',
        b'{"resourceSpans":[7]}',
        b'{"resourceSpans":[{"scopeSpans":[[]]}]}',
        b'{"resourceSpans":[{"resource":{"attributes":{"a":1}},"scopeSpans":[]}]}',
        b"{" * 100_000,
        b"\xff",
    ],
)
def test_json_of_another_shape_is_refused(send_spans: Post, body: bytes) -> None:
    answer = send_spans(body=body, media_type=JSON)

    assert answer.status == 400
    assert json.loads(answer.body)["code"] == 3


@pytest.mark.parametrize(
    "fields",
    [
        {"startTimeUnixNano": "soon"},
        {"startTimeUnixNano": -1},
        {"startTimeUnixNano": 2**64},
        {"startTimeUnixNano": 1e300},
        {"traceId": "xyz"},
        {"traceId": 7},
        {"name": ["a"]},
        {"attributes": [7]},
        {"attributes": [{"key": "a", "value": {"intValue": 2**63}}]},
        {"attributes": [{"key": "a", "value": {"intValue": True}}]},
        {"attributes": [{"key": "a", "value": {"doubleValue": "much"}}]},
        {"attributes": [{"key": "a", "value": {"bytesValue": "%%%"}}]},
        {"attributes": [{"key": "a", "value": {"kvlistValue": {"values": [7]}}}]},
        {"events": [{"timeUnixNano": "never"}]},
        {"links": ["x"]},
        {"status": "good"},
    ],
)
def test_a_span_of_another_shape_is_rejected_alone(
    send_spans: Post, organization: Tenant, wait_for_rows: Rows, fields: dict[str, Any]
) -> None:
    good = {"traceId": "5b8efff798038103d269b633813fc60c", "spanId": "eee19b7ec3c1b174"}
    body = {"resourceSpans": [{"scopeSpans": [{"spans": [{**good, **fields}, good, "no span"]}]}]}
    answer = send_spans(body=json.dumps(body).encode(), media_type=JSON)

    assert json.loads(answer.body)["partialSuccess"]["rejectedSpans"] == "2"
    assert len(wait_for_rows(organization.id)) == 1


def test_spans_that_are_each_others_parents_are_taken(
    send_spans: Post, organization: Tenant, wait_for_rows: Rows
) -> None:
    first = span()
    second = span(parent=first)
    first.parent_span_id = second.span_id
    own = span()
    own.parent_span_id = own.span_id

    assert rejected(send_spans(first, second, own)) == 0
    assert len(wait_for_rows(organization.id, 3)) == 3


def test_names_and_labels_of_any_length_and_sign_are_stored(
    send_spans: Post, organization: Tenant, wait_for_rows: Rows
) -> None:
    long = "ü\0" * 200_000
    sent = span({"session.id": long, "user.id": long, "metadata": json.dumps({long: long}), long: long}, long)

    assert rejected(send_spans(sent)) == 0
    (row,) = wait_for_rows(organization.id)
    assert row.span_name.startswith("ü\ufffd")
    assert len(row.session_id) <= 500


@pytest.mark.parametrize(
    "attributes",
    [
        {"gen_ai.input.messages": "[" * 100_000},
        {"gen_ai.input.messages": "[" * 400 + "]" * 400, "input.value": '{"input":' * 400 + "7" + "}" * 400},
        {"gen_ai.input.messages": '[{"role": 7, "parts": {"a": [null]}}]'},
        {"gen_ai.input.messages": [{"role": "user", "parts": [7, "x", None]}]},
        {
            "gen_ai.prompt.99999999999.role": "user",
            "gen_ai.prompt.0.role": "user",
            "gen_ai.prompt.0.content": 7,
        },
        {"llm.invocation_parameters": "[]", "metadata": "{", "tag.tags": {"a": 1}},
        {"gen_ai.usage.input_tokens": -5, "gen_ai.usage.output_tokens": 2**62},
        {"gen_ai.usage.input_tokens": "٣", "gen_ai.usage.cost": float("nan")},
        {"langfuse.observation.usage_details": "{}", "langfuse.observation.completion_start_time": "never"},
        {"gen_ai.response.finish_reasons": [[]], "error.type": {}, "http.response.status_code": [2**62]},
        {"openinference.span.kind": ["LLM"], "ai.operationId": 7, "db.system": {}},
        {"server.address": "http://[", "gen_ai.system": []},
        {"gen_ai.prompt.0.role": ["user"], "gen_ai.prompt.0.content": "in a list"},
        {"gen_ai.response.time_to_first_chunk": float("inf")},
    ],
)
def test_attributes_of_any_shape_are_kept(
    send_spans: Post,
    organization: Tenant,
    wait_for_rows: Rows,
    bodies_of: Callable[[Request], Bodies],
    attributes: dict[str, Any],
) -> None:
    assert rejected(send_spans(span({"gen_ai.request.model": "gpt-4o", **attributes}))) == 0
    (row,) = wait_for_rows(organization.id)
    bodies = bodies_of(row)
    request, response = json.loads(bodies.request or b""), json.loads(bodies.response or b'{"attributes":{}}')
    kept = request["attributes"] | response["attributes"]
    assert kept.keys() == {"gen_ai.request.model", *attributes}


def test_keys_are_stored_nowhere(
    send_spans: Post,
    organization: Tenant,
    wait_for_rows: Rows,
    bodies_of: Callable[[Request], Bodies],
) -> None:
    secret = "sk-secret-1234567890"
    sent = span(
        {
            **CHAT,
            "http.request.header.authorization": [f"Bearer {secret}"],
            "http.request.header.x_api_key": [secret],
            "url.full": f"https://example.com/v1/models?key={secret}&alt=sse",
            "llm.headers": f"{{'x-api-key': '{secret}'}}",
            "note": f"posted with {organization.api_key}",
        },
        events=[("log", {"key": organization.api_key})],
    )
    assert rejected(send_spans(sent)) == 0
    (row,) = wait_for_rows(organization.id)
    bodies = bodies_of(row)
    stored = f"{bodies.request} {bodies.response} {row.__dict__}"
    assert secret not in stored
    assert organization.api_key not in stored
    assert "alt=sse" in stored


def test_the_gateway_answers_while_a_large_post_is_read(
    send_spans: Post, stack: Stack, organization: Tenant
) -> None:
    """Nobody else's request waits until 60 MB of spans are understood."""
    import threading

    text = "x" * 30_000
    body = export(*(span({**CHAT, "text": text}) for _ in range(1900))).SerializeToString()
    assert len(body) > 50 << 20
    answers: list[int] = []
    large = threading.Thread(target=lambda: answers.append(send_spans(body=body).status))
    large.start()
    waits = []
    while large.is_alive():
        started = time.monotonic()
        assert post(f"{stack.url}/v1/traces", export(), key=organization.api_key).status == 200
        waits.append(time.monotonic() - started)
        time.sleep(0.02)
    large.join()

    assert answers == [200]
    assert sorted(waits)[len(waits) // 2] < 2


def test_spans_of_other_senders_are_not_touched_by_ids(
    stack: Stack, make_tenant: Callable[[], Tenant], wait_for_rows: Rows
) -> None:
    """Who knows a trace's ids can neither overwrite nor block the spans of another organization."""
    sent = span()
    forged = span({}, "forged", trace_id=sent.trace_id, start_ns=sent.start_time_unix_nano)
    forged.span_id = sent.span_id
    owner, other = make_tenant(), make_tenant()
    assert post(f"{stack.url}/v1/traces", export(forged), key=other.api_key).status == 200
    assert post(f"{stack.url}/v1/traces", export(sent), key=owner.api_key).status == 200

    assert [row.span_name for row in wait_for_rows(owner.id)] == ["chat gpt-4o"]


def test_the_list_of_attributes_may_repeat_a_name(
    send_spans: Post, organization: Tenant, wait_for_rows: Rows
) -> None:
    sent = span({"session.id": "first"})
    sent.attributes.extend(pairs({"session.id": "second"}))

    assert rejected(send_spans(sent)) == 0
    assert wait_for_rows(organization.id)[0].session_id == "second"
