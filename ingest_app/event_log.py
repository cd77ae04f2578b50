"""Log before complete: the gateway's way into the stream.

All events that finish while one write is under way go together in the next one, so the number of Redis
round-trips does not grow with traffic.
"""

import asyncio
import hashlib
from collections import Counter
from collections.abc import Callable, Coroutine

import hiredis
import redis.asyncio
import structlog
from django.conf import settings
from redis.exceptions import RedisError

from ingest_app.counts import KEPT_S, Bucket, counts_of, dropped_key, received_key
from ingest_app.events import LogEvent, chunked, decode
from ingest_app.redis_pipe import RedisPipe, raise_refusal
from ingest_app.spool import Spool
from ingest_app.stream import APPEND, DRAINING, DRAINING_TTL_S, STREAM_BYTES, Entry, append_arguments

log = structlog.get_logger(__name__)

REPLAY_EVERY_S = 1.0
# The spool is replayed only while the stream is this empty: new events come first.
REPLAY_BELOW = 0.5
_APPEND_SHA = hashlib.sha1(APPEND.encode(), usedforsecurity=False).hexdigest()


class StreamFull(Exception):
    """The stream has no room for what is spooled."""


class EventLog:
    """Appends events to the stream; to the spool when Redis does not answer in time, or the stream is full.

    Make it in the running loop.
    """

    def __init__(self, *, client: redis.asyncio.Redis, spool: Spool, wake: Callable[[], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._redis = client  # its socket time-out is the deadline of a write
        self._pipe = RedisPipe(client)
        self._spool = spool
        self._wake = wake
        self._waiting: list[tuple[LogEvent, asyncio.Future[None]]] = []
        self._flushing: asyncio.Task[None] | None = None
        self._side_tasks: set[asyncio.Task[None]] = set()
        self._redis_down = False
        self._stream_full = False
        self._dropped: Counter[Bucket] = Counter()  # not told to Redis yet
        self.dropped = 0

    def put(self, event: LogEvent) -> asyncio.Future[None]:
        """Returns a future that is done when the event is in the stream or the spool. It never fails.

        The event is on its way as soon as this returns, whether or not anybody awaits the future.
        """
        future: asyncio.Future[None] = self._loop.create_future()
        self._waiting.append((event, future))
        if self._flushing is None:
            self._flushing = self._loop.create_task(self._flush(), name="event log flush")
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
        self._pipe.close()
        self._spool.release()
        await self._redis.aclose()

    async def _flush(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            events = [event for event, _ in batch]
            try:
                await self._write(events)
            except Exception:
                # A client waits for its last bytes behind each future: whatever happened, it gets them.
                self.dropped += len(events)
                self._dropped += counts_of(events)
                log.exception("events dropped", events=len(events), dropped_so_far=self.dropped)
            for _, future in batch:
                if not future.done():
                    future.set_result(None)
        self._flushing = None

    async def _write(self, events: list[LogEvent]) -> None:
        entries = [Entry.of(chunk) for chunk in chunked(events)]
        if not (self._redis_down or self._stream_full):
            try:
                await self._append_to_stream(entries)
                return
            except (RedisError, OSError, TimeoutError) as error:
                # Until the replay task finds Redis again, nobody waits for it.
                self._redis_down = True
                log.error("Redis does not take events, spooling to disk", error=str(error))
        await asyncio.to_thread(self._spool.append, [entry.payload for entry in entries])

    async def _append_to_stream(self, entries: list[Entry]) -> None:
        *replies, nobody_drains = await self._pipe.call(
            [
                *(("EVALSHA", _APPEND_SHA, *append_arguments(entry)) for entry in entries),
                ("SET", DRAINING, b"1", "NX", "EX", DRAINING_TTL_S),
            ]
        )
        if any(_knows_no_script(reply) for reply in replies):
            replies = await self._pipe.call([("EVAL", APPEND, *append_arguments(entry)) for entry in entries])
        raise_refusal((*replies, nobody_drains))
        _, size_bytes = replies[-1]
        if size_bytes >= settings.STREAM_MAX_BYTES:
            self._stream_full = True
            log.error("the stream is full, spooling to disk", size_bytes=size_bytes)
        if nobody_drains:
            self._spawn(self._wake_drain(), "wake drain")

    async def _wake_drain(self) -> None:
        try:
            await asyncio.to_thread(self._wake)
        except Exception as error:  # kombu's exceptions have no common base; beat wakes the drain anyway
            log.warning("drain not woken", error=str(error))

    async def _replay_forever(self) -> None:
        while True:
            try:
                await self._look_again()
            except (RedisError, OSError, TimeoutError, StreamFull) as error:
                log.debug("spool waits", error=str(error))
            await asyncio.sleep(REPLAY_EVERY_S)

    async def _look_again(self) -> None:
        """Find out whether Redis takes events again, tell it what was dropped, and replay what is spooled."""
        if (
            self._redis_down
            or self._stream_full
            or self._dropped
            or not await asyncio.to_thread(self._spool.is_empty)
        ):
            if not await self._has_room():
                return
            await self._tell_dropped()
            # From here on new events go to the stream, beside those that are replayed.
            self._redis_down = self._stream_full = False
            await self._replay()

    async def _has_room(self) -> bool:
        size_bytes = int(await self._redis.get(STREAM_BYTES) or 0)
        return size_bytes < settings.STREAM_MAX_BYTES * REPLAY_BELOW

    async def _tell_dropped(self) -> None:
        told, self._dropped = self._dropped, Counter()
        if not told:
            return
        pipeline = self._redis.pipeline(transaction=True)
        for (organization_id, hour), number in told.items():
            for key in (received_key(hour), dropped_key(hour)):
                pipeline.hincrby(key, str(organization_id), number)
                pipeline.expire(key, KEPT_S)
        try:
            await pipeline.execute()
        except (RedisError, OSError, TimeoutError):
            self._dropped += told
            raise

    async def _replay(self) -> None:
        loop = asyncio.get_running_loop()

        def deliver(payload: bytes) -> None:
            asyncio.run_coroutine_threadsafe(self._replay_one(payload), loop).result()

        def has_room() -> bool:
            return asyncio.run_coroutine_threadsafe(self._has_room(), loop).result()

        count = await asyncio.to_thread(self._spool.replay, deliver, may_go_on=has_room)
        if count:
            log.info("spool replayed", records=count)

    async def _replay_one(self, payload: bytes) -> None:
        await self._append_to_stream([Entry.of(decode(payload))])
        if self._stream_full:
            raise StreamFull

    def _spawn(self, coroutine: "Coroutine[None, None, None]", name: str) -> None:
        task = asyncio.create_task(coroutine, name=name)
        self._side_tasks.add(task)
        task.add_done_callback(self._side_tasks.discard)


def _knows_no_script(reply: object) -> bool:
    """Returns whether Redis was restarted, or told to forget: the script's text brings it back."""
    return isinstance(reply, hiredis.ReplyError) and str(reply).startswith("NOSCRIPT")
