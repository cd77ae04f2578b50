"""All limits and the prices that organizations set themselves, in memory: no request waits for PostgreSQL."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

import redis.asyncio
import structlog

from gateway_app.announcements import listen_forever
from ingest_app.own_prices import OwnPrices
from limits_app.rules import CHANGED_CHANNEL, Book, Limits

log = structlog.get_logger(__name__)

REFRESH_EVERY_S = 30.0
START_WITHIN_S = 2.0


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the database said."""

    book: Book = field(default_factory=Book)
    prices: Mapping[int, OwnPrices] = field(default_factory=dict)


class LimitBook:
    """A snapshot, read again when a change of limits is announced, and every half minute."""

    def __init__(self, *, load: Callable[[], Snapshot], client: redis.asyncio.Redis) -> None:
        self._load = load  # blocking: runs in a thread
        self._redis = client
        self._snapshot = Snapshot()
        self._reading = asyncio.Lock()
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Read all, and keep it fresh from now on. Does not wait long for a database that is away."""
        with suppress(TimeoutError):
            async with asyncio.timeout(START_WITHIN_S):
                await self._read()
        listening = listen_forever(self._redis, CHANGED_CHANNEL, self._read)
        self._tasks = [
            asyncio.create_task(listening, name="limits changes"),
            asyncio.create_task(self._read_forever(), name="limits refresh"),
        ]

    async def close(self) -> None:
        """Stop reading."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._redis.aclose()

    def of(self, organization_id: int) -> Limits:
        """Returns the limits of an organization that are switched on."""
        return self._snapshot.book.of(organization_id)

    def prices(self, organization_id: int) -> OwnPrices | None:
        """Returns the prices that an organization set itself."""
        return self._snapshot.prices.get(organization_id)

    async def _read(self) -> None:
        # One after the other: a read that began before a change must not end after one that has seen it.
        async with self._reading:
            try:
                self._snapshot = await asyncio.to_thread(self._load)
            except Exception:
                # The database is away: the gateway goes on with what it knows.
                log.exception("limits not read, keeping the last known")

    async def _read_forever(self) -> None:
        while True:
            await asyncio.sleep(REFRESH_EVERY_S)
            await self._read()
