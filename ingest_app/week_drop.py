"""Dropping a whole week: one short moment instead of a million deletions."""

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.db import connection

from helicone_site.sql import load
from ingest_app.partitions import PARTITIONED_TABLES
from ingest_app.removal import week_bounds
from ingest_app.session_rows import note_dropped_week
from ingest_app.short_locks import LockBusy, set_lock_wait, with_short_waits

SQL = Path(__file__).parent / "sql"
# Whoever waits behind us waits for all of these together: 50 ms for the first, then little.
_NEXT_LOCK_WAIT_MS = 10


def existing_weeks() -> list[date]:
    """Returns the Mondays of the weeks that have a partition, oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT to_date(right(relname, 10), 'YYYY_MM_DD') FROM pg_inherits"
            " JOIN pg_class ON pg_class.oid = inhrelid WHERE inhparent = ANY (%s::regclass[]) ORDER BY 1",
            [list(PARTITIONED_TABLES)],
        )
        return [row[0] for row in cursor.fetchall()]


def drop_week(week: date, may_go: Callable[[int, datetime], bool]) -> bool:
    """Drop the partitions of `week` if nothing in them may stay. Returns whether they were dropped.

    `may_go(organization_id, end)` says whether all that an organization has from before `end` may go. Readers and
    writers wait for at most 100 ms; False also when they kept us from the locks for a minute.
    """
    end = week_bounds(week)[1]
    with connection.cursor() as cursor:
        if not all(may_go(organization_id, end) for organization_id in _organizations(cursor, week)):
            return False
    _note_objects(week)

    def drop(cursor: Any) -> bool:
        _lock_tables(cursor)
        # Somebody may have stored something since we looked.
        present = _organizations(cursor, week)
        if not all(may_go(organization_id, end) for organization_id in present):
            return False
        _raise_generations(cursor, week, present)
        names = ", ".join(f"{table}_{week:%Y_%m_%d}" for table in PARTITIONED_TABLES)
        cursor.execute(f"DROP TABLE IF EXISTS {names}")
        note_dropped_week(cursor, week)
        return True

    try:
        return with_short_waits(drop)
    except LockBusy:
        return False


def _lock_tables(cursor: Any) -> None:
    """Wait until no writer is at work, in the order in which writers take these locks.

    Dropping a partition takes the lock of its parent anyway. That of blob_generation keeps writers from reading a
    generation that is about to be raised.
    """
    for table in (*PARTITIONED_TABLES, "blob_generation"):
        cursor.execute(f"LOCK TABLE ONLY {table} IN ACCESS EXCLUSIVE MODE")
        set_lock_wait(cursor, _NEXT_LOCK_WAIT_MS)


def _organizations(cursor: Any, week: date) -> list[int]:
    since, until = week_bounds(week)
    cursor.execute(load(SQL, "organizations_of_week"), {"since": since, "until": until})
    return [row[0] for row in cursor.fetchall()]


def _raise_generations(cursor: Any, week: date, organization_ids: list[int]) -> None:
    """Make writers forget which blobs of the week are stored. Rows of a week stay, or they would begin at 0 again."""
    cursor.execute(
        "INSERT INTO blob_generation (organization_id, week, generation)"
        " SELECT unnest(%s::bigint[]), %s, 0 ON CONFLICT DO NOTHING",
        [organization_ids, week],
    )
    cursor.execute(
        "UPDATE blob_generation SET generation = generation + 1, lost_bodies = false, is_collecting = false"
        " WHERE week = %s",
        [week],
    )


def _note_objects(week: date) -> None:
    """Note the objects of the week while its blobs can still be asked (garbage.forget_loose_objects).

    Noted before the lock is taken, since it reads all blobs; one that stays in use is not forgotten.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO loose_object (organization_id, week, object)"
            " SELECT DISTINCT organization_id, week, object FROM blob WHERE week = %s AND object IS NOT NULL"
            " ON CONFLICT DO NOTHING",
            [week],
        )
