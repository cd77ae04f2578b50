"""What gateways know of stored prompts: read when first asked for, and again after every change."""

import asyncio
import time
from collections import OrderedDict
from typing import NamedTuple

import redis.asyncio
import structlog

from gateway_app.announcements import listen_forever
from gateway_app.prompts.stored import CHANGED_CHANNEL, Load, StoredPrompt, Wanted

log = structlog.get_logger(__name__)

# Who is not told of a change, because Redis is away, looks by itself.
FRESH_S = 30.0
MAX_BYTES = 32 << 20
# Ids that do not exist are asked for each time: not by more threads than this at once.
_READERS = 4

_Key = tuple[int, Wanted]


class PromptsUnknown(Exception):
    """The prompt is not known yet, and the database cannot be asked."""


class _Known(NamedTuple):
    prompt: StoredPrompt
    generation: int
    read_at: float


class PromptCache:
    """The versions asked for last, up to MAX_BYTES. Ids that do not exist are not remembered."""

    def __init__(self, *, load: Load, client: redis.asyncio.Redis) -> None:
        self._load = load  # blocking: runs in a thread
        self._redis = client
        self._known: OrderedDict[_Key, _Known] = OrderedDict()  # the one asked for last at the end
        self._bytes = 0
        self._generation = 0  # of what was read; a change begins a new one
        self._reads: dict[tuple[_Key, int], asyncio.Task[StoredPrompt | None]] = {}
        self._readers = asyncio.Semaphore(_READERS)
        self._listener: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Be told of changes from now on."""
        listening = listen_forever(self._redis, CHANGED_CHANNEL, self.forget)
        self._listener = asyncio.create_task(listening, name="prompt changes")

    async def close(self) -> None:
        """Stop listening."""
        if self._listener is not None:
            self._listener.cancel()
            await asyncio.gather(self._listener, return_exceptions=True)
        await self._redis.aclose()

    async def get(self, organization_id: int, wanted: Wanted) -> StoredPrompt | None:
        """Returns the version, None where there is none. Raises PromptsUnknown."""
        key = organization_id, wanted
        known = self._known.get(key)
        if known is not None:
            self._known.move_to_end(key)
            if known.generation == self._generation and time.monotonic() - known.read_at < FRESH_S:
                return known.prompt
        try:
            return await self._read(key)
        except Exception as error:
            if known is None:
                raise PromptsUnknown from error
            # The database is away: the gateway goes on with what it knows.
            log.warning("prompt not read, keeping the last known", error=str(error))
            return known.prompt

    async def _read(self, key: _Key) -> StoredPrompt | None:
        """Read once for all who ask meanwhile; who asks after a change reads anew."""
        read = key, self._generation
        task = self._reads.get(read)
        if task is None:
            task = self._reads[read] = asyncio.create_task(self._read_now(*read), name="prompt read")
            task.add_done_callback(lambda _: self._reads.pop(read, None))
        return await asyncio.shield(task)

    async def _read_now(self, key: _Key, generation: int) -> StoredPrompt | None:
        async with self._readers:
            prompt = await asyncio.to_thread(self._load, *key)
        self._drop(key)
        if prompt is not None and len(prompt.body) <= MAX_BYTES:
            self._known[key] = _Known(prompt, generation, time.monotonic())
            self._bytes += len(prompt.body)
            while self._bytes > MAX_BYTES:
                self._drop(next(iter(self._known)))
        return prompt

    def _drop(self, key: _Key) -> None:
        known = self._known.pop(key, None)
        self._bytes -= len(known.prompt.body) if known is not None else 0

    async def forget(self) -> None:
        """Read each prompt again before it is used again."""
        self._generation += 1
