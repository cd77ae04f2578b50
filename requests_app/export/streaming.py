"""Answers that are sent as they are made, in constant memory, for as long as somebody reads."""

from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path

from asgiref.sync import sync_to_async
from django.db import connection
from django.http import StreamingHttpResponse

_READ_BYTES = 256 << 10


def streamed(chunks: Iterator[bytes], *, content_type: str, filename: str) -> StreamingHttpResponse:
    """Returns the answer that downloads `chunks`. The first is made at once, so that what it raises is raised here."""
    first = _next(chunks) or b""
    response = StreamingHttpResponse(_sent(first, chunks), content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{filename}"'
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


def streamed_file(path: Path, *, content_type: str, filename: str) -> StreamingHttpResponse:
    """Returns the answer that downloads the file. Raises OSError when it cannot be opened."""
    size = path.stat().st_size
    response = streamed(_read(path), content_type=content_type, filename=filename)
    response["Content-Length"] = size
    return response


async def _sent(first: bytes, chunks: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Yields what is there already, then one chunk after the other, each made when the last one was taken.

    Django under ASGI would read the whole of a plain iterator before it sends any. When the client goes, Django
    closes this generator, and with it whatever makes the chunks.
    """
    try:
        chunk: bytes | None = first
        while chunk is not None:
            yield chunk
            chunk = await sync_to_async(_next)(chunks)
    finally:
        await sync_to_async(_close)(chunks)


def _next(chunks: Iterator[bytes]) -> bytes | None:
    try:
        return next(chunks, None)
    finally:
        # A slow reader must not keep one of the pool's few connections between two chunks.
        connection.close()


def _close(chunks: Iterator[bytes]) -> None:
    with suppress(AttributeError):
        chunks.close()  # type: ignore[attr-defined] # generators have it


def _read(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(_READ_BYTES):
            yield chunk
