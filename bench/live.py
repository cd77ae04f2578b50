"""`python -m bench.live`: hundreds of viewers of the live feed, while a thousand requests a second are logged.

Of the viewers, half see everything, so far as it can be shown; four in ten have one of forty filters and see all that
matches; the last read so slowly that they have to be skipped ahead. Each request says in its text when it was logged,
by the clock that all processes of a machine share.
"""

import argparse
import asyncio
import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from bench.gateway import started_instance
from bench.processes import cpu_s, provider, resident_mb
from bench.slow_streams import allow_files
from tests.instances import Instance

VIEWERS, PER_SECOND, SECONDS, WARM_UP_S = 500, 1_000, 60, 5
FILTERS = range(10, 50)  # of users: 22 of 1,000 requests match each
APPENDS_A_SECOND = 20
SLOW_PAUSE_S = 5.0
# When a request that is shown was logged, and how many are not shown.
_TOLD = re.compile(rb'>sent-(\d+)<|(?:"skipped":|event: skipped\ndata: {"count":)(\d+)')


@dataclass
class Seen:
    """What the viewers of one kind saw."""

    delays_s: list[float] = field(default_factory=list)
    skipped: int = 0
    size_bytes: int = 0
    broken: int = 0


class Viewer(asyncio.Protocol):
    """Reads one answer that does not end. With `pause_s` it looks away for so long after each look."""

    def __init__(self, request: bytes, seen: Seen, pause_s: float) -> None:
        self._request, self._seen, self._pause_s = request, seen, pause_s
        self._open = b""
        self.is_closing = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        transport.write(self._request)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        now = time.monotonic_ns()
        self._seen.size_bytes += len(data)
        self._open += data
        end = 0
        for told in _TOLD.finditer(self._open):
            if told[1]:
                self._seen.delays_s.append((now - int(told[1])) / 1e9)
            else:
                self._seen.skipped += int(told[2])
            end = told.end()
        self._open = self._open[max(end, len(self._open) - 200) :]
        if self._pause_s:
            self.transport.pause_reading()  # type: ignore[attr-defined]
            asyncio.get_running_loop().call_later(self._pause_s, self._look_again)

    def _look_again(self) -> None:
        with suppress(RuntimeError):
            self.transport.resume_reading()  # type: ignore[attr-defined]

    def connection_lost(self, error: Exception | None) -> None:
        self._seen.broken += not self.is_closing


def main() -> None:
    """Print delays, and the web process's memory and CPU."""
    parser = argparse.ArgumentParser(prog="python -m bench.live", description=__doc__)
    parser.add_argument("--viewers", type=int, default=VIEWERS, help=f"default {VIEWERS}")
    parser.add_argument(
        "--rate", type=int, default=PER_SECOND, help=f"requests a second, default {PER_SECOND}"
    )
    parser.add_argument("--seconds", type=int, default=SECONDS, help=f"default {SECONDS}")
    arguments = parser.parse_args()
    allow_files(4 * arguments.viewers + 100)
    with provider() as port, started_instance(port) as instance:
        asyncio.run(_measure(instance, arguments.viewers, arguments.rate, arguments.seconds))


async def _measure(instance: Instance, viewers: int, rate: int, seconds: int) -> None:
    slug, cookie, organization_id = await asyncio.to_thread(_owner)
    web, worker = (instance.children()[name] for name in ("web", "worker"))
    kinds = {name: Seen() for name in ("everything", "a filter", "slow")}
    connected = await _connect(instance.port, slug, cookie, viewers, kinds)
    with _logging(organization_id, rate) as logged:
        await asyncio.sleep(WARM_UP_S)
        for seen in kinds.values():
            seen.delays_s.clear()
            seen.skipped = seen.size_bytes = 0
        memory_mb, began = [resident_mb(web)], logged[0]
        web_s, worker_s, own_s, at = cpu_s(web), cpu_s(worker), time.process_time(), time.perf_counter()
        for _ in range(2):
            await asyncio.sleep(seconds / 2)
            memory_mb.append(resident_mb(web))
        took_s, number = time.perf_counter() - at, logged[0] - began
        web_s, worker_s = cpu_s(web) - web_s, cpu_s(worker) - worker_s
        own_s = time.process_time() - own_s
    for viewer in connected:
        viewer.is_closing = True
        viewer.transport.close()
    print(f"{viewers} viewers, {number / took_s:,.0f} requests/s for {took_s:.0f} s")
    for name, seen in kinds.items():
        print(f"  {name}: {_told(seen)}")
    print("  memory of the web process: " + ", ".join(f"{one:,.0f} MB" for one in memory_mb))
    shares = {"web": web_s, "worker": worker_s, "viewers and who logs": own_s}
    print(
        "  CPU of a core: " + ", ".join(f"{name} {one / took_s:.0%}" for name, one in shares.items()),
        flush=True,
    )


def _owner() -> tuple[str, str, int]:
    """Returns the organization's slug, the cookie of a session of its owner, and its id."""
    # They import models, for which Django must be set up.
    from django.conf import settings

    from accounts_app.models import Membership
    from tests.browser import session_of

    owner = Membership.objects.select_related("organization", "user").get()
    cookie = f"{settings.SESSION_COOKIE_NAME}={session_of(owner.user)}"
    return owner.organization.slug, cookie, owner.organization.pk


def _told(seen: Seen) -> str:
    ordered = sorted(seen.delays_s) or [0.0]
    shares = ", ".join(
        f"{label} {ordered[int(share * (len(ordered) - 1))]:.2f} s"
        for label, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))
    )
    rest = f"{seen.skipped:,} passed over, {seen.size_bytes / 1e6:,.0f} MB, {seen.broken} broken off"
    return f"{shares} of {len(seen.delays_s):,} arrivals; {rest}"


async def _connect(port: int, slug: str, cookie: str, viewers: int, kinds: dict[str, Seen]) -> list[Viewer]:
    loop = asyncio.get_running_loop()
    connected = []
    for number in range(viewers):
        name = "everything" if number % 10 < 5 else "a filter" if number % 10 < 9 else "slow"
        query = (
            f"form=page&q=user:user-{FILTERS[number % len(FILTERS)]}*" if name == "a filter" else "form=page"
        )
        request = (
            f"GET /o/{slug}/live/stream/?{query} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\n\r\n"
        )
        pause_s = SLOW_PAUSE_S if name == "slow" else 0.0

        def make(request: str = request, seen: Seen = kinds[name], pause_s: float = pause_s) -> Viewer:
            return Viewer(request.encode(), seen, pause_s)

        _, viewer = await loop.create_connection(make, "127.0.0.1", port)
        connected.append(viewer)
        await asyncio.sleep(0.01)
    return connected


@contextmanager
def _logging(organization_id: int, rate: int) -> Iterator[list[int]]:
    """Logs `rate` requests a second meanwhile, as gateways do. Yields a list with their number so far."""
    from bench.pipeline import event_of
    from bench.wire import plain_answer
    from helicone_site.redis_client import sync_client
    from ingest_app.stream import DRAINING, DRAINING_TTL_S, append, wake

    logged, is_over = [0], threading.Event()

    def log_all() -> None:
        redis, answer = sync_client(), plain_answer()
        due = time.monotonic()
        while not is_over.is_set():
            events = []
            for _ in range(rate // APPENDS_A_SECOND):
                text = f"sent-{time.monotonic_ns()}"
                body = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": text}]}
                events.append(event_of(organization_id, json.dumps(body).encode(), answer))
            append(redis, events)
            logged[0] += len(events)
            if redis.set(DRAINING, b"1", nx=True, ex=DRAINING_TTL_S):
                wake()
            due += 1 / APPENDS_A_SECOND
            is_over.wait(max(0.0, due - time.monotonic()))

    thread = threading.Thread(target=log_all)
    thread.start()
    try:
        yield logged
    finally:
        is_over.set()
        thread.join()


if __name__ == "__main__":
    main()
