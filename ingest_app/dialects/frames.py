"""Streams taken apart into their events, whichever way they are framed.

The first byte tells: server-sent events (nearly everybody), a JSON array of chunks (Gemini without `alt=sse`),
JSON lines (Ollama), or the binary event stream of AWS (Bedrock).
"""

import base64
import binascii
import struct
from collections.abc import Iterator
from json import JSONDecoder

import msgspec

from ingest_app import sse
from ingest_app.dialects.base import UNREADABLE
from ingest_app.sse import ServerSentEvent

_PRELUDE = struct.Struct("!III")  # of an AWS message: its length, the length of its headers, a checksum
_CHECKSUM_BYTES = 4
_STRING = 7
# Bytes that a header's value takes, by its type; strings and byte arrays tell their own length.
_FIXED_WIDTH = {0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16}
_json = JSONDecoder()


def frames(stream: bytes) -> Iterator[ServerSentEvent]:
    """Yields the events of `stream` in order, as far as they can be read. Ends at what is no event."""
    match stream[:16].lstrip()[:1]:
        case b"[":
            return _array_items(stream)
        case b"{":
            return _lines(stream)
        case b"\x00":  # the upper byte of the length of a message below 16 MB
            return _aws_messages(stream)
        case _:
            return sse.events(stream)


def is_framed_without_sse(body: bytes) -> bool:
    """Returns whether `body` is a stream by its looks, for its content type may not have said so."""
    line_end = body.find(b"\n", 0, 1 << 20)
    return body[:16].lstrip()[:1] in {b"[", b"\x00"} or body[line_end - 1 : line_end + 2] == b"}\n{"


def _lines(stream: bytes) -> Iterator[ServerSentEvent]:
    end = 0
    for line in stream.splitlines(keepends=True):
        end += len(line)
        if line.strip():
            yield ServerSentEvent("message", line, end)


def _array_items(stream: bytes) -> Iterator[ServerSentEvent]:
    """Yields the items of a JSON array that may have no end yet."""
    text = stream.decode("utf-8", "replace")
    at, seen, end = text.index("[") + 1, 0, 0
    while True:
        while at < len(text) and text[at] in " \t\r\n,":
            at += 1
        try:
            _, stop = _json.raw_decode(text, at)
        except (ValueError, RecursionError):
            return
        end += len(text[seen:stop].encode())
        yield ServerSentEvent("message", text[at:stop].encode(), end)
        at = seen = stop


def _aws_messages(stream: bytes) -> Iterator[ServerSentEvent]:
    """Yields the messages of an `application/vnd.amazon.eventstream`.

    An event's type is its header `:event-type`; an exception comes as an event of the type `error`. The chunks of
    InvokeModel hold the model's own event in base64, which is unpacked here.
    """
    start = 0
    while start + _PRELUDE.size <= len(stream):
        length, headers_length, _ = _PRELUDE.unpack_from(stream, start)
        end = start + length
        headers_end = start + _PRELUDE.size + headers_length
        if end > len(stream) or headers_end > end - _CHECKSUM_BYTES:
            return
        headers = _aws_headers(stream[start + _PRELUDE.size : headers_end])
        payload = stream[headers_end : end - _CHECKSUM_BYTES]
        if headers.get(":message-type") in {"exception", "error"}:
            yield ServerSentEvent("error", _aws_error(headers, payload), end)
        elif headers.get(":event-type") == "chunk":
            yield ServerSentEvent("message", _chunk(payload), end)
        else:
            yield ServerSentEvent(headers.get(":event-type", ""), payload, end)
        start = end


def _aws_headers(block: bytes) -> dict[str, str]:
    """Returns the headers whose values are text."""
    headers: dict[str, str] = {}
    at = 0
    while at < len(block):
        name_end = at + 1 + block[at]
        name = block[at + 1 : name_end].decode("utf-8", "replace")
        kind = block[name_end] if name_end < len(block) else -1
        at = name_end + 1
        if kind in _FIXED_WIDTH:
            at += _FIXED_WIDTH[kind]
            continue
        size = int.from_bytes(block[at : at + 2], "big")
        if kind == _STRING:
            headers[name] = block[at + 2 : at + 2 + size].decode("utf-8", "replace")
        at += 2 + size
    return headers


def _aws_error(headers: dict[str, str], payload: bytes) -> bytes:
    kind = headers.get(":exception-type") or headers.get(":error-code") or "error"
    try:
        message = msgspec.json.decode(payload, type=dict[str, object]).get("message")
    except UNREADABLE:
        message = None
    return msgspec.json.encode(
        {"error": {"type": kind, "message": str(message or headers.get(":error-message", ""))}}
    )


def _chunk(payload: bytes) -> bytes:
    try:
        packed = msgspec.json.decode(payload, type=dict[str, object]).get("bytes")
        return base64.b64decode(packed) if isinstance(packed, str) else payload
    except (*UNREADABLE, binascii.Error, ValueError):
        return payload
