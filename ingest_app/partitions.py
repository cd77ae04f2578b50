"""Weekly partitions of the tables that grow with traffic: made ahead by a task, and by the writer when missing."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from django.db import connection, transaction

PARTITIONED_TABLES = ("request", "body", "blob", "body_words")
WEEKS_AHEAD = 3
# These tables are inserted into and hardly ever updated. Without vacuum an index-only scan looks into the table all
# the same, and the planner guesses with the statistics of an empty week: so both come sooner than by default.
_STORAGE = "WITH (autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.02)"
_ADVISORY_LOCK = 0x48454C49  # two writers that miss the same week take turns

_made: set[date] = set()


def week_of(moment: datetime) -> date:
    """Returns the Monday (UTC) of the week that `moment` is stored in."""
    day = moment.astimezone(UTC).date()
    return day - timedelta(days=day.weekday())


def ensure_partitions(weeks: Iterable[date]) -> None:
    """Make the partitions of the weeks that begin on the given Mondays, unless they exist.

    Each process remembers what it made or saw, so this costs nothing for weeks known before. Runs in a
    transaction of its own: making a partition locks the parent table, and that lock must not last for a batch.
    """
    missing = sorted(set(weeks) - _made)
    if not missing:
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_ADVISORY_LOCK])
        for monday in missing:
            for table in PARTITIONED_TABLES:
                _ensure(cursor, table, monday)
    _made.update(missing)


def forget_made() -> None:
    """Look again which partitions exist: another process may have dropped one."""
    _made.clear()


def ensure_coming_weeks(now: datetime) -> None:
    """Make this week's partitions and those of the next `WEEKS_AHEAD` weeks."""
    monday = week_of(now)
    ensure_partitions(monday + timedelta(weeks=n) for n in range(WEEKS_AHEAD + 1))


def _ensure(cursor: "connection.cursor", table: str, monday: date) -> None:  # type: ignore[name-defined]
    # Names and bounds are made here of constants and dates, never of input. Of a bound, a date column takes the day.
    name = f"{table}_{monday:%Y_%m_%d}"
    cursor.execute("SELECT to_regclass(%s)", [name])
    if cursor.fetchone()[0] is None:
        cursor.execute(
            f"CREATE TABLE {name} PARTITION OF {table}"
            f" FOR VALUES FROM ('{monday} 00:00+00') TO ('{monday + timedelta(weeks=1)} 00:00+00') {_STORAGE}"
        )
