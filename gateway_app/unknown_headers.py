"""Counting the Helicone headers that mean nothing to the gateway: mistakes of clients, shown on the Health page.

A request costs one addition in memory. What was added goes to Redis every few seconds; counts that Redis does not
take within that time wait for the next, and are bounded meanwhile.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable

import redis.asyncio
import structlog
from redis.exceptions import RedisError

from ingest_app.unknown_headers import ADD, KEPT_S, MAX_NAMES, key_of

log = structlog.get_logger(__name__)

FLUSH_EVERY_S = 3.0
# Names are what clients send, so they are cut, and no more than so many are remembered between two flushes.
MAX_NAME_CHARACTERS = 80
MAX_WAITING = 2_000


class UnknownHeaders:
    """The counts of one process. Make it, and call everything, in the running loop."""

    def __init__(self, client: redis.asyncio.Redis) -> None:
        self._redis = client
        self._waiting: Counter[tuple[int, str]] = Counter()
        self._flushing: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Write counts out from now on."""
        self._flushing = asyncio.create_task(self._flush_forever(), name="unknown headers")

    async def close(self) -> None:
        """Write out what waits, if Redis answers, and stop."""
        if self._flushing is not None:
            self._flushing.cancel()
            await asyncio.gather(self._flushing, return_exceptions=True)
        await self._flush()
        await self._redis.aclose()

    def count(self, organization_id: int, names: Iterable[str]) -> None:
        """Add one for each of `names`."""
        for name in names:
            place = organization_id, name[:MAX_NAME_CHARACTERS]
            if place in self._waiting or len(self._waiting) < MAX_WAITING:
                self._waiting[place] += 1

    async def _flush_forever(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_EVERY_S)
            await self._flush()

    async def _flush(self) -> None:
        written, self._waiting = self._waiting, Counter()
        if not written:
            return
        pipeline = self._redis.pipeline(transaction=False)
        for (organization_id, name), number in written.items():
            pipeline.eval(ADD, 1, key_of(organization_id), name, number, MAX_NAMES, KEPT_S)
        try:
            await pipeline.execute()
        except (RedisError, OSError, TimeoutError) as error:
            log.debug("unknown headers not counted yet", error=str(error))
            self._waiting += written
