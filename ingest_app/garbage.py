"""Blobs that no body names any more.

Writers share blobs: one that knows a blob to be stored does not store it again. So a collection first raises the
generation of the place (organization and week), after which no writer trusts what it knew. It then lists what no
body names, without any lock, while writers note in `blob_touched` what the bodies they store meanwhile use. Then it
deletes what was listed and not touched, a few blobs at a time under the exclusive lock of the place, raising the
generation each time. Whatever a writer commits is therefore either seen by the list, or in `blob_touched`, or
stored anew.
"""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import connection

from helicone_site.sql import load
from ingest_app.bodies import blob_lock_key, body_store
from ingest_app.pace import Pace
from ingest_app.removal import week_bounds
from ingest_app.short_locks import one_at_a_time, with_short_waits

SQL = Path(__file__).parent / "sql"
MAX_BATCH_BYTES = 8_000_000
MOST_IDS = 1000
FORGOTTEN_AT_ONCE = 1000

Place = tuple[int, date]
"""An organization's id, and the Monday of a week."""


def places_to_collect(organization_id: int | None = None) -> list[Place]:
    """Returns the places that lost bodies since their last collection, of one organization or of all."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT organization_id, week FROM blob_generation"
            " WHERE (lost_bodies OR is_collecting) AND (%(id)s::bigint IS NULL OR organization_id = %(id)s)"
            " ORDER BY organization_id, week",
            {"id": organization_id},
        )
        return list(cursor.fetchall())


def collect(organization_id: int, week: date, pace: Pace) -> int:
    """Delete the blobs of a place that no body names. Returns how many.

    Does nothing when another process is at it: that one goes on until no bodies were lost meanwhile. May be
    stopped anywhere and begun again. Raises LockBusy when writers keep it from its lock for a minute.
    """
    removed = 0
    with one_at_a_time(f"blobs {organization_id} {week}") as is_alone:
        while is_alone:
            _begin(organization_id, week)
            for ids in _batches(organization_id, week, pace):
                removed += _remove(organization_id, week, ids, pace)
            if _end(organization_id, week):
                break
    return removed


def forget_loose_objects(organization_id: int | None = None) -> None:
    """Delete from the object store what no blob is in any more, of one organization or of all.

    Raises what the object store raises; then the rest stays noted for the next time.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT organization_id, week FROM loose_object"
            " WHERE %(id)s::bigint IS NULL OR organization_id = %(id)s",
            {"id": organization_id},
        )
        places = cursor.fetchall()
    for place in places:
        _forget_loose_objects_of(*place)


def _forget_loose_objects_of(organization_id: int, week: date) -> None:
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT object FROM loose_object WHERE organization_id = %(organization_id)s AND week = %(week)s"
                " AND NOT EXISTS (SELECT FROM blob WHERE blob.organization_id = %(organization_id)s"
                " AND blob.week = %(week)s AND blob.object = loose_object.object) LIMIT %(most)s",
                {"organization_id": organization_id, "week": week, "most": FORGOTTEN_AT_ONCE},
            )
            objects = [row[0] for row in cursor.fetchall()]
            if objects:
                # First there, then here: what is forgotten twice is no harm.
                body_store().forget_objects(organization_id, week, objects)
            cursor.execute(
                "DELETE FROM loose_object WHERE organization_id = %s AND week = %s AND object = ANY (%s)",
                [organization_id, week, objects],
            )
        if len(objects) < FORGOTTEN_AT_ONCE:
            return


def _begin(organization_id: int, week: date) -> None:
    def begin(cursor: Any) -> None:
        _lock(cursor, organization_id, week)
        cursor.execute(
            "INSERT INTO blob_generation (organization_id, week, generation, is_collecting)"
            " VALUES (%s, %s, 1, true) ON CONFLICT (organization_id, week) DO UPDATE"
            " SET generation = blob_generation.generation + 1, is_collecting = true, lost_bodies = false",
            [organization_id, week],
        )
        cursor.execute(
            "DELETE FROM blob_touched WHERE organization_id = %s AND week = %s", [organization_id, week]
        )

    with_short_waits(begin)


def _batches(organization_id: int, week: date, pace: Pace) -> Iterator[list[UUID]]:
    """Yields the ids of what no body named a moment ago, never more than `MAX_BATCH_BYTES` of blobs or one."""
    since, until = week_bounds(week)
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.garbage")
        cursor.execute(
            load(SQL, "find_garbage"),
            {"organization_id": organization_id, "week": week, "since": since, "until": until},
        )
        cursor.execute("CREATE INDEX ON pg_temp.garbage (id)")
        after = UUID(int=0)
        while True:
            cursor.execute(
                "SELECT id, bytes FROM pg_temp.garbage WHERE id > %s ORDER BY id LIMIT %s",
                [after, min(pace.size, MOST_IDS)],
            )
            ids: list[UUID] = []
            total = 0
            for id, size in cursor.fetchall():
                if ids and total + size > MAX_BATCH_BYTES:
                    break
                ids.append(id)
                total += size
            if not ids:
                break
            yield ids
            after = ids[-1]
        cursor.execute("DROP TABLE pg_temp.garbage")


def _remove(organization_id: int, week: date, ids: list[UUID], pace: Pace) -> int:
    def remove(cursor: Any) -> int:
        _lock(cursor, organization_id, week)
        with pace.step():
            cursor.execute(
                "UPDATE blob_generation SET generation = generation + 1"
                " WHERE organization_id = %s AND week = %s",
                [organization_id, week],
            )
            cursor.execute(
                load(SQL, "remove_blobs"), {"organization_id": organization_id, "week": week, "ids": ids}
            )
            return int(cursor.fetchone()[0])

    return with_short_waits(remove)


def _end(organization_id: int, week: date) -> bool:
    """Returns whether no bodies were lost since the beginning; else all has to be done again."""

    def end(cursor: Any) -> bool:
        _lock(cursor, organization_id, week)
        cursor.execute(
            "UPDATE blob_generation SET is_collecting = false WHERE organization_id = %s AND week = %s"
            " RETURNING NOT lost_bodies",
            [organization_id, week],
        )
        row = cursor.fetchone()
        cursor.execute(
            "DELETE FROM blob_touched WHERE organization_id = %s AND week = %s", [organization_id, week]
        )
        return row is None or bool(row[0])

    return with_short_waits(end)


def _lock(cursor: Any, organization_id: int, week: date) -> None:
    """Wait until no writer stores bodies of the place, and keep them from it until the transaction ends."""
    cursor.execute("SELECT pg_advisory_xact_lock(%s)", [blob_lock_key(organization_id, week)])
