"""The values that columns and properties of requests have, kept by the writer in the transaction that stores the rows.

Readers trust them (`requests_app.filter_language.known_values`): where a field is complete, what is not there is in no
row. So a value is forgotten only when no row can have it, and none of today's or yesterday's ever.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from django.db import connection, transaction

from helicone_site.sql import load

SQL = Path(__file__).parent / "sql"
COLUMNS = ("provider", "model", "user_id", "session_name", "error", "kind")
PROPERTY = "properties."
# Of one field. To look through so many takes a twentieth of a second.
MAX_VALUES = 100_000
MAX_CHARACTERS = 500  # an index entry holds at most 2,704 bytes
_REMEMBERED = 50_000


class Known(NamedTuple):
    """A value of a field; of a property, also ''."""

    organization_id: int
    field: str
    value: str


class _Memory:
    """What this process knows to be stored today: looked up in no table again."""

    def __init__(self) -> None:
        self._day = date.min
        self._values: set[Known] = set()
        self._incomplete: set[tuple[int, str]] = set()

    def without_known(self, values: Iterable[Known], day: date) -> set[Known]:
        if day != self._day or len(self._values) > _REMEMBERED:
            self._day = day
            self._values.clear()
            self._incomplete.clear()
        return {one for one in set(values) - self._values if one[:2] not in self._incomplete}

    def add(self, values: Iterable[Known], incomplete: Iterable[tuple[int, str]]) -> None:
        self._values.update(values)
        self._incomplete.update(incomplete)


_memory = _Memory()


def values_of(
    organization_id: int, columns: Iterable[tuple[str, str]], properties: Mapping[str, str]
) -> Iterator[Known]:
    """Yields what is to be known of a row: those of its `COLUMNS` that are not '', and its properties."""
    for name, value in columns:
        if value:
            yield Known(organization_id, name, value)
    for name, value in properties.items():
        yield Known(organization_id, PROPERTY + name, value)


def note_values(cursor: Any, values: Iterable[Known]) -> None:
    """Keep `values`, within the transaction of `cursor` that stores rows with them."""
    day = datetime.now(UTC).date()
    new = _memory.without_known(values, day)
    if not new:
        return
    kept = sorted(one for one in new if _fits(one))
    too_long = sorted({one[:2] for one in new if not _fits(one)})
    if kept:
        organization_ids, fields, texts = (list(column) for column in zip(*kept, strict=True))
        cursor.execute(
            load(SQL, "note_values"),
            {
                "organization_ids": organization_ids,
                "fields": fields,
                "values": texts,
                "day": day,
                "most": MAX_VALUES,
            },
        )
    if too_long:
        cursor.execute(
            "INSERT INTO known_field (organization_id, field, value_count, is_complete)"
            " SELECT organization_id, field, 0, false"
            " FROM unnest(%s::bigint[], %s::text[]) AS given (organization_id, field)"
            " ON CONFLICT (organization_id, field) DO UPDATE SET is_complete = false",
            [[id for id, _ in too_long], [field for _, field in too_long]],
        )
    cursor.execute(
        "SELECT organization_id, field FROM known_field WHERE NOT is_complete AND organization_id = ANY (%s)",
        [sorted({one.organization_id for one in new})],
    )
    incomplete = cursor.fetchall()
    # Only what is committed is stored.
    transaction.on_commit(lambda: _memory.add(kept, incomplete))


def forget_values(organization_id: int, *, before: datetime) -> int:
    """Forget what only rows before `before` can have, which are gone. Returns how many values."""
    return _forget(
        "DELETE FROM known_value WHERE organization_id = %(organization_id)s AND last_day < %(before)s"
        " RETURNING field",
        organization_id,
        before.date() - timedelta(days=1),
    )


def forget_unused_values(organization_id: int, *, now: datetime) -> int:
    """Forget what no row has any more, as after an erasure. Returns how many values.

    What was seen today or yesterday stays for now. Reads all rows of the organization.
    """
    return _forget(load(SQL, "unused_values"), organization_id, now.date() - timedelta(days=1))


def _fits(known: Known) -> bool:
    return len(known.value) <= MAX_CHARACTERS and len(known.field) <= MAX_CHARACTERS


def _forget(deletion: str, organization_id: int, before: date) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(deletion, {"organization_id": organization_id, "before": before})
        lost = Counter(field for (field,) in cursor.fetchall())
        cursor.execute(
            "UPDATE known_field SET value_count = value_count - lost.number"
            " FROM unnest(%s::text[], %s::bigint[]) AS lost (field, number)"
            " WHERE known_field.organization_id = %s AND known_field.field = lost.field",
            [list(lost), list(lost.values()), organization_id],
        )
    return lost.total()
