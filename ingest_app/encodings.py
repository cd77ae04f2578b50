"""Content-Encoding of the copy kept for the log; the client's own copy is never touched."""

import zlib
from collections.abc import Callable

import brotli
import zstandard

MAX_DECODED_BYTES = 256 << 20  # beyond that an answer is a decompression bomb


class Undecodable(Exception):
    """The body is not what its Content-Encoding says, or too large when unpacked."""


def decode(body: bytes, encoding: str) -> bytes:
    """Returns `body` unpacked. `encoding` is the header's value: several codings are undone last to first.

    Of a body that was cut short as much as can be read is returned. Raises Undecodable.
    """
    for name in reversed([part.strip().lower() for part in encoding.split(",") if part.strip()]):
        if name in {"", "identity"} or not body:
            continue
        decoder = _DECODERS.get(name)
        if decoder is None:
            raise Undecodable(f"unknown content encoding {name!r}")
        try:
            body = decoder(body)
        except (zlib.error, brotli.error, zstandard.ZstdError) as error:
            raise Undecodable(f"not {name}: {error}") from error
    return body


def _gzip(body: bytes) -> bytes:
    # 32: zlib or gzip header, whichever is there. A gzip file may be several members in a row.
    out = bytearray()
    while body:
        unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)
        out += unpacker.decompress(body, MAX_DECODED_BYTES - len(out) + 1)
        if len(out) > MAX_DECODED_BYTES:
            raise Undecodable("too large")
        body = unpacker.unused_data if unpacker.eof else b""
    return bytes(out)


def _deflate(body: bytes) -> bytes:
    try:
        return _gzip(body)
    except zlib.error:  # some servers send the raw form without its header
        return zlib.decompressobj(wbits=-zlib.MAX_WBITS).decompress(body, MAX_DECODED_BYTES)


def _brotli(body: bytes) -> bytes:
    unpacker = brotli.Decompressor()
    out = bytearray()
    for start in range(0, len(body), 65_536):
        out += unpacker.process(body[start : start + 65_536])
        if len(out) > MAX_DECODED_BYTES:
            raise Undecodable("too large")
    return bytes(out)


def _zstd(body: bytes) -> bytes:
    out = bytearray()
    for chunk in zstandard.ZstdDecompressor().read_to_iter(body, write_size=1 << 20):
        out += chunk
        if len(out) > MAX_DECODED_BYTES:
            raise Undecodable("too large")
    return bytes(out)


_DECODERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _deflate,
    "br": _brotli,
    "zstd": _zstd,
}
