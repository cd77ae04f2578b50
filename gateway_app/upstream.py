"""The HTTP client towards providers, behind one small module."""

import asyncio
import ssl
from collections import defaultdict
from types import TracebackType

from gateway_app.http1.addresses import Addresses, Resolve, resolve_by_system
from gateway_app.http1.answer import Answer
from gateway_app.http1.call import Call, NotPublic, TimedOut, Timeouts, Unreachable, encode_head, parse_origin
from gateway_app.http1.connection import ClosedUnanswered, Connection
from gateway_app.http1.dialing import dial
from gateway_app.http1.pool import Pool

__all__ = ["Answer", "Call", "NotPublic", "TimedOut", "Timeouts", "Unreachable", "Upstream"]

# Where callers choose the host, origins that nobody goes to any more are forgotten from here on.
_MANY_POOLS = 1000


class Upstream:
    """All connections to providers of one process. Make it in the running loop.

    Connections are shared between calls to the same origin that ask the same of its address: one that was opened
    without looking at the address is of no use to a call that wants a public one.
    """

    def __init__(self, *, resolve: Resolve = resolve_by_system, tls: ssl.SSLContext | None = None) -> None:
        self._addresses = Addresses(resolve)
        self._tls = tls or ssl.create_default_context()
        self._tls.set_alpn_protocols(["http/1.1"])
        self._pools: defaultdict[tuple[str, bool], Pool] = defaultdict(Pool)

    def send(self, call: Call) -> "_Sending":
        """Yields (`async with`) the answer as soon as its headers are there.

        Raises Unreachable, NotPublic, TimedOut; ValueError for what cannot be sent as it is; and what a body's
        iterator raises. Redirects are the client's to follow. Left before the end of the answer, the connection
        is closed.
        """
        return _Sending(self, call)

    async def close(self) -> None:
        """Close all connections."""
        for pool in self._pools.values():
            pool.close()
        await asyncio.sleep(0)  # closing is done in the loop's next round

    def pool(self, call: Call) -> Pool:
        """Returns the connections that can serve `call`."""
        return self._pools[call.origin, call.public_only]

    async def connect(self, call: Call) -> Connection:
        """Returns a new connection for `call`. Raises Unreachable, NotPublic, TimedOut."""
        origin = parse_origin(call.origin)
        if len(self._pools) > _MANY_POOLS:
            for key in [key for key, pool in self._pools.items() if pool.is_empty]:
                del self._pools[key]
        pool = self.pool(call)
        try:
            async with asyncio.timeout(call.timeouts.connect_s):
                addresses = await self._addresses.of(origin.host, origin.port, public_only=call.public_only)
                return await dial(
                    lambda: Connection(pool),
                    addresses,
                    origin.port,
                    tls=self._tls if origin.secure else None,
                    host=origin.host,
                )
        except TimeoutError as error:
            raise TimedOut(f"no connection within {call.timeouts.connect_s:g} s") from error
        except (OSError, UnicodeError) as error:
            raise Unreachable(str(error) or type(error).__name__) from error


class _Sending:
    """`async with upstream.send(call) as answer`; a class, because a generator costs as much as half the pool."""

    __slots__ = ("_answer", "_call", "_connection", "_upstream")

    def __init__(self, upstream: Upstream, call: Call) -> None:
        self._upstream = upstream
        self._call = call

    async def __aenter__(self) -> Answer:
        call = self._call
        head = encode_head(call)
        connection = self._upstream.pool(call).take()
        if connection is not None:
            try:
                return await self._send(connection, head)
            except ClosedUnanswered:
                # It had closed the idle connection before it saw the call, so the call can be sent once more; if it
                # can be: an iterator has been read from.
                if not isinstance(call.body, bytes):
                    raise
        return await self._send(await self._upstream.connect(call), head)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._connection.leave(self._answer)

    async def _send(self, connection: Connection, head: bytes) -> Answer:
        self._connection = connection
        self._answer = answer = connection.start(self._call, head)
        try:
            await answer.headers_in()
        except BaseException:
            await connection.leave(answer)
            raise
        return answer
