"""Requests of past days, put into the stream with their own time; and what is stored of them."""

import random
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db import connection

from ingest_app.bodies import BodyKey, body_store
from ingest_app.events import LogEvent
from ingest_app.partitions import week_of
from requests_app.models import Request
from tests.events import chat_event, log, wait_until

# Longer than what a body keeps in its own row instead of in a blob.
LONG = "This sentence is shared by many requests, as a system prompt is. " * 8


def at(moment: datetime, n: int = 0) -> int:
    """Returns `moment` and `n` milliseconds, in microseconds since the epoch."""
    return int(moment.timestamp() * 1_000_000) + n * 1000


def days_ago(days: float) -> datetime:
    """Returns that time."""
    return datetime.now(UTC) - timedelta(days=days)


def old_week() -> date:
    """Returns the Monday of a week long past that no other test uses, most likely."""
    return week_of(datetime(2001, 1, 1, tzinfo=UTC) + timedelta(weeks=random.randrange(1000)))


def in_week(week: date, n: int = 0) -> int:
    """Returns a moment in the middle of `week`, `n` milliseconds later for each."""
    return at(datetime.combine(week, time(12), UTC) + timedelta(days=2), n)


def store(*events: LogEvent) -> None:
    """Log `events`, all of organizations without rows, and wait until they are stored."""
    log(*events)
    for organization_id in {event.organization_id for event in events}:
        mine = sum(event.organization_id == organization_id for event in events)
        wait_until(lambda id=organization_id, n=mine: len(rows(id)) == n, within_s=20)


def rows(organization_id: int) -> list[Request]:
    """Returns the organization's requests, oldest first."""
    return list(Request.objects.filter(organization_id=organization_id).order_by("created_at", "id"))


def texts(organization_id: int) -> list[str]:
    """Returns what each request of the organization asked, as put back together from its blobs."""
    found = [
        body_store().get(BodyKey(row.organization_id, row.created_at, row.id))
        for row in rows(organization_id)
    ]
    assert None not in found, "a row lost its body"
    return [str(bodies.request and bodies.request.decode()) for bodies in found if bodies]


def count(table: str, organization_id: int) -> int:
    """Returns how many rows of `table` the organization has."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table} WHERE organization_id = %s", [organization_id])  # noqa: S608
        return int(cursor.fetchone()[0])


def asking(organization_id: int, moment: datetime | int, text: str = LONG, **changes: Any) -> LogEvent:
    """Returns an event of that time."""
    at_us = moment if isinstance(moment, int) else at(moment)
    return chat_event(organization_id, at_us=at_us, text=text, **changes)
