"""Spans posted over OTLP, until they are rows: `python -m bench.otlp`."""

import gzip
import http.client
import json
import time
from collections.abc import Callable
from threading import Thread

from django.db import connection

from bench.gateway import API_KEY, started_instance
from bench.processes import cpu_s
from bench.wire import plain_answer, request_body
from tests.instances import Instance, free_port
from tests.otlp import JSON, PROTOBUF, as_json, export, span

BATCH = 512  # what the SDKs' processors send at once
LARGE_BATCH = 5_000
SPANS = 30_000
ADAPTER_RUNS = 5
SENDERS = 2


def main() -> None:
    """Print the table; leave nothing behind."""
    with started_instance(free_port()) as instance:
        for figure, value in [*_adapter(), *_stored(instance)]:
            print(f"{value:>14}  {figure}", flush=True)


def _adapter() -> list[tuple[str, str]]:
    """Returns what reading a post costs, in this process: the least of some runs."""
    from gateway_app.doors.otlp import provider_at
    from ingest_app.doors.otlp import Owner, read_traces

    owner = Owner(organization_id=1, api_key_id=1, arrived_at_us=time.time_ns() // 1000, key=API_KEY)
    request = export(*_chats(LARGE_BATCH))
    rows = []
    for name, body in (("protobuf", request.SerializeToString()), ("JSON", as_json(request))):
        used = []
        for _ in range(ADAPTER_RUNS):
            before = time.process_time()
            traces = read_traces(body, is_json=name == "JSON", owner=owner, provider_at=provider_at)
            used.append(time.process_time() - before)
            assert len(traces.events) == LARGE_BATCH
        size_kb = len(body) / LARGE_BATCH / 1e3
        rows.append((f"spans/s read, {name} of {size_kb:.1f} KB", f"{LARGE_BATCH / min(used):,.0f}"))
    return rows


def _stored(instance: Instance) -> list[tuple[str, str]]:
    """Returns how many spans are taken and stored, for each encoding and size of post."""
    rows = []
    for name, media_type, batch, packed in (
        ("protobuf, gzip", PROTOBUF, BATCH, True),
        ("protobuf", PROTOBUF, BATCH, False),
        ("JSON, gzip", JSON, BATCH, True),
        ("protobuf, gzip", PROTOBUF, LARGE_BATCH, True),
    ):
        posts = [post(batch, media_type, packed) for _ in range(SPANS // batch)]
        count = SPANS // batch * batch
        web = instance.children()["web"]
        wanted, cpu, started = _rows_now() + count, cpu_s(web), time.perf_counter()
        headers = {"Content-Type": media_type, "Authorization": f"Bearer {API_KEY}"}
        if packed:
            headers["Content-Encoding"] = "gzip"
        send_all(instance.port, posts, headers)
        taken = time.perf_counter() - started
        used = cpu_s(web) - cpu
        while _rows_now() < wanted:
            time.sleep(0.05)
            assert time.perf_counter() - started < 300, "the rows never came"
        stored = time.perf_counter() - started
        label = f"{name}, {batch:,} a post"
        rows += [
            (f"spans/s taken, {label}", f"{count / taken:,.0f}"),
            (f"spans/s from the first post to stored rows, {label}", f"{count / stored:,.0f}"),
            (f"CPU of the web process per span, {label}", f"{used / count * 1e6:,.0f} µs"),
        ]
    return rows


def _chats(count: int) -> list[object]:
    asked = json.loads(request_body())["messages"]
    answered = json.loads(plain_answer())["choices"][0]["message"]
    attributes = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.request.temperature": 0.2,
        "gen_ai.response.model": "gpt-4o-2024-08-06",
        "gen_ai.response.finish_reasons": ["stop"],
        "gen_ai.usage.input_tokens": 700,
        "gen_ai.usage.output_tokens": 60,
        "gen_ai.input.messages": json.dumps(asked),
        "gen_ai.output.messages": json.dumps([answered]),
        "server.address": "api.openai.com",
        "server.port": 443,
        "session.id": "bench",
        "user.id": "ada",
        "traceloop.association.properties.Helicone-Property-Environment": "production",
    }
    return [span(attributes) for _ in range(count)]


def post(batch: int, media_type: str, packed: bool) -> bytes:
    """Returns a post of `batch` spans, each a chat of 2 KB."""
    request = export(*_chats(batch))
    body = as_json(request) if media_type == JSON else request.SerializeToString()
    return gzip.compress(body, 1) if packed else body


def send_all(port: int, posts: list[bytes], headers: dict[str, str]) -> None:
    """Post all of `posts`, two at a time."""
    waiting = iter(posts)

    def send() -> None:
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        for body in waiting:
            client.request("POST", "/v1/traces", body, headers)
            answer = client.getresponse()
            assert (answer.status, answer.read() in {b"", b"{}"}) == (200, True)
        client.close()

    _all_at_once(send)


def _all_at_once(send: Callable[[], None]) -> None:
    senders = [Thread(target=send) for _ in range(SENDERS)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()


def _rows_now() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM request")
        return int(cursor.fetchone()[0])


if __name__ == "__main__":
    main()
