"""From the stream to committed rows, and from an answer to a visible row."""

import json
import os
import signal
import time
import urllib.request
from collections.abc import Iterable

from django.db import connection
from redis import Redis

from bench.bodies import sessions
from bench.processes import cpu_s
from bench.wire import plain_answer, request_body
from ingest_app.events import LogEvent, now_us, uuid7
from ingest_app.stream import STREAM_BYTES, append, length, wake
from tests.instances import Instance

EVENTS = 60_000
AGENT_SESSIONS, TURNS = 20, 100
CALLS = 100


def measure_writer(redis: Redis, organization_id: int, worker_pid: int) -> list[tuple[str, str]]:
    """Returns the rows of the table: two backlogs, written by the instance's one worker.

    One is of chat requests of 3 KB, the other of agent sessions whose requests repeat their history.
    """
    small = (chat_event(organization_id) for _ in range(EVENTS))
    agents = (event_of(organization_id, *bodies) for bodies in sessions(AGENT_SESSIONS, TURNS))
    return [
        *_drained(redis, worker_pid, "3 KB", small),
        *_drained(redis, worker_pid, f"agents of {TURNS} turns", agents),
    ]


def _drained(redis: Redis, worker_pid: int, name: str, events: Iterable[LogEvent]) -> list[tuple[str, str]]:
    # The backlog is there before the clock starts.
    os.kill(worker_pid, signal.SIGSTOP)
    count = append(redis, events)
    waiting, size_bytes = length(redis), int(redis.get(STREAM_BYTES) or 0)
    wal, cpu, started = _wal_bytes(), cpu_s(worker_pid), time.perf_counter()
    os.kill(worker_pid, signal.SIGCONT)
    wake()
    while length(redis):
        time.sleep(0.02)
        assert time.perf_counter() - started < 300, f"{length(redis)} of {waiting} entries still wait"
    seconds, cpu, wal = time.perf_counter() - started, cpu_s(worker_pid) - cpu, _wal_bytes() - wal
    return [
        (
            f"events/s from stream to committed rows, {name} ({count:,} of {size_bytes / count / 1e3:.1f} KB)",
            f"{count / seconds:,.0f}",
        ),
        (f"CPU of the worker per event, {name}", f"{cpu / count * 1e6:,.0f} µs"),
        (f"WAL per event, {name}", f"{wal / count / 1e3:,.2f} KB"),
    ]


def _wal_bytes() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_wal_lsn() - '0/0'::pg_lsn")
        return int(cursor.fetchone()[0])


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


def chat_event(organization_id: int) -> LogEvent:
    """Returns the event of a chat request of 3 KB, made now."""
    return event_of(organization_id, request_body(), plain_answer())


def event_of(organization_id: int, request: bytes, answer: bytes) -> LogEvent:
    """Returns the event of a request to OpenAI's chat, made now."""
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
