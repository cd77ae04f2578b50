"""One who watches: what waits to be sent, which is never more than the latest."""

import asyncio

from alerts_app.live.looks import event


class Viewer:
    """Takes what is new at its own speed. While it is behind, what waits is replaced by what is newer, and counted.

    So however slow it is, it holds two events, which it shares with all who want the same.
    """

    def __init__(self) -> None:
        self._rows, self._rows_number = b"", 0
        self._running = b""
        self._skipped = 0
        self._something = asyncio.Event()
        self._is_closed = False

    def offer_rows(self, content: bytes, number: int) -> None:
        """Have an event about `number` requests sent next."""
        self._skipped += self._rows_number
        self._rows, self._rows_number = content, number
        self._something.set()

    def offer_running(self, content: bytes) -> None:
        """Have an event that says all that runs sent next."""
        self._running = content
        self._something.set()

    def close(self) -> None:
        """Let it go: the connection is closed, or the server stops."""
        self._is_closed = True
        self._something.set()

    async def take(self, *, within_s: float) -> bytes | None:
        """Returns what waits as soon as something does; nothing when that takes longer, None when it is closed."""
        try:
            async with asyncio.timeout(within_s):
                await self._something.wait()
        except TimeoutError:
            return b""
        if self._is_closed:
            return None
        self._something.clear()
        skipped = event("skipped", {"count": self._skipped}) if self._skipped else b""
        content = skipped + self._rows + self._running
        self._rows, self._rows_number, self._running, self._skipped = b"", 0, b"", 0
        return content
