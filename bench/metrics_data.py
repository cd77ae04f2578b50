"""A year of traffic to measure dashboards on: `python -m bench.metrics_data` (10 M requests, kept).

It lies in `metrics` under HELICONE_BENCH_DIR and is made once, by SQL: rows of `request` without bodies, with what
`bench.data` has not: a million users, 40 models, 20 properties of up to 100,000 values, day and night, a week's rhythm.
"""

import argparse
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import accumulate, groupby
from math import cos, pi
from pathlib import Path
from typing import Any, NamedTuple

from bench.data import data_set, drop_indexes, make_indexes, set_up_django
from helicone_site.sql import load

SQL = Path(__file__).parent / "sql"
NAME = "metrics"
HOUR = timedelta(hours=1)
USERS = 1_000_000
MODEL_SKEW = 1.6
VALUES_AT_ONCE = 5_000


class Model(NamedTuple):
    """A model, the nano-dollars that a prompt token costs (None: nobody knows), and how quickly it answers."""

    name: str
    provider: str
    price: int | None
    tokens_per_s: int = 60
    is_reasoning: bool = False


class Property(NamedTuple):
    """A property, the share of requests that have it, and its values, the first of them the most frequent.

    The higher the skew, the more of them have the first values.
    """

    name: str
    share: float
    number: int
    skew: float = 3
    names: list[str] | None = None


# The first ones have most of the traffic.
MODELS = [
    Model("gpt-4o-mini", "openai", 150, 90),
    Model("gpt-4o", "openai", 2_500, 70),
    Model("claude-sonnet-4-5", "anthropic", 3_000, 65),
    Model("gemini-2.5-flash", "google", 300, 180),
    Model("gpt-4.1", "openai", 2_000, 75),
    Model("claude-haiku-4-5", "anthropic", 1_000, 120),
    Model("gemini-2.5-pro", "google", 1_250, 80, is_reasoning=True),
    Model("gpt-4.1-mini", "openai", 400, 85),
    Model("o3", "openai", 2_000, 45, is_reasoning=True),
    Model("deepseek-chat", "deepseek", 270, 30),
    Model("llama-3.3-70b-versatile", "groq", 590, 270),
    Model("mistral-large-latest", "mistral", 2_000, 45),
    Model("gpt-5", "openai", 1_250, 55, is_reasoning=True),
    Model("claude-opus-4-1", "anthropic", 15_000, 35),
    Model("grok-4", "xai", 3_000, 50, is_reasoning=True),
    Model("o4-mini", "openai", 1_100, 90, is_reasoning=True),
    Model("gpt-5-mini", "openai", 250, 80, is_reasoning=True),
    Model("gemini-2.0-flash", "google", 100, 200),
    Model("gpt-4.1-nano", "openai", 100, 130),
    Model("claude-3-5-haiku-latest", "anthropic", 800, 70),
    Model("mistral-small-latest", "mistral", 100, 100),
    Model("deepseek-reasoner", "deepseek", 550, 25, is_reasoning=True),
    Model("llama-3.1-8b-instant", "groq", 50, 750),
    Model("gemini-2.5-flash-lite", "google", 100, 250),
    Model("gpt-3.5-turbo", "openai", 500, 100),
    Model("command-a-03-2025", "cohere", 2_500, 60),
    Model("claude-sonnet-4-0", "anthropic", 3_000, 60),
    Model("gpt-4-turbo", "openai", 10_000, 30),
    Model("grok-3-mini", "xai", 300, 120, is_reasoning=True),
    Model("codestral-latest", "mistral", 300, 90),
    Model("qwen/qwen3-32b", "groq", 290, 400),
    Model("gpt-5-nano", "openai", 50, 130, is_reasoning=True),
    Model("ministral-8b-latest", "mistral", 100, 140),
    Model("claude-3-7-sonnet-latest", "anthropic", 3_000, 60),
    Model("command-r7b-12-2024", "cohere", 37, 150),
    Model("our-tuned-model", "openai", None),
    Model("grok-3", "xai", 3_000, 55),
    Model("o1", "openai", 15_000, 30, is_reasoning=True),
    Model("claude-3-opus-latest", "anthropic", 15_000, 25),
    Model("gpt-4", "openai", 30_000, 25),
]
# How many of its requests fail, against the average.
TROUBLE = {"anthropic": 1.3, "google": 0.9, "mistral": 1.6, "groq": 2.4, "deepseek": 2.0}
PROPERTIES = [
    Property("Environment", 0.97, 3, 8, ["production", "staging", "development"]),
    Property("Tier", 0.90, 3, 1.5, ["free", "pro", "enterprise"]),
    Property("Feature", 0.92, 40),
    Property("Plan", 0.30, 4, 1.5, ["monthly", "yearly", "trial", "partner"]),
    Property("Region", 0.35, 12, 2),
    Property("Team", 0.40, 60),
    Property("Version", 0.30, 300, 4),
    Property("Customer", 0.25, 5_000),
    Property("Document", 0.20, 100_000),
    Property("App", 0.20, 5, 2, ["web", "ios", "android", "slack", "api"]),
    Property("Language", 0.20, 30, 5),
    Property("Experiment", 0.12, 25),
    Property("Variant", 0.12, 2, 1, ["control", "treatment"]),
    Property("Channel", 0.15, 6, 2),
    Property("Agent", 0.15, 80),
    Property("Tool", 0.10, 150),
    Property("Workflow", 0.10, 500),
    Property("Device", 0.10, 8, 2),
    Property("Country", 0.10, 120, 5),
    Property("PromptVersion", 0.10, 1_000, 4),
]
ERRORS = ("rate_limit_exceeded", "server_error", "context_length_exceeded", "invalid_request_error")


def main() -> None:
    """Make the data set, unless it is there."""
    parser = argparse.ArgumentParser(prog="python -m bench.metrics_data", description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--days", type=int, default=365)
    arguments = parser.parse_args()
    with data_set(NAME) as instance:
        set_up_django(instance)
        fill(arguments.rows, timedelta(days=arguments.days))


def fill(rows: int, length: timedelta) -> None:
    """Fill the table with `rows` requests of the time that ends now, unless half of them are there."""
    from django.db import connection

    from accounts_app.models import Organization
    from ingest_app.partitions import ensure_partitions, week_of

    organization_id = Organization.objects.get().id
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM (SELECT FROM request LIMIT %s) AS counted", [rows])
        if cursor.fetchone()[0] >= rows // 2:
            print("The data set is there.")
            return
        hours = list(_hours(rows, length, datetime.now(UTC)))
        ensure_partitions({week_of(hour.since) for hour in hours})
        definitions = drop_indexes(cursor, ["request"])
        _make_tables(cursor)
        cursor.execute("SELECT setseed(0.5)")
        for week, of_week in groupby(hours, lambda hour: week_of(hour.since)):
            began = time.perf_counter()
            filled = _fill(cursor, organization_id, list(of_week))
            print(f"week of {week}: {filled:,} requests in {time.perf_counter() - began:.0f} s", flush=True)
        make_indexes(cursor, definitions)
        _note_values(cursor, organization_id)
        cursor.execute("VACUUM ANALYZE request")


class _Hour(NamedTuple):
    since: datetime
    until: datetime
    requests: int


def _hours(rows: int, length: timedelta, now: datetime) -> Iterator[_Hour]:
    """Yields the hours with their share of `rows`: more by day, on working days, and as time goes on."""
    first = (now - length).replace(minute=0, second=0, microsecond=0)
    starts = [first + n * HOUR for n in range((now - first) // HOUR + 1)]
    ends = [min(start + HOUR, now) for start in starts]
    weights = [
        (1 - 0.8 * cos(2 * pi * (start.hour - 3) / 24))
        * (0.45 if start.weekday() > 4 else 1)  # Saturday and Sunday
        * (0.6 + 0.8 * (start - first) / (now - first))
        * ((end - start) / HOUR)
        for start, end in zip(starts, ends, strict=True)
    ]
    whole = sum(weights)
    filled = 0
    for start, end, reached in zip(starts, ends, accumulate(weights), strict=True):
        requests = round(rows * reached / whole) - filled
        filled += requests
        yield _Hour(start, end, requests)


def _make_tables(cursor: Any) -> None:
    cursor.execute(
        "CREATE TEMP TABLE models (model_n integer PRIMARY KEY, model text, provider text, price bigint,"
        " speed integer, is_reasoning boolean, trouble float8)"
    )
    cursor.executemany(
        "INSERT INTO models VALUES (%s, %s, %s, %s, %s, %s, %s)",
        [(n, *model, TROUBLE.get(model.provider, 0.7)) for n, model in enumerate(MODELS, 1)],
    )
    cursor.execute(
        "CREATE TEMP TABLE properties (name text, share float8, number integer, skew float8, names text[], prefix text)"
    )
    cursor.executemany(
        "INSERT INTO properties VALUES (%s, %s, %s, %s, %s, %s)",
        [(*one, _prefix(one)) for one in PROPERTIES],
    )
    cursor.execute("ANALYZE models")
    cursor.execute("ANALYZE properties")


def _fill(cursor: Any, organization_id: int, hours: list[_Hour]) -> int:
    """Returns how many requests were made."""
    weights = [n**-MODEL_SKEW for n in range(1, len(MODELS) + 1)]
    since, until, numbers = (list(column) for column in zip(*hours, strict=True))
    cursor.execute(
        load(SQL, "metrics_requests"),
        {
            "organization_id": organization_id,
            "since": since,
            "until": until,
            "numbers": numbers,
            "model_bounds": [reached / sum(weights) for reached in accumulate(weights[:-1])],
            "users": USERS,
        },
    )
    return int(cursor.rowcount)


def _note_values(cursor: Any, organization_id: int) -> None:
    """Keep the values that fields have, as the writer does: of users only the first, since they are too many."""
    from ingest_app.known_values import MAX_VALUES, note_values, values_of

    columns = [
        *({"model": model.name, "provider": model.provider} for model in MODELS),
        *({"error": error} for error in ERRORS),
        *({"session_name": f"Agent {n}"} for n in range(9)),
        *({"user_id": f"user-{n}"} for n in range(1, MAX_VALUES + VALUES_AT_ONCE)),
    ]
    known = [one for held in columns for one in values_of(organization_id, held.items(), {})]
    for one in PROPERTIES:
        for n in range(1, one.number + 1):
            known += values_of(organization_id, (), {one.name: value_of(one, n)})
    for first in range(0, len(known), VALUES_AT_ONCE):
        note_values(cursor, known[first : first + VALUES_AT_ONCE])


def value_of(one: Property, n: int) -> str:
    """Returns its `n`-th value, from 1."""
    return one.names[n - 1] if one.names else f"{_prefix(one)}{n}"


def _prefix(one: Property) -> str:
    return f"{one.name.lower()}-"


if __name__ == "__main__":
    main()
