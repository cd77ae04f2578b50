"""What the sums are made of, and how rows are added to them.

All rows of an organization that came before a moment are in its sums (`folded_until`). What comes after it is folded
in by and by, many rows at once (`folding`), which costs a fraction of raising the sums with each batch of the writer;
readers look at those rows themselves. A row that is stored late, from before that moment, is added by the transaction
that stores it. So rows and sums agree at any time.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

from helicone_site.sql import load
from ingest_app.rollups.spread import bin_sql, place_sql

SQL = Path(__file__).parent.parent / "sql"
# Of each part of a key, in characters: all parts together fit an index entry, which holds 2,704 bytes.
MAX_CHARACTERS = 120
# Of one batch of the writer: more are not worth a row of their own each.
MANY_LATE = 100
SUMS = (
    "requests", "priced", "unpriced", "prompt_tokens", "completion_tokens", "cache_read_tokens", "cache_write_tokens",
    "reasoning_tokens", "audio_tokens", "cache_hits", "latency_sum_ms", "first_tokens", "first_token_sum_ms",
    "streamed_tokens", "streaming_sum_ms", "cost_nanodollars", "saved_nanodollars",
)  # fmt: skip
_READ = (
    "organization_id", "created_at", "id", "provider", "model", "status", "kind", "error", "user_id", "session_id",
    "properties", "latency_ms", "time_to_first_token_ms", "prompt_tokens", "completion_tokens", "cache_read_tokens",
    "cache_write_tokens", "reasoning_tokens", "prompt_audio_tokens", "completion_audio_tokens", "cost_nanodollars",
    "price_id",
)  # fmt: skip


class Key(NamedTuple):
    """A row of `request`."""

    organization_id: int
    created_at: datetime
    id: UUID


def add_late(cursor: Any, new: Sequence[Key]) -> None:
    """Have those of the rows that this transaction stored in the sums whose time is folded in already.

    `new` are of its staging table. When they are many, as of history that is brought in, their days are made anew.
    """
    folded = hold_folded(cursor, new)
    late = [
        key for key in new if key.organization_id in folded and key.created_at < folded[key.organization_id]
    ]
    if len(late) > MANY_LATE:
        for organization_id in {key.organization_id for key in late}:
            days = {day_of(key.created_at) for key in late if key.organization_id == organization_id}
            note_stale_days(cursor, organization_id, days)
    elif late:
        for organization_id in sorted({key.organization_id for key in late}):
            hold_dimensions(cursor, organization_id, is_shared=True)
        add(
            cursor,
            "rollup_new_rows",
            created_ats=[key.created_at for key in late],
            ids=[key.id for key in late],
        )


@contextmanager
def changing(cursor: Any, key: Key) -> Iterator[None]:
    """What happens to this row inside is followed by the sums, within the transaction of `cursor`.

    Whoever was seen stays seen.
    """
    folded = hold_folded(cursor, [key]).get(key.organization_id)
    if folded is None or key.created_at >= folded:
        yield
        return
    hold_dimensions(cursor, key.organization_id, is_shared=True)
    # Else another could change it between the two sums.
    cursor.execute(
        "SELECT FROM request WHERE organization_id = %(organization_id)s AND created_at = %(created_at)s"
        " AND id = %(id)s FOR UPDATE",
        key._asdict(),
    )
    add(cursor, "rollup_changed_row", **key._asdict(), sign=-1)
    yield
    add(cursor, "rollup_changed_row", **key._asdict(), sign=1)


def note_stale_days(cursor: Any, organization_id: int, days: Iterable[date]) -> None:
    """Have the sums of `days` (UTC) made anew soon, when the transaction of `cursor` is committed.

    Until then readers look at the rows themselves.
    """
    cursor.execute(
        "INSERT INTO rollup_stale (organization_id, day) SELECT %s, day FROM unnest(%s::date[]) AS day"
        # Touched, so that a rebuilding that has begun does not take it for done.
        " ON CONFLICT (organization_id, day) DO UPDATE SET day = excluded.day",
        [organization_id, sorted(days)],
    )


def add(cursor: Any, rows: str, **parameters: Any) -> None:
    """Add the rows that the SQL file `rows` finds with `parameters`. Whoever calls it holds their hours."""
    # Rows are grouped by hashing, which takes a fifth less time than sorting all that a day has, on disk at that.
    cursor.execute("SET LOCAL work_mem = '128MB'; SET LOCAL enable_sort = off")
    for statement in _statements(rows):
        cursor.execute(statement, parameters)


def add_stored(cursor: Any, organization_id: int, since: datetime, until: datetime) -> None:
    """Add all rows of an organization from `since` to before `until`, whose hours the transaction of `cursor` holds."""
    hold_dimensions(cursor, organization_id, is_shared=True)
    add(cursor, "rollup_stored_rows", organization_id=organization_id, since=since, until=until)


def hold_folded(cursor: Any, keys: Iterable[Key]) -> dict[int, datetime]:
    """Returns until when organizations are folded in: until the transaction ends, that passes by none of `keys`.

    An organization that is missing has no sums yet.
    """
    keys = list(keys)
    hold_hours(cursor, {(key.organization_id, hour_of(key.created_at)) for key in keys}, is_shared=True)
    return folded_until(cursor, {key.organization_id for key in keys})


def folded_until(cursor: Any, organization_ids: Iterable[int]) -> dict[int, datetime]:
    """Returns until when (exclusive) the rows of organizations are folded in; one that is missing has no sums yet."""
    cursor.execute(
        "SELECT organization_id, folded_until FROM rollup_progress WHERE organization_id = ANY (%s)",
        [list(organization_ids)],
    )
    return dict(cursor.fetchall())


def hold_hours(cursor: Any, hours: Iterable[tuple[int, datetime]], *, is_shared: bool) -> None:
    """Keep (organization_id, hour) from being folded in or made anew until the transaction of `cursor` ends.

    Or, not `is_shared`, keep everybody else from storing rows of them.
    """
    _lock(cursor, [f"rollups {id} {hour:%Y-%m-%d %H}" for id, hour in sorted(hours)], is_shared=is_shared)


def hold_dimensions(cursor: Any, organization_id: int, *, is_shared: bool) -> None:
    """Keep the dimensions of an organization from being widened, or everybody else from adding to any of its sums."""
    _lock(cursor, [f"rollups {organization_id}"], is_shared=is_shared)


def hour_of(moment: datetime) -> datetime:
    """Returns the beginning of the hour (UTC) that `moment` is counted in."""
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def day_of(moment: datetime) -> date:
    """Returns the day (UTC) that `moment` is counted in."""
    return moment.astimezone(UTC).date()


def days_between(since: datetime, last: datetime) -> list[date]:
    """Returns the days (UTC) from that of `since` to that of `last`."""
    first = day_of(since)
    return [first + timedelta(days=number) for number in range((day_of(last) - first).days + 1)]


def start_of(day: date) -> datetime:
    """Returns the beginning of `day` (UTC)."""
    return datetime.combine(day, time(), UTC)


def measures_sql() -> str:
    """Returns the columns `SUMS` of rows of `request` that have a `sign`."""
    return load(SQL, "rollup_measures")


@cache
def _statements(rows: str) -> tuple[str, str]:
    source = load(SQL, rows).format(columns=", ".join(_READ))
    sums = load(SQL, "rollup_sums").format(
        rows=source,
        measures=measures_sql(),
        most=MAX_CHARACTERS,
        columns=", ".join(SUMS),
        summed=", ".join(
            ["sum(requests) AS requests", *(f"nullif(sum({name}), 0) AS {name}" for name in SUMS[1:])]
        ),
        added=", ".join(
            [
                "requests = kept.requests + excluded.requests",
                *(
                    f"{name} = nullif(coalesce(kept.{name}, 0) + coalesce(excluded.{name}, 0), 0)"
                    for name in SUMS[1:]
                ),
            ]
        ),
    )
    spreads = load(SQL, "rollup_spreads").format(
        rows=source,
        most=MAX_CHARACTERS,
        latency_bin=bin_sql("latency_ms"),
        first_token_bin=bin_sql("time_to_first_token_ms"),
        user_place=place_sql("user_id"),
        session_place=place_sql("session_id"),
    )
    return sums, spreads


def _lock(cursor: Any, names: list[str], *, is_shared: bool) -> None:
    function = "pg_advisory_xact_lock_shared" if is_shared else "pg_advisory_xact_lock"
    cursor.execute(
        f"SELECT {function}(hashtextextended(name, 0)) FROM unnest(%s::text[]) AS name",  # noqa: S608 - one of two
        [names],
    )
