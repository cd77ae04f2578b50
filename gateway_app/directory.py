"""Who is calling: looked up in process memory, so that nothing on the path waits for PostgreSQL."""

import asyncio
import hashlib
import time
from collections.abc import Callable
from contextlib import suppress

import redis.asyncio
import structlog

from accounts_app.directory import CHANGED_CHANNEL, NOTHING_STORED, Caller, Directory, StoredAccess
from gateway_app.announcements import listen_forever

log = structlog.get_logger(__name__)

REFRESH_EVERY_S = 30.0
# An unknown key may have been made a moment ago, so the directory is read again before it is refused; a flood
# of wrong keys waits, and shares one read in so many seconds.
LOOK_AGAIN_AFTER_S = 0.5
START_WITHIN_S = 2.0


class KeysUnknown(Exception):
    """The key is not in the last snapshot, and a newer one cannot be had."""


class DirectoryCache:
    """A snapshot of the directory, read again when accounts announce a change, and every half minute."""

    def __init__(self, *, load: Callable[[], Directory], client: redis.asyncio.Redis) -> None:
        self._load = load  # blocking: runs in a thread
        self._redis = client
        self._directory = Directory()
        self._last_read_began_at = float("-inf")
        self._last_read_failed = False
        self._read_done = asyncio.Event()  # a new one for each read
        self._loading: asyncio.Task[None] | None = None
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Read the directory and keep it fresh from now on. Does not wait long for a database that is away."""
        with suppress(TimeoutError):
            async with asyncio.timeout(START_WITHIN_S):
                await self._refresh()
        listening = listen_forever(self._redis, CHANGED_CHANNEL, self._refresh_after_change)
        self._tasks = [
            asyncio.create_task(self._refresh_forever(), name="directory refresh"),
            asyncio.create_task(listening, name="directory changes"),
        ]

    async def close(self) -> None:
        """Stop refreshing."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._redis.aclose()

    async def caller(self, key: str) -> Caller | None:
        """Returns who holds the API key `key`, or None. Raises KeysUnknown when that cannot be said."""
        key_hash = hashlib.sha256(key.encode("utf-8", "surrogateescape")).digest()
        caller = self._directory.callers.get(key_hash)
        asked_at = time.monotonic()
        # Refused is only what a read that began after the question does not know. Mostly the announcement of a
        # new key is on its way, and its read ends the wait at once.
        while caller is None and self._last_read_began_at < asked_at:
            try:
                async with asyncio.timeout(self._last_read_began_at + LOOK_AGAIN_AFTER_S - time.monotonic()):
                    await self._read_done.wait()
            except TimeoutError:
                await self._refresh()
            caller = self._directory.callers.get(key_hash)
        if caller is None and self._last_read_failed:
            raise KeysUnknown
        return caller

    def access(self, organization_id: int, provider: str) -> StoredAccess:
        """Returns what the organization stored for `provider`."""
        return self._directory.accesses.get((organization_id, provider), NOTHING_STORED)

    async def _refresh(self) -> None:
        """Read again; who comes while a read is under way shares it."""
        if self._loading is None:
            self._loading = asyncio.create_task(self._read(), name="directory read")
        await asyncio.shield(self._loading)

    async def _refresh_after_change(self) -> None:
        """A read that is under way may have begun before the change, so it does not count."""
        if self._loading is not None:
            await asyncio.shield(self._loading)
        await self._refresh()

    async def _read(self) -> None:
        began_at = time.monotonic()
        try:
            self._directory = await asyncio.to_thread(self._load)
            self._last_read_failed = False
        except Exception:
            self._last_read_failed = True
            # The database is away: the gateway goes on with what it knows.
            log.exception("accounts not read, keeping the last known")
        finally:
            self._last_read_began_at = began_at
            self._loading = None
            self._read_done.set()
            self._read_done = asyncio.Event()

    async def _refresh_forever(self) -> None:
        while True:
            await asyncio.sleep(REFRESH_EVERY_S)
            await self._refresh()
