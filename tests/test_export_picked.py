"""Exports of requests that were picked one by one."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from requests_app.export.making import MAX_PICKED
from tests.api import Api
from tests.events import chat_event, log
from tests.exports import fetch, finished, json_lines, order, unpacked
from tests.live import Stack, Tenant
from tests.web_client import WebClient


@pytest.fixture
def api(stack: Stack, organization: Tenant) -> Api:
    return Api(stack.url, organization.api_key)


@pytest.fixture
def ids(organization: Tenant, wait_for_rows: Callable[..., list[Any]]) -> list[str]:
    """The ids of four requests, oldest first; the last one's was made elsewhere and tells no time."""
    events = [chat_event(organization.id, text=text) for text in ("ada", "bob", "cleo")]
    events.append(chat_event(organization.id, text="dora", id=uuid.uuid4()))
    log(*events)
    wait_for_rows(organization.id, 4)
    return [str(event.id) for event in events]


def exported(api: Api, export: dict[str, Any]) -> list[dict[str, Any]]:
    assert finished(api, export)["state"] == "done"
    return json_lines(unpacked(fetch(api, f"/api/exports/{export['id']}/download/")))


def test_the_file_has_what_was_picked_and_nothing_else(api: Api, ids: list[str]) -> None:
    export = order(api, format="jsonl", bodies=True, ids=[ids[2], ids[0], ids[3], ids[0], str(uuid.uuid4())])
    assert (export["picked"], export["query"]) == (4, "")
    rows = exported(api, export)
    assert sorted(row["preview"] for row in rows) == ["ada", "cleo", "dora"]
    assert rows[0]["request_body"]["model"] == "gpt-4o"


def test_other_organizations_requests_cannot_be_picked(
    stack: Stack, ids: list[str], make_tenant: Callable[[], Tenant]
) -> None:
    stranger = Api(stack.url, make_tenant().api_key)
    assert exported(stranger, order(stranger, format="jsonl", ids=ids)) == []


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"ids": []}, "may not be empty"),
        ({"ids": ["seven"]}, "valid UUID"),
        ({"ids": [str(uuid.uuid4())], "filters": {"status": "error"}}, "not both"),
        ({"ids": [str(uuid.uuid4()) for _ in range(MAX_PICKED + 1)]}, "at most 10,000"),
    ],
)
def test_what_cannot_be_picked_is_refused(api: Api, asked: dict[str, Any], said: str) -> None:
    answer = api.send("POST", "/api/exports/", {"format": "csv", **asked})
    assert (answer.status, list(answer.json)) == (400, ["ids"])
    assert said in str(answer.json["ids"])


def test_the_page_says_when_too_many_are_picked(stack: Stack, organization: Tenant) -> None:
    client = WebClient(stack.url, organization.owner)
    address = f"/o/{organization.organization.slug}/exports/create/"
    many = ",".join(str(uuid.uuid4()) for _ in range(MAX_PICKED + 1))
    answer = client.post(address, {"format": "csv", "ids": many})
    assert answer.status == 422
    assert "10,001 requests were picked, and at most 10,000 can be" in answer.text
