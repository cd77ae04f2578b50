"""Rows of `session`: raised by the writer with each batch, and summed anew where rows of a session were deleted.

Both sum by the same SQL, and a row's lock is held while it is written, so that whatever comes in whichever order, a
session says what its requests add up to.
"""

from collections.abc import Sequence
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import structlog
from django.db import connection, transaction

from helicone_site.sql import load
from ingest_app.pace import Pace

log = structlog.get_logger(__name__)

SQL = Path(__file__).parent / "sql"
_SUMS = (
    "organization_id", "session_id", "name", "name_at", "first_at", "last_at", "ended_at", "last_status", "requests",
    "model_calls", "errors", "unpriced", "cost_nanodollars", "prompt_tokens", "completion_tokens", "latency_sum_ms",
    "user_ids", "models",
)  # fmt: skip


def add_to_sessions(cursor: Any, new: Sequence[tuple[datetime, UUID]]) -> None:
    """Raise the sessions of the rows that this transaction stored: `new` of those in its staging table."""
    if new:
        cursor.execute(_add_sql(), {"created_ats": [at for at, _ in new], "ids": [id for _, id in new]})


def mend(pace: Pace, organization_id: int | None = None) -> int:
    """Sum those sessions anew that lost requests, of one organization or of all; without any left they go.

    Returns how many were looked at. Each transaction holds a few sessions for some milliseconds. May be stopped
    anywhere: the next call does what is left; what another process has at hand is left to it.
    """
    _note_dropped_weeks()
    mended = 0
    while number := _mend_some(pace, organization_id):
        mended += number
    return mended


def is_any_stale(organization_id: int) -> bool:
    """Returns whether sessions of the organization are still to be mended."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM stale_session WHERE organization_id = %s)", [organization_id]
        )
        return bool(cursor.fetchone()[0])


def note_stale(organization_id: int, since: datetime | None, until: datetime | None) -> int:
    """Have `mend` sum anew all sessions that were at work from `since` until before `until`. Returns how many."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            load(SQL, "note_stale_sessions"),
            {"organization_id": organization_id, "since": since or "-infinity", "until": until or "infinity"},
        )
        return int(cursor.rowcount)


def note_dropped_week(cursor: Any, week: date) -> None:
    """Note, in the transaction that drops the week, that sessions lost the requests of it."""
    cursor.execute("INSERT INTO dropped_week (week) VALUES (%s) ON CONFLICT DO NOTHING", [week])


def _note_dropped_weeks() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM dropped_week)")
        if cursor.fetchone()[0]:  # else nobody need read the sessions of all organizations
            cursor.execute(load(SQL, "note_dropped_weeks"))


def _mend_some(pace: Pace, organization_id: int | None) -> int:
    """Returns how many sessions, all of one organization, were summed anew: none when no more are to be."""
    with pace.step(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            load(SQL, "take_stale_sessions"), {"organization_id": organization_id, "most": pace.size}
        )
        taken = cursor.fetchall()
        if not taken:
            return 0
        parameters = {"organization_id": taken[0][0], "session_ids": [session_id for _, session_id in taken]}
        # A row for each, held until the end: a writer that adds to one of them waits, and adds to the new sums.
        cursor.execute(load(SQL, "hold_sessions"), parameters)
        # A statement of its own, which sees all that was stored before the rows were held.
        cursor.execute(_anew_sql(), parameters)
        return len(taken)


@cache
def _add_sql() -> str:
    summed = _summed("new_rows_of_sessions")
    return load(SQL, "add_to_sessions").format(columns=", ".join(_SUMS), summed=summed)


@cache
def _anew_sql() -> str:
    summed = _summed("stored_rows_of_sessions")
    values = ", ".join(f"{name} = summed.{name}" for name in _SUMS[2:])
    return load(SQL, "sum_sessions_anew").format(summed=summed, values=values)


def _summed(rows: str) -> str:
    return load(SQL, "summed_sessions").format(rows=load(SQL, rows))
