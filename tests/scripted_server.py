"""A server that sends exactly the bytes it is told to, for tests of what reads them. In the test's own event loop."""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import uvloop

T = TypeVar("T")


@dataclass
class Connection:
    """One connection as the server sees it."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def request(self) -> bytes:
        """Returns the next request, head and body, as it came over the wire."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        lower = head.lower()
        if b"\r\ntransfer-encoding: chunked" in lower:
            return head + await self.reader.readuntil(b"0\r\n\r\n")
        _, found, rest = lower.partition(b"\r\ncontent-length:")
        return head + (await self.reader.readexactly(int(rest.split(b"\r\n")[0])) if found else b"")

    async def send(self, data: bytes, *, pieces_of: int | None = None) -> None:
        """Send `data`, in so many TCP segments that each has `pieces_of` bytes."""
        for start in range(0, len(data), pieces_of or len(data) or 1):
            self.writer.write(data[start : start + (pieces_of or len(data))])
            await self.writer.drain()
            if pieces_of:
                await asyncio.sleep(0)  # the other side reads in between

    async def ended(self) -> None:
        """Wait until the other side has closed."""
        with contextlib.suppress(ConnectionError):
            while await self.reader.read(1 << 16):
                pass


@dataclass
class Served:
    """Where the server is, and who came."""

    port: int
    connections: list[Connection] = field(default_factory=list)

    @property
    def origin(self) -> str:
        """Returns the server's origin."""
        return f"http://127.0.0.1:{self.port}"


Talk = Callable[[Connection], Awaitable[None]]


@asynccontextmanager
async def serving(talk: Talk, *, tls: ssl.SSLContext | None = None) -> AsyncIterator[Served]:
    """Yields a server that does `talk` with each connection and then closes it."""
    tasks = set()
    listener = socket.create_server(("127.0.0.1", 0))
    served = Served(listener.getsockname()[1])

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = Connection(reader, writer)
        served.connections.append(connection)
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await talk(connection)
        finally:
            writer.close()

    server = await asyncio.start_server(connected, sock=listener, ssl=tls)
    try:
        yield served
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def answering(*answers: bytes, pieces_of: int | None = None) -> Talk:
    """Returns a talk that answers each request with the next of `answers`, and then closes."""

    async def talk(connection: Connection) -> None:
        for answer in answers:
            await connection.request()
            await connection.send(answer, pieces_of=pieces_of)

    return talk


def in_loop(main: Coroutine[Any, Any, T]) -> T:
    """Returns what `main` returns, run in the product's kind of event loop. Fails after ten seconds."""
    return uvloop.run(asyncio.wait_for(main, 10))
