"""A connection to Redis for what clients wait for: some commands in one write, their replies in one read.

redis-py's asyncio client spends three times as long on the same round-trip as this does, with Redis and the network
included. Where to connect, and as whom, is still its business.
"""

import asyncio
from collections import deque
from collections.abc import Iterable, Sequence
from typing import Any

import hiredis
import redis.asyncio
from redis.asyncio.connection import SSLConnection, UnixDomainSocketConnection
from redis.exceptions import RedisError, ResponseError

Command = tuple[str | bytes | int, ...]
_ONCE_MORE_S = 0.005


class RedisPipe:
    """One connection, opened when it is first needed, and again when it broke."""

    def __init__(self, client: redis.asyncio.Redis) -> None:
        # Not to be connected: it holds what the URL says. Its socket time-out is the deadline of each call.
        self._described = client.connection_pool.make_connection()  # type: ignore[no-untyped-call]
        self._deadline_s = float(self._described.socket_timeout)
        self._link: _Link | None = None
        self._opening = asyncio.Lock()

    async def call(self, commands: Sequence[Command]) -> list[Any]:
        """Returns the replies, refusals among them (hiredis.ReplyError).

        Raises OSError, TimeoutError, RedisError. The commands may have been carried out nevertheless, and when the
        connection broke meanwhile, they may have been carried out twice.
        """
        packed = _packed(commands)
        if self._link is not None:
            try:
                return await self._link.ask(packed, len(commands), self._deadline_s)
            except ConnectionError:
                pass  # a server that was restarted left it dead
        async with asyncio.timeout(self._deadline_s):
            link = await self._opened()
        return await link.ask(packed, len(commands), self._deadline_s)

    def close(self) -> None:
        """Close the connection."""
        if self._link is not None:
            self._link.close()

    async def _opened(self) -> "_Link":
        async with self._opening:
            if self._link is None or self._link.is_closed:
                self._link = await self._open()
            return self._link

    async def _open(self) -> "_Link":
        loop, described = asyncio.get_running_loop(), self._described
        if isinstance(described, UnixDomainSocketConnection):
            _, link = await loop.create_unix_connection(_Link, described.path)
        else:
            tls = described.ssl_context.get() if isinstance(described, SSLConnection) else None
            _, link = await loop.create_connection(_Link, described.host, int(described.port), ssl=tls)
        try:
            hello = list(_hello(described))
            replies = await link.ask(_packed(hello), len(hello), self._deadline_s)
            raise_refusal(replies)
        except BaseException:
            link.close()
            raise
        return link


def raise_refusal(replies: Iterable[Any]) -> None:
    """Raises ResponseError with the first refusal among `replies`."""
    for reply in replies:
        if isinstance(reply, hiredis.ReplyError):
            raise ResponseError(str(reply))


def _packed(commands: Iterable[Command]) -> bytes:
    pack: Any = hiredis.pack_command  # its stub knows only tuples of one
    return b"".join(map(pack, commands))


def _hello(described: Any) -> Iterable[Command]:
    if described.password or described.username:
        user = (described.username,) if described.username else ()
        yield ("AUTH", *user, described.password or "")
    yield ("SELECT", int(described.db or 0))


class _Question:
    """Commands whose replies are awaited."""

    __slots__ = ("answered", "asked_at", "deadline", "missing", "replies")

    def __init__(self, missing: int, answered: "asyncio.Future[list[Any]]", asked_at: float) -> None:
        self.missing = missing
        self.replies: list[Any] = []
        self.answered = answered
        self.asked_at = asked_at
        self.deadline: asyncio.TimerHandle | None = None


class _Link(asyncio.Protocol):
    """A connection that is open until something goes wrong."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport = None  # type: ignore[assignment]  # until connection_made
        self._reader = hiredis.Reader()
        self._open_questions: deque[_Question] = deque()
        self._heard_at = float("-inf")
        self.is_closed = False

    async def ask(self, packed: bytes, count: int, deadline_s: float) -> list[Any]:
        """Returns the replies to `count` commands. Raises ConnectionError, TimeoutError."""
        if self.is_closed:
            raise ConnectionError("the connection to Redis is closed")
        question = _Question(count, self._loop.create_future(), self._loop.time())
        self._open_questions.append(question)
        self._transport.write(packed)
        question.deadline = self._loop.call_later(deadline_s, self._look_once_more, question)
        try:
            return await question.answered
        finally:
            # Who gave up keeps its place: replies to it that come late are nobody else's.
            question.deadline.cancel()

    def close(self) -> None:
        """Close at once."""
        self._fail(ConnectionError("the connection to Redis was closed"))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]  # uvloop's are no subclass of asyncio's

    def data_received(self, data: bytes) -> None:
        self._heard_at = self._loop.time()
        try:
            self._reader.feed(data)
            while (reply := self._reader.gets()) is not False:
                self._take(reply)
        except hiredis.ProtocolError as error:
            self._fail(RedisError(str(error)))

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail(ConnectionError(str(exc or "Redis closed the connection")))

    def _look_once_more(self, question: _Question) -> None:
        # A loop that was held up comes to its timers before it reads what has arrived meanwhile.
        question.deadline = self._loop.call_later(_ONCE_MORE_S, self._expire, question)

    def _expire(self, question: _Question) -> None:
        if not question.answered.done():
            question.answered.set_exception(TimeoutError("Redis did not answer in time"))
        if self._heard_at <= question.asked_at:
            self._fail(ConnectionError("Redis fell silent"))

    def _take(self, reply: Any) -> None:
        question = self._open_questions[0]
        question.replies.append(reply)
        question.missing -= 1
        if not question.missing:
            self._open_questions.popleft()
            if not question.answered.done():
                question.answered.set_result(question.replies)

    def _fail(self, error: Exception) -> None:
        self.is_closed = True
        self._transport.abort()
        while self._open_questions:
            answered = self._open_questions.popleft().answered
            if not answered.done():
                answered.set_exception(error)
