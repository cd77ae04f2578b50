"""An organization's rows and the tables of sums, as tests of folding, mending and rebuilding look at them."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import connection

from ingest_app.rollups import folded_until
from ingest_app.short_locks import one_at_a_time
from metrics_app.reading import Question, sums
from requests_app.filter_language.text import parse
from tests.metric_rows import model_call, write_all
from tests.metric_sums import summed

START = datetime(2025, 6, 2, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
END = START + 5 * DAY
TABLES = ("rollup", "rollup_value", "rollup_spread")
FEATURE = "properties.Feature"


@contextmanager
def alone_with_sums() -> Iterator[None]:
    """The running product folds and mends each minute; not while a test is in here."""
    is_over = False
    while not is_over:
        with one_at_a_time("rollups") as is_alone:
            if is_alone:
                yield
                is_over = True
        if not is_over:
            time.sleep(0.05)


def question(organization_id: int, *by: str, text: str = "", step: timedelta = DAY) -> Question:
    """Returns the question for the five days from `START`, in bars of `step`."""
    edges = [START + number * step for number in range((END - START) // step + 1)]
    return Question(organization_id, parse(text), edges, by)


def check(organization_id: int) -> None:
    """Check what sums say against the rows."""
    for one in (
        question(organization_id),
        question(organization_id, "model", "status", step=HOUR),
        question(organization_id, "user"),
        question(organization_id, FEATURE),
        question(organization_id, text="property.Feature:f7"),
    ):
        assert sums(one) == summed(one)


def rows_of(table: str, organization_id: int, condition: str = "true", *parameters: Any) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FROM {table} WHERE organization_id = %s AND {condition}",  # noqa: S608 - of this file
            [organization_id, *parameters],
        )
        return int(cursor.fetchone()[0])


def progress(organization_id: int) -> datetime | None:
    with connection.cursor() as cursor:
        return folded_until(cursor, [organization_id]).get(organization_id)


def stale_days(organization_id: int) -> list[date]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT day FROM rollup_stale WHERE organization_id = %s ORDER BY day", [organization_id]
        )
        return [day for (day,) in cursor.fetchall()]


def total(organization_id: int) -> int:
    return sum(one.requests for one in sums(question(organization_id)).values())


def hourly_calls(organization_id: int, days: int = 5, **changes: Any) -> None:
    """Store a call at half past each hour of so many days from `START`."""
    moments = [START + number * HOUR + HOUR / 2 for number in range(24 * days)]
    write_all([model_call(organization_id, moment, **changes) for moment in moments])
