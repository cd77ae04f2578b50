"""How quickly the page of a session opens: `python -m bench.session_page`, with `--steps` for other sizes.

An agent's session: its steps carry a growing conversation, 5 MB in all, in paths and spans, some failing and retried.
"""

import argparse
import json
import os
import random
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playwright.sync_api import Browser, sync_playwright

from tests.instances import Instance

if TYPE_CHECKING:
    from accounts_app.models import User
    from ingest_app.events import LogEvent

SIZES = (1_000, 10_000, 50_000)
BODY_BYTES = 5_000_000  # of the session
REPEATS = 7  # the quickest counts: it is what the page takes, and not what else the machine does
SCROLLED_FRAMES = 120
# Says when the first row was painted, when the script had drawn, and how long frames took while the page scrolled.
_DRAWN = """() => document.querySelector("#session-layer > *")
    && [performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? performance.now(),
        performance.now()]"""
_SCROLLED = """frames => new Promise((resolve) => {
    const times = [];
    let last = performance.now();
    function next(now) {
        times.push(now - last);
        last = now;
        if (times.length === frames) return resolve(times.slice(1).sort((one, other) => one - other));
        scrollBy(0, 400);
        requestAnimationFrame(next);
    }
    requestAnimationFrame(next);
})"""


def main() -> None:
    """Print the table; leave nothing behind."""
    parser = argparse.ArgumentParser(prog="python -m bench.session_page", description=__doc__)
    parser.add_argument("--steps", type=int, nargs="*", default=SIZES)
    sizes = parser.parse_args().steps
    with tempfile.TemporaryDirectory() as place, Instance(Path(place) / "data") as instance:
        instance.start()
        instance.wait_ready()
        os.environ.update(instance.env)
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helicone_site.settings")
        import django

        django.setup()
        print("| steps | page | server | first paint | drawn | frame while scrolling, p50 / p95 |")
        print("| --- | --- | --- | --- | --- | --- |")
        for size in sizes:
            print(_line(instance, size), flush=True)


def _line(instance: Instance, steps: int) -> str:
    from accounts_app import actions
    from helicone_site.redis_client import sync_client
    from ingest_app.stream import append
    from sessions_app.models import Session
    from tests.browser import session_of

    owner = actions.create_user(email=f"bench-{steps}@example.com", password=None)
    organization = actions.create_organization(name=f"Bench {steps}", owner=owner)
    for events in _batches(organization.pk, steps):
        append(sync_client(), events)
    while not Session.objects.filter(organization_id=organization.pk, requests=steps).exists():
        time.sleep(0.2)
    path = f"/o/{organization.slug}/sessions/bench/"
    size, server_ms = _server(instance, path, owner)
    painted_ms, drawn_ms, frames = _chromium(instance.url, path, session_of(owner))
    middle, slow = frames[len(frames) // 2], frames[len(frames) * 95 // 100]
    times = f"{server_ms:.0f} ms | {painted_ms:.0f} ms | {drawn_ms:.0f} ms | {middle:.0f} / {slow:.0f} ms"
    return f"| {steps:,} | {size / 1e6:.2f} MB | {times} |"


def _batches(organization_id: int, steps: int) -> Iterator[list["LogEvent"]]:
    from tests.events import chat_event

    rng = random.Random(steps)
    started_us = time.time_ns() // 1000 - 3_600_000_000
    filler = "".join(rng.choices("abcdefghij klmnop", k=BODY_BYTES // steps))
    batch: list[LogEvent] = []
    for number in range(steps):
        failed = number % 25 == 7
        changes: dict[str, Any] = {"kind": rng.choice(["", "", "tool", "vector_db", "database"])}
        if number % 10:
            changes["parent_span_id"] = f"span-{number - number % 10}"
        body = json.dumps(
            {"model": "gpt-4o", "messages": [{"role": "user", "content": f"{number} {filler}"}]}
        ).encode()
        batch.append(
            chat_event(
                organization_id,
                at_us=started_us + number * 50_000,
                session_id="bench",
                session_name="Bench",
                session_path=f"/research/part-{number * 20 // steps}/step",
                span_id=f"span-{number}",
                span_name=f"step {number}",
                latency_ms=rng.randrange(20, 400),
                status=429 if failed else 200,
                request_body=body,
                request_bytes=len(body),
                **changes,
            )
        )
        if len(batch) == 1_000:
            yield batch
            batch = []
    if batch:
        yield batch


def _server(instance: Instance, path: str, owner: "User") -> tuple[int, float]:
    """Returns the size of the page, and the milliseconds that the server takes for it."""
    from tests.web_client import WebClient

    client = WebClient(instance.url, owner)
    size = len(client.get(path).text)  # and everything is warm
    times = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        client.get(path)
        times.append(time.perf_counter() - started)
    return size, min(times) * 1000


def _chromium(origin: str, path: str, session: str) -> tuple[float, float, list[float]]:
    """Returns when rows were seen, when all was drawn, and how long frames took while it scrolled, shortest first."""
    from tests.browser import ARGUMENTS, CHROMIUM

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        seen = [_seen(browser, origin, path, session) for _ in range(REPEATS)]
        browser.close()
    painted, drawn = (min(times) for times in zip(*((one[0], one[1]) for one in seen), strict=True))
    return painted, drawn, min((one[2] for one in seen), key=sum)


def _seen(browser: Browser, origin: str, path: str, session: str) -> tuple[float, float, list[float]]:
    from django.conf import settings

    context = browser.new_context(base_url=origin, viewport={"width": 1440, "height": 900})
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": origin}])
    page = context.new_page()
    page.goto(path, wait_until="commit")
    painted_ms, drawn_ms = page.wait_for_function(_DRAWN, polling="raf").json_value()
    frames: list[float] = page.evaluate(_SCROLLED, SCROLLED_FRAMES)
    context.close()
    return painted_ms, drawn_ms, frames


if __name__ == "__main__":
    main()
