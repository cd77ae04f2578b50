"""What is sent to a provider, as it looks on the wire, and the ways in which that fails."""

import re
import string
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import urlsplit

_DEFAULT_PORTS = {"http": 80, "https": 443}
# A request line is split at blanks and ends at a line break.
_NOT_IN_REQUEST_LINE = re.compile(r"[\x00-\x20\x7f]")
# What this client writes itself; twice, two servers could read two different requests out of one.
_FRAMING = frozenset((b"host", b"content-length", b"transfer-encoding", b"connection"))
_TOKEN = (string.ascii_letters + string.digits + "!#$%&'*+-.^_`|~").encode()
# Methods whose requests say that their body is empty (RFC 9110, 8.6).
_WITH_BODY = frozenset(("POST", "PUT", "PATCH"))


class Unreachable(Exception):
    """No connection, or it broke. The message is for the log."""


class NotPublic(Unreachable):
    """The host's address is not of the public internet, and the call asked for one that is."""


class TimedOut(Exception):
    """No connection, no answer or no more bytes within the time-out."""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long a provider may be silent; never how long an answer may take."""

    connect_s: float  # to look the name up, connect and agree on TLS
    first_byte_s: float  # from the request's last byte to the answer's headers
    idle_s: float  # between pieces of the answer


@dataclass(frozen=True, slots=True)
class Call:
    """One request to a provider, sent as it is: Host and the framing are all that is added."""

    method: str
    origin: str  # scheme, host and port
    target: str  # path and query, not quoted again
    headers: Sequence[tuple[bytes, bytes]]
    body: bytes | AsyncIterator[bytes]
    timeouts: Timeouts
    body_length: int | None = None  # of a body that comes in pieces; None: sent in chunks
    public_only: bool = False  # refuse addresses that are not of the public internet, after DNS


class Origin(NamedTuple):
    """Where a call goes."""

    secure: bool
    host: str
    port: int
    host_header: str


@lru_cache(maxsize=1024)
def parse_origin(origin: str) -> Origin:
    """Returns the parts of `scheme://host[:port]`. Raises ValueError for anything else."""
    parts = urlsplit(origin)
    if (
        parts.scheme not in _DEFAULT_PORTS
        or not parts.hostname
        or parts.path
        or parts.query
        or parts.username
    ):
        raise ValueError(f"not an origin: {origin!r}")
    host = parts.hostname
    if not host.isascii():
        host = host.encode("idna").decode()
    default_port = _DEFAULT_PORTS[parts.scheme]
    port = default_port if parts.port is None else parts.port
    shown = f"[{host}]" if ":" in host else host
    if _NOT_IN_REQUEST_LINE.search(host):
        raise ValueError(f"not an origin: {origin!r}")
    return Origin(parts.scheme == "https", host, port, shown if port == default_port else f"{shown}:{port}")


def encode_head(call: Call) -> bytes:
    """Returns the request line and headers of `call`.

    Raises ValueError for what would be read as something else than it is: a line break, NUL or framing in a
    header, a blank in the target.
    """
    if _NOT_IN_REQUEST_LINE.search(call.target) or not call.target or not call.method.isalpha():
        raise ValueError("not a request line")
    lines = [
        f"{call.method} {call.target} HTTP/1.1\r\nHost: {parse_origin(call.origin).host_header}\r\n".encode(
            "latin-1"
        )
    ]
    for name, value in call.headers:
        if name.lower() in _FRAMING or not name or name.translate(None, _TOKEN):
            raise ValueError(f"not a header to send: {name!r}")
        lines.append(b"%b: %b\r\n" % (name, value))
    lines.append(_framing(call))
    head = b"".join(lines)
    # Each line has its own line break, the request line's brings Host's with it, and the framing ends the block.
    breaks = len(call.headers) + 2 + lines[-1].count(b"\r\n")
    if head.count(b"\r") != breaks or head.count(b"\n") != breaks or b"\0" in head:
        raise ValueError("a line break or NUL in a header")
    return head


def _framing(call: Call) -> bytes:
    if isinstance(call.body, bytes):
        if call.body or call.method in _WITH_BODY:
            return b"Content-Length: %d\r\n\r\n" % len(call.body)
        return b"\r\n"
    if call.body_length is None:
        return b"Transfer-Encoding: chunked\r\n\r\n"
    return b"Content-Length: %d\r\n\r\n" % call.body_length
