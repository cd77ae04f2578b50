"""The client towards providers: which connections are kept, what is tried again, what takes too long."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from gateway_app.upstream import Call, TimedOut, Timeouts, Unreachable, Upstream
from tests.scripted_server import Connection, answering, in_loop, serving

TIMEOUTS = Timeouts(connect_s=5, first_byte_s=5, idle_s=5)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
CHUNK = b"x" * (1 << 16)


def call(origin: str, body: bytes | AsyncIterator[bytes] = b"{}", timeouts: Timeouts = TIMEOUTS) -> Call:
    return Call(method="POST", origin=origin, target="/", headers=[], body=body, timeouts=timeouts)


async def ask(upstream: Upstream, origin: str, body: bytes | AsyncIterator[bytes] = b"{}") -> bytes:
    pieces = []
    async with upstream.send(call(origin, body)) as answer:
        while piece := await answer.read():
            pieces.append(piece)
    return b"".join(pieces)


async def nothing_more(connection: Connection) -> None:
    await asyncio.sleep(60)


def test_calls_that_follow_each_other_share_a_connection() -> None:
    async def main() -> int:
        async with serving(answering(OK, OK, OK)) as server:
            upstream = Upstream()
            for _ in range(3):
                assert await ask(upstream, server.origin) == b"ok"
            return len(server.connections)

    assert in_loop(main()) == 1


def test_calls_at_the_same_time_have_a_connection_each() -> None:
    async def main() -> int:
        async with serving(answering(OK)) as server:
            upstream = Upstream()
            await asyncio.gather(*(ask(upstream, server.origin) for _ in range(3)))
            return len(server.connections)

    assert in_loop(main()) == 3


@pytest.mark.parametrize(
    "answer",
    [
        OK.replace(b"200 OK", b"200 OK\r\nConnection: close"),
        OK.replace(b"HTTP/1.1", b"HTTP/1.0"),
        OK + b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil",
        OK + b"surplus",
    ],
    ids=["close", "HTTP/1.0", "a second answer", "surplus"],
)
def test_a_connection_in_doubt_is_not_used_again(answer: bytes) -> None:
    async def main() -> int:
        async with serving(answering(answer, answer)) as server:
            upstream = Upstream()
            for _ in range(2):
                assert await ask(upstream, server.origin) == b"ok"
            return len(server.connections)

    assert in_loop(main()) == 2


def test_bytes_that_come_while_a_connection_is_idle_close_it() -> None:
    async def talk(connection: Connection) -> None:
        await connection.request()
        await connection.send(OK)
        await asyncio.sleep(0.05)
        await connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")
        await connection.ended()

    async def main() -> int:
        async with serving(talk) as server:
            upstream = Upstream()
            assert await ask(upstream, server.origin) == b"ok"
            await asyncio.sleep(0.2)
            assert await ask(upstream, server.origin) == b"ok"
            return len(server.connections)

    assert in_loop(main()) == 2


def test_a_connection_that_the_provider_closed_meanwhile_is_not_used_again() -> None:
    async def main() -> int:
        async with serving(answering(OK)) as server:
            upstream = Upstream()
            for _ in range(2):
                assert await ask(upstream, server.origin) == b"ok"
                await asyncio.sleep(0.05)
            return len(server.connections)

    assert in_loop(main()) == 2


class ClosesAtTheSecondCall:
    """A server whose idle connections end in the very moment in which they are used again."""

    def __init__(self) -> None:
        self.requests = 0

    async def __call__(self, connection: Connection) -> None:
        await connection.request()
        self.requests += 1
        await connection.send(OK)
        await connection.reader.readuntil(b"\r\n\r\n")
        self.requests += 1


def test_a_call_that_met_a_closing_connection_is_sent_again_on_a_new_one() -> None:
    async def main() -> tuple[int, int]:
        talk = ClosesAtTheSecondCall()
        async with serving(talk) as server:
            upstream = Upstream()
            for _ in range(2):
                assert await ask(upstream, server.origin) == b"ok"
            return len(server.connections), talk.requests

    assert in_loop(main()) == (2, 3)


def test_a_body_that_cannot_be_read_again_is_not_sent_again() -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"{}"

    async def main() -> int:
        async with serving(ClosesAtTheSecondCall()) as server:
            upstream = Upstream()
            await ask(upstream, server.origin)
            with pytest.raises(Unreachable):
                await ask(upstream, server.origin, pieces())
            return len(server.connections)

    assert in_loop(main()) == 1


def test_a_new_connection_that_is_closed_is_not_tried_again() -> None:
    async def talk(connection: Connection) -> None:
        await connection.request()

    async def main() -> int:
        async with serving(talk) as server:
            with pytest.raises(Unreachable):
                await ask(Upstream(), server.origin)
            return len(server.connections)

    assert in_loop(main()) == 1


def test_a_call_whose_answer_had_begun_is_not_sent_again() -> None:
    async def main() -> int:
        async with serving(answering(OK, b"HTTP/1.1 200")) as server:
            upstream = Upstream()
            await ask(upstream, server.origin)
            with pytest.raises(Unreachable):
                await ask(upstream, server.origin)
            return len(server.connections)

    assert in_loop(main()) == 1


def test_an_answer_that_comes_before_the_request_is_complete_is_passed_on() -> None:
    async def talk(connection: Connection) -> None:
        await connection.reader.readuntil(b"\r\n\r\n")
        await connection.send(b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno")
        await connection.ended()

    ended = []

    async def body() -> AsyncIterator[bytes]:
        try:
            while True:
                yield b"piece"
                await asyncio.sleep(0.01)
        finally:
            ended.append(True)

    async def main() -> int:
        async with serving(talk) as server:
            upstream = Upstream()
            async with upstream.send(call(server.origin, body())) as answer:
                assert (answer.status, await answer.read()) == (413, b"no")
            assert ended
            await asyncio.wait_for(ask_again(upstream, server.origin), 1)
            return len(server.connections)

    async def ask_again(upstream: Upstream, origin: str) -> None:
        async with upstream.send(call(origin)):
            pass

    assert in_loop(main()) == 2


def test_an_error_of_the_bodys_source_is_the_callers_again() -> None:
    class SourceFailed(Exception):
        pass

    async def body() -> AsyncIterator[bytes]:
        yield b"piece"
        raise SourceFailed

    async def main() -> None:
        async with serving(nothing_more) as server:
            with pytest.raises(SourceFailed):
                await ask(Upstream(), server.origin, body())
            await asyncio.wait_for(server.connections[0].ended(), 1)

    in_loop(main())


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n"])
def test_a_call_that_is_cancelled_closes_its_connection_at_once(answer: bytes) -> None:
    async def talk(connection: Connection) -> None:
        await connection.request()
        await connection.send(answer)
        await asyncio.sleep(60)

    async def main() -> float:
        async with serving(talk) as server:
            asking = asyncio.create_task(ask(Upstream(), server.origin))
            await asyncio.sleep(0.1)
            asking.cancel()
            started = time.monotonic()
            await server.connections[0].ended()
            with pytest.raises(asyncio.CancelledError):
                await asking
            return time.monotonic() - started

    assert in_loop(main()) < 0.1


def test_an_answer_that_is_left_closes_its_connection() -> None:
    async def talk(connection: Connection) -> None:
        await connection.request()
        await connection.send(OK[:-1])
        await asyncio.sleep(60)

    async def main() -> None:
        async with serving(talk) as server:
            async with Upstream().send(call(server.origin)) as answer:
                assert answer.status == 200
            await asyncio.wait_for(server.connections[0].ended(), 1)

    in_loop(main())


def test_a_provider_is_slowed_down_to_its_reader() -> None:
    size = 1 << 26
    sent = 0

    async def talk(connection: Connection) -> None:
        nonlocal sent
        await connection.request()
        await connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
        while sent < size:
            await connection.send(CHUNK)
            sent += len(CHUNK)

    async def main() -> tuple[int, int]:
        async with serving(talk) as server:
            hasty = Timeouts(connect_s=5, first_byte_s=5, idle_s=0.3)
            async with Upstream().send(call(server.origin, timeouts=hasty)) as answer:
                await asyncio.sleep(1)  # that the reader takes its time is not the provider's silence
                sent_unread, seen = sent, 0
                while piece := await answer.read():
                    seen += len(piece)
                return sent_unread, seen

    sent_unread, seen = in_loop(main())
    assert sent_unread < size / 2  # what the kernel's buffers take
    assert seen == size


def test_a_body_is_asked_for_no_faster_than_the_provider_takes_it() -> None:
    asked = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal asked
        while True:
            asked += len(CHUNK)
            yield CHUNK

    async def talk(connection: Connection) -> None:
        await connection.reader.readuntil(b"\r\n\r\n")
        await asyncio.sleep(60)

    async def main() -> None:
        async with serving(talk) as server:
            timeouts = Timeouts(connect_s=5, first_byte_s=0.5, idle_s=5)
            with pytest.raises(TimedOut):
                async with Upstream().send(call(server.origin, body(), timeouts)):
                    pass

    in_loop(main())
    assert asked < 1 << 25


def test_a_large_body_may_take_longer_than_the_answer_may() -> None:
    size = 1 << 26  # much more than the kernel's buffers take, into which nobody can see

    async def talk(connection: Connection) -> None:
        await connection.reader.readuntil(b"\r\n\r\n")
        taken = 0
        while taken < size:
            taken += len(await connection.reader.read(1 << 20))
            await asyncio.sleep(0.005)
        await connection.send(OK)

    async def main() -> tuple[bytes, float]:
        async with serving(talk) as server:
            started = time.monotonic()
            timeouts = Timeouts(connect_s=5, first_byte_s=0.5, idle_s=5)
            async with Upstream().send(call(server.origin, b"x" * size, timeouts)) as answer:
                return await answer.read(), time.monotonic() - started

    answer, seconds = in_loop(main())
    assert answer == b"ok"
    assert seconds > 0.5


def test_a_host_that_cannot_be_looked_up_in_time_times_out() -> None:
    async def never(host: str, port: int) -> list[str]:
        await asyncio.sleep(60)
        return []

    async def main() -> None:
        with pytest.raises(TimedOut):
            async with Upstream(resolve=never).send(
                call("http://provider.test", timeouts=Timeouts(connect_s=0.1, first_byte_s=5, idle_s=5))
            ):
                pass

    in_loop(main())


def test_a_provider_that_does_not_begin_to_answer_times_out() -> None:
    async def main() -> float:
        async with serving(nothing_more) as server:
            started = time.monotonic()
            with pytest.raises(TimedOut):
                async with Upstream().send(
                    call(server.origin, timeouts=Timeouts(connect_s=5, first_byte_s=0.2, idle_s=5))
                ):
                    pass
            await asyncio.wait_for(server.connections[0].ended(), 1)
            return time.monotonic() - started

    assert 0.19 < in_loop(main()) < 1


def test_a_provider_that_falls_silent_times_out_after_what_it_said() -> None:
    async def talk(connection: Connection) -> None:
        await connection.request()
        await connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhe")
        for _ in range(3):
            await asyncio.sleep(0.15)  # shorter than the time-out each, longer together
            await connection.send(b"l")
        await asyncio.sleep(60)

    async def main() -> bytes:
        async with serving(talk) as server:
            seen = b""
            timeouts = Timeouts(connect_s=5, first_byte_s=5, idle_s=0.3)
            async with Upstream().send(call(server.origin, timeouts=timeouts)) as answer:
                with pytest.raises(TimedOut):
                    while True:
                        seen += await answer.read()
            return seen

    assert in_loop(main()) == b"helll"


def test_nobody_there_is_unreachable() -> None:
    with pytest.raises(Unreachable):
        in_loop(ask(Upstream(), "http://127.0.0.1:1"))


def test_another_address_of_the_host_is_tried() -> None:
    async def resolve(host: str, port: int) -> list[str]:
        return ["127.0.0.2", "::1", "127.0.0.1"]  # the server is on the last one only

    async def main() -> bytes:
        async with serving(answering(OK)) as server:
            return await ask(Upstream(resolve=resolve), f"http://provider.test:{server.port}")

    assert in_loop(main()) == b"ok"
