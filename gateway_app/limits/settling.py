"""What requests cost in the end, told to Redis: all that end while one write is under way go together in the next."""

import asyncio

import structlog

from gateway_app.limits.asking import Asking, Unknown
from limits_app.steps import Argument

log = structlog.get_logger(__name__)

_AT_ONCE = 200


class Settling:
    """Make it, and call it, in the running loop."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking
        self._waiting: list[tuple[Argument, ...]] = []
        self._writing: asyncio.Task[None] | None = None

    def put(self, step: tuple[Argument, ...]) -> None:
        """Have a step of `settle.lua` made soon. What fails is left to the writer, who settles every request again."""
        self._waiting.append(step)
        if self._writing is None:
            self._writing = asyncio.create_task(self._write(), name="settle limits")

    async def close(self) -> None:
        """Write what waits."""
        if self._writing is not None:
            await self._writing

    async def _write(self) -> None:
        try:
            while self._waiting:
                steps, self._waiting = self._waiting[:_AT_ONCE], self._waiting[_AT_ONCE:]
                try:
                    await self._asking.ask("settle", steps)
                except Unknown:
                    log.debug("settled by the writer alone", requests=len(steps))
        finally:
            self._writing = None
