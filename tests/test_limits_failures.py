"""Limits while Redis is away, after a gateway was killed, and under load."""

import asyncio
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
from websockets.exceptions import InvalidStatus

from accounts_app import actions
from bench.limits import LEASE_S, Gateways
from bench.limits_load import Clients, Provider
from bench.limits_verdict import judge_budget
from limits_app.rules import Subject
from tests.events import chat_event, log, wait_until
from tests.fake_provider.process import ProviderHandle
from tests.gateways import GatewayProcess
from tests.instances import free_port
from tests.limits import CENT, Post, make_budget, make_rate, spent_of
from tests.live import Tenant
from tests.realtime_client import Client

pytest_plugins = ("tests.limit_fixtures", "tests.realtime_sessions")

Limited = dict[str, Tenant]
Know = Callable[[], None]


@pytest.fixture(scope="module")
def limited(stack: object) -> Limited:
    """Returns organizations by what limits them; they are there before the gateways start."""

    def tenant() -> Tenant:
        name = secrets.token_hex(6)
        owner = actions.create_user(email=f"{name}@example.com", password=None)
        organization = actions.create_organization(name=name, owner=owner)
        return Tenant(
            organization,
            owner,
            actions.issue_api_key(organization=organization, name="k", actor=owner).secret,
        )

    found = {name: tenant() for name in ("rate", "open budget", "closed budget")}
    make_rate(found["rate"], "1;w=60")
    make_budget(found["open budget"], 1)
    make_budget(found["closed budget"], 100 * CENT, is_closed_when_unknown=True)
    return found


@pytest.fixture(scope="module")
def open_gateway(limited: Limited, provider: ProviderHandle) -> Iterator[GatewayProcess]:
    """A gateway whose Redis is away."""
    with GatewayProcess(provider.url, env={"REDIS_URL": f"redis://127.0.0.1:{free_port()}"}) as gateway:
        yield gateway


@pytest.fixture(scope="module")
def closed_gateway(limited: Limited, provider: ProviderHandle) -> Iterator[GatewayProcess]:
    """A gateway whose Redis takes connections and says nothing, set to refuse then."""
    with closing(socket.create_server(("127.0.0.1", 0))) as mute:
        env = {
            "REDIS_URL": f"redis://127.0.0.1:{mute.getsockname()[1]}",
            "HELICONE_LIMITS_WHEN_REDIS_AWAY": "closed",
        }
        with GatewayProcess(provider.url, env=env) as gateway:
            yield gateway


def test_without_redis_limits_let_pass(post: Post, limited: Limited, open_gateway: GatewayProcess) -> None:
    def ask(name: str) -> int:
        return post(url=open_gateway.url, key=limited[name].api_key, words=100).status

    assert [ask("rate"), ask("rate"), ask("open budget")] == [200, 200, 200]


def test_without_redis_a_budget_that_is_closed_then_refuses(
    post: Post, limited: Limited, open_gateway: GatewayProcess
) -> None:
    answer = post(url=open_gateway.url, key=limited["closed budget"].api_key)

    assert (answer.status, answer.header("retry-after")) == (503, "1")
    assert b"What has been spent cannot be looked up" in answer.body


def test_without_redis_rate_limits_refuse_where_the_operator_says_so(
    post: Post, limited: Limited, closed_gateway: GatewayProcess
) -> None:
    key = limited["rate"].api_key
    began = time.monotonic()

    stored = post(url=closed_gateway.url, key=key)
    own = post(url=closed_gateway.url, key=key, headers={"Helicone-RateLimit-Policy": "1;w=60"})

    assert (stored.status, own.status) == (503, 200)  # a policy of the request's own always fails open
    assert time.monotonic() - began < 3


def test_what_a_killed_gateway_reserved_comes_back(
    post: Post, organization: Tenant, knows_limits: Know, provider: ProviderHandle
) -> None:
    budget = make_budget(organization, 2 * CENT)
    with GatewayProcess(provider.url, env={"HELICONE_RESERVATION_LEASE_S": "3"}) as gateway:

        def hang() -> None:
            with pytest.raises(OSError):
                post(words=1900, url=gateway.url, said={"hang": True})

        hanging = threading.Thread(target=hang)
        hanging.start()
        wait_until(lambda: spent_of(budget).reserved_nanodollars > 0)
        # It is renewed as long as the gateway lives.
        time.sleep(3.5)
        knows_limits()
        held = post(words=1900)
        gateway.kill()
        hanging.join()

    assert held.status == 429
    assert b"held by requests under way" in held.body
    assert (held.header("retry-after"), held.header("x-should-retry")) == ("1", None)
    wait_until(lambda: post(words=1900).status == 200, within_s=6)


def test_a_realtime_session_is_not_opened_when_nothing_is_left(
    open_session: Callable[..., Client], organization: Tenant, knows_limits: Know
) -> None:
    budget = make_budget(organization, 1, subject=Subject.MODEL, value="gpt-realtime")
    log(chat_event(organization.id, keeps_time=False, model="gpt-realtime"))
    wait_until(lambda: spent_of(budget, "gpt-realtime").spent_nanodollars > 0)
    knows_limits()

    with pytest.raises(InvalidStatus) as refused:
        open_session()

    assert refused.value.response.status_code == 429
    assert b"is used up" in bytes(refused.value.response.body)


def test_many_clients_of_several_gateways_never_spend_more_than_a_budget(organization: Tenant) -> None:
    amount = 2 * CENT
    make_budget(organization, amount, is_closed_when_unknown=True)

    async def run() -> tuple[Clients, Provider]:
        async with Provider(slowest_s=0.05).listening() as provider:
            gateways = Gateways(provider.url, 2)
            with gateways.running():
                clients = Clients(gateways.urls, organization.api_key)
                asyncio.get_running_loop().call_later(0.5, gateways.kill, 0)
                await clients.run(40, seconds=2.5)
            return clients, provider

    clients, provider = asyncio.run(run())

    verdict = judge_budget(amount, clients.sent, provider.served, settled_within_s=4, lease_s=LEASE_S + 1)
    assert verdict.is_kept
    assert verdict.spent > amount / 2
    assert verdict.refused
    assert not verdict.wrongly_refused
