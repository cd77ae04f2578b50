"""What a provider answers, as it comes in."""

import asyncio
from collections.abc import Callable


class Answer:
    """A provider's answer, whose headers are there and whose body comes.

    The connection fills it (`take…`); whoever made the call reads it. It outlives the connection's part in it, so
    that a whole answer's connection is free for the next call before this one is read.
    """

    __slots__ = (
        "_error",
        "_loop",
        "_pieces",
        "_waiter",
        "ended",
        "headers",
        "on_empty",
        "status",
        "unread",
        "upload",
    )

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.status = 0  # until the headers are there
        self.headers: list[tuple[bytes, bytes]] = []  # names in lower case
        self.ended = False
        self.unread = 0  # bytes
        self.on_empty: Callable[[], None] | None = None  # called once when all that came has been read
        self.upload: asyncio.Task[None] | None = None  # while the call's body is being sent
        self._loop = loop
        self._pieces: list[bytes] = []
        self._error: BaseException | None = None
        self._waiter: asyncio.Future[None] | None = None

    @property
    def must_wait(self) -> bool:
        """Returns whether `read` would have to wait for the provider."""
        return not self._pieces and not self.ended

    @property
    def is_read(self) -> bool:
        """Returns whether all of the body has come and been read."""
        return self.ended and not self._pieces and self._error is None

    async def read(self) -> bytes:
        """Returns all that has come, as soon as something has; b"" at the end. Raises Unreachable, TimedOut."""
        while not self._pieces:
            if self.ended:
                if self._error is not None:
                    raise self._error
                return b""
            await self._changed()
        pieces, self._pieces = self._pieces, []
        self.unread = 0
        if self.on_empty is not None:
            on_empty, self.on_empty = self.on_empty, None
            on_empty()
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    async def headers_in(self) -> None:
        """Wait for the headers. Raises what `fail` was given."""
        while not self.status:
            if self._error is not None:
                raise self._error
            await self._changed()

    def take_head(self, status: int, headers: list[tuple[bytes, bytes]]) -> None:
        """Keep what comes before the body."""
        self.status, self.headers = status, headers

    def take_piece(self, piece: bytes) -> None:
        """Keep a piece of the body until it is read."""
        self._pieces.append(piece)
        self.unread += len(piece)

    def end(self, error: BaseException | None = None) -> None:
        """Nothing more will come; `error` says why, when it should have."""
        if not self.ended:
            self.ended = True
            self.on_empty = None
            self._error = error
            self.wake()

    def wake(self) -> None:
        """Let the reader look again."""
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def _changed(self) -> None:
        self._waiter = self._loop.create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None
