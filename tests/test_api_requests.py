"""`GET /api/requests/` and `/api/requests/{id}/`: who may, what they get, and which rows."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from accounts_app import actions
from ingest_app.events import now_us
from tests.api import Api
from tests.conftest import Stack, Tenant
from tests.events import chat_event, log

Wait = Callable[..., list]


@pytest.fixture
def api(stack: Stack, organization: Tenant) -> Api:
    return Api(stack.url, organization.api_key)


def key_of(organization: Tenant, scope: str) -> str:
    return actions.issue_api_key(organization=organization.organization, name=scope, scope=scope).secret


# Who may


def test_it_needs_a_key(stack: Stack) -> None:
    assert Api(stack.url, None).get("/api/requests/").status == 401


def test_it_refuses_an_unknown_key(stack: Stack) -> None:
    assert Api(stack.url, "sk-helicone-0000000-0000000-0000000-0000000").get("/api/requests/").status == 401


def test_it_takes_a_read_key(stack: Stack, organization: Tenant) -> None:
    assert Api(stack.url, key_of(organization, "r")).get("/api/requests/").status == 200


def test_it_refuses_a_write_key(stack: Stack, organization: Tenant) -> None:
    answer = Api(stack.url, key_of(organization, "w")).get("/api/requests/")
    assert (answer.status, answer.json["detail"]) == (
        403,
        "This API key may only write. Use a key with read scope.",
    )


def test_it_refuses_a_revoked_key(stack: Stack, organization: Tenant) -> None:
    issued = actions.issue_api_key(organization=organization.organization, name="Gone soon")
    assert Api(stack.url, issued.secret).get("/api/requests/").status == 200
    actions.revoke_api_key(api_key=issued.api_key)
    assert Api(stack.url, issued.secret).get("/api/requests/").status == 401


def test_it_notes_the_keys_last_use(stack: Stack, organization: Tenant) -> None:
    issued = actions.issue_api_key(organization=organization.organization, name="Used")
    Api(stack.url, issued.secret).get("/api/requests/")
    issued.api_key.refresh_from_db()
    assert issued.api_key.last_used_at is not None


def test_another_organizations_rows_are_not_there(
    stack: Stack, organization: Tenant, make_tenant: Callable[[], Tenant], wait_for_rows: Wait
) -> None:
    log(chat_event(organization.id))
    row = wait_for_rows(organization.id)[0]
    stranger = Api(stack.url, make_tenant().api_key)
    assert stranger.rows() == []
    assert stranger.get(f"/api/requests/{row.id}/").status == 404
    assert Api(stack.url, organization.api_key).get(f"/api/requests/{row.id}/").status == 200


# What they get


def test_a_row_says_what_was_logged(api: Api, organization: Tenant, wait_for_rows: Wait) -> None:
    log(
        chat_event(
            organization.id,
            text="What is\nthe time?",
            request_id="mine",
            user_id="ada",
            session_id="s1",
            session_path="/a/b",
            session_name="Clock",
            properties={"Environment": "test"},
        )
    )
    row = wait_for_rows(organization.id)[0]
    (seen,) = api.rows()
    assert seen == {
        "id": str(row.id),
        "request_id": "mine",
        "created_at": row.created_at.isoformat().replace("+00:00", "Z"),
        "provider": "openai",
        "model": "gpt-4o",
        "request_model": "gpt-4o",
        "response_model": "gpt-4o",
        "path": "/v1/chat/completions",
        "target_url": "https://api.openai.com/v1/chat/completions",
        "status": 200,
        "error": "",
        "is_stream": False,
        "latency_ms": 500,
        "time_to_first_token_ms": None,
        "prompt_tokens": 100,
        "completion_tokens": 20,
        "total_tokens": 120,
        "cache_read_tokens": 0,
        "cache_read_audio_tokens": 0,
        "cache_read_image_tokens": 0,
        "cache_write_tokens": 0,
        "cache_write_1h_tokens": 0,
        "reasoning_tokens": 0,
        "prompt_audio_tokens": 0,
        "prompt_image_tokens": 0,
        "completion_audio_tokens": 0,
        "completion_image_tokens": 0,
        "prompt_audio_seconds": 0,
        "usage_is_estimated": False,
        "cost_nanodollars": 450_000,  # 100 × $2.50 + 20 × $10 per million
        "cost_usd": 0.00045,
        "user_id": "ada",
        "session_id": "s1",
        "session_path": "/a/b",
        "session_name": "Clock",
        "properties": {"Environment": "test"},
        "request_bytes": row.request_bytes,
        "response_bytes": row.response_bytes,
        "request_is_cut": False,
        "response_is_cut": False,
        "referrer": "",
        "kind": "",
        "span_name": "",
        "trace_id": "",
        "span_id": "",
        "parent_span_id": "",
        "feedback": None,
        "scores": {},
        "preview": "What is the time?",
    }


def test_the_detail_has_bodies_and_bill(api: Api, organization: Tenant, wait_for_rows: Wait) -> None:
    usage = {
        "prompt_tokens": 100,
        "completion_tokens": 20,
        "prompt_tokens_details": {"cached_tokens": 60},
    }
    log(chat_event(organization.id, text="Hello", usage=usage))
    row = wait_for_rows(organization.id)[0]
    detail = api.get(f"/api/requests/{row.id}/").json
    assert detail["request_body"]["messages"] == [{"role": "user", "content": "Hello"}]
    assert detail["response_body"]["usage"] == usage
    assert [(line["kind"], line["tokens"], line["cost_nanodollars"]) for line in detail["cost_lines"]] == [
        ("prompt", 40, 100_000),
        ("cache_read", 60, 75_000),
        ("completion", 20, 200_000),
    ]
    assert sum(line["cost_nanodollars"] for line in detail["cost_lines"]) == detail["cost_nanodollars"]
    assert detail["price_source"].startswith("genai-prices ")


def test_a_body_that_is_not_json_is_given_as_text(
    api: Api, organization: Tenant, wait_for_rows: Wait
) -> None:
    log(chat_event(organization.id, response_body=b"<h1>Bad gateway</h1>", status=502))
    row = wait_for_rows(organization.id)[0]
    assert api.get(f"/api/requests/{row.id}/").json["response_body"] == "<h1>Bad gateway</h1>"


def test_an_unknown_model_has_no_cost(api: Api, organization: Tenant, wait_for_rows: Wait) -> None:
    log(chat_event(organization.id, model="our-own-model"))
    wait_for_rows(organization.id)
    (row,) = api.rows()
    assert (row["cost_nanodollars"], row["cost_usd"], row["total_tokens"]) == (None, None, 120)


def test_the_clients_own_id_finds_the_newest(api: Api, organization: Tenant, wait_for_rows: Wait) -> None:
    log(*(chat_event(organization.id, request_id="again", text=text) for text in ("first", "second")))
    wait_for_rows(organization.id, 2)
    assert api.get("/api/requests/again/").json["preview"] == "second"


@pytest.mark.parametrize("id", ["nothing", "00000000-0000-0000-0000-000000000000"])
def test_an_id_that_is_not_there_is_404(api: Api, id: str) -> None:
    assert api.get(f"/api/requests/{id}/").status == 404


# Which rows


@pytest.fixture
def assorted(organization: Tenant, wait_for_rows: Wait) -> None:
    log(
        chat_event(organization.id, text="plain"),
        chat_event(
            organization.id,
            text="ada",
            user_id="ada",
            properties={"Env": "prod", "Tier": "pro", "region": "eu"},
        ),
        chat_event(organization.id, text="bob", user_id="bob", properties={"Env": "prod"}),
        chat_event(organization.id, text="mini", model="gpt-4o-mini", session_id="s 1"),
        chat_event(organization.id, text="limited", status=429),
        chat_event(organization.id, text="broken", status=500),
        chat_event(organization.id, text="cancelled", status=-3),
        chat_event(organization.id, text="claude", provider="anthropic", request_id="mine"),
    )
    wait_for_rows(organization.id, 8)


@pytest.mark.usefixtures("assorted")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"user_id": "ada"}, ["ada"]),
        ({"model": "gpt-4o-mini"}, ["mini"]),
        ({"provider": "anthropic"}, ["claude"]),
        ({"session_id": "s 1"}, ["mini"]),
        ({"request_id": "mine"}, ["claude"]),
        ({"property.Env": "prod"}, ["bob", "ada"]),
        ({"property.Env": "prod", "property.Tier": "pro"}, ["ada"]),
        ({"property.Env": "Prod"}, []),
        ({"property.Region": "eu"}, ["ada"]),  # logged by a client that sends lower case
        ({"status": "429"}, ["limited"]),
        ({"status": "4xx"}, ["limited"]),
        ({"status": "error"}, ["cancelled", "broken", "limited"]),
        ({"status": "cancelled"}, ["cancelled"]),
        ({"status": "success", "user_id": "bob"}, ["bob"]),
        ({"status": "-3", "provider": "anthropic"}, []),
    ],
)
def test_filters_choose_rows(api: Api, query: dict[str, str], expected: list[str]) -> None:
    assert [row["preview"] for row in api.rows(**query)] == expected


def test_times_bound_the_rows(api: Api, organization: Tenant, wait_for_rows: Wait) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    for days in (40, 10, 1):
        at = now - timedelta(days=days)
        log(chat_event(organization.id, text=f"{days} days", at_us=int(at.timestamp()) * 1_000_000))
    wait_for_rows(organization.id, 3)

    def seen(**query: str) -> list[str]:
        return [row["preview"] for row in api.rows(**query)]

    assert seen() == ["1 days", "10 days"]  # thirty days unless asked otherwise
    assert seen(range="7d") == ["1 days"]
    assert seen(range="90d") == ["1 days", "10 days", "40 days"]
    ten_days_ago = (now - timedelta(days=10)).isoformat()
    assert seen(start=ten_days_ago) == ["1 days", "10 days"]  # not before
    assert seen(end=ten_days_ago) == ["40 days"]  # before


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"status": "teapot"}, "status"),
        ({"start": "yesterday"}, "start"),
        ({"range": "5y"}, "range"),
        ({"sort": "beauty"}, "sort"),
        ({"cursor": "nonsense"}, "cursor"),
        ({"cursor": "e30"}, "cursor"),
        ({"limit": "0"}, "limit"),
        ({"limit": "1001"}, "limit"),
        ({"limit": "many"}, "limit"),
    ],
)
def test_a_wrong_parameter_is_named(api: Api, query: dict[str, str], field: str) -> None:
    answer = api.get("/api/requests/", **query)
    assert answer.status == 400
    assert list(answer.json) == [field]


def test_nul_characters_are_refused_not_fatal(api: Api) -> None:
    assert api.get("/api/requests/", user_id="a\x00b").status == 400
    assert api.get("/api/requests/", **{"property.a\x00": "b"}).status == 400
    assert api.get("/api/requests/a%00b/").status == 404


# Sorting and paging


@pytest.mark.parametrize(
    "sort", ["created_at", "cost", "latency_ms", "total_tokens", "time_to_first_token_ms"]
)
def test_sorting_puts_unknown_values_last_in_both_directions(
    api: Api, organization: Tenant, wait_for_rows: Wait, sort: str
) -> None:
    log(
        *(
            chat_event(
                organization.id,
                usage=None if n % 3 == 0 else {"prompt_tokens": n, "completion_tokens": n % 5},
                latency_ms=n % 4,
            )
            for n in range(12)
        )
    )
    wait_for_rows(organization.id, 12)
    field = {"cost": "cost_nanodollars"}.get(sort, sort)
    for descending in (True, False):
        values = [row[field] for row in api.rows(sort=f"-{sort}" if descending else sort)]
        known = [value for value in values if value is not None]
        assert known == sorted(known, reverse=descending)
        assert values == known + [None] * (len(values) - len(known))


@pytest.mark.parametrize("sort", ["-created_at", "created_at", "-cost", "cost", "-latency_ms"])
def test_pages_neither_skip_nor_repeat_while_rows_arrive(
    api: Api, organization: Tenant, wait_for_rows: Wait, sort: str
) -> None:
    now = now_us()
    log(
        *(
            chat_event(
                organization.id,
                at_us=now + n // 3,  # ties in time
                text=str(n),
                usage={"prompt_tokens": n // 7, "completion_tokens": 1} if n % 4 else None,
                latency_ms=n % 3,
            )
            for n in range(40)
        )
    )
    wait_for_rows(organization.id, 40)
    before = [row["id"] for row in api.rows(sort=sort, limit=1000)]
    page = api.get("/api/requests/", sort=sort, limit=7).json
    seen = [row["id"] for row in page["results"]]
    arrived = 40
    while page["next"]:
        log(chat_event(organization.id, text="late"))
        arrived += 1
        wait_for_rows(organization.id, arrived)
        page = api.get(page["next"]).json
        seen += [row["id"] for row in page["results"]]
    assert [id for id in seen if id in before] == before

    back = [row["id"] for row in page["results"]]
    while page["previous"]:
        page = api.get(page["previous"]).json
        back = [row["id"] for row in page["results"]] + back
    assert [id for id in back if id in before] == before


# The schema


def test_the_schema_describes_both_routes(stack: Stack) -> None:
    import urllib.request

    with urllib.request.urlopen(f"{stack.url}/api/schema/", timeout=10) as answer:
        schema = answer.read().decode()
    assert "/api/requests/:" in schema
    assert "/api/requests/{id}/:" in schema
    assert "property.<Name>" in schema
