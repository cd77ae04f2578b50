"""REST's writes: properties, scores and feedback of a request."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts_app import actions
from tests.api import Api
from tests.conftest import Stack, Tenant
from tests.events import chat_event, log

Wait = Callable[..., list]


@pytest.fixture
def api(stack: Stack, organization: Tenant) -> Api:
    return Api(stack.url, organization.api_key)


@pytest.fixture
def address(organization: Tenant, wait_for_rows: Wait) -> str:
    log(chat_event(organization.id, request_id="mine", properties={"Env": "prod", "Old": "1"}))
    return f"/api/requests/{wait_for_rows(organization.id)[0].id}/"


def seen(api: Api, address: str, field: str) -> Any:
    return api.get(address).json[field]


def test_properties_are_set_changed_and_deleted_and_others_stay(api: Api, address: str) -> None:
    change = {"Env": "staging", "New": "=ü", "Old": None}
    assert api.send("PATCH", f"{address}properties/", change).status == 204
    assert seen(api, address, "properties") == {"Env": "staging", "New": "=ü"}


def test_the_clients_own_id_names_the_request_too(api: Api, address: str) -> None:
    assert api.send("PATCH", "/api/requests/mine/properties/", {"A": "b"}).status == 204
    assert seen(api, address, "properties")["A"] == "b"


def test_scores_are_numbers_and_yes_or_no(api: Api, address: str) -> None:
    assert api.send("PUT", f"{address}scores/", {"accuracy": 0.5, "polite": True}).status == 204
    assert seen(api, address, "scores") == {"accuracy": 0.5, "polite": 1}


@pytest.mark.parametrize(("rating", "stored"), [(True, 1), (False, 0), (None, None)])
def test_feedback_is_a_thumb_or_none(api: Api, address: str, rating: bool | None, stored: int | None) -> None:
    assert api.send("PUT", f"{address}feedback/", {"rating": rating}).status == 204
    assert seen(api, address, "feedback") == stored


@pytest.mark.parametrize(
    ("method", "part", "data"),
    [
        ("PATCH", "properties", {"Env": 1}),
        ("PATCH", "properties", ["Env"]),
        ("PATCH", "properties", {"": "x"}),
        ("PATCH", "properties", {str(n): "x" for n in range(101)}),
        ("PUT", "scores", {"a": "high"}),
        ("PUT", "scores", {"a": None}),
        ("PUT", "scores", {"a": 1e300}),
        ("PUT", "feedback", {}),
        ("PUT", "feedback", {"rating": "up"}),
        ("PUT", "feedback", {"rating": [1]}),
    ],
)
def test_what_cannot_be_stored_is_refused(api: Api, address: str, method: str, part: str, data: Any) -> None:
    assert api.send(method, f"{address}{part}/", data).status == 400


def test_a_change_with_one_bad_name_changes_nothing(api: Api, address: str) -> None:
    assert api.send("PATCH", f"{address}properties/", {"Env": "staging", "Bad": 1}).status == 400
    assert seen(api, address, "properties") == {"Env": "prod", "Old": "1"}


def test_a_read_key_changes_nothing(stack: Stack, organization: Tenant, api: Api, address: str) -> None:
    reading = actions.issue_api_key(organization=organization.organization, name="r", scope="r").secret
    answer = Api(stack.url, reading).send("PATCH", f"{address}properties/", {"Env": "x"})
    assert (answer.status, answer.json["detail"]) == (
        403,
        "This API key may only read. Use a key with write scope.",
    )
    assert seen(api, address, "properties")["Env"] == "prod"


def test_another_organizations_request_is_not_there(
    stack: Stack, make_tenant: Callable[[], Tenant], api: Api, address: str
) -> None:
    stranger = Api(stack.url, make_tenant().api_key)
    assert stranger.send("PATCH", f"{address}properties/", {"Env": "x"}).status == 404
    assert seen(api, address, "properties")["Env"] == "prod"


@pytest.mark.parametrize("id", ["nothing", "00000000-0000-0000-0000-000000000000", "a%00b"])
def test_an_id_that_is_not_there_is_404(api: Api, id: str) -> None:
    assert api.send("PUT", f"/api/requests/{id}/scores/", {"a": 1}).status == 404
