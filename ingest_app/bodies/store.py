"""Bodies as rows: a template each, and the names of the blobs that it is filled with."""

import struct
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import partial
from itertools import chain
from typing import Any, NamedTuple, Protocol
from uuid import UUID

import structlog
from django.db import connection, transaction

from helicone_site.text import storable
from ingest_app.bodies.blobs import Blobs
from ingest_app.bodies.known import KnownBlobs
from ingest_app.bodies.places import Place, blob_lock_key
from ingest_app.bodies.template import HASH_BYTES, Packed, pack, unpack
from ingest_app.partitions import week_of
from ingest_app.staging import insert_new

log = structlog.get_logger(__name__)

_UUID_OID = 2950
_COLUMNS = {
    "organization_id": "int8",
    "created_at": "timestamptz",
    "id": "uuid",
    "request_body": "bytea",
    "response_body": "bytea",
    "preview": "text",
    "blob_ids": "bytea",  # `_uuid_array` has made the array's wire form
}
_ELEMENT_HEAD = struct.pack("!i", HASH_BYTES)


class BodyKey(NamedTuple):
    """Which request a body belongs to."""

    organization_id: int
    created_at: datetime
    id: UUID


class Bodies(NamedTuple):
    """The two bodies of a request; None where the client asked to omit it. Empty bytes are an empty body."""

    request: bytes | None
    response: bytes | None
    preview: str = ""


class BodyStore(Protocol):
    """Keeps bodies byte by byte."""

    def put(self, cursor: Any, bodies: Sequence[tuple[BodyKey, Bodies]]) -> None:
        """Store within the transaction of `cursor`. Storing the same key again changes nothing."""

    def get(self, key: BodyKey) -> Bodies | None:
        """Returns the bodies of one request, or None when there are none (any more)."""

    def get_many(self, keys: Sequence[BodyKey]) -> Iterator[tuple[BodyKey, Bodies]]:
        """Yields the bodies of those of `keys` that have any, in no order.

        What the bodies share is held in memory until the end, and each body while it is yielded: ask for a few
        megabytes at a time.
        """

    def previews(self, keys: Iterable[BodyKey]) -> dict[UUID, str]:
        """Returns the preview lines of the given requests, all of one organization."""

    def forget_objects(self, organization_id: int, week: date, objects: Iterable[UUID]) -> None:
        """Delete the objects that no row of `blob` in that organization and week names any more.

        Call it after the commit that deleted the last such row. Does nothing where blobs are in the database.
        """


class SlicedBodyStore:
    """Templates in the table `body`, the slices that bodies share in `blobs`."""

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs
        self._known = KnownBlobs()

    def put(self, cursor: Any, bodies: Sequence[tuple[BodyKey, Bodies]]) -> None:
        rows = []
        slices: defaultdict[Place, dict[bytes, bytes]] = defaultdict(dict)
        for key, body in bodies:
            request, response = _pack(body.request), _pack(body.response)
            templates = (request and request.template, response and response.template)
            parts = [part for packed in (request, response) if packed for part in packed.slices]
            rows.append((*key, *templates, storable(body.preview), _uuid_array([id for id, _ in parts])))
            if parts:
                slices[Place(key.organization_id, week_of(key.created_at))].update(parts)
        self._put_slices(cursor, slices)
        insert_new(cursor, "body", _COLUMNS, rows, key=("organization_id", "created_at", "id"))

    def get(self, key: BodyKey) -> Bodies | None:
        return next((bodies for _, bodies in self.get_many([key])), None)

    def get_many(self, keys: Sequence[BodyKey]) -> Iterator[tuple[BodyKey, Bodies]]:
        by_place: defaultdict[Place, list[_Row]] = defaultdict(list)
        for row in _rows(keys):
            by_place[Place(row.key.organization_id, week_of(row.key.created_at))].append(row)
        for place, rows in by_place.items():
            named = {id for row in rows for id in row.blob_ids}
            blobs = self._blobs.read(place, named) if named else {}
            for row in rows:
                try:
                    slices = iter([blobs[id] for id in row.blob_ids])
                except KeyError:
                    # Retention took row and blobs between the two reads; or else, blobs that it should not have taken.
                    log.warning(
                        "blobs of a body are gone", organization_id=place.organization_id, id=str(row.key.id)
                    )
                    continue
                yield row.key, row.bodies(slices)

    def previews(self, keys: Iterable[BodyKey]) -> dict[UUID, str]:
        wanted = list(keys)
        if not wanted:
            return {}
        with connection.cursor() as cursor:
            # The bounds let PostgreSQL skip the partitions of other weeks.
            cursor.execute(
                "SELECT body.id, body.preview"
                " FROM unnest(%s::timestamptz[], %s::uuid[]) AS wanted (created_at, id)"
                " JOIN body USING (created_at, id)"
                " WHERE body.organization_id = %s AND body.created_at BETWEEN %s AND %s",
                [
                    [key.created_at for key in wanted],
                    [key.id for key in wanted],
                    wanted[0].organization_id,
                    min(key.created_at for key in wanted),
                    max(key.created_at for key in wanted),
                ],
            )
            return dict(cursor.fetchall())

    def forget_objects(self, organization_id: int, week: date, objects: Iterable[UUID]) -> None:
        self._blobs.forget_objects(Place(organization_id, week), objects)

    def _put_slices(self, cursor: Any, slices: Mapping[Place, Mapping[bytes, bytes]]) -> None:
        if not slices:
            return
        states = _locked(cursor, slices)
        _touch(cursor, {place: parts for place, parts in slices.items() if states[place].is_collecting})
        new: dict[Place, dict[bytes, bytes]] = {}
        for place, parts in slices.items():
            unknown = self._known.unknown(place, states[place].generation, parts)
            if unknown:
                new[place] = {id: parts[id] for id in unknown}
        if not new:
            return
        self._blobs.insert(cursor, new)
        for place, parts in new.items():
            # Not before commit: a blob that was rolled back would be missing in all bodies that come later.
            transaction.on_commit(partial(self._known.add, place, states[place].generation, list(parts)))


class _State(NamedTuple):
    """A row of `blob_generation`."""

    generation: int
    is_collecting: bool


class _Row(NamedTuple):
    """A row of `body`."""

    key: BodyKey
    request: bytes | None
    response: bytes | None
    preview: str
    blob_ids: list[UUID]

    def bodies(self, slices: Iterator[bytes]) -> Bodies:
        return Bodies(
            None if self.request is None else unpack(self.request, slices),
            None if self.response is None else unpack(self.response, slices),
            self.preview,
        )


def _rows(keys: Sequence[BodyKey]) -> list[_Row]:
    if not keys:
        return []
    with connection.cursor() as cursor:
        # The bounds let PostgreSQL skip the partitions of other weeks.
        cursor.execute(
            "SELECT body.organization_id, body.created_at, body.id,"
            " body.request_body, body.response_body, body.preview, body.blob_ids"
            " FROM unnest(%s::bigint[], %s::timestamptz[], %s::uuid[]) AS wanted (organization_id, created_at, id)"
            " JOIN body USING (organization_id, created_at, id)"
            " WHERE body.created_at BETWEEN %s AND %s",
            [
                *map(list, zip(*keys, strict=True)),
                min(key.created_at for key in keys),
                max(key.created_at for key in keys),
            ],
        )
        return [_Row(BodyKey(*row[:3]), *row[3:]) for row in cursor.fetchall()]


def _locked(cursor: Any, places: Iterable[Place]) -> dict[Place, _State]:
    """Keep blobs of `places` from being deleted until the transaction ends. Returns how the places are."""
    # In the order of the keys, so that two writers and a collector do not deadlock.
    locks = sorted(blob_lock_key(*place) for place in places)
    cursor.execute("SELECT pg_advisory_xact_lock_shared(lock) FROM unnest(%s::bigint[]) AS lock", [locks])
    # A query of its own: one that also took the locks would see the rows as they were before it waited.
    cursor.execute(
        "SELECT organization_id, week, generation, is_collecting"
        " FROM unnest(%s::bigint[], %s::date[]) AS place (organization_id, week)"
        " JOIN blob_generation USING (organization_id, week)",
        [[place.organization_id for place in places], [place.week for place in places]],
    )
    found = {Place(id, week): _State(*state) for id, week, *state in cursor.fetchall()}
    return {place: found.get(place, _State(0, False)) for place in places}


def _touch(cursor: Any, slices: Mapping[Place, Iterable[bytes]]) -> None:
    """Note what is used while a collector decides what is not (ingest_app.garbage)."""
    for place in sorted(slices):
        cursor.execute(
            "INSERT INTO blob_touched (organization_id, week, id)"
            " SELECT %s, %s, id FROM unnest(%s::uuid[]) AS id ORDER BY id ON CONFLICT DO NOTHING",
            [*place, [UUID(bytes=id) for id in slices[place]]],
        )


def _pack(body: bytes | None) -> Packed | None:
    return None if body is None else pack(body)


def _uuid_array(ids: Sequence[bytes]) -> bytes:
    """Returns PostgreSQL's binary form of a `uuid[]`, a hundred times faster than by way of UUID objects."""
    if not ids:
        return struct.pack("!iii", 0, 0, _UUID_OID)
    header = struct.pack("!iiiii", 1, 0, _UUID_OID, len(ids), 1)
    return header + b"".join(chain.from_iterable((_ELEMENT_HEAD, id) for id in ids))
