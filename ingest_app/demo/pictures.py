"""Small PNG pictures that look like scanned receipts from afar."""

import random
import struct
import zlib
from base64 import b64encode
from functools import cache

_WIDTH, _HEIGHT = 72, 96
_PAPER, _INK = 0xF4, 0x30
_LINE_EVERY = 8


@cache
def receipts() -> tuple[str, ...]:
    """Returns a few pictures as data URLs."""
    rng = random.Random(72)
    return tuple(f"data:image/png;base64,{b64encode(_png(_receipt(rng))).decode()}" for _ in range(8))


def _receipt(rng: random.Random) -> list[bytearray]:
    rows = [bytearray([_PAPER]) * _WIDTH for _ in range(_HEIGHT)]
    for top in range(_LINE_EVERY, _HEIGHT - _LINE_EVERY, _LINE_EVERY):
        text_end = rng.randrange(20, 45)
        for row in rows[top : top + 3]:
            # A few words on the left, an amount on the right.
            row[6:text_end] = bytes([_INK]) * (text_end - 6)
            row[52:66] = bytes([_INK]) * 14
    return rows


def _png(rows: list[bytearray]) -> bytes:
    """Returns an 8-bit greyscale PNG (ISO/IEC 15948)."""
    header = struct.pack(">IIBBBBB", len(rows[0]), len(rows), 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + row for row in rows))
    chunks = _chunk(b"IHDR", header) + _chunk(b"IDAT", pixels) + _chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
