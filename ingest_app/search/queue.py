"""Bodies that are stored and not indexed yet: noted by the writer in its own transaction."""

import struct
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection, transaction

from ingest_app.bodies import Bodies, BodyKey
from ingest_app.removal import keep_from_removal

# A row of `body_unindexed`: few enough to stay in its page.
JOB_BODIES = 60
JOB_BYTES = 2_000_000
JOBS_AT_ONCE = 4

_MAX_ID = 2**63 - 1
_REQUEUING = 0x52515545  # an advisory lock
_KEY = struct.Struct("!qq16s")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Job(NamedTuple):
    """A row of `body_unindexed`."""

    id: int
    keys: list[BodyKey]


def note_unindexed(cursor: Any, bodies: Sequence[tuple[BodyKey, Bodies]]) -> None:
    """Note, within the transaction of `cursor`, that the bodies it stores are to be indexed."""
    # Django translates the driver's errors around execute, but not around copy.
    with (
        connection.wrap_database_errors,
        cursor.copy("COPY body_unindexed (keys) FROM STDIN (FORMAT BINARY)") as copy,
    ):
        copy.set_types(["bytea"])
        for keys in _jobs(bodies):
            copy.write_row([keys])


def take(cursor: Any, *, but: Sequence[int] = (), at_most: int = JOBS_AT_ONCE) -> list[Job]:
    """Returns the next jobs but those of the given ids, held until the transaction ends; none when none waits.

    What came since the upgrade to body search is first (its ids are above zero).
    """
    for first, last in ((1, _MAX_ID), (-_MAX_ID, -1)):
        cursor.execute(
            "SELECT id, keys FROM body_unindexed WHERE id BETWEEN %s AND %s AND id <> ALL (%s::bigint[])"
            " ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED",
            [first, last, list(but), at_most],
        )
        rows = cursor.fetchall()
        if rows:
            return [Job(id, [_key(*fields) for fields in _KEY.iter_unpack(keys)]) for id, keys in rows]
    return []


def finish(cursor: Any, jobs: Sequence[Job]) -> None:
    """Forget the jobs, within the transaction that did them."""
    cursor.execute("DELETE FROM body_unindexed WHERE id = ANY (%s)", [[job.id for job in jobs]])


def requeue(organization_id: int) -> int:
    """Forget the words of all bodies of an organization and have them indexed again, behind new ones, newest first.

    Returns how many bodies. In short transactions; may be stopped anywhere and begun again.
    """
    count = 0
    before = BodyKey(organization_id, datetime.max.replace(tzinfo=UTC), UUID(int=2**128 - 1))
    while keys := _requeue_before(before):
        count += len(keys)
        before = keys[-1]
    return count


@transaction.atomic
def _requeue_before(before: BodyKey) -> list[BodyKey]:
    with connection.cursor() as cursor:
        keep_from_removal(cursor, [before.organization_id])
        cursor.execute(
            "SELECT organization_id, created_at, id FROM body WHERE organization_id = %s"
            " AND created_at <= %s AND (created_at, id) < (%s, %s) ORDER BY created_at DESC, id DESC LIMIT %s",
            [before.organization_id, before.created_at, before.created_at, before.id, JOB_BODIES],
        )
        keys = [BodyKey(*row) for row in cursor.fetchall()]
        if keys:
            # Whoever else makes ids below zero waits.
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_REQUEUING])
            cursor.execute(
                "DELETE FROM body_words WHERE organization_id = %s AND created_at BETWEEN %s AND %s AND id = ANY (%s)",
                [before.organization_id, keys[-1].created_at, keys[0].created_at, [key.id for key in keys]],
            )
            cursor.execute(
                "INSERT INTO body_unindexed (id, keys) OVERRIDING SYSTEM VALUE"
                " SELECT least(min(id), 0) - 1, %s FROM body_unindexed",
                [b"".join(map(_packed, keys))],
            )
    return keys


def _jobs(bodies: Sequence[tuple[BodyKey, Bodies]]) -> Iterator[bytes]:
    keys: list[bytes] = []
    size = 0
    for key, body in bodies:
        if not body.request and not body.response:
            continue
        keys.append(_packed(key))
        size += len(body.request or b"") + len(body.response or b"")
        if len(keys) >= JOB_BODIES or size >= JOB_BYTES:
            yield b"".join(keys)
            keys, size = [], 0
    if keys:
        yield b"".join(keys)


def _packed(key: BodyKey) -> bytes:
    since = key.created_at - _EPOCH
    microseconds = (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
    return _KEY.pack(key.organization_id, microseconds, key.id.bytes)


def _key(organization_id: int, microseconds: int, id: bytes) -> BodyKey:
    return BodyKey(organization_id, _EPOCH + microseconds * _MICROSECOND, UUID(bytes=id))
