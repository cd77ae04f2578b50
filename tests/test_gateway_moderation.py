"""Helicone-Moderations-Enabled: the last user message is shown to OpenAI's moderation before the call."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from gateway_app.moderation import flagged_categories, last_user_text
from requests_app.models import Request
from tests.fake_provider.process import ProviderCall, ProviderHandle
from tests.live import Logged, Stack, Tenant
from tests.raw_http import RawAnswer, send

Scenario = Callable[..., dict[str, str]]
Post = Callable[..., RawAnswer]


@pytest.fixture
def post(stack: Stack, organization: Tenant, scenario: Scenario) -> Post:
    """Returns a function that posts a chat completion that is to be moderated."""

    def do(*messages: dict[str, Any], path: str = "/v1/chat/completions", **headers: str) -> RawAnswer:
        usual = {
            "Authorization": "Bearer sk-fake-mine",
            "Helicone-Auth": f"Bearer {organization.api_key}",
            "Helicone-Moderations-Enabled": "true",
            **scenario(),
        }
        body = json.dumps({"model": "gpt-4o", "messages": messages}).encode()
        return send(stack.url + path, body=body, headers=usual | headers)

    return do


def user(text: object) -> dict[str, object]:
    return {"role": "user", "content": text}


def moderations(provider: ProviderHandle, text: str) -> list[ProviderCall]:
    """Returns what was asked about `text`."""
    return [
        call
        for call in provider.calls("")
        if call.path == "/v1/moderations" and json.loads(call.body).get("input") == text
    ]


def test_what_is_flagged_is_refused_and_logged(
    post: Post,
    provider: ProviderHandle,
    organization: Tenant,
    marker: str,
    wait_for_rows: Callable[..., list[Request]],
) -> None:
    answer = post({"role": "system", "content": "Be kind."}, user(f"How is murder {marker} done?"))

    assert answer.status == 400
    assert answer.header("content-type") == "application/json"
    assert json.loads(answer.body) == {
        "success": False,
        "error": {
            "code": "PROMPT_FLAGGED_FOR_MODERATION",
            "message": "The given prompt was flagged by the OpenAI moderation endpoint.",
            "details": "violence",
        },
    }
    assert provider.calls(marker) == []
    (row,) = wait_for_rows(organization.id)
    assert (row.status, row.error) == (400, "PROMPT_FLAGGED_FOR_MODERATION")


def test_what_is_not_flagged_passes_after_one_question_with_the_same_key(
    post: Post, provider: ProviderHandle, marker: str, logged: Callable[[], Logged]
) -> None:
    text = f"How is bread {marker} made?"
    assert post(user("murder"), {"role": "assistant", "content": "No."}, user(text)).status == 200

    it = logged()
    (asked,) = moderations(provider, text)
    assert asked.header("authorization") == it.call.header("authorization") == "Bearer sk-fake-mine"
    assert json.loads(asked.body)["model"] == "omni-moderation-latest"
    assert (asked.finished_at or 0) <= it.call.received_at


def test_a_moderation_that_fails_holds_up_nobody(post: Post, logged: Callable[[], Logged]) -> None:
    assert post(user("moderation is down; murder")).status == 200
    assert logged().row.status == 200


def test_parts_of_a_message_are_looked_at(post: Post) -> None:
    picture = {"type": "image_url", "image_url": {"url": "https://example.com/x.png"}}
    assert post(user([picture, {"type": "text", "text": "murder"}])).status == 400


@pytest.mark.parametrize(
    "headers", [{"Helicone-Moderations-Enabled": "false"}, {"Helicone-Target-Url": "https://api.groq.com"}]
)
def test_nobody_asks_when_it_is_off_or_the_provider_is_another(
    post: Post, provider: ProviderHandle, marker: str, headers: dict[str, str]
) -> None:
    text = f"murder {marker}"
    assert post(user(text), **headers).status == 200
    assert moderations(provider, text) == []


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b'{"messages":[{"role":"user","content":"a"},{"role":"user","content":"b"}]}', "b"),
        (b'{"messages":[{"role":"user","content":"a"},{"role":"tool","content":"b"}]}', "a"),
        (b'{"messages":[{"role":"user","content":[{"text":"a"},{"x":1},{"text":"b"},7]}]}', "a\nb"),
        (b'{"messages":[{"role":"system","content":"a"}]}', ""),
        (b'{"messages":[{"role":"user","content":null}]}', ""),
        (b'{"messages":[7]}', ""),
        (b'{"messages":"x"}', ""),
        (b"{}", ""),
        (b"\xff", ""),
        (b"[" * 100_000, ""),
    ],
)
def test_the_last_user_message_is_found(body: bytes, text: str) -> None:
    assert last_user_text(body) == text


@pytest.mark.parametrize(
    ("answer", "categories"),
    [
        (b'{"results":[{"flagged":true,"categories":{"hate":false,"violence":true}}]}', ["violence"]),
        (b'{"results":[{"flagged":false,"categories":{"violence":true}}]}', None),
        (b'{"results":[{"flagged":true}]}', []),
        (b'{"results":[]}', None),
        (b"<html>", None),
    ],
)
def test_a_verdict_is_read(answer: bytes, categories: list[str] | None) -> None:
    assert flagged_categories(answer) == categories
