"""`/api/sessions/`: which sessions there are, by name, one of them, and what is said of it."""

from typing import Any
from urllib.parse import quote

import pytest

from accounts_app import actions
from ingest_app.events import now_us
from sessions_app.models import Session
from tests.api import Api
from tests.events import chat_event
from tests.live import Stack, Tenant
from tests.logged_days import store

SECOND_US = 1_000_000
HOUR_US = 3600 * SECOND_US


@pytest.fixture
def api(stack: Stack, organization: Tenant) -> Api:
    return Api(stack.url, organization.api_key)


def log_sessions(tenant: Tenant, **sessions: dict[str, Any]) -> None:
    """Log a session of one request each, a minute apart, the first of them the oldest."""
    start = now_us() - len(sessions) * 60 * SECOND_US
    store(
        *(
            chat_event(tenant.id, **{"at_us": start + n * 60 * SECOND_US, "session_id": id, **changes})
            for n, (id, changes) in enumerate(sessions.items())
        )
    )


def ids(api: Api, **query: Any) -> list[str]:
    """Returns the ids of the sessions on the first page."""
    answer = api.get("/api/sessions/", **query)
    assert answer.status == 200, answer.json
    return [row["session_id"] for row in answer.json["results"]]


def path_of(session_id: str) -> str:
    escaped = session_id.replace("~", "~~").replace("/", "~S")
    return f"/api/sessions/{quote(escaped, safe='')}/"


def test_sessions_come_newest_first_with_what_they_add_up_to(api: Api, organization: Tenant) -> None:
    log_sessions(organization, old={}, new={"session_name": "Plan", "user_id": "ann", "latency_ms": 1500})
    rows = api.get("/api/sessions/").json["results"]
    assert [row["session_id"] for row in rows] == ["new", "old"]
    row = rows[0]
    assert (row["name"], row["requests"], row["model_calls"], row["errors"]) == ("Plan", 1, 1, 0)
    assert (row["duration_ms"], row["average_latency_ms"], row["user_ids"]) == (1500, 1500, ["ann"])
    assert row["cost_usd"] == row["cost_nanodollars"] / 1e9 > 0
    assert (row["total_tokens"], row["tag"], row["feedback"]) == (120, "", None)


def test_an_unknown_price_is_not_zero(api: Api, organization: Tenant) -> None:
    log_sessions(organization, s={"model": "nobody-knows-this-one"})
    (row,) = api.get("/api/sessions/").json["results"]
    assert (row["cost_usd"], row["unpriced_requests"]) == (None, 1)


@pytest.mark.parametrize(
    "sort", ["created_at", "last_active_at", "name", "duration_ms", "requests", "cost", "errors"]
)
@pytest.mark.parametrize("sign", ["", "-"])
def test_pages_have_every_session_once_however_they_are_sorted(
    api: Api, organization: Tenant, sort: str, sign: str
) -> None:
    sessions: dict[str, Any] = {
        f"s{n}": {
            "session_name": f"name {n % 3}",
            "latency_ms": n % 4 * 100,
            "status": 500 if n % 3 == 1 else 200,
            "model": ("gpt-4o", "gpt-4o-mini", "unknown-model")[n % 3],
        }
        for n in range(7)
    }
    log_sessions(organization, **sessions)
    found: list[str] = []
    values: list[Any] = []
    cursor: dict[str, str] = {}
    while True:
        page = api.get("/api/sessions/", sort=sign + sort, limit=2, **cursor).json
        found += [row["session_id"] for row in page["results"]]
        values += [_sorted_by(row, sort) for row in page["results"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert sorted(found) == sorted(sessions)
    assert values == sorted(values, reverse=bool(sign))
    back = api.get("/api/sessions/", sort=sign + sort, limit=2, cursor=page["previous_cursor"]).json
    assert [row["session_id"] for row in back["results"]] == found[
        -len(page["results"]) - 2 : -len(page["results"])
    ]


def _sorted_by(row: dict[str, Any], sort: str) -> Any:
    return row["cost_nanodollars"] or 0 if sort == "cost" else row[sort]


FILTERS = [
    ("name:Checkout", ["checkout"]),
    ("name:check*", []),
    ("name:*CHECK*", ["checkout"]),
    ("name~~check%", ["checkout"]),
    ("has:name", ["checkout", "search"]),
    ("-has:name", ["bare/one"]),
    ("checkout", ["checkout"]),
    ("CHECK", ["checkout"]),
    ("are/o", ["bare/one"]),
    ('"Deep search"', ["search"]),
    ("deep bare", []),
    ("id:search", ["search"]),
    ("id:bare*", ["bare/one"]),
    ("errors>0", ["search"]),
    ("errors:0", ["bare/one", "checkout"]),
    ("requests>1", ["search"]),
    ("calls:1", ["bare/one", "checkout"]),
    ("cost>0.0001", ["checkout", "search"]),
    ("duration>=5s", ["search"]),
    ("duration<1s", ["bare/one", "checkout"]),
    ("tokens>100", ["bare/one", "checkout", "search"]),
    ("status:error", ["search"]),
    ("is:success", ["bare/one", "checkout"]),
    ("user:ann", ["checkout", "search"]),
    ("user:bo*", ["search"]),
    ("user~~B%", ["search"]),
    ("has:user", ["checkout", "search"]),
    ("-user:bob", ["bare/one", "checkout"]),
    ("model:gpt-4o-mini", ["bare/one", "search"]),
    ("model:*4o*", ["bare/one", "checkout", "search"]),
    ("model:*MINI*", ["bare/one", "search"]),
    ("model~gpt-4_", ["checkout", "search"]),
    ("request:status:500", ["search"]),
    ("request:(status:500 model:gpt-4o-mini)", ["search"]),
    ("request:(status:500 model:gpt-4o)", []),
    ("-request:status:500", ["bare/one", "checkout"]),
    ("-request:(user:ann OR user:bob)", ["bare/one"]),
    ("request:session_path:/pay*", ["checkout"]),
    ("property.Env:prod", ["checkout"]),
    ("request:property.Env:prod OR errors>0", ["checkout", "search"]),
    ("request:zanzibar", ["bare/one"]),
    ('request:"from zanzibar"', ["bare/one"]),
    ("NOT (errors>0 OR name:Checkout)", ["bare/one"]),
    ("tag:look", ["bare/one"]),
    ("has:tag", ["bare/one"]),
    ("-has:tag", ["checkout", "search"]),
    ("tag:l*", ["bare/one"]),
    ("feedback:down", ["bare/one"]),
    ("feedback:none", ["checkout", "search"]),
]


@pytest.fixture(scope="module")
def filtered(stack: Stack) -> Api:
    """An organization with three sessions."""
    from tests.events import wait_until

    owner = actions.create_user(email=f"sessions-{now_us()}@example.com", password=None)
    organization = actions.create_organization(name=f"Sessions {now_us()}", owner=owner)
    tenant = Tenant(
        organization, owner, actions.issue_api_key(organization=organization, name="K", actor=owner).secret
    )
    start = now_us() - HOUR_US
    mini = {"model": "gpt-4o-mini"}
    store(
        chat_event(tenant.id, at_us=start, session_id="bare/one", text="A letter from Zanzibar", **mini),
        chat_event(
            tenant.id, at_us=start + SECOND_US, session_id="checkout", session_name="Checkout", user_id="ann",
            session_path="/pay/card", properties={"Env": "prod"},
        ),
        chat_event(
            tenant.id, at_us=start + 2 * SECOND_US, session_id="search", session_name="Deep search", user_id="ann"
        ),
        chat_event(
            tenant.id, at_us=start + 8 * SECOND_US, session_id="search", user_id="bob", status=500, **mini
        ),
    )  # fmt: skip
    Session.objects.filter(organization_id=tenant.id, session_id="bare/one").update(tag="look", feedback=0)
    api = Api(stack.url, tenant.api_key)
    wait_until(lambda: ids(api, q="request:zanzibar"), within_s=30)  # until it is indexed
    return api


@pytest.mark.parametrize(("text", "found"), FILTERS, ids=[text for text, _ in FILTERS])
def test_a_filter_finds(filtered: Api, text: str, found: list[str]) -> None:
    assert sorted(ids(filtered, q=text)) == found


@pytest.mark.parametrize(
    ("parameters", "found"),
    [
        ({"name": "Checkout"}, ["checkout"]),
        ({"user_id": "ann", "cost__gt": "0"}, ["checkout", "search"]),
        ({"duration__gte": "5s"}, ["search"]),
        ({"duration_ms__lt": "5000"}, ["bare/one", "checkout"]),
        ({"property.Env": "prod"}, ["checkout"]),
        ({"name__exists": "false"}, ["bare/one"]),
        ({"tag": "look"}, ["bare/one"]),
    ],
)
def test_parameters_filter_like_the_text(filtered: Api, parameters: dict[str, str], found: list[str]) -> None:
    assert sorted(ids(filtered, **parameters)) == found


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"q": "latency>2s"}, "request:latency"),
        ({"q": "costs>2"}, "Did you mean cost"),
        ({"q": "request:"}, "missing"),
        ({"q": "request:(status:500"}, "not closed"),
        ({"q": "request:nothing:x"}, "There is no field 'nothing'"),
        ({"q": "cost>many"}, "not a number"),
        ({"sort": "colour"}, "Cannot sort"),
        ({"cursor": "made-up"}, "cursor"),
        ({"limit": "0"}, "from 1 to"),
        ({"range": "2d"}, "2d"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_reason(
    filtered: Api, query: dict[str, str], words: str
) -> None:
    answer = filtered.get("/api/sessions/", **query)
    assert answer.status == 400
    assert words in str(answer.json)


def test_a_period_has_the_sessions_that_were_at_work_in_it(api: Api, organization: Tenant) -> None:
    now = now_us()
    store(
        chat_event(organization.id, at_us=now - 50 * HOUR_US, session_id="long"),
        chat_event(organization.id, at_us=now - HOUR_US // 2, session_id="long"),
        chat_event(organization.id, at_us=now - 50 * HOUR_US, session_id="over"),
    )
    assert ids(api, range="1h") == ["long"]
    assert sorted(ids(api, range="7d")) == ["long", "over"]
    assert ids(api, range="24h", q="name:nothing") == []


@pytest.mark.parametrize(
    "session_id", ["plain", "a/b//c", "..", "~S", "🙂 100%?#&", "x" * 500, "names", "é\n"]
)
def test_one_session_is_found_by_whatever_id_it_has(api: Api, organization: Tenant, session_id: str) -> None:
    start = now_us() - 10 * SECOND_US
    store(*(chat_event(organization.id, at_us=start + n, session_id=session_id) for n in range(3)))
    path = path_of(session_id) if session_id not in {"..", "names"} else {
        "..": "/api/sessions/~D~D/", "names": "/api/sessions/~names/"
    }[session_id]  # fmt: skip
    answer = api.get(path, limit=2)
    assert answer.status == 200, answer.json
    assert (answer.json["session_id"], answer.json["requests"]) == (session_id, 3)
    first = answer.json["steps"]
    second = api.get(path, limit=2, cursor=first["next_cursor"]).json["steps"]
    times = [row["created_at"] for row in [*first["results"], *second["results"]]]
    assert len(times) == 3
    assert times == sorted(times)


def test_names_add_up_their_sessions(api: Api, organization: Tenant) -> None:
    sessions: dict[str, Any] = {
        f"s{n}": {"session_name": "Plan", "latency_ms": 1000 * (n + 1), "status": 500 if n == 9 else 200}
        for n in range(10)
    }
    log_sessions(organization, **sessions, bare={})
    found = api.get("/api/sessions/names/").json
    plan, bare = found["results"]
    assert found["is_cut"] is False
    assert (plan["name"], plan["sessions"], plan["requests"], plan["errors"]) == ("Plan", 10, 10, 1)
    percentiles = [plan[f"duration_p{n}_ms"] for n in (50, 95, 99)]
    assert percentiles == [5_000, 10_000, 10_000]
    assert (bare["name"], bare["sessions"]) == ("", 1)
    assert [row["name"] for row in api.get("/api/sessions/names/", sort="name").json["results"]] == [
        "",
        "Plan",
    ]
    assert api.get("/api/sessions/names/", q="errors>0").json["results"][0]["sessions"] == 1
    assert api.get("/api/sessions/names/", sort="size").status == 400


def test_a_tag_and_a_thumb_are_given_and_taken_back(api: Api, organization: Tenant) -> None:
    log_sessions(organization, **{"a/b": {}})
    path = path_of("a/b")
    assert api.send("PUT", f"{path}tag/", {"tag": " look at this "}).status == 204
    assert api.send("PUT", f"{path}feedback/", {"rating": False}).status == 204
    answer = api.get(path).json
    assert (answer["tag"], answer["feedback"]) == ("look at this", 0)
    assert api.send("PUT", f"{path}tag/", {"tag": ""}).status == 204
    assert api.send("PUT", f"{path}feedback/", {"rating": None}).status == 204
    answer = api.get(path).json
    assert (answer["tag"], answer["feedback"]) == ("", None)


@pytest.mark.parametrize(
    ("part", "data"),
    [
        ("tag", {"tag": "x" * 101}),
        ("tag", {"tag": 1}),
        ("tag", {}),
        ("tag", []),
        ("feedback", {"rating": "up"}),
    ],
)
def test_what_cannot_be_said_is_refused(api: Api, organization: Tenant, part: str, data: Any) -> None:
    log_sessions(organization, s={})
    assert api.send("PUT", f"/api/sessions/s/{part}/", data).status == 400
    assert Session.objects.get(organization_id=organization.id).tag == ""


def test_a_key_that_only_reads_says_nothing(stack: Stack, organization: Tenant) -> None:
    log_sessions(organization, s={})
    key = actions.issue_api_key(organization=organization.organization, name="Reads", scope="r").secret
    reader = Api(stack.url, key)
    assert reader.get("/api/sessions/s/").status == 200
    assert reader.send("PUT", "/api/sessions/s/tag/", {"tag": "x"}).status == 403


def test_sessions_of_others_do_not_exist(
    stack: Stack, api: Api, organization: Tenant, make_tenant: Any
) -> None:
    log_sessions(organization, s={"session_name": "Ours"})
    other = Api(stack.url, make_tenant().api_key)
    assert other.get("/api/sessions/").json["results"] == []
    assert other.get("/api/sessions/names/").json["results"] == []
    assert other.get("/api/sessions/", q="request:status:200").json["results"] == []
    assert other.get("/api/sessions/s/").status == 404
    for part, data in (("tag", {"tag": "theirs"}), ("feedback", {"rating": True})):
        assert other.send("PUT", f"/api/sessions/s/{part}/", data).status == 404
    assert Session.objects.get(organization_id=organization.id).tag == ""
    assert Api(stack.url, None).get("/api/sessions/").status == 401


def test_the_schema_describes_sessions(stack: Stack) -> None:
    schema = Api(stack.url, None).get("/api/schema/", format="json").json
    assert {
        "/api/sessions/",
        "/api/sessions/names/",
        "/api/sessions/{session_id}/",
        "/api/sessions/{session_id}/tag/",
        "/api/sessions/{session_id}/feedback/",
    } <= set(schema["paths"])
