"""Values that rows are known to have: looking for a part of one finds every row, whatever became of the values."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from ingest_app.known_values import MAX_CHARACTERS, forget_unused_values, forget_values
from tests.api import Api
from tests.conftest import Stack, Tenant
from tests.events import chat_event, log

Wait = Callable[..., list]
Found = Callable[[str], list[str]]


@pytest.fixture
def found(stack: Stack, organization: Tenant) -> Found:
    """Returns the users of the requests that a filter finds."""
    api = Api(stack.url, organization.api_key)
    return lambda filter: sorted(row["user_id"] for row in api.rows(q=filter))


@pytest.fixture
def logged(organization: Tenant, wait_for_rows: Wait) -> None:
    log(
        chat_event(organization.id, user_id="ann", properties={"Team": "Red Pandas"}, model="gpt-4o-mini"),
        chat_event(
            organization.id, user_id="bob", properties={"Team": "Blue Jays"}, error="context_too_long"
        ),
        chat_event(organization.id, user_id="cat", properties={"Team": ""}),
    )
    wait_for_rows(organization.id, 3)


def execute(statement: str, *parameters: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)


@pytest.mark.parametrize(
    ("filter", "users"),
    [
        ("property.Team:*panda*", ["ann"]),
        ("property.Team:*a*", ["ann", "bob"]),
        ("property.Team:*cat*", []),
        ("has:property.Team", ["ann", "bob", "cat"]),
        ("has:property.Nothing", []),
        ("-has:property.Nothing", ["ann", "bob", "cat"]),
        ("-property.Team:*panda*", ["bob", "cat"]),
        ("model:*mini*", ["ann"]),
        ("error:*TOO*", ["bob"]),
        ("error:context_too_long", ["bob"]),
        ("user:*a*", ["ann", "cat"]),
    ],
)
def test_a_part_of_a_value_finds_its_rows(logged: None, found: Found, filter: str, users: list[str]) -> None:
    assert found(filter) == users


def test_a_property_given_later_is_found(
    logged: None, stack: Stack, organization: Tenant, found: Found
) -> None:
    api = Api(stack.url, organization.api_key)
    row = api.rows(q="user:bob")[0]
    api.send("PATCH", f"/api/requests/{row['id']}/properties/", {"Reviewed": "by Grace"})
    assert found("property.Reviewed:*grace*") == ["bob"]


def test_a_value_too_long_to_be_kept_is_found(
    organization: Tenant, wait_for_rows: Wait, found: Found
) -> None:
    log(chat_event(organization.id, user_id="ann", properties={"Note": "x" * MAX_CHARACTERS + " needle"}))
    log(chat_event(organization.id, user_id="bob", properties={"Note": "short"}))
    wait_for_rows(organization.id, 2)
    assert found("property.Note:*needle*") == ["ann"]


def test_of_a_field_with_more_values_than_are_kept_the_rows_are_looked_at(
    logged: None, organization: Tenant, found: Found
) -> None:
    execute("UPDATE known_field SET is_complete = false WHERE organization_id = %s", organization.id)
    execute("DELETE FROM known_value WHERE organization_id = %s", organization.id)
    assert (found("property.Team:*panda*"), found("has:property.Team"), found("model:*mini*")) == (
        ["ann"],
        ["ann", "bob", "cat"],
        ["ann"],
    )


def test_values_are_forgotten_with_their_rows(logged: None, organization: Tenant) -> None:
    execute("UPDATE known_value SET last_day = last_day - 9 WHERE organization_id = %s", organization.id)
    before = timezone.now() - timedelta(days=5)
    assert forget_values(organization.id, before=before - timedelta(days=5)) == 0
    assert forget_values(organization.id, before=before) > 5
    assert forget_values(organization.id, before=before) == 0


def test_what_only_erased_rows_had_is_forgotten_and_the_rest_is_found(
    logged: None, organization: Tenant, found: Found
) -> None:
    execute("UPDATE known_value SET last_day = last_day - 9 WHERE organization_id = %s", organization.id)
    execute("DELETE FROM request WHERE organization_id = %s AND user_id = 'ann'", organization.id)
    # The user, the team and the model.
    assert forget_unused_values(organization.id, now=timezone.now()) == 3
    assert found("property.Team:*jays*") == ["bob"]
    assert forget_unused_values(organization.id, now=timezone.now()) == 0


def test_what_was_seen_today_is_not_forgotten(logged: None, organization: Tenant) -> None:
    execute("DELETE FROM request WHERE organization_id = %s", organization.id)
    assert forget_unused_values(organization.id, now=timezone.now()) == 0
