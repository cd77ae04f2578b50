"""REST's list with chosen fields and bodies, the count, the rate and the schema."""

import http.client
import subprocess
import sys
import urllib.parse
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.api import Api
from tests.conftest import Stack, Tenant
from tests.events import chat_event, log

Wait = Callable[..., list]


@pytest.fixture
def api(stack: Stack, organization: Tenant) -> Api:
    return Api(stack.url, organization.api_key)


@pytest.fixture
def two(organization: Tenant, wait_for_rows: Wait) -> None:
    log(chat_event(organization.id, text="one"), chat_event(organization.id, text="two", status=500))
    wait_for_rows(organization.id, 2)


@pytest.mark.usefixtures("two")
def test_fields_choose_what_a_row_says(api: Api) -> None:
    assert api.rows(fields="preview,status") == [
        {"status": 500, "preview": "two"},
        {"status": 200, "preview": "one"},
    ]


def test_an_unknown_field_is_answered_with_those_that_exist(api: Api) -> None:
    answer = api.get("/api/requests/", fields="id,beauty")
    assert answer.status == 400
    assert "There is no beauty: choose from id, request_id," in answer.json["fields"][0]


@pytest.mark.usefixtures("two")
def test_bodies_come_when_asked_for(api: Api) -> None:
    rows = api.rows(bodies=1, fields="preview")
    assert [row["request_body"]["messages"][0]["content"] for row in rows] == ["two", "one"]
    assert rows[0]["response_body"]["object"] == "chat.completion"
    assert "request_body" not in api.rows()[0]


def test_with_bodies_a_page_is_a_hundred_at_most(api: Api) -> None:
    assert api.get("/api/requests/", bodies=1, limit=100).status == 200
    assert api.get("/api/requests/", bodies=1, limit=101).status == 400


@pytest.mark.usefixtures("two")
def test_the_count_is_exact(api: Api) -> None:
    assert api.get("/api/requests/count/").json == {"count": 2}
    assert api.get("/api/requests/count/", status="500").json == {"count": 1}
    assert api.get("/api/requests/count/", status="teapot").status == 400


def test_properties_are_listed_with_their_values(api: Api, organization: Tenant, wait_for_rows: Wait) -> None:
    said = [{"Env": "prod", "Tier": "pro"}, {"Env": "prod"}, {"Env": "test"}, {}]
    log(*(chat_event(organization.id, properties=properties) for properties in said))
    wait_for_rows(organization.id, 4)
    assert api.get("/api/properties/").json == [
        {"name": "Env", "count": 3, "values": ["prod", "test"]},
        {"name": "Tier", "count": 1, "values": ["pro"]},
    ]
    assert api.get("/api/properties/", status="error").json == []


def test_a_key_that_calls_too_often_is_told_when_to_come_back(stack: Stack, organization: Tenant) -> None:
    seen = []
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(stack.url).netloc, timeout=10)
    headers = {"Authorization": f"Bearer {organization.api_key}"}
    with closing(connection):
        while 429 not in seen and len(seen) < 1_300:  # within two minutes of the clock at most, 600 in each
            connection.request("GET", "/api/requests/?fields=id&limit=1", headers=headers)
            answer = connection.getresponse()
            answer.read()
            seen.append(answer.status)
        assert 1 <= int(answer.headers["Retry-After"]) <= 60
    assert len(seen) > 600
    assert set(seen) == {200, 429}


def test_the_schema_is_valid_and_without_warnings(stack: Stack) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "spectacular", "--validate", "--fail-on-warn", "--file", "/dev/null"],
        cwd=Path(__file__).parent.parent,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
