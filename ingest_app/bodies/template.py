"""A body as it is stored: slices named by their hash, and a template with the bytes between them.

A template is the byte 0x01 and a zstd frame of the list of literals; between each two of them goes one slice. A body
without slices is a plain zstd frame, whose first byte is 0x28, as all bodies were before slices.
"""

import threading
from collections.abc import Iterator
from hashlib import blake2b
from typing import NamedTuple

import msgspec
import zstandard

from ingest_app.bodies.slices import spans

ZSTD_LEVEL = 3
HASH_BYTES = 16
_CUT = b"\x01"

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(list[bytes])
_local = threading.local()  # a zstd context serves one thread at a time


class Packed(NamedTuple):
    """A body taken apart: the template and, in their order, the slices, each with its 16 bytes of hash."""

    template: bytes
    slices: list[tuple[bytes, bytes]]


def pack(body: bytes) -> Packed:
    """Take `body` apart. Any bytes will do."""
    slices = []
    literals = []
    position = 0
    for start, end in spans(body):
        literals.append(body[position:start])
        data = body[start:end]
        slices.append((blake2b(data, digest_size=HASH_BYTES).digest(), data))
        position = end
    if not slices:
        return Packed(compress(body), slices)
    literals.append(body[position:])
    return Packed(_CUT + compress(_encoder.encode(literals)), slices)


def unpack(template: bytes, slices: Iterator[bytes]) -> bytes:
    """Returns the body. Takes as many of `slices` as the template asks for. Raises StopIteration if they end."""
    if not template.startswith(_CUT):
        return decompress(template)
    literals = _decoder.decode(decompress(template[len(_CUT) :]))
    parts = literals[:1]
    for literal in literals[1:]:
        parts += next(slices), literal
    return b"".join(parts)


def compress(data: bytes) -> bytes:
    """Returns `data` as a zstd frame."""
    compressor = getattr(_local, "compressor", None)
    if compressor is None:
        compressor = _local.compressor = zstandard.ZstdCompressor(level=ZSTD_LEVEL)
    frame: bytes = compressor.compress(data)
    return frame


def decompress(frame: bytes) -> bytes:
    """Returns what `compress` was given. Raises zstandard.ZstdError for anything else."""
    return zstandard.ZstdDecompressor().decompress(frame)
