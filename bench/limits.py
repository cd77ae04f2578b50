"""Budgets and rate limits under load: four gateways, 200 clients, random costs, SIGKILLs; and what they add to a call.

`python -m bench.limits`; `--seconds` is how long the rate limit's load lasts, some two of its windows; the budget's is
half as long.
"""

import argparse
import asyncio
import hashlib
import random
import secrets
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

from bench.gateway import halted, started_instance
from bench.limits_load import Clients, Line, Provider, request_body, request_id
from bench.limits_verdict import judge_budget, judge_rate
from tests.gateways import GatewayProcess
from tests.instances import Instance

GATEWAYS = 4
CLIENTS = 200
AMOUNT_NANODOLLARS = 1_000_000_000
QUOTA, WINDOW_S = 1_000, 60
LEASE_S = 6
SETTLED_WITHIN_S = 0.5
LATENCY_REQUESTS = 1_500
_KILL_EVERY_S = 5.0


def main() -> None:
    """Print the table; leave nothing behind."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=125.0)
    parser.add_argument("--only", choices=["budget", "rate", "latency"])
    asked = parser.parse_args()
    with started_instance(provider_port=0) as instance:
        for name, measure in (("latency", _latency), ("budget", _budget), ("rate", _rate)):
            if asked.only in (None, name):
                for figure, value in asyncio.run(measure(instance, asked.seconds)):
                    print(f"{value:>16}  {figure}", flush=True)


class Gateways:
    """Gateways of one provider, of which some are killed and started again."""

    def __init__(self, provider_url: str, count: int) -> None:
        env = {"HELICONE_RESERVATION_LEASE_S": str(LEASE_S), "HELICONE_LIMITS_WHEN_REDIS_AWAY": "closed"}
        self._all = [GatewayProcess(provider_url, env=env) for _ in range(count)]
        self.kills = 0

    @contextmanager
    def running(self) -> "Iterator[Gateways]":
        """They run meanwhile."""
        with ExitStack() as stack:
            with ThreadPoolExecutor() as pool:
                list(pool.map(stack.enter_context, self._all))
            yield self

    @property
    def urls(self) -> list[str]:
        """Returns where they are."""
        return [gateway.url for gateway in self._all]

    async def kill_now_and_then(self, *, every_s: float) -> None:
        """Kill one after the other, and start it again. Ends by cancellation, when all run."""
        chance = random.Random(3)
        while True:
            await asyncio.sleep(every_s * chance.uniform(0.5, 1.5))
            victim = self.kill(chance.randrange(len(self._all)))
            await asyncio.to_thread(victim.__enter__)

    def kill(self, place: int) -> GatewayProcess:
        """Returns one of the gateways, killed."""
        self._all[place].kill()
        self.kills += 1
        return self._all[place]


async def under_load(
    gateways: Gateways, clients: Clients, count: int, *, seconds: float, kill_every_s: float
) -> None:
    """Let the clients ask for so long while gateways are killed."""
    killing = asyncio.create_task(gateways.kill_now_and_then(every_s=kill_every_s))
    try:
        await clients.run(count, seconds=seconds)
    finally:
        killing.cancel()
        await asyncio.gather(killing, return_exceptions=True)


async def _budget(_: Instance, seconds: float) -> list[tuple[str, str]]:
    async with Provider().listening() as provider:
        gateways = Gateways(provider.url, GATEWAYS)
        key = await asyncio.to_thread(_organization, budget=AMOUNT_NANODOLLARS)
        with gateways.running():
            clients = Clients(gateways.urls, key)
            await under_load(gateways, clients, CLIENTS, seconds=seconds / 2, kill_every_s=_KILL_EVERY_S)
        costs = await asyncio.to_thread(_costs, key)
        counted = sum(costs.values())
        verdict = judge_budget(
            AMOUNT_NANODOLLARS,
            clients.sent,
            provider.served,
            settled_within_s=SETTLED_WITHIN_S,
            lease_s=LEASE_S + SETTLED_WITHIN_S,
            logged={one.number for one in clients.sent if request_id(one.number) in costs},
        )
    assert verdict.is_kept and counted <= AMOUNT_NANODOLLARS, (verdict, counted)
    return [
        ("budget", f"${verdict.amount / 1e9:.6f}"),
        ("spent, by the rows", f"${counted / 1e9:.6f}"),
        ("spent, by the provider's own account", f"${verdict.spent / 1e9:.6f}"),
        ("of it by requests whose gateway was killed: the stated bound", f"${verdict.lost / 1e9:.6f}"),
        ("gateways killed", str(gateways.kills)),
        ("requests that passed", f"{verdict.passed:,}"),
        ("requests refused", f"{verdict.refused:,}"),
        ("of them wrongly", f"{verdict.wrongly_refused:,}"),
        ("refused because Redis did not answer in time", f"{verdict.unknown:,}"),
    ]


async def _rate(_: Instance, seconds: float) -> list[tuple[str, str]]:
    async with Provider().listening() as provider:
        gateways = Gateways(provider.url, GATEWAYS)
        key = await asyncio.to_thread(_organization, quota=QUOTA)
        with gateways.running():
            clients = Clients(gateways.urls, key)
            await under_load(gateways, clients, CLIENTS, seconds=seconds, kill_every_s=_KILL_EVERY_S)
        slot_s = WINDOW_S / 60
        verdict = judge_rate(
            QUOTA, WINDOW_S, clients.sent, provider.served, slot_s=slot_s, slack_s=SETTLED_WITHIN_S
        )
    assert verdict.is_kept, verdict
    return [
        (f"requests allowed in any {WINDOW_S} s", f"{verdict.quota:,}"),
        ("most that the provider saw in any", f"{verdict.most_in_window:,}"),
        ("gateways killed", str(gateways.kills)),
        ("requests that passed", f"{verdict.passed:,}"),
        ("requests refused", f"{verdict.refused:,}"),
        ("of them wrongly", f"{verdict.wrongly_refused:,}"),
        ("refused because Redis did not answer in time", f"{verdict.unknown:,}"),
    ]


async def _latency(instance: Instance, _: float) -> list[tuple[str, str]]:
    """One request after the other, of an organization without limits and of one with, in turn; nobody writes rows."""
    async with Provider(slowest_s=0).listening() as provider:
        free, limited = await asyncio.to_thread(lambda: (_organization(), _organization(budget=10**15)))
        with Gateways(provider.url, 1).running() as gateways:
            (url,) = gateways.urls
            policy = {"Helicone-RateLimit-Policy": "1000000;w=60"}
            lines = [Line(url, free), Line(url, limited, policy)]
            await _in_turn(lines, LATENCY_REQUESTS // 5)  # warm
            with halted(instance.children()["worker"]):
                without, with_limits = await _in_turn(lines, LATENCY_REQUESTS)
    rows = []
    for label, share in (("p50", 0.5), ("p99", 0.99)):
        plain_ms, limited_ms = percentile_ms(without, share), percentile_ms(with_limits, share)
        rows.append((f"{label} of a request without limits", f"{plain_ms:.2f} ms"))
        rows.append((f"{label} added by a budget and a policy", f"{limited_ms - plain_ms:.2f} ms"))
    return rows


async def _in_turn(lines: Sequence[Line], count: int) -> list[list[float]]:
    """Returns the seconds that each request took, by line."""
    took: list[list[float]] = [[] for _ in lines]
    chance = random.Random(5)
    for number in range(count):
        body = request_body(number, chance)
        for line, of_line in zip(lines, took, strict=True):
            began = time.perf_counter()
            status, answer = await line.ask(body)
            of_line.append(time.perf_counter() - began)
            assert status == 200, answer
    return took


def percentile_ms(seconds: Sequence[float], share: float) -> float:
    """Returns the time that so large a share of requests did not exceed, in ms."""
    return sorted(seconds)[int(len(seconds) * share)] * 1000


def _costs(key: str) -> dict[str, int]:
    """Returns what the rows of an API key's organization cost, in nano-dollars by request id, when all are stored."""
    from accounts_app.queries import load_directory
    from helicone_site.redis_client import sync_client
    from ingest_app.stream import length
    from requests_app.models import Request
    from tests.instances import wait_until

    wait_until(lambda: not length(sync_client()), within_s=60)
    caller = load_directory().callers[hashlib.sha256(key.encode()).digest()]
    rows = Request.objects.filter(organization_id=caller.organization_id, cost_nanodollars__gt=0)
    return dict(rows.values_list("request_id", "cost_nanodollars"))


def _organization(*, budget: int = 0, quota: int = 0) -> str:
    """Returns the API key of a new organization with such limits; gateways that start later know all of it."""
    # They need Django to be set up, which starting the instance did.
    from accounts_app import actions as accounts
    from tests.limits import make_budget, make_rate
    from tests.live import Tenant

    owner = accounts.create_user(email=f"{secrets.token_hex(4)}@example.com", password=None)
    organization = accounts.create_organization(name=f"Limits {secrets.token_hex(4)}", owner=owner)
    issued = accounts.issue_api_key(organization=organization, name="Bench", actor=owner)
    tenant = Tenant(organization, owner, issued.secret)
    if budget:
        make_budget(tenant, budget, is_closed_when_unknown=True)
    if quota:
        make_rate(tenant, f"{quota};w={WINDOW_S}")
    return issued.secret


if __name__ == "__main__":
    main()
