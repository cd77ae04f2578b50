"""The table `blob` with its bytes in S3-compatible storage: one object for all new blobs of a batch and place.

The rows say where in which object. A range of it is read, so a blob costs no more than it is long.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import boto3
from botocore.config import Config
from django.conf import settings
from django.db import connection

from ingest_app.bodies.blobs import BlobRow, Freeze, NewBlobs, insert_rows
from ingest_app.bodies.places import Place

READERS = 8  # a long session's messages are in as many objects as it has turns
MAX_GAP_BYTES = 65_536  # two ranges this near are read as one: a second request takes longer
_MAX_DELETED = 1000  # by one request, S3's own limit

_CLIENT = Config(
    connect_timeout=3,
    read_timeout=20,
    retries={"mode": "standard", "total_max_attempts": 3},
    max_pool_connections=READERS,
    s3={"addressing_style": "path"},  # MinIO and most others know buckets by path only
    request_checksum_calculation="when_required",  # others than Amazon refuse the new checksums
    response_checksum_validation="when_required",
)


class Piece(NamedTuple):
    """Where in an object a blob is, in bytes."""

    id: UUID
    offset: int
    length: int


class S3Blobs:
    """Bytes in objects named `bodies/<organization>/<week>/<uuid>`.

    An object is stored before the transaction that names it commits. If that fails, the object stays, unnamed.
    """

    def __init__(self, client: Any, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    @classmethod
    def from_settings(cls) -> "S3Blobs":
        """Returns the store that the settings S3_* describe."""
        client = boto3.client(
            "s3",
            endpoint_url=settings.S3_ENDPOINT or None,
            region_name=settings.S3_REGION,
            # Without keys, those of the machine's role.
            aws_access_key_id=settings.S3_ACCESS_KEY or None,
            aws_secret_access_key=settings.S3_SECRET_KEY or None,
            config=_CLIENT,
        )
        return cls(client, settings.S3_BUCKET)

    def insert(self, cursor: Any, blobs: NewBlobs, freeze: Freeze) -> None:
        rows: list[BlobRow] = []
        for place, new in blobs.items():
            stored = _stored(cursor, place, new)
            rows += self._upload(
                place, {id: freeze(place, id, data) for id, data in new.items() if id not in stored}
            )
        insert_rows(cursor, rows)

    def read(self, place: Place, ids: Iterable[UUID]) -> dict[UUID, bytes]:
        found: dict[UUID, bytes] = {}
        pieces: defaultdict[UUID, list[Piece]] = defaultdict(list)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT id, data, object, object_offset, object_length FROM blob"
                " WHERE organization_id = %s AND week = %s AND id = ANY(%s)",
                [*place, list(ids)],
            )
            for id, data, object_id, offset, length in cursor.fetchall():
                if data is not None:
                    found[id] = bytes(data)  # of a time before S3
                else:
                    pieces[object_id].append(Piece(id, offset, length))
        ranges = [(object_id, run) for object_id, some in pieces.items() for run in runs(some)]
        if ranges:
            with ThreadPoolExecutor(min(READERS, len(ranges)), thread_name_prefix="s3") as pool:
                for blobs in pool.map(lambda one: self._download(place, *one), ranges):
                    found |= blobs
        return found

    def forget_objects(self, place: Place, objects: Iterable[UUID]) -> None:
        names = [{"Key": _name(place, object_id)} for object_id in objects]
        for start in range(0, len(names), _MAX_DELETED):
            some = names[start : start + _MAX_DELETED]
            self._client.delete_objects(Bucket=self._bucket, Delete={"Objects": some, "Quiet": True})

    def _upload(self, place: Place, frozen: Mapping[bytes, bytes]) -> list[BlobRow]:
        if not frozen:
            return []
        object_id = uuid4()
        rows = []
        content = bytearray()
        for id, data in frozen.items():
            rows.append(BlobRow(*place, id, None, object_id.bytes, len(content), len(data)))
            content += data
        self._client.put_object(Bucket=self._bucket, Key=_name(place, object_id), Body=bytes(content))
        return rows

    def _download(self, place: Place, object_id: UUID, run: Sequence[Piece]) -> dict[UUID, bytes]:
        start, end = run[0].offset, run[-1].offset + run[-1].length
        answer = self._client.get_object(
            Bucket=self._bucket, Key=_name(place, object_id), Range=f"bytes={start}-{end - 1}"
        )
        content = answer["Body"].read()
        return {
            piece.id: content[piece.offset - start : piece.offset - start + piece.length] for piece in run
        }


def runs(pieces: Iterable[Piece]) -> list[list[Piece]]:
    """Returns pieces of one object, in order, grouped into those that are read together."""
    grouped: list[list[Piece]] = []
    for piece in sorted(pieces, key=lambda piece: piece.offset):
        last = grouped[-1][-1] if grouped else None
        if last and piece.offset - (last.offset + last.length) <= MAX_GAP_BYTES:
            grouped[-1].append(piece)
        else:
            grouped.append([piece])
    return grouped


def _stored(cursor: Any, place: Place, ids: Iterable[bytes]) -> set[bytes]:
    # Asked beforehand, unlike in PostgreSQL: what ON CONFLICT leaves out would be in the object all the same.
    cursor.execute(
        "SELECT id FROM blob WHERE organization_id = %s AND week = %s AND id = ANY(%s)",
        [*place, [UUID(bytes=id) for id in ids]],
    )
    return {id.bytes for (id,) in cursor.fetchall()}


def _name(place: Place, object_id: UUID) -> str:
    return f"bodies/{place.organization_id}/{place.week}/{object_id}"
