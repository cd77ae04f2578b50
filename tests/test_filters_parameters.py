"""Filters in the query string of REST and of the Requests page."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.http import QueryDict

from requests_app.filters import RequestFilter
from tests.api import Api
from tests.conftest import Stack, Tenant
from tests.events import chat_event, log
from tests.web_client import WebClient

Wait = Callable[..., list]


@pytest.fixture
def api(stack: Stack, organization: Tenant) -> Api:
    return Api(stack.url, organization.api_key)


def seen(api: Api, **query: str) -> list[str]:
    return [row["preview"] for row in api.rows(**query)]


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("q", "status:200 modle:x", "At character 12, modle:x: There is no field 'modle'."),
        (
            "filter",
            '{"request_response_rmt": {"colour": {"equals": 1}}}',
            "At filter.request_response_rmt.colour:",
        ),
        ("filter", "{", "This is not JSON"),
        ("filter", "[" * 5000, "This is not JSON"),
        ("cost__gt", "cheap", "'cheap' is not a number"),
        ("cost__above", "1", "There is no lookup 'above'"),
        ("modle__contains", "x", "Did you mean model?"),
        ("property.Team__gt", "x", "Properties are text"),
        ("property.Team__exists", "maybe", "neither true nor false"),
        ("latency_ms__contains", "1", "cannot be compared by 'contains'"),
    ],
)
def test_a_wrong_filter_is_refused_with_its_place_and_reason(
    api: Api, name: str, value: str, says: str
) -> None:
    answer = api.get("/api/requests/", **{name: value})
    assert answer.status == 400
    assert list(answer.json) == [name]
    assert says in answer.json[name][0]


def test_all_forms_hold_together(api: Api, organization: Tenant, wait_for_rows: Wait) -> None:
    log(
        chat_event(
            organization.id, text="all", model="m", status=500, user_id="ada", properties={"Team": "red"}
        ),
        chat_event(organization.id, text="another user", model="m", status=500, properties={"Team": "red"}),
        chat_event(
            organization.id, text="another model", status=500, user_id="ada", properties={"Team": "red"}
        ),
        chat_event(organization.id, text="no error", model="m", user_id="ada", properties={"Team": "red"}),
        chat_event(organization.id, text="no team", model="m", status=500, user_id="ada"),
    )
    wait_for_rows(organization.id, 5)
    tree = json.dumps({"request_response_rmt": {"status": {"gte": 400}}})
    assert seen(api, q="user:ada", filter=tree, model="m", **{"property.Team__contains": "ED"}) == ["all"]


def test_after_replaces_the_usual_thirty_days(api: Api, organization: Tenant, wait_for_rows: Wait) -> None:
    now = datetime.now(UTC)
    for days in (40, 1):
        at = int((now - timedelta(days=days)).timestamp()) * 1_000_000
        log(chat_event(organization.id, text=f"{days} days", at_us=at))
    wait_for_rows(organization.id, 2)
    long_ago = (now - timedelta(days=50)).date().isoformat()
    assert seen(api, q=f"after:{long_ago}") == ["1 days", "40 days"]
    assert seen(api, q=f"after:{long_ago}", range="7d") == ["1 days"]


def test_a_filter_never_reaches_into_another_organization(
    api: Api, organization: Tenant, make_tenant: Callable[[], Tenant], wait_for_rows: Wait
) -> None:
    other = make_tenant()
    log(chat_event(other.id, text="theirs"), chat_event(organization.id, text="ours"))
    wait_for_rows(other.id)
    wait_for_rows(organization.id)
    assert seen(api, q="model:gpt-4o OR -model:gpt-4o") == ["ours"]
    assert seen(api, q=f"organization:{other.id} OR user:nobody") == []


def test_the_page_says_what_is_wrong(stack: Stack, organization: Tenant, wait_for_rows: Wait) -> None:
    log(chat_event(organization.id))
    wait_for_rows(organization.id)
    client = WebClient(stack.url, organization.owner)
    page = client.get(f"/o/{organization.organization.slug}/requests/?q=modle:%3Cb%3E")
    assert page.status == 200
    assert "<mark>modle:&lt;b&gt;</mark>" in page.text
    assert "There is no field" in page.text


def test_each_condition_of_the_text_is_a_chip_that_can_be_removed() -> None:
    filters = RequestFilter(QueryDict("q=status:error+cost>1+(a+OR+b)&range=7d&cursor=x"))
    assert [(chip.value, QueryDict(chip.remove_query).dict()) for chip in filters.chips] == [
        ("status:error", {"range": "7d", "q": "cost>1 (a OR b)"}),
        ("cost>1", {"range": "7d", "q": "status:error (a OR b)"}),
        ("a OR b", {"range": "7d", "q": "status:error cost>1"}),
    ]


def test_a_parameter_is_a_chip_that_can_be_removed() -> None:
    filters = RequestFilter(QueryDict("cost__gt=1&property.Team__not=red&model=m"))
    assert [(chip.field, chip.operator, chip.value, chip.remove_query) for chip in filters.chips] == [
        ("cost", ">", "1", "property.Team__not=red&model=m"),
        ("property.Team", "≠", "red", "cost__gt=1&model=m"),
        ("model", "=", "m", "cost__gt=1&property.Team__not=red"),
    ]


def test_a_part_of_a_value_is_found_among_few_and_among_many(
    api: Api, organization: Tenant, wait_for_rows: Wait
) -> None:
    log(*(chat_event(organization.id, text=f"{n}", user_id=f"user-{n}") for n in range(3)))
    wait_for_rows(organization.id, 3)
    assert seen(api, q="user:*R-2*") == ["2"]
    log(*(chat_event(organization.id, text=f"{n}", user_id=f"user-{n}") for n in range(3, 1200)))
    wait_for_rows(organization.id, 1200, timeout=30)
    assert seen(api, q="user:*R-119*") == [str(n) for n in range(1199, 1189, -1)] + ["119"]


@pytest.mark.parametrize(
    "q",
    [
        "(" * 45 + "model:*4*" + " OR -status:1)" * 45,
        "-(" * 24 + "property.Team:re*" + ")" * 24,
        " OR ".join(["user:*x*", "model:*4*"] * 95),
    ],
    ids=["nested alternatives", "nested negations", "many alternatives"],
)
def test_the_largest_filters_are_answered(
    api: Api, organization: Tenant, wait_for_rows: Wait, q: str
) -> None:
    log(chat_event(organization.id, text="found", properties={"team": "red"}))
    wait_for_rows(organization.id)
    assert seen(api, q=q) == ["found"]
