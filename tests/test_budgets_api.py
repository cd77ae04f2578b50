"""Budgets and rate limits over our own REST, and rate limits over Helicone's."""

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from accounts_app import actions as account_actions
from alerts_app.notices.models import Channel
from limits_app import queries
from tests.api import Api
from tests.budgets import CENT, costing
from tests.events import wait_until
from tests.live import Stack, Tenant
from tests.metric_rows import write_all

pytest_plugins = ("tests.budget_fixtures",)

BUDGETS, RATES, HELICONE_RATES = "/api/budgets/", "/api/rate-limits/", "/v1/rate-limits"
OF_USERS = {
    "name": "Each user",
    "subject": "user",
    "amount_usd": 2.5,
    "period": "month",
    "zone": "Europe/Berlin",
    "warn_percents": [80, 50, 80],
    "emails": ["oncall@example.com"],
}
RATE = {"name": "Each user", "quota": 10, "window_s": 60, "segment": "user"}
HELICONE_RATE = {"name": "Users", "quota": 10, "window_seconds": 60, "unit": "requests", "segment": "user"}


@pytest.fixture
def api(stack: Stack, organization: Tenant) -> Api:
    return Api(stack.url, organization.api_key)


def made(api: Api, path: str, data: dict[str, Any]) -> dict[str, Any]:
    answer = api.send("POST", path, data)
    assert answer.status == 201, answer.json
    told: dict[str, Any] = answer.json
    return told


def test_a_budget_is_made_told_changed_and_deleted(api: Api) -> None:
    budget = made(api, BUDGETS, OF_USERS)
    assert budget["amount_nanodollars"] == 2_500_000_000
    assert budget["warn_percents"] == [50, 80]
    assert (budget["then"], budget["value"], budget["emails"]) == ("block", None, ["oncall@example.com"])
    assert api.get(BUDGETS).json[0]["id"] == budget["id"]
    one = f"{BUDGETS}{budget['id']}/"
    changed = api.send("PATCH", one, {"amount_usd": 3, "value": "ann"})
    assert changed.status == 200
    assert (changed.json["amount_usd"], changed.json["value"]) == (3.0, "ann")
    assert (changed.json["name"], changed.json["emails"]) == ("Each user", ["oncall@example.com"])
    assert api.get(one).json["value"] == "ann"
    assert api.send("DELETE", one).status == 204
    assert (api.get(one).status, api.get(BUDGETS).json) == (404, [])


def test_a_budget_says_what_was_spent_and_what_is_left(api: Api, organization: Tenant) -> None:
    now = timezone.now()
    write_all(
        [
            costing(organization.id, now, cents=30, user_id="ann"),
            costing(organization.id, now, cents=5, user_id="bob"),
        ]
    )
    of_each = made(api, BUDGETS, OF_USERS)["id"]
    of_all = made(api, BUDGETS, {**OF_USERS, "subject": "organization"})["id"]

    def told(id: int) -> Any:
        budget = api.get(f"{BUDGETS}{id}/").json
        return budget if budget["is_known"] else None

    use = wait_until(lambda: told(of_all))["use"]
    assert (use["spent_usd"], use["reserved_usd"], use["remaining_usd"]) == (0.35, 0.0, 2.15)
    assert use["spent_nanodollars"] == 35 * CENT
    each = wait_until(lambda: told(of_each))
    assert each["use"] is None
    assert [(one["value"], one["spent_usd"]) for one in each["subjects"]] == [("ann", 0.3), ("bob", 0.05)]


def test_a_paused_budget_is_not_counted(api: Api, organization: Tenant) -> None:
    budget = made(api, BUDGETS, {**OF_USERS, "is_active": False})
    assert (budget["is_active"], budget["is_known"]) == (False, False)
    assert queries.load_book().of(organization.id).budgets == ()
    assert api.send("PATCH", f"{BUDGETS}{budget['id']}/", {"is_active": True}).json["is_active"]
    assert len(queries.load_book().of(organization.id).budgets) == 1


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"amount_usd": 0}, "amount_usd"),
        ({"amount_usd": 1e12}, "amount_usd"),
        ({"amount_usd": "NaN"}, "amount_usd"),
        ({"name": " "}, "name"),
        ({"subject": "planet"}, "subject"),
        ({"subject": "property"}, "property_name"),
        ({"property_name": "Team"}, "property_name"),
        ({"subject": "api_key", "value": "mine"}, "value"),
        ({"subject": "organization", "value": "ann"}, "value"),
        ({"value": ""}, "value"),
        ({"period": "rolling"}, "window_s"),
        ({"window_s": 3600}, "window_s"),
        ({"period": "rolling", "window_s": 59}, "window_s"),
        ({"zone": "Europe/Atlantis"}, "zone"),
        ({"then": "cheaper"}, "cheaper_model"),
        ({"cheaper_model": "gpt-4o-mini"}, "cheaper_model"),
        ({"warn_percents": [100]}, "warn_percents"),
        ({"emails": ["nobody"]}, "emails"),
        ({"channels": ["01890000-0000-7000-8000-000000000000"]}, "channels"),
    ],
    ids=lambda given: str(given)[:40],
)
def test_a_budget_that_makes_no_sense_is_refused_with_the_field(
    api: Api, wrong: dict[str, Any], field: str
) -> None:
    answer = api.send("POST", BUDGETS, OF_USERS | wrong)
    assert (answer.status, [*answer.json]) == (400, [field])
    assert api.get(BUDGETS).json == []


def test_a_change_has_to_go_together_with_what_stays(api: Api) -> None:
    one = f"{BUDGETS}{made(api, BUDGETS, OF_USERS)['id']}/"
    assert api.send("PATCH", one, {"period": "rolling"}).status == 400
    assert api.send("PATCH", one, {"period": "rolling", "window_s": 3600}).status == 200
    assert api.send("PATCH", one, [1]).status == 400


def test_a_rate_limit_is_made_told_changed_and_deleted(api: Api) -> None:
    rate = made(api, RATES, RATE)
    assert (rate["policy"], rate["unit"], rate["used"]) == ("10;w=60;s=user", "request", None)
    one = f"{RATES}{rate['id']}/"
    changed = api.send("PATCH", one, {"segment": "", "unit": "cents", "quota": 7}).json
    assert (changed["policy"], changed["used"], changed["remaining"]) == ("7;w=60;u=cents", 0.0, 7.0)
    assert api.send("DELETE", one).status == 204
    assert api.get(RATES).json == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"quota": 0},
        {"window_s": 59},
        {"window_s": 31_536_001},
        {"segment": "a b"},
        {"unit": "tokens"},
        {"name": ""},
    ],
    ids=str,
)
def test_a_rate_limit_that_makes_no_sense_is_refused(api: Api, wrong: dict[str, Any]) -> None:
    answer = api.send("POST", RATES, RATE | wrong)
    assert (answer.status, [*answer.json]) == (400, [*wrong])


def test_helicones_own_route_knows_the_same_rate_limits(api: Api) -> None:
    created = api.send("POST", HELICONE_RATES, HELICONE_RATE)
    assert created.status == 201
    rule = created.json["data"]
    assert {name: rule[name] for name in HELICONE_RATE} == HELICONE_RATE
    assert api.get(RATES).json[0]["policy"] == "10;w=60;s=user"
    one = f"{HELICONE_RATES}/{rule['id']}"
    assert api.send("PUT", one, {"unit": "cents", "quota": 3}).json["data"]["quota"] == 3
    assert api.get(HELICONE_RATES).json["data"] == [api.get(one).json["data"]]
    assert api.get(RATES).json[0]["policy"] == "3;w=60;u=cents;s=user"
    assert api.send("DELETE", one).status == 204
    assert (api.get(one).status, api.get(HELICONE_RATES).json["data"]) == (404, [])


@pytest.mark.parametrize(
    "wrong", [{"window_seconds": 59}, {"unit": "request"}, {"segment": "a;b"}, {"quota": 0.5}], ids=str
)
def test_helicones_own_route_says_what_is_wrong(api: Api, wrong: dict[str, Any]) -> None:
    answer = api.send("POST", HELICONE_RATES, HELICONE_RATE | wrong)
    assert answer.status == 400
    assert answer.json["error"].startswith(next(iter(wrong)))


@pytest.mark.parametrize("scope", ["r", "w"])
def test_changing_takes_a_key_that_may_read_and_write(
    stack: Stack, organization: Tenant, api: Api, scope: str
) -> None:
    budget, rate = made(api, BUDGETS, OF_USERS), made(api, RATES, RATE)
    issued = account_actions.issue_api_key(organization=organization.organization, name=scope, scope=scope)
    caller = Api(stack.url, issued.secret)
    for method, path, data in [
        ("POST", BUDGETS, OF_USERS),
        ("PATCH", f"{BUDGETS}{budget['id']}/", {"name": "Mine"}),
        ("DELETE", f"{BUDGETS}{budget['id']}/", None),
        ("POST", RATES, RATE),
        ("DELETE", f"{RATES}{rate['id']}/", None),
        ("POST", HELICONE_RATES, HELICONE_RATE),
        ("DELETE", f"{HELICONE_RATES}/{rate['id']}", None),
    ]:
        assert caller.send(method, path, data).status == 403, (method, path)
    assert caller.get(BUDGETS).status == (200 if scope == "r" else 403)


def test_budgets_and_channels_of_others_are_not_there(
    stack: Stack, organization: Tenant, api: Api, make_tenant: Callable[[], Tenant]
) -> None:
    other = make_tenant()
    budget, rate = made(api, BUDGETS, OF_USERS), made(api, RATES, RATE)
    stranger = Api(stack.url, other.api_key)
    for path in (
        f"{BUDGETS}{budget['id']}/",
        f"{RATES}{rate['id']}/",
        f"{HELICONE_RATES}/{rate['id']}",
        f"{BUDGETS}{2**63}/",
        f"{HELICONE_RATES}/{2**63}",
    ):
        assert stranger.get(path).status == 404, path
        assert stranger.send("DELETE", path).status == 404, path
    channel = Channel.objects.create(
        organization=other.organization, name="Theirs", kind="email", config_ciphertext=b"", hint=""
    )
    answer = api.send("PATCH", f"{BUDGETS}{budget['id']}/", {"channels": [str(channel.pk)]})
    assert (answer.status, [*answer.json]) == (400, ["channels"])
