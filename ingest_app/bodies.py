"""BodyStore: where request and answer bodies are kept. Everyone else sees only `put` and `get`."""

import threading
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple, Protocol
from uuid import UUID

import zstandard
from django.db import connection

from helicone_site.text import storable

ZSTD_LEVEL = 3


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

    def previews(self, keys: Iterable[BodyKey]) -> dict[UUID, str]:
        """Returns the preview lines of the given requests, all of one organization."""


@cache
def body_store() -> BodyStore:
    """Returns the process's store."""
    return PostgresBodyStore()


class PostgresBodyStore:
    """Each body a zstd frame in the table `body`."""

    def __init__(self) -> None:
        self._local = threading.local()  # a zstd context serves one thread at a time

    def put(self, cursor: Any, bodies: Sequence[tuple[BodyKey, Bodies]]) -> None:
        cursor.execute("CREATE TEMP TABLE IF NOT EXISTS body_staging (LIKE body) ON COMMIT DELETE ROWS")
        with cursor.copy("COPY body_staging FROM STDIN (FORMAT BINARY)") as copy:
            copy.set_types(["int8", "timestamptz", "uuid", "bytea", "bytea", "text"])
            for key, body in bodies:
                copy.write_row(
                    (*key, self._pack(body.request), self._pack(body.response), storable(body.preview))
                )
        cursor.execute("INSERT INTO body SELECT * FROM body_staging ON CONFLICT DO NOTHING")

    def get(self, key: BodyKey) -> Bodies | None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT request_body, response_body, preview FROM body"
                " WHERE organization_id = %s AND created_at = %s AND id = %s",
                key,
            )
            row = cursor.fetchone()
        return Bodies(self._unpack(row[0]), self._unpack(row[1]), row[2]) if row else None

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

    def _pack(self, body: bytes | None) -> bytes | None:
        if body is None:
            return None
        compressor = getattr(self._local, "compressor", None)
        if compressor is None:
            compressor = self._local.compressor = zstandard.ZstdCompressor(level=ZSTD_LEVEL)
        packed: bytes = compressor.compress(body)
        return packed

    def _unpack(self, packed: bytes | None) -> bytes | None:
        return None if packed is None else zstandard.ZstdDecompressor().decompress(packed)
