"""`/mcp`: an agent finds and reads what was logged, of its own organization alone."""

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings

from accounts_app import actions
from accounts_app.authentication import ApiCaller
from accounts_app.models import ApiKey
from accounts_app.throttling import CallerThrottle
from ingest_app.events import now_us
from tests.api import Api
from tests.events import chat_event
from tests.live import Stack, Tenant
from tests.logged_days import rows, store
from tests.made_sessions import SESSION_ID, session_events
from tests.mcp_client import Mcp
from tests.raw_http import RawAnswer, send
from tests.web_client import WebClient

HOUR_US = 3_600_000_000
LONG_TEXT = "Once more, the story of the lost parcel. " * 1000
PICTURE = base64.b64encode(bytes(range(256)) * 20).decode()
PING = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "ping"}).encode()


@pytest.fixture(scope="module")
def made() -> dict[str, Tenant]:
    """The organization of the module, once it is made."""
    return {}


@pytest.fixture
def tenant(stack: Stack, make_tenant: Callable[[], Tenant], made: dict[str, Tenant]) -> Tenant:
    """An organization with a session of six steps, and two requests beside it: one long, one with a picture."""
    if not made:
        tenant = make_tenant()
        now = now_us()
        store(
            *session_events(tenant.id, started_us=now - HOUR_US, user_id="ann", properties={"Env": "prod"}),
            chat_event(tenant.id, at_us=now - 2 * HOUR_US, text=LONG_TEXT, request_id="the-long-one"),
            chat_event(
                tenant.id,
                at_us=now - 3 * HOUR_US,
                text=f"data:image/png;base64,{PICTURE}",
                model="gpt-4o-mini",
            ),
        )
        made["one"] = tenant
    return made["one"]


@pytest.fixture
def mcp(stack: Stack, tenant: Tenant) -> Mcp:
    return Mcp(stack.url, tenant.api_key)


@pytest.fixture
def stranger(stack: Stack, tenant: Tenant, make_tenant: Callable[[], Tenant]) -> Mcp:
    """An agent of another organization, which has no requests."""
    return Mcp(stack.url, make_tenant().api_key)


def post(stack: Stack, **headers: str) -> RawAnswer:
    """Returns the answer to a ping without the SDK's help."""
    common = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
    return send(f"{stack.url}/mcp", body=PING, headers=common | headers)


def message_of(answer: RawAnswer) -> str:
    text: str = json.loads(answer.body)["error"]["message"]
    return text


def test_all_tools_only_read_and_say_what_they_answer(mcp: Mcp) -> None:
    tools = mcp.ask(lambda client: client.list_tools()).tools
    assert {tool.name for tool in tools} == {
        "search_requests",
        "get_request",
        "list_sessions",
        "get_session",
        "query_metrics",
        "list_fields",
    }
    for tool in tools:
        assert tool.annotations.read_only_hint
        assert tool.description
        assert tool.output_schema["type"] == "object"
        assert all(one.get("description") for one in tool.input_schema["properties"].values())


def test_requests_are_found_by_a_filter(mcp: Mcp) -> None:
    found = mcp.call("search_requests", filter="status:429 property.Env=prod", range="24h")
    [row] = found["requests"]
    assert (row["status"], row["model"], row["session_id"], row["user_id"]) == (
        429,
        "gpt-4o",
        SESSION_ID,
        "ann",
    )
    assert (row["preview"], row["properties"]) == ("Read one", {"Env": "prod"})
    assert "next_cursor" not in found


def test_requests_come_in_pages(mcp: Mcp, tenant: Tenant) -> None:
    ids: list[str] = []
    page: dict[str, Any] = {"next_cursor": None}
    while "next_cursor" in page:
        page = mcp.call("search_requests", sort="created_at", limit=3, cursor=page["next_cursor"])
        ids += [row["id"] for row in page["requests"]]
    assert ids == [str(row.id) for row in rows(tenant.id)]


def test_what_bodies_say_is_searched_for(mcp: Mcp) -> None:
    [row] = mcp.call("search_requests", filter='"lost parcel"')["requests"]
    assert row["request_id"] == "the-long-one"
    assert "lost parcel" in row["found"]


def test_a_page_without_rows_says_what_to_try(mcp: Mcp) -> None:
    found = mcp.call("search_requests", filter="model:nobody")
    assert found["requests"] == []
    assert "list_fields" in found["note"]


def test_a_request_is_read_with_bodies_and_bill(mcp: Mcp, tenant: Tenant, stack: Stack) -> None:
    [found] = mcp.call("search_requests", filter='request:"Write the report"')["requests"]
    read = mcp.call("get_request", id=found["id"])
    assert read["request_body"]["messages"] == [{"role": "user", "content": "Write the report"}]
    assert read["response_body"]["choices"][0]["message"]["content"] == "Hi"
    assert [(line["kind"], line["tokens"]) for line in read["cost_lines"]] == [
        ("prompt", 100),
        ("completion", 20),
    ]
    assert sum(line["cost_usd"] for line in read["cost_lines"]) == pytest.approx(read["cost_usd"])
    assert WebClient(stack.url, tenant.owner).get(read["page_url"].removeprefix(stack.url)).status == 200


def test_what_went_wrong_is_said_in_words(mcp: Mcp) -> None:
    [found] = mcp.call("search_requests", filter="status:error")["requests"]
    assert "rate limited" in mcp.call("get_request", id=found["id"])["what_went_wrong"]


def test_a_long_body_is_cut_as_asked_and_says_so(mcp: Mcp) -> None:
    read = mcp.call("get_request", id="the-long-one", max_characters=2000)
    text = read["request_body"]["messages"][0]["content"]
    assert text.startswith("Once more")
    assert "characters left out" in text
    assert len(json.dumps(read["request_body"])) < 2100
    assert "max_characters" in read["notes"][0]
    whole = mcp.call("get_request", id="the-long-one", max_characters=100_000)
    assert whole["request_body"]["messages"][0]["content"] == LONG_TEXT
    assert "notes" not in whole
    assert "request_body" not in mcp.call("get_request", id="the-long-one", max_characters=0)


def test_pictures_are_left_out(mcp: Mcp) -> None:
    [found] = mcp.call("search_requests", filter="model:gpt-4o-mini")["requests"]
    text = mcp.call("get_request", id=found["id"])["request_body"]["messages"][0]["content"]
    assert text == f"data:image/png;base64,[{len(PICTURE):,} characters of base64]"


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (b"no JSON \xff", "no JSON \ufffd"),
        (
            b'{"n": NaN, "big": 123456789012345678901234567890}',
            {"n": "nan", "big": 123456789012345678901234567890},
        ),
        (b'"\\ud800"', "?"),
        (b"[" * 30_000 + b"]" * 30_000, "[" * 50 + "[… 59,900 characters left out …]" + "]" * 50),
        (json.dumps([*"ab"] * 900).encode(), [*"ababa", "[… 1,790 items left out …]", *"babab"]),
        (b"x" * 9_000_000, "x" * 50 + "[… 8,999,900 characters left out …]" + "x" * 50),
    ],
    ids=["bytes", "numbers", "surrogate", "deep", "list", "large"],
)
def test_any_body_is_shown(stack: Stack, organization: Tenant, body: bytes, shown: Any) -> None:
    store(chat_event(organization.id, request_body=body, request_bytes=len(body), request_id="odd"))
    read = Mcp(stack.url, organization.api_key).call("get_request", id="odd", max_characters=100)
    assert read["request_body"] == shown


def test_sessions_are_found_by_a_filter(mcp: Mcp, stack: Stack, tenant: Tenant) -> None:
    found = mcp.call("list_sessions", filter="errors>0 request:status:429", sort="-cost")
    [session] = found["sessions"]
    assert (session["session_id"], session["name"]) == (SESSION_ID, "Vendor research")
    assert (session["requests"], session["model_calls"], session["errors"]) == (6, 4, 1)
    assert session["duration_ms"] == 10_000
    assert WebClient(stack.url, tenant.owner).get(found["page_url"].removeprefix(stack.url)).status == 200


def test_a_session_is_read_as_a_tree(mcp: Mcp) -> None:
    read = mcp.call("get_session", session_id=SESSION_ID)
    shown = [(node["depth"], node["name"], node.get("role", "step")) for node in read["nodes"]]
    assert shown == [
        (0, "/research", "folder"),
        (1, "/plan", "step"),
        (1, "/gather", "step"),
        (2, "/read", "attempts"),
        (3, "/read", "step"),
        (3, "/read", "step"),
        (2, "fetch", "step"),
        (1, "/write", "step"),
    ]
    top, gather = read["nodes"][0], read["nodes"][2]
    assert (top["steps"], top["errors"], top["duration_ms"], read["idle_ms"]) == (6, 1, 10_000, 2_800)
    assert (gather["kind"], gather["start_ms"], gather["status"]) == ("tool", 4_000, 200)
    assert mcp.call("get_request", id=gather["id"])["span_name"] == "web_search"


def test_a_tree_is_as_deep_and_as_long_as_asked(mcp: Mcp) -> None:
    def names(**bounds: Any) -> list[str]:
        read = mcp.call("get_session", session_id=SESSION_ID, **bounds)
        assert read["notes"] == [f"{8 - len(read['nodes'])} of 8 nodes are left out."]
        return [node["name"] for node in read["nodes"]]

    assert names(depth=1) == ["/research", "/plan", "/gather", "/write"]
    assert names(limit=2) == ["/research", "/plan"]
    assert names(only_errors=True) == ["/research", "/gather", "/read", "/read"]


def test_metrics_are_those_of_rest(mcp: Mcp, stack: Stack, tenant: Tenant) -> None:
    now = datetime.now(UTC)
    asked = {
        "by": ["model"],
        "bucket": "hour",
        "start": (now - timedelta(hours=12)).isoformat(),
        "end": now.isoformat(),
        "zone": "Asia/Kolkata",
        "compare": "previous",
        "limit": 1,
    }
    metrics = ["cost_usd", "requests", "latency_ms_p95", "active_users"]
    told = mcp.call("query_metrics", metrics=metrics, filter="status:200", **asked)
    rest = Api(stack.url, tenant.api_key).get("/api/metrics/", metric=metrics, q="status:200", **asked).json
    assert told["groups"] != []
    assert told["other"] is not None
    assert rest["previous"].pop("other") is None  # left out where it is said to agents
    assert told == rest


def test_metrics_tell_groups_apart(mcp: Mcp) -> None:
    found = mcp.call("query_metrics", metrics=["requests", "error_rate"], by=["user"], range="24h")
    assert [(group["by"], group["values"]) for group in found["groups"]] == [
        ({"user": "ann"}, {"requests": 4, "error_rate": 0.25})
    ]


def test_what_filters_can_be_made_of_is_listed(mcp: Mcp) -> None:
    found = mcp.call("list_fields")
    assert found["models"] == [
        {"model": "gpt-4o", "provider": "openai", "requests": 5},
        {"model": "gpt-4o-mini", "provider": "openai", "requests": 1},
    ]
    assert found["properties"] == [{"name": "Env", "requests": 6, "values": ["prod"]}]
    names = {field["name"] for field in found["request_fields"]}
    assert {"model", "latency", "session_path"} <= names
    assert "organization" not in names
    assert "duration" in {field["name"] for field in found["session_fields"]}


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        (
            "search_requests",
            {"filter": "modle:x"},
            "filter: At character 1, modle:x: There is no field 'modle'.",
        ),
        ("list_sessions", {"filter": "cost>cheap"}, "filter: At character 1, cost>cheap: "),
        (
            "query_metrics",
            {"metrics": ["requests"], "filter": '"words"'},
            "Metrics cannot be narrowed by words",
        ),
        ("query_metrics", {"metrics": ["speed"]}, "metrics: There is no 'speed'"),
        ("query_metrics", {"metrics": ["requests"], "zone": "Mars"}, "zone: There is no time zone 'Mars'"),
        (
            "query_metrics",
            {
                "metrics": ["requests", "errors"],
                "bucket": "minute",
                "start": "2026-01-01",
                "end": "2026-01-02",
            },
            "2,880 values, and an answer holds 2,000",
        ),
        ("search_requests", {"cursor": "x"}, "cursor: This cursor is not one of ours."),
        ("search_requests", {"start": "yesterday"}, "start: Enter a valid date/time."),
        ("search_requests", {"limit": 51}, "less than or equal to 50"),
        ("get_request", {"id": "no\x00thing"}, "There is no request with the id"),
        ("get_session", {"session_id": "nothing"}, "There is no session with the id 'nothing'."),
    ],
)
def test_what_is_wrong_is_said_to_the_agent(
    mcp: Mcp, tool: str, arguments: dict[str, Any], said: str
) -> None:
    assert said in mcp.refusal(tool, **arguments)


def test_nothing_of_another_organization_is_seen(mcp: Mcp, stranger: Mcp) -> None:
    [found] = mcp.call("search_requests", filter="status:error")["requests"]
    assert "There is no request" in stranger.refusal("get_request", id=found["id"])
    assert "There is no request" in stranger.refusal("get_request", id="the-long-one")
    assert "There is no session" in stranger.refusal("get_session", session_id=SESSION_ID)
    assert stranger.call("search_requests")["requests"] == []
    assert stranger.call("search_requests", filter='"lost parcel"')["requests"] == []
    assert stranger.call("list_sessions")["sessions"] == []
    fields = stranger.call("list_fields")
    assert (fields["models"], fields["properties"]) == ([], [])
    [group] = stranger.call("query_metrics", metrics=["requests"])["groups"]
    assert group["values"] == {"requests": 0}


def test_agents_of_before_2026_are_answered_too(stack: Stack, tenant: Tenant) -> None:
    mcp = Mcp(stack.url, tenant.api_key, mode="legacy")
    assert len(mcp.call("search_requests", filter="status:error")["requests"]) == 1


def test_a_prompt_leads_through_failures(mcp: Mcp) -> None:
    prompt = mcp.ask(
        lambda client: client.get_prompt("debug_failed_requests", {"filter": "user:ann OR user:bob"})
    )
    assert "`(user:ann OR user:bob) status:error`" in prompt.messages[0].content.text


def test_the_language_of_filters_can_be_read(mcp: Mcp) -> None:
    listed = mcp.ask(lambda client: client.list_resources()).resources
    assert "helicone:///docs/filters.md" in {str(one.uri) for one in listed}
    [page] = mcp.ask(lambda client: client.read_resource("helicone:///docs/filters.md")).contents
    assert page.text.startswith("# Filters")


@pytest.mark.parametrize("header", [None, "Bearer sk-helicone-nobody", "Basic abc"])
def test_without_a_key_nobody_is_answered(stack: Stack, header: str | None) -> None:
    answer = post(stack, **({"Authorization": header} if header else {}))
    assert (answer.status, answer.header("www-authenticate")) == (401, 'Bearer realm="helicone"')
    assert "key" in message_of(answer)


def test_a_key_takes_read_scope(stack: Stack, tenant: Tenant) -> None:
    keys = {
        scope: actions.issue_api_key(organization=tenant.organization, name=scope, scope=scope).secret
        for scope in ("r", "w")
    }
    assert post(stack, Authorization=f"Bearer {keys['r']}").status == 200
    refused = post(stack, Authorization=f"Bearer {keys['w']}")
    assert (refused.status, "read scope" in message_of(refused)) == (403, True)


def test_calls_count_with_those_of_rest(stack: Stack, organization: Tenant) -> None:
    key = ApiKey.objects.get(organization=organization.organization)
    caller = SimpleNamespace(user=ApiCaller(organization.organization, "r", api_key=key))
    answer = post(stack, Authorization=f"Bearer {organization.api_key}")
    while answer.status == 200:  # twice, when a minute ends meanwhile
        for _ in range(settings.API_RATE[0]):
            CallerThrottle().allow_request(caller, None)  # type: ignore[arg-type]
        answer = post(stack, Authorization=f"Bearer {organization.api_key}")
    assert answer.status == 429
    assert 1 <= int(answer.header("retry-after") or 0) <= 60


@pytest.mark.parametrize(
    ("origin", "host", "status"),
    [
        ("https://evil.example", None, 403),
        ("null", None, 403),
        ("http://rebound.example", "rebound.example", 403),
        ("http://127.0.0.1:8585", "127.0.0.1:8585", 200),
        ("http://localhost:8585", "localhost:8585", 200),
    ],
)
def test_pages_of_other_sites_are_refused(
    stack: Stack, tenant: Tenant, origin: str, host: str | None, status: int
) -> None:
    headers = {"Authorization": f"Bearer {tenant.api_key}", "Origin": origin}
    assert post(stack, **headers, **({"Host": host} if host else {})).status == status


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_there_is_no_stream_to_open_and_no_session_to_end(stack: Stack, tenant: Tenant, method: str) -> None:
    answer = send(f"{stack.url}/mcp", method=method, headers={"Authorization": f"Bearer {tenant.api_key}"})
    assert (answer.status, answer.header("allow")) == (405, "POST")
