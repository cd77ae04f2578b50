"""Content codings that can be flushed after each event."""

import zlib
from collections.abc import Callable
from typing import Protocol

import brotli
import zstandard


class Compressor(Protocol):
    """Feed with `compress`; `flush` makes all that was fed readable, `finish` ends the body."""

    def compress(self, data: bytes, /) -> bytes: ...
    def flush(self) -> bytes: ...
    def finish(self) -> bytes: ...


class Identity:
    """No compression."""

    def compress(self, data: bytes, /) -> bytes:
        return data

    def flush(self) -> bytes:
        return b""

    def finish(self) -> bytes:
        return b""


class _Gzip:
    def __init__(self) -> None:
        self._stream = zlib.compressobj(wbits=31)

    def compress(self, data: bytes, /) -> bytes:
        return self._stream.compress(data)

    def flush(self) -> bytes:
        return self._stream.flush(zlib.Z_SYNC_FLUSH)

    def finish(self) -> bytes:
        return self._stream.flush()


class _Brotli:
    def __init__(self) -> None:
        self._stream = brotli.Compressor(quality=4)

    def compress(self, data: bytes, /) -> bytes:
        return bytes(self._stream.process(data))

    def flush(self) -> bytes:
        return bytes(self._stream.flush())

    def finish(self) -> bytes:
        return bytes(self._stream.finish())


class _Zstd:
    def __init__(self) -> None:
        self._stream = zstandard.ZstdCompressor().compressobj()

    def compress(self, data: bytes, /) -> bytes:
        return self._stream.compress(data)

    def flush(self) -> bytes:
        return self._stream.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)

    def finish(self) -> bytes:
        return self._stream.flush()


# In order of preference, as the CDN before both vendors has it.
_CODINGS: dict[str, Callable[[], Compressor]] = {"zstd": _Zstd, "br": _Brotli, "gzip": _Gzip}


def negotiate(accept_encoding: str) -> tuple[str, Compressor]:
    """Returns the coding's name and its compressor; an empty name where none is acceptable."""
    offered = {item.split(";")[0].strip() for item in accept_encoding.split(",")}
    for name, make in _CODINGS.items():
        if name in offered:
            return name, make()
    return "", Identity()
