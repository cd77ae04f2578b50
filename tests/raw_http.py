"""HTTP without an SDK's help: bytes and headers exactly as given and as received."""

import http.client
import time
import urllib.parse
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True)
class RawAnswer:
    """An answer: header names in lower case, the body as it came over the wire."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        """Returns the first header called `name` (lower case), or None."""
        return next((value for key, value in self.headers if key == name), None)


def send(
    url: str, *, method: str = "POST", body: bytes = b"", headers: Mapping[str, str | bytes]
) -> RawAnswer:
    """Returns the whole answer to a request with these headers and no others but Host and Content-Length."""
    with opened(url, method=method, body=body, headers=headers) as response:
        names = [(name.lower(), value) for name, value in response.getheaders()]
        return RawAnswer(response.status, names, response.read())


@contextmanager
def opened(
    url: str, *, method: str = "POST", body: bytes = b"", headers: Mapping[str, str | bytes]
) -> Iterator[http.client.HTTPResponse]:
    """Yields the answer as soon as its headers are there; leaving the block closes the connection."""
    parts = urllib.parse.urlsplit(url)
    assert parts.hostname is not None
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=10)
    try:
        connection.putrequest(
            method,
            f"{parts.path}?{parts.query}" if parts.query else parts.path,
            skip_host="Host" in headers,
            skip_accept_encoding=True,
        )
        for name, value in headers.items():
            connection.putheader(name, value)
        if body:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body or None)
        yield connection.getresponse()
    finally:
        connection.close()


def pieces(response: http.client.HTTPResponse) -> Iterator[tuple[float, bytes]]:
    """Yields what each read brings, with its time (monotonic, seconds)."""
    while piece := response.read1(1 << 16):
        yield time.monotonic(), piece
