"""Removing requests with their bodies, in transactions too short for anybody to notice.

Only tables that say what was said are emptied. Totals live in tables of their own, which stay.
"""

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from helicone_site.sql import load
from ingest_app.bodies.sealing import SealBroken
from ingest_app.dead_letters import NoSuchLetter, discard, letter_event
from ingest_app.pace import Pace
from ingest_app.partitions import week_of
from ingest_app.rollups import note_stale_days
from ingest_app.rollups.adding import days_between

SQL = Path(__file__).parent / "sql"
MAX_BATCH_BYTES = 8_000_000  # of compressed bodies
EXACT_COUNT = 100_000
_FIRST_ID = UUID(int=0)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Selection:
    """Requests of one organization that came before a moment: all, or one user's, or one session's."""

    organization_id: int
    before: datetime
    user_id: str | None = None
    session_id: str | None = None

    def parameters(self) -> dict[str, Any]:
        """Returns what the SQL files call them."""
        return {
            "organization_id": self.organization_id,
            "until": self.before,
            "user_id": self.user_id,
            "session_id": self.session_id,
        }


def remove_rows(
    selection: Selection,
    pace: Pace,
    note: Callable[[int], None] = lambda rows: None,
    *,
    keeps_totals: bool = False,
) -> int:
    """Delete the selected requests and their bodies. Returns how many requests.

    What they added up to goes, too, unless `keeps_totals`.

    Each batch is a transaction; `note` is called in it with its number of rows. Weeks that lost bodies are marked
    for `garbage.collect`. May be stopped anywhere and begun again.
    """
    removed = 0
    since = _EPOCH
    while (first_at := _first_row(selection, since)) is not None:
        week = week_of(first_at)
        removed += _remove_week(selection, week, pace, note, keeps_totals)
        since = week_bounds(week)[1]
    return removed


def remove_dead_letters(selection: Selection) -> int:
    """Discard the selected events that could not be stored: they hold bodies too. Returns how many.

    Of a user, those that name the user in a header; what a body says could not be read.
    """
    removed = 0
    after = 0
    while ids := _dead_letters(selection, after):
        for id in ids:
            # Somebody may have tried it again, or thrown it away, since we looked. One that nobody can read stays.
            with suppress(NoSuchLetter, SealBroken):
                if _is_selected(selection, id):
                    discard(organization_id=selection.organization_id, id=id)
                    removed += 1
        after = ids[-1]
    return removed


def count_rows(selection: Selection) -> int:
    """Returns how many requests are selected: exactly up to 100,000, above that PostgreSQL's estimate."""
    parameters = {**selection.parameters(), "most": EXACT_COUNT}
    with connection.cursor() as cursor:
        cursor.execute(load(SQL, "count_rows"), parameters)
        count = int(cursor.fetchone()[0])
        if count < EXACT_COUNT:
            return count
        cursor.execute(f"EXPLAIN (FORMAT JSON) {load(SQL, 'first_row')}", {**parameters, "since": _EPOCH})
        plan = cursor.fetchone()[0][0]["Plan"]
    below = plan["Plans"][0] if "Plans" in plan else plan  # the row that is limited to one
    return max(count, int(below["Plan Rows"]))


def keep_from_removal(cursor: Any, organization_ids: Iterable[int]) -> None:
    """Keep requests of these organizations from being removed until the transaction of `cursor` ends."""
    cursor.execute(
        "SELECT pg_advisory_xact_lock_shared(hashtextextended(name, 0)) FROM unnest(%s::text[]) AS name",
        [[_lock_name(id) for id in sorted(organization_ids)]],
    )


def mark_lost_bodies(cursor: Any, organization_id: int, week: date) -> None:
    """Note, within the transaction of `cursor`, that blobs of the week may have lost the last body that named them."""
    cursor.execute(
        "INSERT INTO blob_generation (organization_id, week, generation, lost_bodies) VALUES (%s, %s, 0, true)"
        " ON CONFLICT (organization_id, week) DO UPDATE SET lost_bodies = true"
        " WHERE NOT blob_generation.lost_bodies",
        [organization_id, week],
    )


def week_bounds(week: date) -> tuple[datetime, datetime]:
    """Returns the beginning and the end (exclusive) of the week that begins on the Monday `week`."""
    start = datetime.combine(week, time(), UTC)
    return start, start + timedelta(weeks=1)


def _dead_letters(selection: Selection, after: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM dead_letter WHERE organization_id = %s AND died_at < %s AND id > %s"
            " ORDER BY id LIMIT 1000",
            [selection.organization_id, selection.before, after],
        )
        return [row[0] for row in cursor.fetchall()]


def _is_selected(selection: Selection, letter_id: int) -> bool:
    if selection.user_id is None and selection.session_id is None:
        return True
    event = letter_event(organization_id=selection.organization_id, id=letter_id)
    return selection.user_id in {None, event.user_id} and selection.session_id in {None, event.session_id}


def _first_row(selection: Selection, since: datetime) -> datetime | None:
    if since >= selection.before:
        return None
    with connection.cursor() as cursor:
        cursor.execute(load(SQL, "first_row"), {**selection.parameters(), "since": since})
        row = cursor.fetchone()
    return row[0] if row else None


def _remove_week(
    selection: Selection, week: date, pace: Pace, note: Callable[[int], None], keeps_totals: bool
) -> int:
    since, end = week_bounds(week)
    removed = 0
    after: tuple[datetime, UUID] = (since, _FIRST_ID)
    while True:
        parameters = {
            **selection.parameters(),
            "until": min(end, selection.before),
            "after_at": after[0],
            "after_id": after[1],
            "rows": pace.size,
            "bytes": MAX_BATCH_BYTES,
        }
        with pace.step(), transaction.atomic(), connection.cursor() as cursor:
            # Retention and an erasure of the same organization take turns, or they could deadlock.
            cursor.execute(
                "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))",
                [_lock_name(selection.organization_id)],
            )
            cursor.execute(load(SQL, "remove_rows"), parameters)
            found = cursor.fetchone()
            if found is None:
                return removed
            rows, *last = found
            mark_lost_bodies(cursor, selection.organization_id, week)
            if not keeps_totals:
                note_stale_days(cursor, selection.organization_id, days_between(after[0], last[0]))
            note(rows)
        removed += rows
        after = (last[0], last[1])


def _lock_name(organization_id: int) -> str:
    return f"removal {organization_id}"
