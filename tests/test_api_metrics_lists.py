"""`/api/users/`, `/api/models/` and `/api/properties/<name>/`: who and what, sorted, a page at a time."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import pytest

from ingest_app.events import LogEvent
from ingest_app.rollups import fold_organization
from tests.api import Api
from tests.events import chat_event
from tests.live import Stack, Tenant
from tests.logged_days import at, store

PERIOD = {"start": "2026-10-20T00:00Z", "end": "2026-10-27T00:00Z"}
GPT_4O, MINI = 450_000, 27_000  # nano-dollars of 100 tokens in and 20 out


@pytest.fixture
def api(stack: Stack, organization: Tenant) -> Api:
    return Api(stack.url, organization.api_key)


def event(tenant: Tenant, moment: str, **changes: Any) -> LogEvent:
    return chat_event(tenant.id, at_us=at(datetime.fromisoformat(moment).replace(tzinfo=UTC)), **changes)


@pytest.fixture
def calls(organization: Tenant) -> None:
    """Six calls of a week, and one before; all but the last two are folded into sums."""
    store(
        event(organization, "2026-10-02T10:00", user_id="ann", properties={"Plan": "pro"}),
        event(organization, "2026-10-21T10:00", user_id="ann", session_id="a", properties={"Plan": "pro"}),
        event(organization, "2026-10-22T10:00", user_id="ann", session_id="b", model="gpt-4o-mini"),
        event(
            organization, "2026-10-22T11:00", user_id="bob", model="gpt-4o-mini", properties={"Plan": "free"}
        ),
        event(organization, "2026-10-23T10:00", user_id="bob", model="gpt-4o-mini", latency_ms=1500),
        event(
            organization,
            "2026-10-24T10:00",
            user_id="cem/1",
            status=500,
            provider="azure",
            properties={"Plan": "pro"},
        ),
        event(organization, "2026-10-24T11:00", model="nobody-knows"),
    )
    fold_organization(organization.id, datetime(2026, 10, 24, tzinfo=UTC))


def rows(api: Api, path: str, **query: Any) -> list[dict[str, Any]]:
    answer = api.get(path, **{**PERIOD, **query})
    assert answer.status == 200, answer.json
    return answer.json["results"]


@pytest.mark.usefixtures("calls")
def test_users_come_by_cost_with_what_their_requests_add_up_to(api: Api) -> None:
    found = rows(api, "/api/users/")
    assert [row["user_id"] for row in found] == ["ann", "cem/1", "bob"]
    assert found[0] == {
        "user_id": "ann",
        "active_days": 2,
        "sessions": 2,
        "first_seen_at": "2026-10-02T10:00:00Z",
        "last_seen_at": "2026-10-22T10:00:00Z",
        "requests": 2,
        "errors": 0,
        "error_rate": 0,
        "cost_nanodollars": GPT_4O + MINI,
        "cost_usd": 0.000477,
        "unpriced_requests": 0,
        "prompt_tokens": 200,
        "completion_tokens": 40,
        "total_tokens": 240,
        "latency_ms_avg": 500,
    }
    assert (found[1]["errors"], found[1]["error_rate"]) == (1, 1)


@pytest.mark.usefixtures("calls")
@pytest.mark.parametrize(
    ("sort", "users"),
    [
        ("-requests", ["ann", "bob", "cem/1"]),
        ("-errors", ["cem/1", "ann", "bob"]),
        ("user", ["ann", "bob", "cem/1"]),
        ("-latency_ms", ["bob", "ann", "cem/1"]),
        ("-last_seen", ["cem/1", "bob", "ann"]),
    ],
)
def test_users_are_sorted(api: Api, sort: str, users: list[str]) -> None:
    assert [row["user_id"] for row in rows(api, "/api/users/", sort=sort)] == users


@pytest.mark.usefixtures("calls")
def test_users_are_found_by_a_part_of_their_id_and_by_their_requests(api: Api) -> None:
    assert [row["user_id"] for row in rows(api, "/api/users/", find="EM/")] == ["cem/1"]
    assert [row["user_id"] for row in rows(api, "/api/users/", model="gpt-4o-mini")] == ["bob", "ann"]


@pytest.mark.usefixtures("calls")
@pytest.mark.parametrize("path", ["/api/users/", "/api/properties/Plan/", "/api/models/"])
def test_pages_have_every_row_once_and_lead_back(api: Api, path: str) -> None:
    everything = rows(api, path)
    page = api.get(path, **PERIOD, limit=1).json
    assert page["previous"] is None
    seen = []
    while True:
        seen += page["results"]
        assert page["count"] == len(everything)
        if page["next"] is None:
            break
        assert "start=2026-10-20T00%3A00%3A00%2B00%3A00" in page["next"]
        page = api.get(page["next"]).json
    assert seen == everything
    assert api.get(page["previous"]).json["results"] == [everything[-2]]


@pytest.mark.usefixtures("calls")
def test_values_of_a_property_come_with_what_their_requests_add_up_to(api: Api) -> None:
    found = rows(api, "/api/properties/Plan/")
    assert [(row["value"], row["requests"], row["errors"], row["cost_nanodollars"]) for row in found] == [
        ("pro", 2, 1, 2 * GPT_4O),
        ("free", 1, 0, MINI),
    ]
    assert rows(api, "/api/properties/Plan/", sort="name")[0]["value"] == "free"
    assert rows(api, "/api/properties/Nobody/") == []


def test_a_property_may_be_called_anything(api: Api, organization: Tenant) -> None:
    name = "a/b c?ü"
    store(event(organization, "2026-10-21T10:00", properties={name: "x"}))
    (row,) = rows(api, f"/api/properties/{quote(name, safe='')}/")
    assert (row["value"], row["requests"]) == ("x", 1)


@pytest.mark.usefixtures("calls")
def test_models_come_with_providers_percentiles_and_what_a_million_tokens_cost(api: Api) -> None:
    found = {row["model"]: row for row in rows(api, "/api/models/")}
    assert list(found) == ["gpt-4o-mini", "gpt-4o", "nobody-knows"]
    mini = found["gpt-4o-mini"]
    assert (mini["requests"], mini["share"], mini["providers"]) == (3, 0.5, ["openai"])
    assert mini["cost_usd_per_mtok"] == 0.225
    assert mini["latency_ms_p50"] == pytest.approx(500, rel=0.01)
    assert mini["latency_ms_p99"] == pytest.approx(1500, rel=0.01)
    assert found["gpt-4o"]["providers"] == ["azure", "openai"]
    unknown = found["nobody-knows"]
    assert (unknown["cost_usd"], unknown["cost_usd_per_mtok"], unknown["unpriced_requests"]) == (
        None,
        None,
        1,
    )


@pytest.mark.usefixtures("calls")
def test_providers_come_with_their_models(api: Api) -> None:
    found = rows(api, "/api/models/", by="provider")
    assert [(row["provider"], row["models"]) for row in found] == [
        ("openai", ["gpt-4o-mini", "gpt-4o", "nobody-knows"]),
        ("azure", ["gpt-4o"]),
    ]


@pytest.mark.usefixtures("calls")
def test_what_is_unknown_stands_at_the_end_either_way(api: Api) -> None:
    for sort in ("cost_usd", "-cost_usd"):
        assert rows(api, "/api/models/", sort=sort)[-1]["model"] == "nobody-knows"


@pytest.mark.parametrize("path", ["/api/users/", "/api/properties/Plan/", "/api/models/"])
@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ({"sort": "beauty"}, "sort"),
        ({"cursor": "-1"}, "cursor"),
        ({"cursor": "eA"}, "cursor"),
        ({"limit": "1001"}, "limit"),
        ({"zone": "Europe/Atlantis"}, "zone"),
        ({"status": "teapot"}, "status"),
    ],
)
def test_what_cannot_be_asked_is_refused_by_the_name_of_the_parameter(
    api: Api, path: str, query: dict[str, str], parameter: str
) -> None:
    answer = api.get(path, **query)
    assert (answer.status, list(answer.json)) == (400, [parameter])


@pytest.mark.parametrize(
    "path", ["/api/users/?find=%00", "/api/properties/a/?find=%00", "/api/properties/%00/"]
)
def test_nothing_is_called_by_what_cannot_be_stored(api: Api, path: str) -> None:
    assert api.get(path).status == 400


@pytest.mark.usefixtures("calls")
@pytest.mark.parametrize("path", ["/api/users/", "/api/properties/Plan/", "/api/models/"])
def test_other_organizations_see_nothing_of_it(stack: Stack, make_tenant: Any, path: str) -> None:
    assert rows(Api(stack.url, make_tenant().api_key), path) == []
    assert Api(stack.url, None).get(path).status == 401
