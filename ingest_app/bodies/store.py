"""Bodies as rows: a template each, and the names of the blobs that it is filled with. Encrypted, if so set."""

import struct
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import partial
from itertools import chain
from typing import Any, NamedTuple, Protocol
from uuid import UUID

import structlog
from django.conf import settings
from django.db import connection, transaction

from helicone_site.text import storable
from ingest_app.bodies.blobs import Blobs, Freeze
from ingest_app.bodies.known import KnownBlobs
from ingest_app.bodies.places import Place, blob_lock_key
from ingest_app.bodies.sealing import Kind, Opening, Plain, SealBroken, Sealed
from ingest_app.bodies.template import HASH_BYTES, Packed, compress, decompress, pack, unpack
from ingest_app.data_keys import DataKey, held_keys
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
    "sealed_preview": "bytea",
    "prompt_inputs": "bytea",
    "blob_ids": "bytea",  # `_uuid_array` has made the array's wire form
}
_ELEMENT_HEAD = struct.pack("!i", HASH_BYTES)
_PLAIN = Plain()


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
    prompt_inputs: bytes = b""  # JSON, of a call with a stored prompt


class BodyStore(Protocol):
    """Keeps bodies byte by byte."""

    def put(self, cursor: Any, bodies: Sequence[tuple[BodyKey, Bodies]]) -> None:
        """Store within the transaction of `cursor`. Storing the same key again changes nothing."""

    def seal(self, cursor: Any, keys: Sequence[BodyKey]) -> int:
        """Encrypt bodies that are stored already, within the transaction of `cursor`. Returns how many.

        They are under the current keys of their organizations then. The blobs that they named stay, for the
        collector. Raises UndecryptableSecret.
        """

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
        keys = _keys_for(cursor, bodies) if settings.ENCRYPT_BODIES else {}
        stored = self._put_blobs(cursor, bodies, keys)
        rows = ((*key, *columns, _uuid_array(blob_ids)) for key, columns, blob_ids in stored)
        insert_new(cursor, "body", _COLUMNS, rows, key=("organization_id", "created_at", "id"))

    def seal(self, cursor: Any, keys: Sequence[BodyKey]) -> int:
        bodies = list(self.get_many(keys))
        stored = self._put_blobs(cursor, bodies, _keys_for(cursor, bodies))
        cursor.executemany(
            "UPDATE body SET request_body = %s, response_body = %s, preview = %s, sealed_preview = %s,"
            " prompt_inputs = %s, blob_ids = %s"
            " WHERE organization_id = %s AND created_at = %s AND id = %s",
            [(*columns, [UUID(bytes=id) for id in blob_ids], *key) for key, columns, blob_ids in stored],
        )
        return len(bodies)

    def get(self, key: BodyKey) -> Bodies | None:
        return next((bodies for _, bodies in self.get_many([key])), None)

    def get_many(self, keys: Sequence[BodyKey]) -> Iterator[tuple[BodyKey, Bodies]]:
        by_place: defaultdict[Place, list[_Row]] = defaultdict(list)
        for row in _rows(keys):
            by_place[Place(row.key.organization_id, week_of(row.key.created_at))].append(row)
        for place, rows in by_place.items():
            named = {id for row in rows for id in row.blob_ids}
            opening = Opening(*place)
            blobs = _Blobs(opening, self._blobs.read(place, named) if named else {})
            for row in rows:
                try:
                    bodies = row.bodies(opening, blobs)
                except _BlobGone:
                    # Retention took row and blobs between the two reads; or else, blobs that it should not have taken.
                    log.warning(
                        "blobs of a body are gone", organization_id=place.organization_id, id=str(row.key.id)
                    )
                    continue
                except SealBroken as error:
                    _note_broken(row.key, error)
                    continue
                yield row.key, bodies

    def previews(self, keys: Iterable[BodyKey]) -> dict[UUID, str]:
        wanted = list(keys)
        if not wanted:
            return {}
        with connection.cursor() as cursor:
            # The bounds let PostgreSQL skip the partitions of other weeks.
            cursor.execute(
                "SELECT body.created_at, body.id, body.preview, body.sealed_preview"
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
            found = cursor.fetchall()
        return dict(_opened_previews(wanted[0].organization_id, found))

    def forget_objects(self, organization_id: int, week: date, objects: Iterable[UUID]) -> None:
        self._blobs.forget_objects(Place(organization_id, week), objects)

    def _put_blobs(
        self, cursor: Any, bodies: Sequence[tuple[BodyKey, Bodies]], keys: Mapping[int, DataKey]
    ) -> list["_Stored"]:
        """Store the blobs of `bodies`, plain if there are no `keys`. Returns what is still to be stored."""
        rows = []
        slices: defaultdict[Place, dict[bytes, bytes]] = defaultdict(dict)
        forms: dict[Place, Sealed] = {}
        form: Plain | Sealed = _PLAIN
        for key, body in bodies:
            if keys:
                place = Place(key.organization_id, week_of(key.created_at))
                form = forms.get(place) or forms.setdefault(
                    place, Sealed(keys[place.organization_id], place.week)
                )
            request, response = _pack(body.request, form.name), _pack(body.response, form.name)
            parts = [part for packed in (request, response) if packed for part in packed.slices]
            columns = _columns(form, key, request, response, body)
            rows.append(_Stored(key, columns, [id for id, _ in parts]))
            if parts:
                slices[Place(key.organization_id, week_of(key.created_at))].update(parts)

        def freeze(place: Place, id: bytes, data: bytes) -> bytes:
            return forms.get(place, _PLAIN).stored(Kind.BLOB, id, compress(data))

        self._put_slices(cursor, slices, freeze)
        return rows

    def _put_slices(self, cursor: Any, slices: Mapping[Place, Mapping[bytes, bytes]], freeze: Freeze) -> None:
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
        self._blobs.insert(cursor, new, freeze)
        for place, parts in new.items():
            # Not before commit: a blob that was rolled back would be missing in all bodies that come later.
            transaction.on_commit(partial(self._known.add, place, states[place].generation, list(parts)))


class _State(NamedTuple):
    """A row of `blob_generation`."""

    generation: int
    is_collecting: bool


# request_body, response_body, preview, sealed_preview, prompt_inputs
_Columns = tuple[bytes | None, bytes | None, str, bytes | None, bytes | None]


class _Stored(NamedTuple):
    """What a row of `body` is to hold."""

    key: BodyKey
    columns: _Columns
    blob_ids: list[bytes]


class _BlobGone(Exception):
    """A blob that a body names is not stored."""


class _Blobs:
    """Blobs of one place, opened when they are asked for: one that cannot be is of concern to those who need it."""

    def __init__(self, opening: Opening, frozen: dict[UUID, bytes]) -> None:
        self._opening = opening
        self._frozen = frozen
        self._known: dict[UUID, bytes] = {}

    def __getitem__(self, id: UUID) -> bytes:
        # Few look-ups: hashing a UUID costs as much as many another step.
        known = self._known.get(id)
        if known is None:
            frozen = self._frozen.get(id)
            if frozen is None:
                raise _BlobGone(id)
            known = self._known[id] = decompress(self._opening.plain(Kind.BLOB, id.bytes, frozen))
        return known


class _Row(NamedTuple):
    """A row of `body`."""

    key: BodyKey
    request: bytes | None
    response: bytes | None
    preview: str
    sealed_preview: bytes | None
    prompt_inputs: bytes | None
    blob_ids: list[UUID]

    def bodies(self, opening: Opening, blobs: _Blobs) -> Bodies:
        id = self.key.id.bytes
        slices = iter([blobs[blob_id] for blob_id in self.blob_ids])

        def body(kind: Kind, template: bytes | None) -> bytes | None:
            return None if template is None else unpack(opening.plain(kind, id, bytes(template)), slices)

        return Bodies(
            body(Kind.REQUEST, self.request),
            body(Kind.RESPONSE, self.response),
            _opened_preview(opening, id, self.preview, self.sealed_preview),
            b""
            if self.prompt_inputs is None
            else decompress(opening.plain(Kind.INPUTS, id, bytes(self.prompt_inputs))),
        )


def _keys_for(cursor: Any, bodies: Iterable[tuple[BodyKey, Bodies]]) -> dict[int, DataKey]:
    return held_keys(cursor, {key.organization_id for key, _ in bodies})


def _columns(
    form: Plain | Sealed, key: BodyKey, request: Packed | None, response: Packed | None, body: Bodies
) -> _Columns:
    request_body, response_body = request and request.template, response and response.template
    inputs = compress(body.prompt_inputs) if body.prompt_inputs else None
    preview = storable(body.preview)
    if form is _PLAIN:
        return request_body, response_body, preview, None, inputs
    id = key.id.bytes
    return (
        None if request_body is None else form.stored(Kind.REQUEST, id, request_body),
        None if response_body is None else form.stored(Kind.RESPONSE, id, response_body),
        "",
        form.stored(Kind.PREVIEW, id, preview.encode()),
        None if inputs is None else form.stored(Kind.INPUTS, id, inputs),
    )


def _opened_previews(
    organization_id: int, found: Iterable[tuple[datetime, UUID, str, bytes | None]]
) -> Iterator[tuple[UUID, str]]:
    openings: dict[date, Opening] = {}
    for created_at, id, preview, sealed in found:
        if sealed is not None:
            week = week_of(created_at)
            opening = openings.get(week) or openings.setdefault(week, Opening(organization_id, week))
            try:
                preview = _opened_preview(opening, id.bytes, preview, sealed)
            except SealBroken as error:
                _note_broken(BodyKey(organization_id, created_at, id), error)
        yield id, preview


def _opened_preview(opening: Opening, id: bytes, preview: str, sealed: bytes | None) -> str:
    return preview if sealed is None else opening.plain(Kind.PREVIEW, id, bytes(sealed)).decode()


def _note_broken(key: BodyKey, error: SealBroken) -> None:
    log.error("body cannot be opened", organization_id=key.organization_id, id=str(key.id), reason=str(error))


def _rows(keys: Sequence[BodyKey]) -> list[_Row]:
    if not keys:
        return []
    with connection.cursor() as cursor:
        # The bounds let PostgreSQL skip the partitions of other weeks.
        cursor.execute(
            "SELECT body.organization_id, body.created_at, body.id,"
            " body.request_body, body.response_body, body.preview, body.sealed_preview, body.prompt_inputs,"
            " body.blob_ids"
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


def _pack(body: bytes | None, name: Callable[[bytes], bytes]) -> Packed | None:
    return None if body is None else pack(body, name)


def _uuid_array(ids: Sequence[bytes]) -> bytes:
    """Returns PostgreSQL's binary form of a `uuid[]`, a hundred times faster than by way of UUID objects."""
    if not ids:
        return struct.pack("!iii", 0, 0, _UUID_OID)
    header = struct.pack("!iiiii", 1, 0, _UUID_OID, len(ids), 1)
    return header + b"".join(chain.from_iterable((_ELEMENT_HEAD, id) for id in ids))
