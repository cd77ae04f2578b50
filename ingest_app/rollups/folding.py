"""Folding rows into the sums, a stretch of time after the other."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import connection, transaction

from helicone_site.sql import load
from ingest_app.rollups.adding import (
    MAX_CHARACTERS,
    SQL,
    add_stored,
    folded_until,
    hold_dimensions,
    hold_hours,
    hour_of,
)

log = structlog.get_logger(__name__)

# Most requests are answered, and so stored, within this time. Those that take longer are added by the writer.
LAG = timedelta(minutes=5)
# Whoever stores rows of a stretch waits while it is folded in, so it is short.
STRETCH_ROWS = 50_000
# Where few requests came, years have to be got over, too; but a lock is held for each hour.
STRETCH = timedelta(weeks=4)
# A dimension with more values than these is kept per day only: of an hour nearly each request would have a row.
NARROW_VALUES = 100
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Backlog:
    """How far all sums are behind the rows."""

    lag: (
        timedelta  # of the organization that is the furthest behind; a little more than LAG where all is well
    )
    stale_days: int  # to be made anew


def backlog(now: datetime) -> Backlog:
    """Returns how much is left for `fold` and `mend_rollups`."""
    with connection.cursor() as cursor:
        cursor.execute(load(SQL, "rollup_backlog"), {"now": now})
        return Backlog(*cursor.fetchone())


def fold(now: datetime) -> int:
    """Fold in what every organization has from until `LAG` before `now`. Returns how many stretches of time.

    A transaction each. May be stopped anywhere: the next call does what is left.
    """
    widen_dimensions()
    until = now.replace(second=0, microsecond=0) - LAG
    return sum(fold_organization(id, until) for id in _organizations())


def fold_organization(organization_id: int, until: datetime) -> int:
    """Fold in what the organization has from before `until`. Returns how many stretches of time."""
    stretches = 0
    while _fold_stretch(organization_id, until):
        stretches += 1
    return stretches


@transaction.atomic
def _fold_stretch(organization_id: int, until: datetime) -> bool:
    """Returns whether there was anything left."""
    with connection.cursor() as cursor:
        # Only one process folds in an organization at a time.
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"rollups {organization_id} folding"]
        )
        since = folded_until(cursor, [organization_id]).get(organization_id)
        if since is None:
            since = _first_row(cursor, organization_id)
        if since is None or since >= until:
            return False
        end = _end_of_stretch(cursor, organization_id, since, min(until, since + STRETCH))
        hold_hours(cursor, ((organization_id, hour) for hour in _hours(since, end)), is_shared=False)
        add_stored(cursor, organization_id, since, end)
        cursor.execute(
            "INSERT INTO rollup_progress (organization_id, folded_until) VALUES (%s, %s)"
            " ON CONFLICT (organization_id) DO UPDATE SET folded_until = excluded.folded_until",
            [organization_id, end],
        )
    return True


def _organizations() -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM accounts_app_organization ORDER BY id")
        return [id for (id,) in cursor.fetchall()]


def _first_row(cursor: Any, organization_id: int) -> datetime | None:
    cursor.execute("SELECT min(created_at) FROM request WHERE organization_id = %s", [organization_id])
    first: datetime | None = cursor.fetchone()[0]
    return hour_of(first) if first else None


def _end_of_stretch(cursor: Any, organization_id: int, since: datetime, until: datetime) -> datetime:
    """Returns the end of a stretch of not many more rows than `STRETCH_ROWS`: a whole second, or `until`."""
    cursor.execute(
        "SELECT created_at FROM request WHERE organization_id = %s AND created_at >= %s AND created_at < %s"
        " ORDER BY created_at OFFSET %s LIMIT 1",
        [organization_id, since, until, STRETCH_ROWS],
    )
    row = cursor.fetchone()
    if row is None:
        return until
    end: datetime = row[0].replace(microsecond=0) + timedelta(seconds=1)
    return min(end, until)


def _hours(since: datetime, until: datetime) -> Iterator[datetime]:
    hour = hour_of(since)
    while hour < until:
        yield hour
        hour += _HOUR


def widen_dimensions() -> int:
    """Keep the dimensions whose values have become many per day only. Returns how many these were."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT organization_id, left(field, %s) AS dimension FROM known_field AS known"
            " WHERE (field = 'error' OR starts_with(field, 'properties.'))"
            " AND (value_count > %s OR NOT is_complete)"
            " AND NOT EXISTS (SELECT FROM rollup_wide AS wide WHERE wide.organization_id = known.organization_id"
            " AND wide.dimension = left(known.field, %s))",
            [MAX_CHARACTERS, NARROW_VALUES, MAX_CHARACTERS],
        )
        found = cursor.fetchall()
    for organization_id, dimension in found:
        _widen(organization_id, dimension)
    return len(found)


@transaction.atomic
def _widen(organization_id: int, dimension: str) -> None:
    key: tuple[int, str] = (organization_id, dimension)
    with connection.cursor() as cursor:
        hold_dimensions(cursor, organization_id, is_shared=False)
        cursor.execute(
            "INSERT INTO rollup_wide (organization_id, dimension) VALUES (%s, %s) ON CONFLICT DO NOTHING", key
        )
        cursor.execute(
            "INSERT INTO rollup_value SELECT * FROM rollup"
            " WHERE organization_id = %s AND dimension = %s AND grain = 'd'",
            key,
        )
        cursor.execute("DELETE FROM rollup WHERE organization_id = %s AND dimension = %s", key)
        cursor.execute("DELETE FROM rollup_spread WHERE organization_id = %s AND dimension = %s", key)
    log.info("dimension has many values", organization_id=organization_id, dimension=dimension)
