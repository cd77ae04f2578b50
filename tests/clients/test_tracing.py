"""Real tracers post their spans, and each is the row that it says; tokens are counted once, and as the provider did."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from ingest_app.bodies import Bodies
from requests_app.models import Request
from tests.clients.driver import ROWS_WITHIN_S, Shown, show_once
from tests.clients.test_clients import counted
from tests.fake_provider.process import ProviderHandle
from tests.live import Stack, Tenant

PROGRAMS = {
    "opentelemetry": ("python/opentelemetry_client.py", "protobuf"),
    "openinference": ("python/openinference_client.py", "protobuf"),
    "openllmetry": ("python/openllmetry_client.py", "protobuf"),
    "pydantic-ai-tracing": ("python/pydantic_ai_tracing_client.py", "protobuf"),
    "logfire": ("python/logfire_client.py", "protobuf"),
    "vercel-protobuf": ("node/vercel_tracing_client.mjs", "protobuf"),
    "vercel-json": ("node/vercel_tracing_client.mjs", "json"),
}
WITH_MODELS = [name for name in PROGRAMS if name != "opentelemetry"]
# What each tracer's spans are, by kind: how many of them.
KINDS = {
    "opentelemetry": {"http": 1, "data": 1, "database": 1},
    "openinference": {"": 5},
    "openllmetry": {"": 5, "agent": 1},
    "pydantic-ai-tracing": {"": 2, "tool": 1, "agent": 1},
    # A streamed answer is another span, beside its call.
    "logfire": {"": 6, "data": 1},
    "vercel-protobuf": {"": 3, "agent": 2, "tool": 1},
    "vercel-json": {"": 3, "agent": 2, "tool": 1},
}


@pytest.fixture
def shown(name: str, make_tenant: Callable[[], Tenant], provider: ProviderHandle, stack: Stack) -> Shown:
    """What a tracer sent, with an organization of its own."""
    program, encoding = PROGRAMS[name]

    def job(mark: str, key: str) -> dict[str, Any]:
        return {
            "openai_url": f"{provider.url}/v1",
            "traces_url": f"{stack.url}/v1/traces",
            "helicone_key": key,
            "marker": mark,
            "encoding": encoding,
        }

    return show_once(f"tracing-{name}", program, job, make_tenant, provider)


@pytest.fixture
def rows(shown: Shown) -> list[Request]:
    """The rows of the spans, in the order in which they were sent."""
    spans = shown.results["spans"]
    deadline = time.monotonic() + ROWS_WITHIN_S
    wanted = Request.objects.filter(organization_id=shown.organization_id)
    while (
        len(found := {row.span_id: row for row in wanted.all()}) < len(spans) and time.monotonic() < deadline
    ):
        time.sleep(0.05)
    assert len(found) == len(spans)
    return [found[span["span_id"]] for span in spans]


@pytest.mark.parametrize("name", PROGRAMS)
def test_every_span_is_the_row_that_it_says(
    shown: Shown, rows: list[Request], bodies_of: Callable[[Request], Bodies], name: str
) -> None:
    for span, row in zip(shown.results["spans"], rows, strict=True):
        assert (row.span_name, row.trace_id) == (span["name"], span["trace_id"])
        assert row.parent_span_id == span["parent_span_id"]
        start_ns, end_ns = int(span["start_ns"]), int(span["end_ns"])
        assert round(row.created_at.timestamp() * 1e6) == start_ns // 1000
        assert abs(row.latency_ms - (end_ns - start_ns) / 1e6) <= 0.5
        assert (row.status >= 400) == span["is_error"]
        assert row.properties["service.name"] == "client-tests"
        bodies = bodies_of(row)
        request, response = json.loads(bodies.request or b""), json.loads(bodies.response or b"{}")
        assert request["attributes"] | response.get("attributes", {}) == span["attributes"]
        assert [event["name"] for event in request.get("events", [])] == span["events"]


@pytest.mark.parametrize("name", PROGRAMS)
def test_spans_have_their_kinds(rows: list[Request], name: str) -> None:
    kinds = [row.kind for row in rows]

    assert {kind: kinds.count(kind) for kind in kinds} == KINDS[name]


@pytest.mark.parametrize("name", WITH_MODELS)
def test_tokens_are_those_that_the_provider_counted(shown: Shown, rows: list[Request], name: str) -> None:
    calls = shown.provider.calls(shown.mark)
    # A stream tells its usage only who asks for it.
    told = [counted(call.usage) for call in calls if call.usage and b'"usage"' in call.answer]

    found = [(row.prompt_tokens, row.completion_tokens or 0) for row in rows if row.prompt_tokens is not None]
    assert sorted(found) == sorted(told)
    assert all(row.cost_nanodollars for row in rows if row.prompt_tokens is not None)
    assert all(row.cost_nanodollars is None for row in rows if row.prompt_tokens is None)


@pytest.mark.parametrize("name", ["openinference", "openllmetry"])
def test_details_of_calls_are_found(rows: list[Request], name: str) -> None:
    chat, streamed, embedding, responses, failed = (row for row in rows if not row.kind)

    assert {row.provider for row in rows if not row.kind} == {"openai"}
    assert [row.request_model for row in (chat, streamed, embedding, responses, failed)] == [
        "gpt-4o",
        "gpt-4o",
        "text-embedding-3-small",
        "gpt-5",
        "gpt-4o",
    ]
    assert (chat.response_model, responses.response_model) == ("gpt-4o-2024-08-06", "gpt-5-2025-08-07")
    assert (chat.cache_read_tokens, chat.reasoning_tokens) == (64, 5)
    assert (chat.is_stream, streamed.is_stream) == (False, True)
    assert streamed.time_to_first_token_ms is not None
    assert 0 <= streamed.time_to_first_token_ms <= streamed.latency_ms
    assert (failed.status, failed.error.rpartition(".")[2]) == (429, "RateLimitError")


@pytest.mark.parametrize("name", ["openinference", "openllmetry", "vercel-json"])
def test_sessions_and_users_are_found(rows: list[Request], name: str) -> None:
    assert {(row.session_id, row.user_id) for row in rows} == {("s-1", "ada")}


@pytest.mark.parametrize("name", ["opentelemetry", "pydantic-ai-tracing", "logfire"])
def test_the_spans_of_a_run_are_one_session(rows: list[Request], name: str) -> None:
    assert len({row.session_id for row in rows}) == 1
    (root,) = (row for row in rows if not row.parent_span_id)
    assert root.session_name == root.span_name
    # Those that were posted before their root came are called after the service.
    assert {row.session_name for row in rows} <= {root.span_name, "client-tests"}


@pytest.mark.parametrize("name", ["openinference"])
def test_labels_become_properties(rows: list[Request], name: str) -> None:
    for row in rows:
        assert row.properties == {"service.name": "client-tests", "stage": "beta", "tags": "blue, green"}


@pytest.mark.parametrize("name", WITH_MODELS)
def test_what_the_user_asked_is_the_preview(
    rows: list[Request], bodies_of: Callable[[Request], Bodies], name: str
) -> None:
    asked = [bodies_of(row).preview for row in rows if not row.kind and "embedding" not in row.model]

    assert asked
    assert all("weather" in preview for preview in asked)
