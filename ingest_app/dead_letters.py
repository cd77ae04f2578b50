"""Events that cannot be stored: kept aside with the reason, shown, tried again or thrown away by hand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.db import connection, transaction

from helicone_site.text import storable
from ingest_app.bodies.sealing import Kind, Opening, SealBroken, Sealed, head
from ingest_app.counts import bucket_of
from ingest_app.data_keys import DataKey, held_keys
from ingest_app.events import LogEvent, decode, encode
from ingest_app.partitions import week_of

log = structlog.get_logger(__name__)

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
    """Keep events with their reasons, within the transaction of `cursor`; encrypted, if bodies are."""
    keys = held_keys(cursor, {event.organization_id for event, _ in dead}) if settings.ENCRYPT_BODIES else {}
    cursor.executemany(
        "INSERT INTO dead_letter (organization_id, event_id, hour, reason, payload) VALUES (%s, %s, %s, %s, %s)",
        [
            (
                event.organization_id,
                event.id,
                _hour(event),
                storable(reason, MAX_REASON_CHARACTERS),
                _payload(event, keys),
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


def count() -> int:
    """Returns how many letters all organizations have."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM dead_letter")
        return int(cursor.fetchone()[0])


def count_since(organization_id: int, moment: datetime) -> int:
    """Returns how many letters of the organization were buried since `moment`."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM dead_letter WHERE organization_id = %s AND died_at >= %s",
            [organization_id, moment],
        )
        return int(cursor.fetchone()[0])


def letter_event(*, organization_id: int, id: int) -> LogEvent:
    """Returns the event that could not be stored. Raises NoSuchLetter, SealBroken."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT payload, hour, event_id FROM dead_letter WHERE organization_id = %s AND id = %s",
            [organization_id, id],
        )
        found = cursor.fetchone()
    if found is None:
        raise NoSuchLetter(str(id))
    return decode(opened_payload(organization_id, *found))[0]


def opened_payload(organization_id: int, payload: bytes, hour: datetime, event_id: UUID) -> bytes:
    """Returns the encoded event of a row of `dead_letter`. Raises SealBroken."""
    return Opening(organization_id, week_of(hour)).plain(Kind.LETTER, event_id.bytes, bytes(payload))


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


def seal_letters(organization_id: int) -> int:
    """Encrypt the organization's dead letters under its current key. Returns how many were not."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM dead_letter WHERE organization_id = %s ORDER BY id", [organization_id])
        ids = [row[0] for row in cursor.fetchall()]
    return sum(_seal_letter(organization_id, id) for id in ids)


@transaction.atomic
def _seal_letter(organization_id: int, id: int) -> bool:
    with connection.cursor() as cursor:
        key = held_keys(cursor, [organization_id])[organization_id]
        cursor.execute(
            "SELECT payload, hour, event_id FROM dead_letter WHERE organization_id = %s AND id = %s FOR UPDATE",
            [organization_id, id],
        )
        found = cursor.fetchone()
        if found is None or bytes(found[0]).startswith(head(key)):
            return False
        _, hour, event_id = found
        try:
            payload = opened_payload(organization_id, *found)
        except SealBroken as error:
            log.error("dead letter cannot be opened", dead_letter=id, reason=str(error))
            return False
        sealed = Sealed(key, week_of(hour)).stored(Kind.LETTER, event_id.bytes, payload)
        cursor.execute("UPDATE dead_letter SET payload = %s WHERE id = %s", [sealed, id])
    return True


def _payload(event: LogEvent, keys: Mapping[int, DataKey]) -> bytes:
    encoded = encode([event])
    if not keys:
        return encoded
    form = Sealed(keys[event.organization_id], week_of(_hour(event)))
    return form.stored(Kind.LETTER, event.id.bytes, encoded)


def _hour(event: LogEvent) -> datetime:
    return datetime.fromtimestamp(bucket_of(event)[1], UTC)
