"""Every way to fail reaches the SDK as the exception that it knows for it, and is logged."""

import json
from collections.abc import Callable
from typing import Any

import anthropic
import openai
import pytest

from accounts_app import actions
from requests_app.models import Request
from tests.fake_provider.process import ProviderHandle
from tests.live import UPSTREAM_IDLE_TIMEOUT_S, Logged, Stack, Tenant

Scenario = Callable[..., dict[str, str]]

HELLO: Any = [{"role": "user", "content": "Hello"}]
CHAT: Any = {"model": "gpt-4o", "messages": HELLO}
MESSAGE: Any = {"model": "claude-haiku-4-5", "max_tokens": 99, "messages": HELLO}


@pytest.mark.parametrize("key", ["Bearer sk-helicone-aaaaaaa-aaaaaaa-aaaaaaa-aaaaaaa", "nonsense", ""])
def test_a_wrong_helicone_key_is_refused_and_nothing_is_forwarded(
    openai_client: openai.OpenAI,
    anthropic_client: anthropic.Anthropic,
    provider: ProviderHandle,
    marker: str,
    scenario: Scenario,
    key: str,
) -> None:
    headers = {**scenario(), "Helicone-Auth": key}
    with pytest.raises(openai.AuthenticationError, match="Helicone") as refused:
        openai_client.chat.completions.create(**CHAT, extra_headers=headers)
    assert refused.value.code == "invalid_api_key"
    with pytest.raises(anthropic.AuthenticationError, match="Helicone"):
        anthropic_client.messages.create(**MESSAGE, extra_headers=headers)
    assert provider.calls(marker) == []


def test_a_call_without_a_helicone_key_is_refused_and_nothing_is_forwarded(
    stack: Stack, provider: ProviderHandle, marker: str, scenario: Scenario
) -> None:
    with (
        openai.OpenAI(api_key="sk-fake-key", base_url=f"{stack.url}/v1", max_retries=0) as client,
        pytest.raises(openai.AuthenticationError, match="Helicone"),
    ):
        client.chat.completions.create(**CHAT, extra_headers=scenario())
    with (
        anthropic.Anthropic(api_key="sk-ant-fake-key", base_url=stack.url, max_retries=0) as client_too,
        pytest.raises(anthropic.AuthenticationError, match="Helicone"),
    ):
        client_too.messages.create(**MESSAGE, extra_headers=scenario())
    assert provider.calls(marker) == []


def test_a_revoked_key_is_refused(
    openai_client: openai.OpenAI, organization: Tenant, gateway_knows: Callable[[], None]
) -> None:
    openai_client.chat.completions.create(**CHAT)
    actions.revoke_api_key(api_key=organization.organization.api_keys.get())
    gateway_knows()
    with pytest.raises(openai.AuthenticationError, match="revoked"):
        openai_client.chat.completions.create(**CHAT)


def test_a_key_that_may_only_read_is_refused(
    openai_client: openai.OpenAI,
    anthropic_client: anthropic.Anthropic,
    organization: Tenant,
    gateway_knows: Callable[[], None],
    provider: ProviderHandle,
    marker: str,
    scenario: Scenario,
) -> None:
    issued = actions.issue_api_key(organization=organization.organization, name="Reader", scope="r")
    gateway_knows()
    headers = {**scenario(), "Helicone-Auth": f"Bearer {issued.secret}"}
    with pytest.raises(openai.PermissionDeniedError):
        openai_client.chat.completions.create(**CHAT, extra_headers=headers)
    with pytest.raises(anthropic.PermissionDeniedError):
        anthropic_client.messages.create(**MESSAGE, extra_headers=headers)
    assert provider.calls(marker) == []


def test_a_provider_key_that_the_provider_refuses(
    openai_client: openai.OpenAI, scenario: Scenario, logged: Callable[[], Logged]
) -> None:
    with pytest.raises(openai.AuthenticationError, match="Incorrect API key provided") as refused:
        openai_client.with_options(api_key="sk-unknown-key").chat.completions.create(
            **CHAT, extra_headers=scenario()
        )

    it = logged()
    assert refused.value.response.content == it.call.answer
    assert (it.row.status, it.row.error) == (401, "invalid_api_key")


@pytest.mark.parametrize(
    ("status", "exception", "error"),
    [
        (400, openai.BadRequestError, "invalid_request_error"),
        (404, openai.NotFoundError, "model_not_found"),
        (429, openai.RateLimitError, "rate_limit_exceeded"),
        (500, openai.InternalServerError, "server_error"),
        (503, openai.InternalServerError, "server_is_overloaded"),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_openais_errors_pass_unchanged(
    openai_client: openai.OpenAI,
    scenario: Scenario,
    logged: Callable[[], Logged],
    status: int,
    exception: type[openai.APIStatusError],
    error: str,
    stream: bool,
) -> None:
    with pytest.raises(exception) as raised:
        openai_client.chat.completions.create(**CHAT, stream=stream, extra_headers=scenario(status=status))

    it = logged()
    assert raised.value.response.content == it.call.answer
    assert raised.value.request_id == dict(it.call.answer_headers)["x-request-id"]
    assert raised.value.response.headers.get("retry-after") == dict(it.call.answer_headers).get("retry-after")
    assert (it.row.status, it.row.error) == (status, error)
    assert it.bodies.response == it.call.answer
    assert it.row.prompt_tokens is None
    assert it.row.cost_nanodollars is None
    assert it.row.request_model == "gpt-4o"


@pytest.mark.parametrize(
    ("status", "exception", "error"),
    [
        (400, anthropic.BadRequestError, "invalid_request_error"),
        (429, anthropic.RateLimitError, "rate_limit_error"),
        (500, anthropic.InternalServerError, "api_error"),
        (529, anthropic.InternalServerError, "overloaded_error"),
    ],
)
def test_anthropics_errors_pass_unchanged(
    anthropic_client: anthropic.Anthropic,
    scenario: Scenario,
    logged: Callable[[], Logged],
    status: int,
    exception: type[anthropic.APIStatusError],
    error: str,
) -> None:
    with pytest.raises(exception) as raised:
        anthropic_client.messages.create(**MESSAGE, extra_headers=scenario(status=status))

    it = logged()
    assert raised.value.response.content == it.call.answer
    assert raised.value.request_id == dict(it.call.answer_headers)["request-id"]
    assert (it.row.status, it.row.error) == (status, error)
    assert it.bodies.response == it.call.answer


def test_each_retry_of_the_sdk_is_a_row(
    openai_client: openai.OpenAI,
    organization: Tenant,
    provider: ProviderHandle,
    marker: str,
    scenario: Scenario,
    wait_for_rows: Callable[..., list[Request]],
) -> None:
    headers = {**scenario(status=429, retry_after=0), "Helicone-Request-Id": "retried"}
    with pytest.raises(openai.RateLimitError):
        openai_client.with_options(max_retries=1).chat.completions.create(**CHAT, extra_headers=headers)

    rows = wait_for_rows(organization.id, 2)
    assert [(row.request_id, row.status) for row in rows] == [("retried", 429)] * 2
    assert len(provider.calls(marker)) == 2


def test_an_error_inside_a_chat_stream(
    openai_client: openai.OpenAI, scenario: Scenario, logged: Callable[[], Logged]
) -> None:
    seen = []
    with pytest.raises(openai.APIError, match="server had an error"):
        for chunk in openai_client.chat.completions.create(
            **CHAT, stream=True, extra_headers=scenario(error_after=4)
        ):
            seen.append(chunk)  # noqa: PERF402 - what came before the error counts

    it = logged()
    assert len(seen) == 4
    assert (it.row.status, it.row.error) == (500, "server_error")
    assert it.bodies.response is not None
    stored = json.loads(it.bodies.response)
    assert stored["error"]["type"] == "server_error"
    assert stored["choices"][0]["message"]["content"] == "The small gateway"


def test_an_error_inside_a_message_stream(
    anthropic_client: anthropic.Anthropic, scenario: Scenario, logged: Callable[[], Logged]
) -> None:
    with (
        pytest.raises(anthropic.APIStatusError, match="Overloaded"),
        anthropic_client.messages.stream(**MESSAGE, extra_headers=scenario(error_after=5)) as stream,
    ):
        stream.until_done()

    it = logged()
    assert (it.row.status, it.row.error) == (529, "overloaded_error")
    assert it.bodies.response is not None
    assert json.loads(it.bodies.response)["error"] == {"type": "overloaded_error", "message": "Overloaded"}


@pytest.mark.parametrize(
    ("settings", "last"), [({"error_after": 5}, "error"), ({"ending": "failed"}, "response.failed")]
)
def test_an_error_inside_a_response_stream(
    openai_client: openai.OpenAI,
    scenario: Scenario,
    logged: Callable[[], Logged],
    settings: dict[str, Any],
    last: str,
) -> None:
    stream = openai_client.responses.create(
        model="gpt-5", input="Hi", stream=True, extra_headers=scenario(**settings)
    )
    assert [event.type for event in stream][-1] == last

    it = logged()
    assert (it.row.status, it.row.error) == (500, "server_error")


def test_an_unstreamed_response_that_failed(
    openai_client: openai.OpenAI, scenario: Scenario, logged: Callable[[], Logged]
) -> None:
    answer = openai_client.responses.create(
        model="gpt-5", input="Hi", extra_headers=scenario(ending="failed")
    )

    it = logged()
    assert answer.status == "failed"
    assert (it.row.status, it.row.error) == (500, "server_error")
    assert it.bodies.response == it.call.answer


def test_a_provider_that_closes_before_its_answer(
    openai_client: openai.OpenAI,
    anthropic_client: anthropic.Anthropic,
    organization: Tenant,
    scenario: Scenario,
    wait_for_rows: Callable[..., list[Request]],
    bodies_of: Callable[[Request], Any],
) -> None:
    with pytest.raises(openai.InternalServerError) as raised:
        openai_client.chat.completions.create(**CHAT, extra_headers=scenario(close=True))
    assert (raised.value.status_code, raised.value.code) == (502, "upstream_unreachable")
    with pytest.raises(anthropic.InternalServerError) as raised_too:
        anthropic_client.messages.create(**MESSAGE, extra_headers=scenario(close=True))
    assert raised_too.value.status_code == 502
    assert raised_too.value.type == "api_error"

    rows = wait_for_rows(organization.id, 2)
    assert [(row.status, row.error) for row in rows] == [(502, "upstream_unreachable")] * 2
    assert bodies_of(rows[1]).response == raised.value.response.content


def test_a_provider_that_never_answers(
    openai_client: openai.OpenAI, scenario: Scenario, logged: Callable[[], Logged]
) -> None:
    with pytest.raises(openai.InternalServerError) as raised:
        openai_client.chat.completions.create(**CHAT, extra_headers=scenario(hang=True))
    assert (raised.value.status_code, raised.value.code) == (504, "upstream_timeout")

    row = logged().row
    assert (row.status, row.error) == (504, "upstream_timeout")
    assert UPSTREAM_IDLE_TIMEOUT_S * 1000 <= row.latency_ms < UPSTREAM_IDLE_TIMEOUT_S * 1000 + 2_000


@pytest.mark.parametrize("settings", [{"close_after": 4}, {"hang_after": 4}])
def test_a_stream_that_breaks_off_breaks_off_for_the_client(
    openai_client: openai.OpenAI, scenario: Scenario, logged: Callable[[], Logged], settings: dict[str, int]
) -> None:
    seen = []
    # The gateway has begun the answer, so it can only break off itself.
    with pytest.raises(openai.APIConnectionError):
        for chunk in openai_client.chat.completions.create(
            **CHAT, stream=True, extra_headers=scenario(**settings)
        ):
            seen.append(chunk)  # noqa: PERF402 - what came before the end counts

    it = logged()
    assert len(seen) == 4
    assert it.row.status == (-100 if "close_after" in settings else -2)
    assert it.row.error
    assert it.bodies.response is not None
    assert json.loads(it.bodies.response)["choices"][0]["message"]["content"] == "The small gateway"


def test_a_plain_answer_that_breaks_off_breaks_off_for_the_client(
    openai_client: openai.OpenAI, scenario: Scenario, logged: Callable[[], Logged]
) -> None:
    with pytest.raises(openai.APIConnectionError):
        openai_client.chat.completions.create(**CHAT, extra_headers=scenario(close_after=50))

    assert logged().row.status == -100


def test_a_html_page_instead_of_an_answer(
    openai_client: openai.OpenAI, scenario: Scenario, logged: Callable[[], Logged]
) -> None:
    with pytest.raises(openai.InternalServerError) as raised:
        openai_client.chat.completions.create(**CHAT, extra_headers=scenario(body="html"))

    it = logged()
    assert raised.value.response.content == it.call.answer == it.bodies.response
    assert it.row.status == 502


def test_json_cut_short(
    openai_client: openai.OpenAI, scenario: Scenario, logged: Callable[[], Logged]
) -> None:
    answer = openai_client.chat.completions.with_raw_response.create(
        **CHAT, extra_headers=scenario(body="garbage")
    )

    it = logged()
    assert answer.content == it.call.answer == it.bodies.response
    assert it.row.status == 200
    assert it.row.prompt_tokens is None
    assert it.row.request_model == "gpt-4o"


def test_an_unknown_provider_in_the_path(openai_client: openai.OpenAI, stack: Stack) -> None:
    client = openai_client.with_options(base_url=f"{stack.url}/v1/gateway/nobody/v1")
    with pytest.raises(openai.BadRequestError) as raised:
        client.chat.completions.create(**CHAT)
    assert raised.value.response.json() == {"message": "Invalid provider"}


def test_a_body_that_is_no_json_passes(
    openai_client: openai.OpenAI, scenario: Scenario, logged: Callable[[], Logged]
) -> None:
    with pytest.raises(openai.BadRequestError, match="could not parse"):
        openai_client.post(
            "/chat/completions",
            cast_to=object,
            content=b"\xff\x00 not JSON",
            options={"headers": {**scenario(), "Content-Type": "application/json"}},
        )

    it = logged()
    assert it.call.body == it.bodies.request == b"\xff\x00 not JSON"
    assert (it.row.status, it.row.model) == (400, "unknown")
