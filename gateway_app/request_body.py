"""A request's body on its way up: whole where it is small, in pieces where it is not."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from typing import Any

from gateway_app import errors

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]

MAX_REQUEST_BYTES = int(os.environ.get("HELICONE_MAX_REQUEST_MIB", "256")) << 20
# What is kept of a body for the log. A longer request goes up while it comes in.
LOGGED_BYTES = int(os.environ.get("HELICONE_LOG_BODY_MIB", "32")) << 20


class ClientGone(Exception):
    """The client closed the connection before its request was complete."""


class RequestBody:
    """Reads the body of one request. `start` is what may be looked at and logged: all of it, mostly."""

    def __init__(self, receive: Receive, announced: int | None) -> None:
        self._receive = receive
        self.length = announced  # None: sent in chunks, until it was read
        self.size = 0  # bytes read so far
        self.start = b""
        self.is_complete = False

    async def read(self, limit: int) -> None:
        """Read until `limit` bytes are there, or all. Raises ClientGone, GatewayError."""
        if self.length is not None and self.length > MAX_REQUEST_BYTES:
            raise errors.too_large(MAX_REQUEST_BYTES)
        pieces = []
        while not self.is_complete and self.size < limit:
            pieces.append(await self._piece())
        self.start = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        if self.is_complete:
            self.length = self.size

    def replace(self, content: bytes) -> None:
        """Go on with `content` in place of the body, which was read to its end; it is what is logged, too."""
        self.start = content
        self.length = self.size = len(content)

    @property
    def to_send(self) -> bytes | AsyncIterator[bytes]:
        """Returns the body for the HTTP client: bytes when all is here."""
        return self.start if self.is_complete else self._pieces()

    @property
    def logged(self) -> bytes:
        """Returns the part that is kept."""
        return self.start if len(self.start) <= LOGGED_BYTES else self.start[:LOGGED_BYTES]

    async def _pieces(self) -> AsyncIterator[bytes]:
        yield self.start
        while not self.is_complete:
            yield await self._piece()

    async def _piece(self) -> bytes:
        message = await self._receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        piece: bytes = message.get("body", b"")
        self.size += len(piece)
        if self.size > MAX_REQUEST_BYTES:
            raise errors.too_large(MAX_REQUEST_BYTES)
        self.is_complete = not message.get("more_body")
        return piece
