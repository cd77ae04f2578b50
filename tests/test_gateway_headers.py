"""What headers do: who calls, what is noted, what goes on to the provider and what does not."""

from collections.abc import Callable, Iterator
from typing import Any

import anthropic
import openai
import pytest

from accounts_app import actions
from requests_app.models import Request
from tests.fake_provider.process import ProviderHandle
from tests.live import Logged, Stack, Tenant
from tests.raw_http import RawAnswer, send

Scenario = Callable[..., dict[str, str]]
Post = Callable[..., RawAnswer]

CHAT: Any = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hello"}]}
MESSAGE: Any = {"model": "claude-haiku-4-5", "max_tokens": 99, "messages": CHAT["messages"]}
CHAT_BYTES = b'{"model":"gpt-4o","messages":[{"role":"user","content":"Hello"}]}'
MESSAGE_BYTES = b'{"model":"claude-haiku-4-5","max_tokens":99,"messages":[{"role":"user","content":"Hello"}]}'


@pytest.fixture
def post_chat(stack: Stack, organization: Tenant, scenario: Scenario) -> Post:
    """Returns a function that posts a chat completion with the usual keys and more headers."""

    def post(headers: dict[str, str | bytes] | None = None, path: str = "/v1/chat/completions") -> RawAnswer:
        usual: dict[str, str | bytes] = {
            "Authorization": "Bearer sk-fake-openai-key",
            "Helicone-Auth": f"Bearer {organization.api_key}",
            **scenario(),
        }
        return send(stack.url + path, body=CHAT_BYTES, headers=usual | (headers or {}))

    return post


def test_users_sessions_and_properties_are_noted(
    openai_client: openai.OpenAI, scenario: Scenario, logged: Callable[[], Logged]
) -> None:
    headers = {
        "Helicone-User-Id": "ada@example.com",
        "Helicone-Session-Id": "5f0c6c1e-trip",
        "Helicone-Session-Path": "/trip/flights/search",
        "Helicone-Session-Name": "Trip planner",
        "Helicone-Property-Environment": "production",
        "Helicone-Property-Ticket-Number": "4711",
        "Helicone-Request-Id": "any string: it's yours",
    }
    openai_client.chat.completions.create(
        **CHAT, user="someone else", extra_headers={**scenario(), **headers}
    )

    row = logged().row
    assert row.user_id == "ada@example.com"
    assert (row.session_id, row.session_path, row.session_name) == (
        "5f0c6c1e-trip",
        "/trip/flights/search",
        "Trip planner",
    )
    # Names travel in lower case through HTTP/2 and most servers; the values are what was sent.
    noted = {name.lower(): value for name, value in row.properties.items()}
    assert noted == {"environment": "production", "ticket-number": "4711"}
    assert row.request_id == "any string: it's yours"


def test_a_request_without_an_id_has_the_rows(post_chat: Post, logged: Callable[[], Logged]) -> None:
    post_chat()
    row = logged().row
    assert row.request_id == str(row.id)


def test_the_answer_names_the_row(post_chat: Post, logged: Callable[[], Logged]) -> None:
    answer = post_chat({"Helicone-Request-Id": "mine"})
    assert answer.header("helicone-id") == str(logged().row.id)


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_values_beyond_ascii_are_noted_in_either_encoding(
    post_chat: Post, logged: Callable[[], Logged], encoding: str
) -> None:
    post_chat(
        {"Helicone-User-Id": "Jürgen".encode(encoding), "Helicone-Property-Stadt": "Köln".encode(encoding)}
    )
    row = logged().row
    assert row.user_id == "Jürgen"
    assert list(row.properties.values()) == ["Köln"]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("omitted", ["request", "response", "both"])
def test_omitted_bodies_are_not_stored_but_counted(
    openai_client: openai.OpenAI, scenario: Scenario, logged: Callable[[], Logged], omitted: str, stream: bool
) -> None:
    headers = scenario(cached=100)
    if omitted in {"request", "both"}:
        headers["Helicone-Omit-Request"] = "true"
    if omitted in {"response", "both"}:
        headers["Helicone-Omit-Response"] = "true"
    more: Any = {"stream": True, "stream_options": {"include_usage": True}} if stream else {}
    answer = openai_client.chat.completions.create(**CHAT, **more, extra_headers=headers)
    if isinstance(answer, openai.Stream):
        for _ in answer:
            pass

    it = logged()
    usage = it.call.said()["usage"]
    assert (it.bodies.request is None) == (omitted != "response")
    assert (it.bodies.response is None) == (omitted != "request")
    assert (it.bodies.preview == "") == (omitted != "response")
    assert (it.row.prompt_tokens, it.row.completion_tokens) == (
        usage["prompt_tokens"],
        usage["completion_tokens"],
    )
    assert (it.row.request_model, it.row.response_model) == ("gpt-4o", "gpt-4o-2024-08-06")
    fresh = usage["prompt_tokens"] - 100
    assert it.row.cost_nanodollars == fresh * 2500 + 100 * 1250 + usage["completion_tokens"] * 10_000


def test_helicones_headers_and_cookies_end_at_the_gateway(
    post_chat: Post, logged: Callable[[], Logged], organization: Tenant
) -> None:
    post_chat(
        {
            "Cookie": "helicone_session=secret; helicone_csrf=secret",
            "Helicone-User-Id": "ada",
            "Helicone-Property-Colour": "green",
            "helicone-unknown-header": "x",
            "X-Team": "blue",
            "User-Agent": "curl/8.5",
            "OpenAI-Organization": "org-mine",
        }
    )

    call = logged().call
    names = [name for name, _ in call.headers]
    assert not [name for name in names if name.startswith("helicone")]
    assert "cookie" not in names
    assert organization.api_key not in repr(call.headers)
    assert call.header("authorization") == "Bearer sk-fake-openai-key"
    assert call.header("x-team") == "blue"
    assert call.header("user-agent") == "curl/8.5"
    assert call.header("openai-organization") == "org-mine"
    assert "accept-encoding" not in names
    assert call.header("host") != ""


def test_the_providers_headers_reach_the_client(post_chat: Post, logged: Callable[[], Logged]) -> None:
    answer = post_chat()

    sent = dict(logged().call.answer_headers)
    for name in (
        "content-type",
        "openai-processing-ms",
        "x-request-id",
        "x-ratelimit-remaining-tokens",
        "cf-ray",
    ):
        assert answer.header(name) == sent[name]
    # A provider's cookies would become cookies of the dashboard's origin.
    assert answer.header("set-cookie") is None


def test_headers_named_by_connection_go_no_further(post_chat: Post, logged: Callable[[], Logged]) -> None:
    post_chat({"Connection": "keep-alive, X-Hop", "X-Hop": "1", "Keep-Alive": "timeout=5", "X-Stays": "1"})

    names = [name for name, _ in logged().call.headers]
    assert "x-hop" not in names
    assert "keep-alive" not in names
    assert "x-stays" in names


@pytest.mark.parametrize(
    "path", ["/v1/chat/completions?api-version=1&x=%2F", "/v1/gateway/oai/v1/chat/completions?x=a+b"]
)
def test_the_query_passes_as_it_is(post_chat: Post, logged: Callable[[], Logged], path: str) -> None:
    assert post_chat(path=path).status == 200

    it = logged()
    assert it.call.path == "/v1/chat/completions?" + path.partition("?")[2]
    assert it.row.path == "/v1/chat/completions"


@pytest.fixture
def stored_keys(organization: Tenant, gateway_knows: Callable[[], None]) -> Iterator[None]:
    """The organization keeps a key for each provider."""
    for provider, secret in (("openai", "sk-fake-stored"), ("anthropic", "sk-ant-fake-stored")):
        actions.store_provider_key(organization=organization.organization, provider=provider, secret=secret)
    gateway_knows()
    yield


@pytest.mark.usefixtures("stored_keys")
def test_the_helicone_key_alone_uses_the_stored_provider_key(
    stack: Stack, organization: Tenant, scenario: Scenario, logged: Callable[[], Logged]
) -> None:
    with openai.OpenAI(api_key=organization.api_key, base_url=f"{stack.url}/v1", max_retries=0) as client:
        client.chat.completions.create(**CHAT, extra_headers=scenario())

    it = logged()
    assert it.call.header("authorization") == "Bearer sk-fake-stored"
    assert organization.api_key not in repr(it.call.headers)


@pytest.mark.usefixtures("stored_keys")
@pytest.mark.parametrize("header", ["X-Api-Key", "Authorization"])
def test_the_helicone_key_alone_in_either_header_uses_the_stored_anthropic_key(
    stack: Stack, organization: Tenant, scenario: Scenario, logged: Callable[[], Logged], header: str
) -> None:
    key = organization.api_key if header == "X-Api-Key" else f"Bearer {organization.api_key}"
    headers = {header: key, "anthropic-version": "2023-06-01", **scenario()}
    assert send(f"{stack.url}/v1/messages", body=MESSAGE_BYTES, headers=headers).status == 200

    it = logged()
    assert it.call.header("x-api-key") == "sk-ant-fake-stored"
    assert it.call.header("authorization") is None


@pytest.mark.usefixtures("stored_keys")
def test_the_clients_own_provider_key_comes_before_the_stored_one(
    openai_client: openai.OpenAI, scenario: Scenario, logged: Callable[[], Logged]
) -> None:
    openai_client.chat.completions.create(**CHAT, extra_headers=scenario())
    assert logged().call.header("authorization") == "Bearer sk-fake-openai-key"


@pytest.mark.parametrize("header", ["X-Api-Key", "Authorization"])
def test_an_anthropic_key_arrives_in_the_header_that_it_was_sent_in(
    stack: Stack, organization: Tenant, scenario: Scenario, logged: Callable[[], Logged], header: str
) -> None:
    value = "sk-ant-fake-mine" if header == "X-Api-Key" else "Bearer sk-ant-fake-mine"
    headers = {
        header: value,
        "Helicone-Auth": f"Bearer {organization.api_key}",
        "anthropic-version": "2023-06-01",
        "anthropic-beta": "context-1m-2025-08-07",
        **scenario(),
    }
    assert send(f"{stack.url}/v1/messages", body=MESSAGE_BYTES, headers=headers).status == 200

    it = logged()
    assert it.call.header(header.lower()) == value
    assert it.call.header("anthropic-beta") == "context-1m-2025-08-07"


def test_without_any_provider_key_the_sdk_is_told_so(
    stack: Stack,
    organization: Tenant,
    provider: ProviderHandle,
    marker: str,
    scenario: Scenario,
    wait_for_rows: Callable[..., list[Request]],
) -> None:
    with (
        openai.OpenAI(api_key=organization.api_key, base_url=f"{stack.url}/v1", max_retries=0) as client,
        pytest.raises(openai.AuthenticationError, match="gpt-4o needs access to OpenAI") as raised,
    ):
        client.chat.completions.create(**CHAT, extra_headers=scenario())
    assert raised.value.body["details"][0]["type"] == "missing_provider_key"
    with (
        anthropic.Anthropic(api_key=organization.api_key, base_url=stack.url, max_retries=0) as client_too,
        pytest.raises(anthropic.AuthenticationError, match="claude-haiku-4-5 needs access to Anthropic"),
    ):
        client_too.messages.create(**MESSAGE, extra_headers=scenario())

    assert provider.calls(marker) == []
    rows = wait_for_rows(organization.id, 2)
    assert [(row.status, row.error) for row in rows] == [(401, "missing_provider_key")] * 2


def test_one_organizations_rows_are_not_anothers(
    make_tenant: Callable[[], Tenant],
    openai_client: openai.OpenAI,
    organization: Tenant,
    scenario: Scenario,
    wait_for_rows: Callable[..., list[Request]],
) -> None:
    other = make_tenant()
    openai_client.chat.completions.create(**CHAT, extra_headers=scenario())
    headers = {**scenario(), "Helicone-Auth": f"Bearer {other.api_key}"}
    openai_client.chat.completions.create(**CHAT, extra_headers=headers)

    assert len(wait_for_rows(organization.id)) == 1
    assert len(wait_for_rows(other.id)) == 1
