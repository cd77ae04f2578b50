"""A large data set to measure lists and searches on: `python -m bench.data` (10 M requests with bodies, kept).

It lies in `requests` under HELICONE_BENCH_DIR, and is made once: rows, bodies and words of ten weeks, with the skew of
real traffic. A few thousand requests go through the writer and the indexer; SQL repeats their bodies.
"""

import argparse
import json
import os
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import islice, product
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.peers import bench_folder
from helicone_site.sql import load
from tests.instances import Instance

if TYPE_CHECKING:
    from datetime import date

SQL = Path(__file__).parent / "sql"
API_KEY = "sk-helicone-bench00-bench00-bench00-bench00"
EMAIL, PASSWORD = "bench@example.com", "bench-bench-bench"
WEEKS = 10
ENVIRONMENT = {
    "HELICONE_INIT_API_KEY": API_KEY,
    "HELICONE_INIT_EMAIL": EMAIL,
    "HELICONE_INIT_PASSWORD": PASSWORD,
    "HELICONE_API_RATE": "100000/min",
}
POOL = 4_000
FILL_BATCH = 250_000
VOCABULARY = 20_000
WORDS = 45  # of a request, and as many of its answer
RARE, PHRASE = "zanzibarite", "amber heron"  # in one request of the pool each, so in a few thousand of all
USERS, FEATURES = 1_000, 200
# Name, provider, nano-dollars a prompt token; the first ones have most of the traffic.
MODELS = [
    ("gpt-4o-mini", "openai", 150), ("gpt-4o", "openai", 2_500), ("claude-sonnet-4-5", "anthropic", 3_000),
    ("gemini-2.5-flash", "google", 300), ("gpt-4.1", "openai", 2_000), ("claude-haiku-4-5", "anthropic", 1_000),
    ("gemini-2.5-pro", "google", 1_250), ("o3", "openai", 2_000), ("mistral-large", "mistral", 2_000),
    ("llama-3.3-70b", "groq", 590), ("deepseek-chat", "deepseek", 270), ("grok-4", "xai", 3_000),
]  # fmt: skip


def main() -> None:
    """Make the data set, unless it is there."""
    parser = argparse.ArgumentParser(prog="python -m bench.data", description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    rows = parser.parse_args().rows
    with data_set() as instance:
        set_up_django(instance)
        fill(rows)


@contextmanager
def data_set(name: str = "requests") -> Iterator[Instance]:
    """Yields the running instance on the data set in the folder `name`."""
    folder = bench_folder(name)
    folder.mkdir(parents=True, exist_ok=True)
    with Instance(folder / "data", env=ENVIRONMENT) as instance:
        instance.start()
        instance.wait_ready(within_s=300)
        yield instance


def set_up_django(instance: Instance) -> None:
    """Give this process the settings of the instance."""
    os.environ.update(instance.env)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helicone_site.settings")
    import django

    django.setup()


def fill(rows: int) -> None:
    """Fill the tables up to `rows` requests, in ten weeks that end now."""
    from django.db import connection

    from accounts_app.models import Organization
    from ingest_app.partitions import ensure_partitions, week_of
    from ingest_app.removal import week_bounds

    organization_id = Organization.objects.get().id
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM (SELECT FROM request LIMIT %s) AS counted", [rows])
        if cursor.fetchone()[0] >= rows // 2:
            print("The data set is there.")
            return
        now = datetime.now(UTC)
        weeks = [week_of(now - timedelta(weeks=number)) for number in reversed(range(WEEKS))]
        ensure_partitions(weeks)
        _make_pool(cursor, organization_id, now)
        _repeat_blobs(cursor, organization_id, weeks)
        definitions = drop_indexes(cursor, ["request", "body_words"])
        cursor.execute(
            "CREATE TEMP TABLE models (n integer PRIMARY KEY, name text, provider text, price integer)"
        )
        cursor.executemany(
            "INSERT INTO models VALUES (%s, %s, %s, %s)", [(n, *model) for n, model in enumerate(MODELS, 1)]
        )
        cursor.execute(
            "CREATE TEMP TABLE filling (n bigint, created_at timestamptz, id uuid, pool_n integer)"
        )
        for number, week in enumerate(weeks):
            start, end = week_bounds(week)
            began = time.perf_counter()
            _fill_week(cursor, organization_id, number * (rows // WEEKS), rows // WEEKS, start, min(end, now))
            print(
                f"week of {week}: {rows // WEEKS:,} requests in {time.perf_counter() - began:.0f} s",
                flush=True,
            )
        make_indexes(cursor, definitions)
        _note_values(cursor, organization_id)
        cursor.execute("VACUUM ANALYZE request, body, body_words, blob")


def _make_pool(cursor: Any, organization_id: int, now: datetime) -> None:
    """Send requests through the writer and the indexer, and keep what became of them in a table."""
    from bench.pipeline import event_of
    from ingest_app.events import LogEvent
    from ingest_app.search.indexer import Indexer
    from ingest_app.stream import StreamEntry
    from ingest_app.writer import Batch, write

    chosen = random.Random(1)
    words = ["".join(letters) for letters in islice(product(*["bdfgklmnprstv", "aeiou"] * 3), VOCABULARY)]
    weights = [1 / n for n in range(1, VOCABULARY + 1)]

    def text(n: int) -> str:
        said = " ".join(chosen.choices(words, weights, k=WORDS))
        return f"{said} {RARE}" if n == 7 else f"{said} {PHRASE} {words[0]}" if n == 11 else said

    def call(n: int) -> LogEvent:
        request = json.dumps({"model": MODELS[0][0], "messages": [{"role": "user", "content": text(n)}]})
        answer = {
            "choices": [{"message": {"role": "assistant", "content": text(-1)}, "finish_reason": "stop"}]
        }
        return event_of(organization_id, request.encode(), json.dumps(answer).encode())

    for first in range(0, POOL, 500):
        events = [call(n) for n in range(first, first + 500)]
        write(Batch([StreamEntry(f"{time.time_ns() // 1_000_000}-{first}".encode(), events)]))
    indexer = Indexer()
    while indexer.run(seconds=3600):
        pass
    cursor.execute(
        "CREATE TEMP TABLE pool AS"
        " SELECT row_number() OVER () AS n, request_body, response_body, preview, blob_ids, words"
        " FROM body JOIN body_words USING (organization_id, created_at, id)"
        " WHERE organization_id = %s AND created_at >= %s",
        [organization_id, now - timedelta(hours=1)],
    )
    cursor.execute("CREATE UNIQUE INDEX ON pool (n)")
    cursor.execute("ANALYZE pool")


def _repeat_blobs(cursor: Any, organization_id: int, weeks: "list[date]") -> None:
    """Give each week the blobs of the pool: blobs are stored once a week."""
    cursor.execute(
        "INSERT INTO blob (organization_id, week, id, data)"
        " SELECT organization_id, week.week, blob.id, blob.data FROM blob, unnest(%s::date[]) AS week (week)"
        " WHERE organization_id = %s ON CONFLICT DO NOTHING",
        [weeks, organization_id],
    )


def drop_indexes(cursor: Any, tables: list[str]) -> list[str]:
    """Drop all indexes but the keys', which fill faster at the end. Returns how to make them again."""
    cursor.execute(
        "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
        " AND tablename = ANY (%s) AND indexname NOT LIKE '%%_pkey'",
        [tables],
    )
    indexes = cursor.fetchall()
    for name, _ in indexes:
        cursor.execute(f"DROP INDEX {name}")
    return [definition.replace(" ON ONLY ", " ON ") for _, definition in indexes]


def make_indexes(cursor: Any, definitions: list[str]) -> None:
    """Make again what `drop_indexes` dropped."""
    cursor.execute("SET maintenance_work_mem = '2GB'")
    for definition in definitions:
        began = time.perf_counter()
        cursor.execute(definition)
        print(f"{definition[:90]}… in {time.perf_counter() - began:.0f} s", flush=True)


def _fill_week(
    cursor: Any, organization_id: int, first: int, rows: int, start: datetime, end: datetime
) -> None:
    parameters = {
        "organization_id": organization_id,
        "models": len(MODELS),
        "pool": POOL,
        "first_of_week": first,
        "start": start,
        "step_us": (end - start) // timedelta(microseconds=1) // rows,
    }
    for batch in range(first, first + rows, FILL_BATCH):
        last = min(batch + FILL_BATCH, first + rows) - 1
        cursor.execute("TRUNCATE filling")
        for name in ("fill_week", "fill_requests", "fill_bodies"):
            cursor.execute(load(SQL, name), {**parameters, "first": batch, "last": last})


def _note_values(cursor: Any, organization_id: int) -> None:
    from ingest_app.known_values import note_values, values_of

    def note(columns: dict[str, str], **properties: str) -> None:
        note_values(cursor, values_of(organization_id, columns.items(), properties))

    for name, provider, _ in MODELS:
        note({"model": name, "provider": provider})
    for n in range(USERS):
        note({"user_id": f"user-{n}"}, Feature=f"feature-{n % FEATURES}")
    for environment in ("production", "staging", "development"):
        note({}, Environment=environment, Tier="enterprise")
    for error in ("rate_limit_exceeded", "server_error", "content_policy_violation"):
        note({"error": error})
    cursor.execute(
        "SELECT DISTINCT properties ->> 'Ticket' FROM request WHERE properties ? 'Ticket'"
        " UNION SELECT DISTINCT session_name FROM request TABLESAMPLE SYSTEM (0.1)"
    )
    for (value,) in cursor.fetchall():
        if value.startswith("INC"):
            note({}, Ticket=value)
        else:
            note({"session_name": value})


if __name__ == "__main__":
    main()
