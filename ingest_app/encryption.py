"""Bodies that are stored already, brought under the current key of their organization; and keys that go."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from helicone_site.sql import load
from ingest_app.bodies import BodyKey, body_store
from ingest_app.bodies.sealing import head
from ingest_app.data_keys import DataKey, destroy_replaced_keys, has_replaced_keys, held_keys
from ingest_app.dead_letters import seal_letters
from ingest_app.pace import Pace
from ingest_app.partitions import week_of
from ingest_app.removal import keep_from_removal, mark_lost_bodies
from ingest_app.retention import collect_all
from ingest_app.search.queue import requeue
from ingest_app.short_locks import one_at_a_time

SQL = Path(__file__).parent / "sql"
MAX_BATCH_BYTES = 8_000_000  # of bodies that are held in memory together
_FIRST = (datetime(1970, 1, 1, tzinfo=UTC), UUID(int=0))


class UnderWay(Exception):
    """Another process is encrypting the bodies of this organization."""


def seal_bodies(
    organization_id: int,
    *,
    with_plain: bool = True,
    note: Callable[[int, datetime], None] = lambda bodies, until: None,
) -> int:
    """Encrypt the bodies that are not under the organization's current key. Returns how many.

    Without `with_plain` only those that are encrypted, under another. In short transactions; after each, `note` is
    told how many are done, and up to which time. May be stopped anywhere and begun again: it goes on with what is
    left. Raises UnderWay, UndecryptableSecret.
    """
    pace = Pace()
    sealed = 0
    after = _FIRST
    with one_at_a_time(f"encrypting {organization_id}") as is_alone:
        if not is_alone:
            raise UnderWay
        while True:
            with pace.step(), transaction.atomic(), connection.cursor() as cursor:
                # What is being removed meanwhile waits for the batch, and the batch for it.
                keep_from_removal(cursor, [organization_id])
                key = held_keys(cursor, [organization_id])[organization_id]
                keys = _next_bodies(cursor, key, after, with_plain=with_plain, at_most=pace.size)
                if not keys:
                    break
                sealed += body_store().seal(cursor, keys)
                for week in sorted({week_of(key.created_at) for key in keys}):
                    mark_lost_bodies(cursor, organization_id, week)
            after = keys[-1].created_at, keys[-1].id
            note(sealed, after[0])
        collect_all(pace, organization_id)
    return sealed


def shred_replaced_keys(organization_id: int) -> None:
    """Destroy the organization's keys but the current one, when what is left is under that one.

    Words are hashed under the key, too, so what is left is indexed again. May be stopped anywhere and begun again.
    Raises UnderWay, UndecryptableSecret.
    """
    if not has_replaced_keys(organization_id):
        return
    seal_bodies(organization_id, with_plain=False)
    seal_letters(organization_id)
    requeue(organization_id)
    destroy_replaced_keys(organization_id)


def _next_bodies(
    cursor: Any, key: DataKey, after: tuple[datetime, UUID], *, with_plain: bool, at_most: int
) -> list[BodyKey]:
    cursor.execute(
        load(SQL, "unsealed_bodies"),
        {
            "organization_id": key.organization_id,
            "after_at": after[0],
            "after_id": after[1],
            "head": head(key),
            "with_plain": with_plain,
            "rows": at_most,
        },
    )
    keys: list[BodyKey] = []
    total = 0
    for created_at, id, size in cursor.fetchall():
        total += size
        if keys and total > MAX_BATCH_BYTES:
            break
        keys.append(BodyKey(key.organization_id, created_at, id))
    return keys
