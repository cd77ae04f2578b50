"""Log before complete: the gateway's way into the stream.

All events that finish while one write is under way go together in the next one, so the number of Redis
round-trips does not grow with traffic.
"""

import asyncio
from collections.abc import Callable

import redis.asyncio
import structlog
from redis.exceptions import RedisError

from ingest_app.events import LogEvent, chunked, encode
from ingest_app.spool import Spool
from ingest_app.stream import DRAINING, DRAINING_TTL_S, FIELD, STREAM

log = structlog.get_logger(__name__)

REPLAY_EVERY_S = 2.0


class EventLog:
    """Appends events to the stream, or to the spool when Redis does not answer in time."""

    def __init__(self, *, client: redis.asyncio.Redis, spool: Spool, wake: Callable[[], None]) -> None:
        self._redis = client  # its socket time-out is the deadline of a write
        self._spool = spool
        self._wake = wake
        self._waiting: list[tuple[LogEvent, asyncio.Future[None]]] = []
        self._flushing: asyncio.Task[None] | None = None
        self._side_tasks: set[asyncio.Task[None]] = set()
        self._redis_down = False
        self.dropped = 0

    def put(self, event: LogEvent) -> asyncio.Future[None]:
        """Returns a future that is done when the event is in the stream or the spool. It never fails.

        The event is on its way as soon as this returns, whether or not anybody awaits the future.
        """
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((event, future))
        if self._flushing is None:
            self._flushing = asyncio.create_task(self._flush(), name="event log flush")
        return future

    def start(self) -> None:
        """Begin replaying what a spool holds. Call in the running loop."""
        self._spawn(self._replay_forever(), "spool replay")

    async def close(self) -> None:
        """Write out what waits, then stop."""
        if self._flushing is not None:
            await self._flushing
        for task in tuple(self._side_tasks):
            task.cancel()
        await asyncio.gather(*self._side_tasks, return_exceptions=True)
        await self._redis.aclose()

    async def _flush(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            try:
                await self._write([event for event, _ in batch])
            except Exception:
                # A client waits for its last bytes behind each future: whatever happened, it gets them.
                self.dropped += len(batch)
                log.exception("events dropped", events=len(batch), dropped_so_far=self.dropped)
            for _, future in batch:
                if not future.done():
                    future.set_result(None)
        self._flushing = None

    async def _write(self, events: list[LogEvent]) -> None:
        payloads = [encode(chunk) for chunk in chunked(events)]
        if not self._redis_down:
            try:
                await self._append_to_stream(payloads)
                return
            except (RedisError, OSError, TimeoutError) as error:
                # Until the replay task finds Redis again, nobody waits for it.
                self._redis_down = True
                log.error("Redis does not take events, spooling to disk", error=str(error))
        for payload in payloads:
            await asyncio.to_thread(self._spool.append, payload)

    async def _append_to_stream(self, payloads: list[bytes]) -> None:
        pipeline = self._redis.pipeline(transaction=False)
        for payload in payloads:
            pipeline.xadd(STREAM, {FIELD: payload})
        pipeline.set(DRAINING, b"1", nx=True, ex=DRAINING_TTL_S)
        if (await pipeline.execute())[-1]:
            self._spawn(self._wake_drain(), "wake drain")

    async def _wake_drain(self) -> None:
        try:
            await asyncio.to_thread(self._wake)
        except Exception as error:  # kombu's exceptions have no common base; beat wakes the drain anyway
            log.warning("drain not woken", error=str(error))

    async def _replay_forever(self) -> None:
        while True:
            try:
                if self._redis_down or not await asyncio.to_thread(self._spool.is_empty):
                    await self._redis.ping()
                    self._redis_down = False
                    await self._replay()
            except (RedisError, OSError, TimeoutError) as error:
                log.debug("spool waits", error=str(error))
            await asyncio.sleep(REPLAY_EVERY_S)

    async def _replay(self) -> None:
        loop = asyncio.get_running_loop()

        def deliver(payload: bytes) -> None:
            asyncio.run_coroutine_threadsafe(self._append_to_stream([payload]), loop).result()

        count = await asyncio.to_thread(self._spool.replay, deliver)
        if count:
            log.info("spool replayed", records=count)

    def _spawn(self, coroutine: "asyncio._CoroutineLike[None]", name: str) -> None:
        task = asyncio.create_task(coroutine, name=name)
        self._side_tasks.add(task)
        task.add_done_callback(self._side_tasks.discard)
