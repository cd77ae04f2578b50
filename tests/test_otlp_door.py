"""OTLP over HTTP: the endpoints, both encodings, refusals, and posts that come again."""

import gzip
import json
import zlib
from collections.abc import Callable

import pytest
import zstandard
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from accounts_app import actions
from gateway_app import errors
from gateway_app.doors.table import DOORS
from ingest_app.bodies import Bodies
from requests_app.models import Request
from tests.live import Stack, Tenant
from tests.otlp import CHAT, CHAT_NANODOLLARS, JSON, PROTOBUF, as_json, export, post, span
from tests.raw_http import send

Rows = Callable[..., list[Request]]


def test_a_span_is_a_row_as_it_was_sent(
    stack: Stack, organization: Tenant, wait_for_rows: Rows, bodies_of: Callable[[Request], Bodies]
) -> None:
    parent = span()
    sent = span(parent=parent, latency_ms=1234.4)
    answer = post(f"{stack.url}/v1/traces", export(sent), key=organization.api_key)

    assert (answer.status, answer.header("content-type"), answer.body) == (200, PROTOBUF, b"")
    (row,) = wait_for_rows(organization.id)
    assert (row.trace_id, row.span_id) == (sent.trace_id.hex(), sent.span_id.hex())
    assert (row.parent_span_id, row.span_name) == (parent.span_id.hex(), "chat gpt-4o")
    assert (row.provider, row.model, row.response_model) == ("openai", "gpt-4o", "gpt-4o-2024-08-06")
    assert (row.prompt_tokens, row.completion_tokens) == (1000, 100)
    assert row.cost_nanodollars == CHAT_NANODOLLARS
    assert round(row.created_at.timestamp() * 1e6) == sent.start_time_unix_nano // 1000
    assert (row.latency_ms, row.status, row.error) == (1234, 200, "")
    assert (row.referrer, row.kind, row.path) == ("otlp", "", "async-unknown-path")
    assert row.properties == {"service.name": "shop"}
    bodies = bodies_of(row)
    request, response = json.loads(bodies.request or b""), json.loads(bodies.response or b"")
    assert request["attributes"] | response["attributes"] == CHAT
    assert (request["name"], request["kind"]) == ("chat gpt-4o", "client")
    assert request["resource"] == {"attributes": {"service.name": "shop"}}
    assert request["scope"] == {"name": "tests", "version": "1.0"}
    assert request["start_time_unix_nano"] == sent.start_time_unix_nano
    assert "gen_ai.output.messages" in response["attributes"]
    assert bodies.preview == "What is the time?"


@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        ("/v1/traces", JSON),
        ("/v1/traces", "application/json; charset=utf-8"),
        ("/v1/trace/otlp/v1/traces", PROTOBUF),
        ("/v1/trace/log", JSON),
        ("/v1/trace/log", "text/plain"),
        ("/v1/trace/log-python", PROTOBUF),
        ("/v1/trace/log-python", "application/octet-stream"),
        ("/jawn/v1/trace/log-python", PROTOBUF),
    ],
)
def test_every_endpoint_takes_spans(
    stack: Stack, organization: Tenant, wait_for_rows: Rows, path: str, media_type: str
) -> None:
    is_json = media_type.startswith(JSON) or path.endswith("/trace/log")
    request = export(span())
    body = as_json(request) if is_json else request.SerializeToString()
    answer = post(stack.url + path, body, key=organization.api_key, media_type=media_type)

    assert (answer.status, answer.body) == (200, b"{}" if is_json else b"")
    assert answer.header("content-type") == (JSON if is_json else PROTOBUF)
    assert wait_for_rows(organization.id)[0].cost_nanodollars == CHAT_NANODOLLARS


@pytest.mark.parametrize("signal", ["metrics", "logs"])
@pytest.mark.parametrize("base", ["", "/v1/trace/otlp"])
def test_other_signals_are_taken_and_not_kept(
    stack: Stack, organization: Tenant, signal: str, base: str
) -> None:
    answer = post(f"{stack.url}{base}/v1/{signal}", b"\x0a\x00", key=organization.api_key)

    assert (answer.status, answer.body) == (200, b"")


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("zstd", zstandard.ZstdCompressor().compress),
    ],
)
def test_bodies_may_be_packed(
    stack: Stack, organization: Tenant, wait_for_rows: Rows, encoding: str, packed: Callable[[bytes], bytes]
) -> None:
    body = packed(export(span()).SerializeToString())
    headers = {"Content-Encoding": encoding}

    assert post(f"{stack.url}/v1/traces", body, key=organization.api_key, headers=headers).status == 200
    assert wait_for_rows(organization.id)


@pytest.mark.parametrize("header", ["Authorization", "Helicone-Auth"])
@pytest.mark.parametrize("scheme", ["Bearer ", "bearer ", ""])
def test_the_key_may_come_bare(
    stack: Stack, organization: Tenant, wait_for_rows: Rows, header: str, scheme: str
) -> None:
    headers = {header: scheme + organization.api_key}

    assert post(f"{stack.url}/v1/traces", export(span()), key=None, headers=headers).status == 200
    assert wait_for_rows(organization.id)


def test_a_post_that_comes_again_adds_nothing(
    stack: Stack, organization: Tenant, wait_for_rows: Rows
) -> None:
    sent = export(span(), span())
    for _ in range(2):
        assert post(f"{stack.url}/v1/traces", sent, key=organization.api_key).status == 200
    assert post(f"{stack.url}/v1/traces", export(span()), key=organization.api_key).status == 200

    assert len(wait_for_rows(organization.id, 3)) == 3


def test_the_same_span_of_another_organization_is_its_own(
    stack: Stack, make_tenant: Callable[[], Tenant], wait_for_rows: Rows
) -> None:
    sent, tenants = export(span()), (make_tenant(), make_tenant())
    for tenant in tenants:
        assert post(f"{stack.url}/v1/traces", sent, key=tenant.api_key).status == 200

    first, second = (wait_for_rows(tenant.id) for tenant in tenants)
    assert first[0].id != second[0].id


@pytest.mark.parametrize("is_json", [False, True])
def test_a_bad_span_is_rejected_and_the_others_are_not(
    stack: Stack, organization: Tenant, wait_for_rows: Rows, is_json: bool
) -> None:
    bad = [span(trace_id=b"short"), span(span_id=b"\0" * 8), span(parent_span_id=b"four")]
    request = export(bad[0], span(), bad[1], bad[2], span())
    answer = post(
        f"{stack.url}/v1/traces",
        as_json(request) if is_json else request.SerializeToString(),
        key=organization.api_key,
        media_type=JSON if is_json else PROTOBUF,
    )

    assert answer.status == 200
    if is_json:
        partial = json.loads(answer.body)["partialSuccess"]
        rejected, message = int(partial["rejectedSpans"]), partial["errorMessage"]
    else:
        success = ExportTraceServiceResponse.FromString(answer.body).partial_success
        rejected, message = success.rejected_spans, success.error_message
    assert rejected == 3
    for name in ("trace_id", "span_id", "parent_span_id"):
        assert name in message
    assert len(wait_for_rows(organization.id, 2)) == 2


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"key": None}, 401, 16),
        ({"key": "sk-helicone-wrong-wrong-wrong-wrong"}, 401, 16),
        ({"body": b"\xff\xff\xff"}, 400, 3),
        ({"body": b"not gzip", "headers": {"Content-Encoding": "gzip"}}, 400, 3),
        ({"body": gzip.compress(b"\0" * (65 << 20)), "headers": {"Content-Encoding": "gzip"}}, 413, 3),
    ],
)
@pytest.mark.parametrize("media_type", [PROTOBUF, JSON])
def test_refusals_speak_the_encoding_of_the_post(
    stack: Stack, organization: Tenant, changes: dict[str, object], status: int, code: int, media_type: str
) -> None:
    call: dict[str, object] = {"body": b"", "key": organization.api_key, "media_type": media_type, **changes}
    answer = post(f"{stack.url}/v1/traces", **call)  # type: ignore[arg-type]

    assert (answer.status, answer.header("content-type")) == (status, media_type)
    assert answer.header("retry-after") is None
    if media_type == JSON:
        told = json.loads(answer.body)
        assert told["code"] == code
        assert told["message"]
    else:
        # google.rpc.Status: the code is field 1, the message field 2.
        assert answer.body[:3] == bytes((0x08, code, 0x12))


def test_a_key_that_may_only_read_is_refused(
    stack: Stack, organization: Tenant, gateway_knows: Callable[[], None]
) -> None:
    reader = actions.issue_api_key(organization=organization.organization, name="Reader", scope="r")
    gateway_knows()

    assert post(f"{stack.url}/v1/traces", export(span()), key=reader.secret).status == 403


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-ndjson", ""])
def test_other_formats_are_refused(stack: Stack, organization: Tenant, media_type: str) -> None:
    answer = post(f"{stack.url}/v1/traces", export(), key=organization.api_key, media_type=media_type)

    assert answer.status == 415


def test_only_post_is_allowed(stack: Stack, organization: Tenant) -> None:
    headers = {"Authorization": f"Bearer {organization.api_key}"}
    answer = send(f"{stack.url}/v1/traces", method="GET", headers=headers)

    assert (answer.status, answer.header("allow")) == (405, "POST")


def test_no_spans_are_no_fault(stack: Stack, organization: Tenant) -> None:
    assert post(f"{stack.url}/v1/traces", export(), key=organization.api_key).status == 200
    assert post(f"{stack.url}/v1/traces", b"", key=organization.api_key).status == 200
    assert post(f"{stack.url}/v1/traces", b"{}", key=organization.api_key, media_type=JSON).status == 200


def test_five_thousand_spans_in_one_post(stack: Stack, organization: Tenant, wait_for_rows: Rows) -> None:
    started_ns = span().start_time_unix_nano
    request = export(*(span(start_ns=started_ns + n * 1000) for n in range(5000)))
    answer = post(
        f"{stack.url}/v1/traces",
        gzip.compress(request.SerializeToString(), 1),
        key=organization.api_key,
        headers={"Content-Encoding": "gzip"},
    )

    assert answer.status == 200
    rows = wait_for_rows(organization.id, 5000, timeout=60)
    assert {row.span_id for row in rows} == {
        sent.span_id.hex() for sent in request.resource_spans[0].scope_spans[0].spans
    }


def test_headers_of_the_post_are_labels_of_its_spans(
    stack: Stack, organization: Tenant, wait_for_rows: Rows
) -> None:
    headers = {
        "Helicone-User-Id": "ada",
        "Helicone-Session-Id": "s-1",
        "Helicone-Session-Name": "Checkout",
        "Helicone-Session-Path": "/pay",
        "Helicone-Property-Stage": "beta",
    }
    post(f"{stack.url}/v1/traces", export(span()), key=organization.api_key, headers=headers)

    (row,) = wait_for_rows(organization.id)
    assert (row.user_id, row.session_id, row.session_name) == ("ada", "s-1", "Checkout")
    assert row.session_path == "/pay"
    assert {name.lower(): value for name, value in row.properties.items()}["stage"] == "beta"


def test_omitted_bodies_are_not_kept(
    stack: Stack, organization: Tenant, wait_for_rows: Rows, bodies_of: Callable[[Request], Bodies]
) -> None:
    headers = {"Helicone-Omit-Request": "true", "Helicone-Omit-Response": "true"}
    post(f"{stack.url}/v1/traces", export(span()), key=organization.api_key, headers=headers)

    (row,) = wait_for_rows(organization.id)
    assert row.cost_nanodollars == CHAT_NANODOLLARS
    bodies = bodies_of(row)
    assert (bodies.request, bodies.response, bodies.preview) == (None, None, "")


def test_exporters_are_told_to_try_again_while_keys_cannot_be_looked_up() -> None:
    reply = DOORS["/v1/traces"].refusal(errors.keys_unknown(), PROTOBUF)

    assert (reply.status, dict(reply.headers)) == (503, {b"retry-after": b"5"})
