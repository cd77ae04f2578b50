"""Events that cannot be stored: kept aside with the reason, shown, tried again or thrown away by hand."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from helicone_site.text import storable
from ingest_app.counts import bucket_of
from ingest_app.events import LogEvent, decode, encode

MAX_REASON_CHARACTERS = 2000


class NoSuchLetter(Exception):
    """The organization has no dead letter with this id (any more)."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One event that could not be stored."""

    id: int
    event_id: UUID | None
    reason: str
    size_bytes: int
    died_at: datetime


def bury(cursor: Any, dead: Sequence[tuple[LogEvent, str]]) -> None:
    """Keep events with their reasons, within the transaction of `cursor`."""
    cursor.executemany(
        "INSERT INTO dead_letter (organization_id, event_id, hour, reason, payload) VALUES (%s, %s, %s, %s, %s)",
        [
            (
                event.organization_id,
                event.id,
                datetime.fromtimestamp(bucket_of(event)[1], UTC),
                storable(reason, MAX_REASON_CHARACTERS),
                encode([event]),
            )
            for event, reason in dead
        ],
    )


def bury_unreadable(payload: bytes, reason: str) -> None:
    """Keep a stream entry that is not even a list of events. Nobody's account holds it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO dead_letter (reason, payload) VALUES (%s, %s)",
            [storable(reason, MAX_REASON_CHARACTERS), payload],
        )


def newest(organization_id: int, limit: int = 100) -> list[DeadLetter]:
    """Returns the organization's dead letters, newest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, event_id, reason, length(payload), died_at FROM dead_letter"
            " WHERE organization_id = %s ORDER BY id DESC LIMIT %s",
            [organization_id, limit],
        )
        return [DeadLetter(*row) for row in cursor.fetchall()]


def letter_event(*, organization_id: int, id: int) -> LogEvent:
    """Returns the event that could not be stored. Raises NoSuchLetter."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT payload FROM dead_letter WHERE organization_id = %s AND id = %s", [organization_id, id]
        )
        found = cursor.fetchone()
    if found is None:
        raise NoSuchLetter(str(id))
    return decode(bytes(found[0]))[0]


def take_out(cursor: Any, *, organization_id: int, id: int, discarded: bool) -> None:
    """Delete a dead letter within the transaction of `cursor`.

    In the ledger its event becomes discarded, or is left for the caller to count as stored. Raises NoSuchLetter.
    """
    cursor.execute(
        "DELETE FROM dead_letter WHERE organization_id = %s AND id = %s RETURNING hour",
        [organization_id, id],
    )
    found = cursor.fetchone()
    if found is None:
        raise NoSuchLetter(str(id))
    cursor.execute(
        "UPDATE ledger SET dead = dead - 1, discarded = discarded + %s WHERE organization_id = %s AND hour = %s",
        [int(discarded), organization_id, found[0]],
    )


@transaction.atomic
def discard(*, organization_id: int, id: int) -> None:
    """Throw the letter away; the account counts it as dropped. Raises NoSuchLetter."""
    with connection.cursor() as cursor:
        take_out(cursor, organization_id=organization_id, id=id, discarded=True)
