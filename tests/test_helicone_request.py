"""Helicone's `/v1/request/{id}…`: one request read, and what is said of it afterwards."""

import base64
import json
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest

from tests.api import Api
from tests.conftest import Stack, Tenant
from tests.events import chat_event, log

Wait = Callable[..., list]
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(20)


@pytest.fixture
def api(stack: Stack, organization: Tenant) -> Api:
    return Api(stack.url, organization.api_key)


def test_one_request_comes_with_its_bodies_when_asked(
    api: Api, organization: Tenant, wait_for_rows: Wait
) -> None:
    log(chat_event(organization.id, request_id="mine", text="Hello there"))
    wait_for_rows(organization.id)
    without = api.get("/v1/request/mine").json["data"]
    assert "helicone_message" in without["request_body"]
    shown = api.get("/v1/request/mine", includeBody="true").json["data"]
    assert shown["request_body"]["messages"][0]["content"] == "Hello there"


def test_an_unknown_request_is_404(api: Api) -> None:
    answer = api.get("/v1/request/nobody")
    assert (answer.status, answer.json["data"]) == (404, None)


def test_pictures_in_the_bodies_are_assets(api: Api, organization: Tenant, wait_for_rows: Wait) -> None:
    picture = f"data:image/png;base64,{base64.b64encode(PICTURE).decode()}"
    content = [{"type": "image_url", "image_url": {"url": picture}}]
    body = json.dumps({"model": "gpt-4o", "messages": [{"role": "user", "content": content}]}).encode()
    log(chat_event(organization.id, request_id="mine", request_body=body, request_bytes=len(body)))
    wait_for_rows(organization.id)
    [asset] = api.get("/v1/request/mine").json["data"]["asset_ids"]
    answer = api.send("POST", f"/v1/request/mine/assets/{asset}")
    with urllib.request.urlopen(answer.json["data"]["assetUrl"], timeout=10) as found:
        assert (found.read(), found.headers["Content-Type"]) == (PICTURE, "image/png")
    assert api.send("POST", "/v1/request/mine/assets/another").status == 404


# Annotations


def test_feedback_property_and_scores_are_stored(api: Api, organization: Tenant, wait_for_rows: Wait) -> None:
    log(chat_event(organization.id, request_id="mine", properties={"Env": "prod"}))
    wait_for_rows(organization.id)
    done = {"data": None, "error": None}
    for method, part, data in (
        ("POST", "feedback", {"rating": True}),
        ("PUT", "property", {"key": "Env", "value": "test"}),
        ("POST", "property", {"key": "New", "value": ""}),
        ("POST", "score", {"scores": {"accuracy": 9, "polite": True}}),
    ):
        answer = api.send(method, f"/v1/request/mine/{part}", data)
        assert (answer.status, answer.json) == (201, done), part
    row = api.get("/v1/request/mine").json["data"]
    assert row["feedback_rating"] is True
    assert row["properties"] == {"Env": "test", "New": ""}
    assert row["scores"] == {"accuracy": 9, "polite-hcone-bool": 1, "helicone-score-feedback": 1}


def test_feedback_may_come_before_the_row(api: Api, organization: Tenant) -> None:
    log(chat_event(organization.id, request_id="soon"))
    assert api.send("POST", "/v1/request/soon/feedback", {"rating": False}).status == 201
    assert api.get("/v1/request/soon").json["data"]["feedback_rating"] is False


def test_feedback_the_old_way(api: Api, organization: Tenant, wait_for_rows: Wait) -> None:
    log(chat_event(organization.id, request_id="mine"))
    wait_for_rows(organization.id)
    answer = api.send("POST", "/v1/feedback", {"helicone-id": "mine", "rating": True})
    assert (answer.status, answer.json["helicone_id"]) == (200, "mine")
    assert api.get("/v1/request/mine").json["data"]["feedback_rating"] is True


@pytest.mark.parametrize(
    ("method", "part", "data"),
    [
        ("POST", "feedback", {"rating": "perhaps"}),
        ("POST", "feedback", {}),
        ("PUT", "property", {"key": "", "value": "x"}),
        ("PUT", "property", {"key": "x", "value": "x" * 2001}),
        ("POST", "score", {"scores": {"a": "high"}}),
        ("POST", "score", {"scores": {"a": 1e300}}),
        ("POST", "score", {"scores": {"": 1}}),
        ("POST", "score", {"scores": [1]}),
        ("POST", "score", "text"),
    ],
)
def test_what_cannot_be_stored_is_refused(
    api: Api, organization: Tenant, wait_for_rows: Wait, method: str, part: str, data: Any
) -> None:
    log(chat_event(organization.id, request_id="mine"))
    wait_for_rows(organization.id)
    answer = api.send(method, f"/v1/request/mine/{part}", data)
    assert (answer.status, answer.json["data"]) == (400, None)
    assert answer.json["error"]
