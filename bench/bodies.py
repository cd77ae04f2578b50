"""What bodies of agent sessions cost on disk and in CPU, put through the real store into the real tables."""

import json
import random
import sysconfig
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import zstandard
from django.db import connection, transaction

from ingest_app.bodies import Bodies, BodyKey, body_store
from ingest_app.bodies.sealing import Kind, Plain, Sealed
from ingest_app.bodies.slices import spans
from ingest_app.bodies.template import ZSTD_LEVEL, compress, pack
from ingest_app.data_keys import current_key
from ingest_app.events import uuid7
from ingest_app.partitions import ensure_partitions, week_of

SESSIONS = {1: 400, 10: 100, 100: 10}  # number of sessions, by their turns
AGENTS = 5
TOOLS = 12
BATCH = 200
PREVIEW = b"What is asked, in one line of the usual length."
MICROSECOND = timedelta(microseconds=1)


def measure(organization_id: int) -> list[tuple[str, str]]:
    """Returns the rows of the table: sizes and CPU for sessions of 1, 10 and 100 turns."""
    rows = []
    for week, (turns, number) in enumerate(SESSIONS.items()):
        calls = list(sessions(number, turns))
        raw = sum(len(request) + len(answer) for request, answer in calls) / len(calls)
        apart, zstd_us = _zstd_per_request(calls)
        slicing_us = _slicing(calls)
        packing_us = _packing(calls, Plain())
        sealing_us = _packing(calls, Sealed(current_key(organization_id), week_of(datetime.now(UTC))))
        # A week of its own, long before any other, so that its partitions hold nothing else.
        disk = _on_disk(organization_id, calls, datetime(2001, 1, 3, tzinfo=UTC) + timedelta(weeks=week))
        label = f"sessions of {turns} turns"
        rows += [
            (f"{label}: KB a request, raw", f"{raw / 1000:,.1f}"),
            (f"{label}: times smaller on disk than raw (KB)", f"{raw / disk:.1f} ({disk / 1000:.1f})"),
            (f"{label}: times smaller on disk than zstd per request", f"{apart / disk:.1f}"),
            (f"{label}: finding the slices, µs a request", f"{slicing_us:,.0f}"),
            (
                f"{label}: slices, hashes, zstd of what is new, µs (zstd of all)",
                f"{packing_us:,.0f} ({zstd_us:,.0f})",
            ),
            (f"{label}: the same, encrypted, µs", f"{sealing_us:,.0f}"),
        ]
    return rows


def _zstd_per_request(calls: list[tuple[bytes, bytes]]) -> tuple[float, float]:
    """Returns bytes and microseconds a request, each body compressed alone."""
    compressor = zstandard.ZstdCompressor(level=ZSTD_LEVEL)
    started = time.perf_counter()
    size = sum(
        len(compressor.compress(request)) + len(compressor.compress(answer)) for request, answer in calls
    )
    return size / len(calls), (time.perf_counter() - started) / len(calls) * 1e6


def _slicing(calls: list[tuple[bytes, bytes]]) -> float:
    """Returns microseconds a request."""
    started = time.perf_counter()
    for call in calls:
        for body in call:
            spans(body)
    return (time.perf_counter() - started) / len(calls) * 1e6


def _packing(calls: list[tuple[bytes, bytes]], form: Plain | Sealed) -> float:
    """Returns microseconds a request: all that the store does in Python."""
    seen: set[bytes] = set()
    id = uuid7(0).bytes
    started = time.perf_counter()
    for call in calls:
        for kind, body in zip((Kind.REQUEST, Kind.RESPONSE), call, strict=True):
            packed = pack(body, form.name)
            form.stored(kind, id, packed.template)
            for name, data in packed.slices:
                if name not in seen:
                    seen.add(name)
                    form.stored(Kind.BLOB, name, compress(data))
        form.stored(Kind.PREVIEW, id, PREVIEW)
    return (time.perf_counter() - started) / len(calls) * 1e6


def _on_disk(organization_id: int, calls: list[tuple[bytes, bytes]], at: datetime) -> float:
    """Returns bytes a request, with indexes and all that the tables need around the rows."""
    week = week_of(at)
    ensure_partitions({week})
    before = _table_bytes(week)
    for start in range(0, len(calls), BATCH):
        bodies = []
        for request, answer in calls[start : start + BATCH]:
            at += MICROSECOND
            key = BodyKey(organization_id, at, uuid7(int(at.timestamp() * 1_000_000)))
            bodies.append((key, Bodies(request, answer, PREVIEW.decode())))
        with transaction.atomic(), connection.cursor() as cursor:
            body_store().put(cursor, bodies)
    key, bodies_of_key = bodies[-1]
    assert body_store().get(key) == bodies_of_key
    return (_table_bytes(week) - before) / len(calls)


def _table_bytes(week: Any) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(pg_total_relation_size(name::regclass)) FROM unnest(%s::text[]) AS name",
            [[f"{table}_{week:%Y_%m_%d}" for table in ("body", "blob")]],
        )
        return int(cursor.fetchone()[0])


def sessions(count: int, turns: int) -> Iterator[tuple[bytes, bytes]]:
    """Yields request and answer of each turn: a system prompt, tools, and a tool called and answered each turn.

    The texts are the standard library's sources, which compress as such traffic does.
    """
    draw = random.Random(1)
    files = sorted(Path(sysconfig.get_paths()["stdlib"]).glob("*.py"))[:250]
    corpus = "\n".join(path.read_text(errors="ignore") for path in files)

    def text(characters: int) -> str:
        start = draw.randrange(len(corpus) - characters)
        return corpus[start : start + characters]

    agents = [
        (text(2500), [_tool(f"tool_{n}", text(300), text(80)) for n in range(TOOLS)]) for _ in range(AGENTS)
    ]
    for session in range(count):
        system, tools = draw.choice(agents)
        messages = [{"role": "system", "content": system}, {"role": "user", "content": text(400)}]
        for turn in range(turns):
            call_id = f"call_{session}_{turn}"
            arguments = json.dumps({"q": text(60)})
            call = {"id": call_id, "type": "function", "function": {"name": "tool_3", "arguments": arguments}}
            said = {"role": "assistant", "content": text(300), "tool_calls": [call]}
            request = {"model": "gpt-4o", "messages": messages, "tools": tools, "stream": True}
            usage = {"prompt_tokens": 900 * turn, "completion_tokens": 120}
            answer = {
                "id": f"chatcmpl-{session}-{turn}",
                "choices": [{"index": 0, "message": said}],
                "usage": usage,
            }
            yield json.dumps(request).encode(), json.dumps(answer).encode()
            messages += [said, {"role": "tool", "tool_call_id": call_id, "content": text(1500)}]


def _tool(name: str, description: str, parameter: str) -> dict[str, Any]:
    properties = {"q": {"type": "string", "description": parameter}}
    parameters = {"type": "object", "properties": properties}
    return {
        "type": "function",
        "function": {"name": name, "description": description, "parameters": parameters},
    }
