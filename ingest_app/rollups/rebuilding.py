"""Making the sums of days anew from the rows: after deletions, after an upgrade, or when somebody asks for it."""

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from accounts_app.queries import only_totals_before
from ingest_app.rollups.adding import (
    add_stored,
    day_of,
    folded_until,
    hold_hours,
    note_stale_days,
    start_of,
)

_TABLES = ("rollup", "rollup_value", "rollup_spread")
_DAY = timedelta(days=1)


def note_stale_hours(cursor: Any, organization_id: int, moments: Iterable[datetime]) -> None:
    """Have the sums that include `moments` made anew soon, as `note_stale_days` does."""
    note_stale_days(cursor, organization_id, {day_of(moment) for moment in moments})


def mend_rollups(organization_id: int | None = None) -> int:
    """Make the sums of stale days anew, of one organization or of all, the newest first. Returns how many days.

    A transaction each. May be stopped anywhere: the next call does what is left.
    """
    mended = 0
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "DELETE FROM rollup_stale USING (SELECT organization_id, day FROM rollup_stale"
                " WHERE organization_id = coalesce(%s, organization_id)"
                " ORDER BY day DESC LIMIT 1 FOR UPDATE SKIP LOCKED) AS taken"
                " WHERE rollup_stale.organization_id = taken.organization_id AND rollup_stale.day = taken.day"
                " RETURNING rollup_stale.organization_id, rollup_stale.day",
                [organization_id],
            )
            taken = cursor.fetchone()
            if taken is None:
                return mended
            _rebuild_day(cursor, *taken)
        mended += 1


def rebuild(
    organization_id: int, since: date, until: date, note: Callable[[date], None] = lambda day: None
) -> None:
    """Make the sums of the days from `since` to before `until` (UTC) anew, a transaction each.

    What was never folded in is left to `fold`. `note` is called after each day.
    """
    day = since
    while day < until:
        with transaction.atomic(), connection.cursor() as cursor:
            _rebuild_day(cursor, organization_id, day)
            cursor.execute(
                "DELETE FROM rollup_stale WHERE organization_id = %s AND day = %s", [organization_id, day]
            )
        note(day)
        day += _DAY


def drop_before(organization_id: int, moment: datetime, *, keeps_totals: bool = False) -> None:
    """Delete the sums of all days that ended before `moment`, whose rows are gone or about to go.

    With `keeps_totals` only those of single users, and of properties with many values.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        for table in ("rollup_value",) if keeps_totals else _TABLES:
            cursor.execute(
                f"DELETE FROM {table} WHERE organization_id = %s AND bucket < %s",  # noqa: S608 - a constant
                [organization_id, start_of(day_of(moment))],
            )
        cursor.execute(
            "DELETE FROM rollup_stale WHERE organization_id = %s AND day < %s",
            [organization_id, day_of(moment)],
        )


def _rebuild_day(cursor: Any, organization_id: int, day: date) -> None:
    kept_since = only_totals_before(organization_id, timezone.now())
    if kept_since is not None and day <= day_of(kept_since):
        return  # its rows are gone, or some of them
    hours = (start_of(day) + timedelta(hours=number) for number in range(24))
    hold_hours(cursor, ((organization_id, hour) for hour in hours), is_shared=False)
    folded = folded_until(cursor, [organization_id]).get(organization_id)
    if folded is None:
        return
    since, until = start_of(day), start_of(day + _DAY)
    for table in _TABLES:
        cursor.execute(
            f"DELETE FROM {table} WHERE organization_id = %s AND bucket >= %s AND bucket < %s",  # noqa: S608
            [organization_id, since, until],
        )
    add_stored(cursor, organization_id, since, min(until, folded))
