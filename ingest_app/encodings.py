"""Content-Encoding of the copy kept for the log; the client's own copy is never touched."""

import zlib
from collections.abc import Callable

import brotli
import zstandard

MAX_DECODED_BYTES = 256 << 20  # beyond that an answer is a decompression bomb


class Undecodable(Exception):
    """The body is not what its Content-Encoding says, or too large when unpacked."""


class TooLarge(Undecodable):
    """The body is larger than the limit when unpacked."""


def decode(body: bytes, encoding: str, *, limit: int = MAX_DECODED_BYTES) -> bytes:
    """Returns `body` unpacked. `encoding` is the header's value: several codings are undone last to first.

    Of a body that was cut short as much as can be read is returned. Raises Undecodable; TooLarge beyond `limit` bytes.
    """
    for name in reversed([part.strip().lower() for part in encoding.split(",") if part.strip()]):
        if name in {"", "identity"} or not body:
            continue
        decoder = _DECODERS.get(name)
        if decoder is None:
            raise Undecodable(f"unknown content encoding {name!r}")
        try:
            body = decoder(body, limit)
        except (zlib.error, brotli.error, zstandard.ZstdError) as error:
            raise Undecodable(f"not {name}: {error}") from error
    return body


def _gzip(body: bytes, limit: int) -> bytes:
    # 32: zlib or gzip header, whichever is there. A gzip file may be several members in a row.
    out = bytearray()
    while body:
        unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)
        out += unpacker.decompress(body, limit - len(out) + 1)
        if len(out) > limit:
            raise TooLarge("too large")
        body = unpacker.unused_data if unpacker.eof else b""
    return bytes(out)


def _deflate(body: bytes, limit: int) -> bytes:
    try:
        return _gzip(body, limit)
    except zlib.error:  # some servers send the raw form without its header
        out = zlib.decompressobj(wbits=-zlib.MAX_WBITS).decompress(body, limit + 1)
    if len(out) > limit:
        raise TooLarge("too large")
    return out


def _brotli(body: bytes, limit: int) -> bytes:
    out: bytes = brotli.Decompressor().process(body, output_buffer_limit=limit + 1)
    if len(out) > limit:
        raise TooLarge("too large")
    return out


def _zstd(body: bytes, limit: int) -> bytes:
    out = bytearray()
    for chunk in zstandard.ZstdDecompressor().read_to_iter(body, write_size=1 << 20):
        out += chunk
        if len(out) > limit:
            raise TooLarge("too large")
    return bytes(out)


_DECODERS: dict[str, Callable[[bytes, int], bytes]] = {
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _deflate,
    "br": _brotli,
    "zstd": _zstd,
}
