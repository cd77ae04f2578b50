"""Real clients get the same through the gateway as from the provider, and all that they do is logged."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from accounts_app import actions
from tests.clients.cases import BROKEN_STREAMS, CLIENTS, COUNTED, SHOWN, UNBROKEN
from tests.clients.driver import SESSION, SESSION_NAME, USER, Shown, show
from tests.fake_provider.process import ProviderCall, ProviderHandle
from tests.live import Stack, Tenant

# What differs from call to call: ids (and what is made of them), and times.
_ID = re.compile(
    r"\b(chatcmpl-|cmpl-|call_|resp_|rs_|fc_|msg_01|msg_|toolu_01|req_|audio_|file-)[0-9a-f]{24}|"
    r"\bresp_[A-Za-z0-9+/=]{40,}|"  # LiteLLM wraps the vendor's
    r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
)
_OF_THE_CALL = frozenset(
    {
        "created",
        "created_at",
        "completed_at",
        "expires_at",
        "signature",
        "encrypted_content",
        "response_id",
        "sdk_http_response",  # all headers, the date among them
    }
)


def comparable(value: Any) -> Any:
    """Returns a result without what is another in each call."""
    match value:
        case dict():
            return {key: comparable(part) for key, part in value.items() if key not in _OF_THE_CALL}
        case list():
            return [comparable(part) for part in value]
        case str():
            return _ID.sub(r"\1…", value)
    return value


def counted(usage: dict[str, Any]) -> tuple[int, int]:
    """Returns the prompt tokens, cached ones among them, and the completion tokens of a vendor's usage object."""
    if "promptTokenCount" in usage:
        thought = usage.get("thoughtsTokenCount", 0)
        return usage["promptTokenCount"], usage.get("candidatesTokenCount", 0) + thought
    if "prompt_tokens" in usage:
        return usage["prompt_tokens"], usage.get("completion_tokens", 0)
    # Anthropic counts the cached ones apart; in OpenAI's Responses they are details of the input.
    apart = usage.get("cache_read_input_tokens", 0) + usage.get("cache_creation_input_tokens", 0)
    return usage["input_tokens"] + apart, usage["output_tokens"]


def provider_of(call: ProviderCall) -> str:
    if call.header("x-goog-api-key"):
        return "google"
    return "anthropic" if call.header("anthropic-version") else "openai"


def is_stream(call: ProviderCall) -> bool:
    return dict(call.answer_headers)["content-type"].startswith("text/event-stream")


def model_of(call: ProviderCall) -> str | None:
    """Returns the model that a call asks for, or None where its path and body name none."""
    if found := re.search(r"/models/([^:/]+):", call.path):
        return found[1]
    is_json = call.header("content-type") == "application/json"
    return json.loads(call.body).get("model") if is_json and call.body else None


@pytest.fixture
def shown(
    client: str,
    request: pytest.FixtureRequest,
    make_tenant: Callable[[], Tenant],
    provider: ProviderHandle,
    stack: Stack,
) -> Shown:
    """What the test's client did, with an organization of its own."""

    def tenant_of_client() -> Tenant:
        tenant = make_tenant()
        if CLIENTS[client].only_helicone_key:
            actions.store_provider_key(
                organization=tenant.organization, provider="openai", secret="sk-fake-stored"
            )
            # Asked for here because it makes an organization too, and most tests find their client shown.
            request.getfixturevalue("gateway_knows")()
        return tenant

    return show(client, tenant_of_client, provider, stack.url)


@pytest.mark.parametrize(("client", "behaviour"), SHOWN)
def test_a_client_gets_the_same_as_from_the_provider(shown: Shown, client: str, behaviour: str) -> None:
    direct, through = shown.results[behaviour]["direct"], shown.results[behaviour]["gateway"]

    assert ("raised" in direct) == behaviour.startswith("error_"), direct
    assert comparable(through) == comparable(direct)


@pytest.mark.parametrize(("client", "behaviour"), SHOWN)
def test_every_call_of_a_client_is_a_row(shown: Shown, client: str, behaviour: str) -> None:
    calls = shown.calls(behaviour)
    rows = shown.rows(behaviour, len(calls))

    assert calls, "nothing reached the provider"
    assert [row.path for row in rows] == [call.path.partition("?")[0] for call in calls]
    for row, call in zip(rows, calls, strict=True):
        assert row.provider == provider_of(call)
        # The provider's name, which may stand on either side, goes no further than the gateway.
        asked = row.request_model.removesuffix("/openai").removeprefix("openai/")
        assert asked == (model_of(call) or asked)
        assert row.is_stream == is_stream(call)
        assert (row.user_id, row.session_id, row.session_name) == (USER, SESSION, SESSION_NAME)
        assert {name.lower(): text for name, text in row.properties.items()} == {"behaviour": behaviour}


@pytest.mark.parametrize(("client", "behaviour"), COUNTED)
def test_tokens_and_cost_of_every_call_are_known(shown: Shown, client: str, behaviour: str) -> None:
    calls = shown.calls(behaviour)
    rows = shown.rows(behaviour, len(calls))

    # Some calls are made at once, and may pass each other.
    logged = sorted((row.prompt_tokens, row.completion_tokens or 0) for row in rows)
    assert logged == sorted(counted(call.usage or {}) for call in calls)
    assert all(row.cost_nanodollars for row in rows)


@pytest.mark.parametrize(("client", "behaviour"), UNBROKEN)
def test_the_providers_status_is_logged(shown: Shown, client: str, behaviour: str) -> None:
    calls = shown.calls(behaviour)

    assert [row.status for row in shown.rows(behaviour, len(calls))] == [call.status for call in calls]


@pytest.mark.parametrize(("client", "behaviour"), BROKEN_STREAMS)
def test_an_error_inside_a_stream_is_logged_as_one(shown: Shown, client: str, behaviour: str) -> None:
    (row,) = shown.rows(behaviour, 1)

    assert row.status in {500, 529}
    assert row.error
