"""A body as it is stored: slices named by a hash, and a template with the bytes between them.

A template is the list of literals (msgpack); between each two of them goes one slice. Its first byte tells its form:
0x01 before a zstd frame of the list, 0x02 before the list itself where that is too short to gain by packing. A body
without slices is a plain zstd frame, whose first byte is 0x28, as all bodies were before slices. 0x03 stands before
what is encrypted (sealing.py).
"""

import threading
from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import NamedTuple

import msgspec
import zstandard

from ingest_app.bodies.slices import spans

ZSTD_LEVEL = 3
HASH_BYTES = 16
_CUT_PACKED = b"\x01"
_CUT = b"\x02"
_PACKED_FROM_BYTES = 100  # zstd makes lists shorter than this longer

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(list[bytes])
_local = threading.local()  # a zstd context serves one thread at a time


class Packed(NamedTuple):
    """A body taken apart: the template and, in their order, the slices, each behind the 16 bytes that name it."""

    template: bytes
    slices: list[tuple[bytes, bytes]]


def hash_of(data: bytes) -> bytes:
    """Returns 16 bytes that name `data`."""
    # Processors have instructions for SHA-256: half the time of BLAKE2b.
    return sha256(data).digest()[:HASH_BYTES]


def pack(body: bytes, name: Callable[[bytes], bytes] = hash_of) -> Packed:
    """Take `body` apart, with slices named by `name`. Any bytes will do."""
    slices = []
    literals = []
    position = 0
    for start, end in spans(body):
        literals.append(body[position:start])
        data = body[start:end]
        slices.append((name(data), data))
        position = end
    if not slices:
        return Packed(compress(body), slices)
    literals.append(body[position:])
    encoded = _encoder.encode(literals)
    if len(encoded) < _PACKED_FROM_BYTES:
        return Packed(_CUT + encoded, slices)
    return Packed(_CUT_PACKED + compress(encoded), slices)


def unpack(template: bytes, slices: Iterator[bytes]) -> bytes:
    """Returns the body. Takes as many of `slices` as the template asks for. Raises StopIteration if they end."""
    if template.startswith(_CUT):
        literals = _decoder.decode(template[len(_CUT) :])
    elif template.startswith(_CUT_PACKED):
        literals = _decoder.decode(decompress(template[len(_CUT_PACKED) :]))
    else:
        return decompress(template)
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
