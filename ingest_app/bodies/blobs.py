"""The table `blob`: slices of bodies, once per organization and week, with their bytes in the row."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from django.db import connection

from ingest_app.bodies.places import Place
from ingest_app.staging import insert_new

# What a transaction stores: bytes by name, by place.
NewBlobs = Mapping[Place, Mapping[bytes, bytes]]
# Makes of a blob's place, name and bytes what is kept of it: called only for those that are new.
Freeze = Callable[[Place, bytes, bytes], bytes]


class BlobRow(NamedTuple):
    """A row of `blob`, kept in `data` or else in part of an object. `id` and `object` are the bytes of UUIDs."""

    organization_id: int
    week: date
    id: bytes
    data: bytes | None
    object: bytes | None = None
    object_offset: int | None = None
    object_length: int | None = None


# A uuid goes over the wire as its 16 bytes, so as bytea: a UUID object costs more than the hash.
_TYPES = ("int8", "date", "bytea", "bytea", "bytea", "int4", "int4")
_COLUMNS = dict(zip(BlobRow._fields, _TYPES, strict=True))


class Blobs(Protocol):
    """Keeps blobs, frozen."""

    def insert(self, cursor: Any, blobs: NewBlobs, freeze: Freeze) -> None:
        """Store within the transaction of `cursor`. Blobs that are there already stay as they are."""

    def read(self, place: Place, ids: Iterable[UUID]) -> dict[UUID, bytes]:
        """Returns those of `ids` that are stored, frozen as they were."""

    def forget_objects(self, place: Place, objects: Iterable[UUID]) -> None:
        """Delete objects of `place` that no row names any more."""


class PostgresBlobs:
    """Bytes in the row."""

    def insert(self, cursor: Any, blobs: NewBlobs, freeze: Freeze) -> None:
        insert_rows(
            cursor,
            (
                BlobRow(*place, id, freeze(place, id, data))
                for place, new in blobs.items()
                for id, data in new.items()
            ),
        )

    def read(self, place: Place, ids: Iterable[UUID]) -> dict[UUID, bytes]:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT id, data FROM blob"
                " WHERE organization_id = %s AND week = %s AND id = ANY(%s) AND data IS NOT NULL",
                [*place, list(ids)],
            )
            return {id: bytes(data) for id, data in cursor.fetchall()}

    def forget_objects(self, place: Place, objects: Iterable[UUID]) -> None:
        return  # none were made


def insert_rows(cursor: Any, rows: Iterable[BlobRow]) -> None:
    """Insert those rows of `blob` that are not there yet."""
    insert_new(cursor, "blob", _COLUMNS, rows, key=("organization_id", "week", "id"))
