"""From the stream to committed rows, and from an answer to a visible row."""

import json
import time
import urllib.request

from redis import Redis

from bench.wire import plain_answer, request_body
from ingest_app.events import LogEvent, now_us, uuid7
from ingest_app.stream import DRAINING, append, length
from tests.instances import Instance

EVENTS = 60_000
CALLS = 100


def measure_writer(redis: Redis, organization_id: int) -> list[tuple[str, str]]:
    """Returns the rows of the table: a backlog of events of 3 KB, written by the instance's worker."""
    request, answer = request_body(), plain_answer()
    # With the flag set nobody is woken, so that the backlog is there before the clock starts.
    redis.set(DRAINING, b"1", ex=600)
    for _ in range(EVENTS // 1000):
        append(redis, [_event(organization_id, request, answer) for _ in range(1000)])
    waiting = length(redis)
    started = time.perf_counter()
    redis.delete(DRAINING)
    append(redis, [_event(organization_id, request, answer)])
    while length(redis):
        time.sleep(0.02)
        assert time.perf_counter() - started < 300, f"{length(redis)} of {waiting} entries still wait"
    seconds = time.perf_counter() - started
    return [
        (f"events of 3 KB/s from stream to committed rows ({EVENTS:,} waiting)", f"{EVENTS / seconds:,.0f}")
    ]


def measure_visible(instance: Instance, api_key: str) -> list[tuple[str, str]]:
    """Returns the rows of the table: how long after its answer a request is seen over REST."""
    waits = sorted(_until_visible(instance.url, api_key, n) for n in range(CALLS))
    return [
        (f"answer to visible row, {label}", f"{waits[int(share * len(waits))] * 1000:,.0f} ms")
        for label, share in (("p50", 0.50), ("p95", 0.95))
    ]


def _until_visible(url: str, api_key: str, n: int) -> float:
    request_id = f"visible-{n}-{now_us()}"
    headers = {
        "authorization": "Bearer sk-bench",
        "helicone-auth": f"Bearer {api_key}",
        "helicone-request-id": request_id,
        "content-type": "application/json",
    }
    call = urllib.request.Request(f"{url}/v1/chat/completions", request_body(), headers)
    urllib.request.urlopen(call, timeout=10).read()
    answered = time.perf_counter()
    look = urllib.request.Request(
        f"{url}/api/requests/?request_id={request_id}", headers={"authorization": f"Bearer {api_key}"}
    )
    while not json.load(urllib.request.urlopen(look, timeout=10))["results"]:
        assert time.perf_counter() - answered < 20, f"{request_id} never became visible"
    return time.perf_counter() - answered


def _event(organization_id: int, request: bytes, answer: bytes) -> LogEvent:
    at = now_us()
    return LogEvent(
        id=uuid7(at),
        organization_id=organization_id,
        created_at_us=at,
        provider="openai",
        path="/v1/chat/completions",
        target_url="https://api.openai.com/v1/chat/completions",
        status=200,
        latency_ms=840,
        user_id=f"user-{at % 500}",
        properties={"Environment": "production", "Feature": f"feature-{at % 20}"},
        request_body=request,
        request_bytes=len(request),
        response_body=answer,
        response_bytes=len(answer),
    )
