"""What an exporter is answered, in the encoding that it wrote in (opentelemetry.io/docs/specs/otlp/#otlphttp-response).

Two messages of two fields each: they are written here, and need no library.
"""

import msgspec

_LENGTH = 2  # the wire type of texts and messages

# google.rpc.Code of an HTTP status.
_CODES = {400: 3, 401: 16, 403: 7, 404: 5, 405: 12, 413: 3, 415: 3, 429: 8, 500: 13, 503: 14}
_UNKNOWN = 2


def accepted(*, rejected: int, reason: str, is_json: bool) -> bytes:
    """Returns an ExportTraceServiceResponse: of a post of which `rejected` spans were not taken, for a `reason`."""
    if is_json:
        partial = {"rejectedSpans": str(rejected), "errorMessage": reason}
        return msgspec.json.encode({"partialSuccess": partial} if rejected else {})
    return _field(1, _varint_field(1, rejected) + _field(2, reason.encode())) if rejected else b""


def refused(*, status: int, reason: str, is_json: bool) -> bytes:
    """Returns a google.rpc.Status for a post that is refused with the HTTP `status`."""
    code = _CODES.get(status, _UNKNOWN)
    if is_json:
        return msgspec.json.encode({"code": code, "message": reason})
    return _varint_field(1, code) + _field(2, reason.encode())


def _field(number: int, value: bytes) -> bytes:
    return _varint(number << 3 | _LENGTH) + _varint(len(value)) + value


def _varint_field(number: int, value: int) -> bytes:
    return _varint(number << 3) + _varint(value)


def _varint(value: int) -> bytes:
    written = bytearray()
    while value > 0x7F:
        written.append(value & 0x7F | 0x80)
        value >>= 7
    written.append(value)
    return bytes(written)
