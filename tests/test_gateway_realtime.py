"""Realtime sessions through the gateway: what client and provider see of each other."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import aiohttp
import openai
import pytest
from websockets.exceptions import ConnectionClosedError, ConnectionClosedOK, InvalidStatus

from accounts_app import actions
from requests_app.models import Request
from tests.fake_provider.process import ProviderHandle
from tests.live import Logged, Stack, Tenant
from tests.realtime_client import PROVIDER_KEY, Client

pytest_plugins = ("tests.realtime_sessions",)

Scenario = Callable[..., dict[str, str]]
OpenSession = Callable[..., Client]

ADDRESSES = (
    "/v1/realtime",
    "/realtime",
    "/v1/gateway/oai/v1/realtime",
    "/v1/gateway/oai/realtime",
    "/v1/gateway/oai/realtime/v1/realtime",
)


@pytest.mark.parametrize("path", ADDRESSES)
def test_a_session_opens_at_every_address(
    open_session: OpenSession, logged: Callable[[], Logged], path: str
) -> None:
    client = open_session(path=path)
    client.ask("Hello", output_modalities=["text"])

    it = logged()
    assert it.call.path == "/v1/realtime?model=gpt-realtime"
    assert (it.row.path, it.row.target_url.endswith("/v1/realtime")) == ("/v1/realtime", True)


@pytest.mark.filterwarnings("ignore:connect.. must be used as a context manager")  # the SDK's own affair
def test_the_openai_client_talks_through_the_gateway(
    openai_client: openai.OpenAI, scenario: Scenario, logged: Callable[[], Logged]
) -> None:
    with openai_client.realtime.connect(model="gpt-realtime", extra_headers=scenario(words=9)) as connection:
        connection.session.update(session={"type": "realtime", "output_modalities": ["text"]})
        connection.conversation.item.create(
            item={"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hello"}]}
        )
        connection.response.create()
        text = ""
        for event in connection:
            if event.type == "response.output_text.delta":
                text += event.delta
            elif event.type == "response.done":
                output = event.response.to_dict()["output"]
                break

    it = logged()
    assert len(text.split()) == 9
    assert it.bodies.response is not None
    assert json.loads(it.bodies.response)["output"] == output
    assert it.row.provider == "openai"


def test_a_browser_sends_its_key_as_a_protocol(
    open_session: OpenSession, organization: Tenant, logged: Callable[[], Logged]
) -> None:
    helicone, own = (f"openai-insecure-api-key.{key}" for key in (organization.api_key, PROVIDER_KEY))
    client = open_session(headers={}, protocols=["realtime", helicone, own, "openai-beta.realtime-v1"])
    client.ask("Hello")

    offered = logged().call.header("sec-websocket-protocol") or ""
    assert client.connection.subprotocol == "realtime"
    assert [name.strip() for name in offered.split(",")] == ["realtime", own, "openai-beta.realtime-v1"]


def test_a_helicone_key_alone_uses_the_organizations_key(
    open_session: OpenSession,
    organization: Tenant,
    gateway_knows: Callable[[], None],
    logged: Callable[[], Logged],
) -> None:
    actions.store_provider_key(
        organization=organization.organization,
        provider="openai",
        secret="sk-fake-stored",
        actor=organization.owner,
    )
    gateway_knows()
    client = open_session(
        headers={}, protocols=["realtime", f"openai-insecure-api-key.{organization.api_key}"]
    )
    client.ask("Hello")

    call = logged().call
    assert call.header("authorization") == "Bearer sk-fake-stored"
    assert call.header("sec-websocket-protocol") == "realtime"


@pytest.mark.parametrize("key", ["", "sk-helicone-unknown-unknown-unknown-unknown"])
def test_without_a_valid_helicone_key_the_handshake_is_refused(
    open_session: OpenSession, provider: ProviderHandle, marker: str, key: str
) -> None:
    with pytest.raises(InvalidStatus) as refused:
        open_session(headers={"Authorization": f"Bearer {PROVIDER_KEY}", "Helicone-Auth": f"Bearer {key}"})

    answer = refused.value.response
    assert answer.status_code == 401
    assert json.loads(answer.body)["error"]["code"] == "invalid_api_key"
    assert provider.calls(marker) == []


def test_without_any_provider_key_the_handshake_is_refused_and_logged(
    open_session: OpenSession, organization: Tenant, wait_for_rows: Callable[..., list[Request]]
) -> None:
    with pytest.raises(InvalidStatus) as refused:
        open_session(headers={"Authorization": f"Bearer {organization.api_key}"})

    row = wait_for_rows(organization.id)[0]
    assert refused.value.response.status_code == 401
    assert refused.value.response.headers["Helicone-Id"] == row.request_id
    assert (row.status, row.error, row.request_model) == (401, "missing_provider_key", "gpt-realtime")


def test_the_providers_refusal_is_passed_on_and_logged(
    open_session: OpenSession, logged: Callable[[], Logged]
) -> None:
    with pytest.raises(InvalidStatus) as refused:
        open_session(status=429)

    it, answer = logged(), refused.value.response
    assert (answer.status_code, answer.headers["x-request-id"]) == (429, "req_realtime")
    assert bytes(answer.body) == it.call.answer == it.bodies.response
    assert (it.row.status, it.row.error, it.row.is_stream) == (429, "rate_limit_exceeded", False)


def test_a_close_of_the_provider_arrives_with_code_and_reason(open_session: OpenSession) -> None:
    client = open_session()
    client.say("fake.close", code=4001, reason="session expired")
    with pytest.raises(ConnectionClosedError) as closed:
        client.hear_until("response.done")

    assert closed.value.rcvd is not None
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (4001, "session expired")


def test_a_close_of_the_client_arrives_with_code_and_reason(
    open_session: OpenSession, provider: ProviderHandle, marker: str
) -> None:
    client = open_session()
    client.hear()
    client.connection.close(4002, "done talking")
    with pytest.raises((ConnectionClosedOK, ConnectionClosedError)):
        client.hear()

    call = provider.call(marker, until=lambda call: call.hung_up_at)
    assert call.body.endswith(b"closed 4002 done talking\n")


def test_messages_of_any_size_and_kind_pass_unchanged(
    stack: Stack, organization: Tenant, scenario: Scenario
) -> None:
    sent: list[str | bytes] = [
        json.dumps({"type": "fake.echo", "text": "naïve 東京 🦊", "n": 1}, indent=2, ensure_ascii=False),
        bytes(range(256)),
        b"",
        json.dumps({"type": "fake.echo", "audio": "A" * (5 << 20)}),
        bytes(3 << 20),
    ]

    async def talk() -> list[Any]:
        keys = {"Authorization": f"Bearer {PROVIDER_KEY}", "Helicone-Auth": f"Bearer {organization.api_key}"}
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(
                f"{stack.url}/v1/realtime?model=gpt-realtime",
                headers={**keys, **scenario()},
                compress=15,
                max_msg_size=0,
            ) as connection,
        ):
            await connection.receive()
            await connection.ping(b"still there?")
            heard = []
            for message in sent:
                await (
                    connection.send_str(message)
                    if isinstance(message, str)
                    else connection.send_bytes(message)
                )
                heard.append((await connection.receive()).data)
            return heard

    assert asyncio.run(talk()) == sent


def test_a_key_may_be_in_the_path(
    open_session: OpenSession, organization: Tenant, logged: Callable[[], Logged]
) -> None:
    client = open_session(
        path=f"/{organization.api_key}/v1/realtime", headers={"Authorization": f"Bearer {PROVIDER_KEY}"}
    )
    client.ask("Hello")

    assert logged().call.path == "/v1/realtime?model=gpt-realtime"


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/gateway/nobody/v1/realtime"])
def test_other_web_sockets_are_refused(open_session: OpenSession, path: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        open_session(path=path)

    assert refused.value.response.status_code == 404
    assert json.loads(refused.value.response.body)["error"]["code"] == "no_websocket"
