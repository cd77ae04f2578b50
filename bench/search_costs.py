"""Filling the tables and searching them, for `bench.search`."""

import json
import random
import sysconfig
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from statistics import median
from uuid import uuid4

from django.db import connection, transaction

from accounts_app.models import Organization
from bench.bodies import sessions
from ingest_app.events import LogEvent, uuid7
from ingest_app.search.indexer import Indexer
from ingest_app.search.queue import note_unindexed
from ingest_app.stream import StreamEntry
from ingest_app.writer import EPOCH, Batch, prepare, write
from requests_app.filters import RequestFilter
from requests_app.queries import list_requests

BATCH = 1_000
MILLISECOND = timedelta(milliseconds=1)
TURNS = 40
AGENT_SESSIONS = 25
RARE, PHRASE = "zanzibarite", "return the amber heron"
EVERY = 20_000  # of so many messages one has the rare word and the phrase
CHINESE = [
    "我们今天讨论数据库索引的维护成本。",
    "查询性能取决于统计信息。",
    "人工智能模型需要很多训练数据。",
    "请把这段文字翻译成英文。",
]
CHINESE_SHARE = 0.05
REPEATS = 5

SEARCHES = {
    "a rare word": RARE,
    "a common word": "return",
    "a common and a rare word": f"return {RARE}",
    "two common words": "class import",
    "a phrase": f'"{PHRASE}"',
    "a common phrase": '"if not self"',
    "a phrase of common words that nobody wrote": '"return class import def"',
    "a word that nobody wrote": "xyzzyplugh",
    "Chinese": "训练数据",
    "a common word, of one user": "return user:user-77",
    "a common word, of a model without requests": "return model:gpt-5",
}

# A copy is a request a microsecond later, with the same blobs and words.
_COPY = """
WITH copied AS (
    SELECT created_at AS old_at, id AS old_id, created_at + %(copy)s * interval '1 microsecond' AS new_at,
           md5(id::text || %(copy)s)::uuid AS new_id
    FROM request WHERE organization_id = %(organization_id)s AND created_at = date_trunc('milliseconds', created_at)
), words AS (
    INSERT INTO body_words SELECT organization_id, new_at, new_id, words
    FROM copied JOIN body_words ON created_at = old_at AND id = old_id WHERE organization_id = %(organization_id)s
), bodies AS (
    INSERT INTO body (organization_id, created_at, id, request_body, response_body, preview, blob_ids)
    SELECT organization_id, new_at, new_id, request_body, response_body, preview, blob_ids
    FROM copied JOIN body ON created_at = old_at AND id = old_id WHERE organization_id = %(organization_id)s
)
INSERT INTO request ({columns}) SELECT {values}
FROM copied JOIN request ON created_at = old_at AND id = old_id WHERE organization_id = %(organization_id)s
"""


def measure(messages: int, copies: int) -> Iterator[tuple[str, str]]:
    """Yields the rows of the table; writes, indexes and searches in this process."""
    organization_id = Organization.objects.get().id
    yesterday = datetime.now(UTC).replace(microsecond=0) - timedelta(days=1)
    yield from _filled(organization_id, "chats", _chats(messages), yesterday)
    agents = sessions(AGENT_SESSIONS, TURNS)
    yield from _filled(organization_id, f"agents of {TURNS} turns", agents, yesterday - timedelta(hours=1))
    _copy(organization_id, copies)
    yield from _sizes()
    for name, query in SEARCHES.items():
        milliseconds, hits = _searched(organization_id, query)
        yield f"first page of {name}: {query} ({hits} hits), server time", f"{milliseconds:,.0f} ms"


def chat_events(count: int) -> Iterator[LogEvent]:
    """Yields chats of 3 KB, no two the same, each made when it is asked for."""
    organization_id = Organization.objects.get().id
    for call in _chats(count):
        yield _event(organization_id, datetime.now(UTC), *call)


def _filled(
    organization_id: int, name: str, calls: Iterator[tuple[bytes, bytes]], start: datetime
) -> Iterator[tuple[str, str]]:
    """Write events, a millisecond apart, and index them."""
    count = 0
    storing = noting = 0.0
    while batch := list(islice(calls, BATCH)):
        events = [
            _event(organization_id, start + (count + n) * MILLISECOND, *call) for n, call in enumerate(batch)
        ]
        count += len(events)
        began = time.perf_counter()
        _write(events)
        storing += time.perf_counter() - began
        noting += _noting_s(events)
    indexer = Indexer()
    began, cpu_began = time.perf_counter(), time.process_time()
    while indexer.run(seconds=3600):
        pass
    indexing, cpu = time.perf_counter() - began, time.process_time() - cpu_began
    share = f"{noting / storing:.1%}"
    yield f"storing {count:,} {name}, a request", f"{storing / count * 1e6:,.0f} µs"
    yield "… of which noting that it is to be indexed", f"{noting / count * 1e6:,.2f} µs ({share})"
    yield (
        f"indexing {name}, a request (CPU of the indexer)",
        f"{indexing / count * 1e6:,.0f} ({cpu / count * 1e6:,.0f}) µs",
    )


def _write(events: list[LogEvent]) -> None:
    write(Batch([StreamEntry(f"{time.time_ns() // 1_000_000}-{uuid4().int >> 80}".encode(), events)]))


def _noting_s(events: list[LogEvent]) -> float:
    """Returns the seconds that the writer spends on search for these events: done once more, and taken back."""
    bodies = [
        (one.key, one.bodies) for event in events if (one := prepare(event, arrived_at=datetime.now(UTC)))
    ]
    with transaction.atomic(), connection.cursor() as cursor:
        began = time.perf_counter()
        note_unindexed(cursor, bodies)
        seconds = time.perf_counter() - began
        transaction.set_rollback(True)
    return seconds


def _chats(count: int) -> Iterator[tuple[bytes, bytes]]:
    """Yields questions and answers of the standard library's sources and of Chinese, no two the same."""
    draw = random.Random(2)
    files = sorted(Path(sysconfig.get_paths()["stdlib"]).rglob("*.py"))[:1500]
    corpus = "\n".join(path.read_text(errors="ignore") for path in files)

    def text() -> str:
        length = draw.choice((300, 800, 1500))
        if draw.random() < CHINESE_SHARE:
            return "".join(draw.choice(CHINESE) for _ in range(length // 5))
        start = draw.randrange(len(corpus) - length)
        return corpus[start : start + length]

    for number in range(count):
        said = f"{RARE}: {PHRASE}. {text()}" if number % EVERY == EVERY // 2 else text()
        messages = [
            {"role": "system", "content": "You are a helpful assistant."},
            {"role": "user", "content": said},
        ]
        answer = {"choices": [{"index": 0, "message": {"role": "assistant", "content": text()}}]}
        yield json.dumps({"model": "gpt-4o", "messages": messages}).encode(), json.dumps(answer).encode()


def _event(organization_id: int, at: datetime, request: bytes, answer: bytes) -> LogEvent:
    at_us = (at - EPOCH) // timedelta(microseconds=1)
    return LogEvent(
        id=uuid7(at_us),
        organization_id=organization_id,
        created_at_us=at_us,
        keeps_time=True,
        provider="openai",
        path="/v1/chat/completions",
        status=200,
        latency_ms=840,
        user_id=f"user-{at_us // 1000 % 500}",
        request_body=request,
        request_bytes=len(request),
        response_body=answer,
        response_bytes=len(answer),
    )


def _copy(organization_id: int, copies: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = 'request'::regclass AND attnum > 0 AND NOT attisdropped"
            " AND attgenerated = ''"
        )
        names = [name for (name,) in cursor.fetchall()]
        values = [
            {"id": "copied.new_id", "created_at": "copied.new_at"}.get(name, f"request.{name}")
            for name in names
        ]
        sql = _COPY.format(columns=", ".join(names), values=", ".join(values))
        for copy in range(1, copies + 1):
            cursor.execute(sql, {"organization_id": organization_id, "copy": copy})
        cursor.execute("VACUUM ANALYZE request, body, body_words")


def _sizes() -> Iterator[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(pg_table_size(indexrelid)) FILTER (WHERE amname = 'gin'),"
            " (SELECT sum(pg_table_size(relid)) FROM pg_partition_tree('body_words') WHERE isleaf),"
            " (SELECT count(*) FROM body_words), (SELECT avg(cardinality(words)) FROM body_words)"
            " FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid JOIN pg_am ON pg_am.oid = relam"
            " WHERE indrelid IN (SELECT relid FROM pg_partition_tree('body_words') WHERE isleaf)"
        )
        index_bytes, table_bytes, rows, words = cursor.fetchone()
    yield f"different words a request, of {rows:,} requests", f"{words:,.0f}"
    yield "bytes a request in body_words", f"{table_bytes / rows:,.0f}"
    yield "bytes a request in its index of words", f"{index_bytes / rows:,.0f}"


def _searched(organization_id: int, query: str) -> tuple[float, int]:
    """Returns the median milliseconds, and how many rows the page has."""
    times = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        page = list_requests(organization_id=organization_id, filters=RequestFilter({"q": query}))
        times.append((time.perf_counter() - began) * 1000)
    return median(times), len(page.rows)
