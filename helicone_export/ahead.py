"""Work that runs ahead of whoever needs it."""

import asyncio
from collections.abc import AsyncIterator
from typing import Generic, TypeVar

T = TypeVar("T")


class Ahead(Generic[T]):
    """What an async iterator gives, worked out by a task of its own, at most `ahead` items before they are taken.

    Iterating raises what the iterator raised. `close` ends the task.
    """

    def __init__(self, source: AsyncIterator[T], *, ahead: int) -> None:
        self._queue: asyncio.Queue[T | Exception] = asyncio.Queue(ahead)
        self._task = asyncio.create_task(self._run(source))

    def __aiter__(self) -> "Ahead[T]":
        return self

    async def __anext__(self) -> T:
        item = await self._queue.get()
        if isinstance(item, Exception):
            raise item
        return item

    async def close(self) -> None:
        """Stop; what has not been taken is lost."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self, source: AsyncIterator[T]) -> None:
        try:
            async for item in source:
                await self._queue.put(item)
        except Exception as error:
            await self._queue.put(error)
        else:
            await self._queue.put(StopAsyncIteration())
