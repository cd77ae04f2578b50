"""Properties, scores and feedback that a request gets after it was logged."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from ingest_app.events import uuid7
from requests_app import actions
from requests_app.queries import RequestNotFound
from tests.api import Api
from tests.conftest import Stack, Tenant
from tests.events import chat_event, log

Wait = Callable[..., list]


class Case:
    """One logged request."""

    def __init__(self, api: Api, organization_id: int, id: Any) -> None:
        self.api = api
        self.key = {"organization_id": organization_id, "id": id}

    def row(self) -> dict[str, Any]:
        """Returns what REST says of it."""
        return self.api.get(f"/api/requests/{self.key['id']}/").json


@pytest.fixture(params=["our id", "an id made elsewhere"])
def case(request: Any, stack: Stack, organization: Tenant, wait_for_rows: Wait) -> Case:
    id = {} if request.param == "our id" else {"id": uuid4()}
    log(chat_event(organization.id, properties={"Team": "red"}, **id))
    row = wait_for_rows(organization.id)[0]
    return Case(Api(stack.url, organization.api_key), organization.id, row.id)


def test_a_property_is_added_and_changed(case: Case) -> None:
    actions.set_property(**case.key, name="Note", value="b\x00ad")
    actions.set_property(**case.key, name="Team", value="blue")
    assert case.row()["properties"] == {"Team": "blue", "Note": "b\ufffdad"}


def test_a_property_is_deleted(case: Case) -> None:
    actions.delete_property(**case.key, name="Team")
    actions.delete_property(**case.key, name="Team")
    assert case.row()["properties"] == {}


def test_scores_are_numbers(case: Case) -> None:
    actions.set_score(**case.key, name="quality", value=4.5)
    actions.set_score(**case.key, name="passed", value=True)
    actions.set_score(**case.key, name="quality", value=3)
    assert case.row()["scores"] == {"quality": 3.0, "passed": 1.0}


def test_feedback_is_given_and_taken_back(case: Case) -> None:
    seen = []
    for is_positive in (True, False, None):
        actions.set_feedback(**case.key, is_positive=is_positive)
        seen.append(case.row()["feedback"])
    assert seen == [1, 0, None]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 2**60])
def test_what_is_no_comparable_number_is_no_score(organization: Tenant, value: float) -> None:
    with pytest.raises(actions.BadAnnotation):
        actions.set_score(organization_id=organization.id, id=uuid7(0), name="quality", value=value)


@pytest.mark.parametrize(("name", "value"), [(" ", "x"), ("n" * 201, "x"), ("n", "x" * 2001)])
def test_a_property_has_a_name_and_a_short_value(organization: Tenant, name: str, value: str) -> None:
    with pytest.raises(actions.BadAnnotation):
        actions.set_property(organization_id=organization.id, id=uuid7(0), name=name, value=value)


def test_requests_of_other_organizations_are_not_found(case: Case, make_tenant: Callable[[], Tenant]) -> None:
    stranger = make_tenant()
    with pytest.raises(RequestNotFound):
        actions.set_property(organization_id=stranger.id, id=case.key["id"], name="Team", value="blue")
    assert case.row()["properties"] == {"Team": "red"}
