"""What the tables, the API and the page say of usage: events put into the stream, rows read back."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from requests_app.models import Request
from tests.api import Api
from tests.events import chat_event, log
from tests.fake_provider.answer import data_event
from tests.live import Stack, Tenant
from tests.web_client import WebClient

Wait = Callable[..., list[Request]]
SESSION = "d2e70091-3007-41a3-a916-cb8b0d3098de"


@pytest.fixture
def row_of(organization: Tenant, wait_for_rows: Wait) -> Callable[..., Request]:
    """Returns a function that logs a chat request with these changes and returns its row."""

    def log_one(**changes: Any) -> Request:
        log(chat_event(organization.id, **changes))
        return wait_for_rows(organization.id)[0]

    return log_one


@pytest.fixture
def page_of(stack: Stack, organization: Tenant) -> Callable[..., str]:
    """Returns a function that returns the page of a row, opened at a tab."""

    def fetch(row: Request, tab: str = "conversation") -> str:
        path = f"/o/{organization.organization.slug}/requests/{row.id}/?tab={tab}"
        return WebClient(stack.url, organization.owner).get(path).text

    return fetch


@pytest.fixture
def api(stack: Stack, organization: Tenant) -> Api:
    return Api(stack.url, organization.api_key)


def answer(**fields: Any) -> dict[str, Any]:
    body = json.dumps(fields).encode()
    return {"response_body": body, "response_bytes": len(body)}


def test_pictures_and_cached_sound_have_columns_and_lines_of_the_bill(
    row_of: Callable[..., Request], api: Api
) -> None:
    usage = {
        "input_tokens": 100,
        "output_tokens": 40,
        "input_token_details": {
            "audio_tokens": 60,
            "image_tokens": 10,
            "cached_tokens": 30,
            "cached_tokens_details": {"audio_tokens": 25, "image_tokens": 5},
        },
        "output_token_details": {"audio_tokens": 30},
    }
    row = row_of(path="/v1/realtime", model="gpt-realtime", **answer(model="gpt-realtime", usage=usage))
    detail = api.get(f"/api/requests/{row.id}/").json
    lines = {line["kind"]: line["tokens"] for line in detail["cost_lines"]}
    assert lines == {
        "prompt": 30,
        "cache_read_audio": 25,
        "cache_read_image": 5,
        "prompt_audio": 35,
        "prompt_image": 5,
        "completion": 10,
        "completion_audio": 30,
    }
    assert sum(line["cost_nanodollars"] for line in detail["cost_lines"]) == row.cost_nanodollars


def test_seconds_of_audio_are_charged(row_of: Callable[..., Request], api: Api) -> None:
    usage = {"type": "duration", "seconds": 30}
    row = row_of(path="/v1/audio/transcriptions", model="whisper-1", **answer(text="Hi", usage=usage))
    assert (row.prompt_audio_seconds, row.cost_nanodollars) == (30, 3_000_000)
    (line,) = api.get(f"/api/requests/{row.id}/").json["cost_lines"]
    assert (line["kind"], line["tokens"], line["cost_nanodollars"]) == ("audio_seconds", 30, 3_000_000)


def test_a_cost_that_the_provider_told_stands_and_is_said_to_be_told(
    row_of: Callable[..., Request], page_of: Callable[..., str]
) -> None:
    usage = {"prompt_tokens": 10, "completion_tokens": 2, "total_tokens": 12, "cost": 0.25}
    row = row_of(provider="openrouter", usage=usage)
    assert (row.cost_nanodollars, row.price_id) == (250_000_000, None)
    assert "as openrouter reported it" in page_of(row, "cost")


def test_an_estimate_is_marked(row_of: Callable[..., Request], api: Api, page_of: Callable[..., str]) -> None:
    chunk = {"model": "gpt-4o", "choices": [{"index": 0, "delta": {"content": "Half an answer"}}]}
    body = data_event(chunk)
    row = row_of(status=-3, is_stream=True, text="x" * 40, response_body=body, response_bytes=len(body))
    assert (row.prompt_tokens, row.completion_tokens, row.usage_is_estimated) == (10, 4, True)
    assert row.cost_nanodollars == 10 * 2500 + 4 * 10_000
    assert api.rows()[0]["usage_is_estimated"] is True
    assert ">estimated</small>" in page_of(row)


def test_a_cut_body_is_said_to_be_cut(
    row_of: Callable[..., Request], api: Api, page_of: Callable[..., str]
) -> None:
    body = b'{"model": "gpt-4o", "messages": [{"role": "user", "content": "Hello th'
    row = row_of(request_body=body, request_bytes=30_000_000, request_is_cut=True)
    assert (row.request_is_cut, row.response_is_cut, row.model) == (True, False, "gpt-4o")
    assert api.rows()[0]["request_is_cut"] is True
    assert "Only the first" in page_of(row, "request")
    assert "Only the first" not in page_of(row, "response")


def test_an_agents_own_session_becomes_the_session(row_of: Callable[..., Request]) -> None:
    user_id = json.dumps({"device_id": "a" * 64, "account_uuid": "", "session_id": SESSION})
    asked = {"model": "claude-haiku-4-5", "messages": [], "metadata": {"user_id": user_id}}
    row = row_of(path="/v1/messages", provider="anthropic", request_body=json.dumps(asked).encode())
    assert (row.session_id, row.session_name) == (SESSION, "Claude Code")


def test_a_session_that_was_given_stands_before_the_agents(row_of: Callable[..., Request]) -> None:
    asked = {"model": "gpt-5", "input": [], "prompt_cache_key": SESSION, "instructions": "You are Codex."}
    row = row_of(path="/v1/responses", request_body=json.dumps(asked).encode(), session_id="mine")
    assert (row.session_id, row.session_name) == ("mine", "")


def test_the_referrer_is_kept(row_of: Callable[..., Request], api: Api) -> None:
    assert row_of(referrer="ai-gateway").referrer == "ai-gateway"
    assert api.rows()[0]["referrer"] == "ai-gateway"


@pytest.mark.parametrize(
    ("bodies", "cost"),
    [
        ({"request_body": b"{}", "response_body": b'{"usage": {"prompt_tokens": 1000}}'}, 2_500_000),
        ({"model": "gpt-unknown"}, None),
    ],
    ids=["no model named", "a model named"],
)
def test_the_override_prices_only_what_names_no_model(
    row_of: Callable[..., Request], bodies: dict[str, Any], cost: int | None
) -> None:
    assert row_of(model_override="gpt-4o", **bodies).cost_nanodollars == cost


def test_a_deployment_is_priced_by_the_model_that_answers(row_of: Callable[..., Request]) -> None:
    path = "/openai/deployments/my-gpt/chat/completions?api-version=2024-10-21"
    usage = {"prompt_tokens": 1000, "completion_tokens": 0, "total_tokens": 1000}
    told = answer(model="gpt-4o-2024-08-06", choices=[], usage=usage)
    row = row_of(provider="azure", path=path, request_body=b'{"messages": []}', **told)
    assert (row.request_model, row.response_model, row.cost_nanodollars) == (
        "my-gpt",
        "gpt-4o-2024-08-06",
        2_500_000,
    )
