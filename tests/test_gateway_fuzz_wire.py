"""Nothing that a server sends trips the gateway's HTTP client, and nothing is sent that could be misread.

HELICONE_FUZZ_EXAMPLES=5000 makes a long run of it, with other examples each time.
"""

import asyncio
import re
import ssl
from collections.abc import Awaitable, Callable

from hypothesis import given
from hypothesis import strategies as st

from gateway_app.http1.call import encode_head
from gateway_app.upstream import TimedOut, Unreachable, Upstream
from tests.fuzzing import call_to, cut, fuzz

CUTS = st.lists(st.integers(0, 400), max_size=12)
NAMES = (b"host", b"connection", b"content-length", b"transfer-encoding", b"authorization", b"x-team", b"X_Y")
ANSWER_LINES = st.sampled_from(
    [
        *(b"HTTP/1.1 200 OK\r\n", b"HTTP/1.0 200\r\n", b"HTTP/2 204\r\n", b"HTTP/1.1 100 Continue\r\n\r\n"),
        *(b"HTTP/1.1 101 Switching Protocols\r\n", b"Connection: upgrade\r\nUpgrade: h2c\r\n"),
        *(b"Content-Length: 5\r\n", b"Content-Length: 7\r\n", b"Content-Length: -1\r\n"),
        *(b"Transfer-Encoding: chunked\r\n", b"5\r\nhello\r\n", b"0\r\n\r\n", b"0\r\nTrailer: x\r\n\r\n"),
        *(
            b"X: a\r\n b\r\n",
            b"X: \0\r\n",
            b": x\r\n",
            b"X\r\n",
            b"\r\n",
            b"\n",
            b"ffffffffffffffffff\r\n",
            b"hello",
        ),
    ]
)
ANSWERS = st.binary(max_size=60) | st.builds(
    lambda start, lines, rest: start + b"".join(lines) + rest,
    st.sampled_from((b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 204 No Content\r\n", b"")),
    st.lists(ANSWER_LINES, max_size=8),
    st.binary(max_size=10),
)


@fuzz
@given(st.lists(st.tuples(ANSWERS, CUTS), min_size=2, max_size=2), st.sampled_from(("GET", "POST", "HEAD")))
def test_whatever_a_server_sends_is_an_answer_or_none(
    answers: list[tuple[bytes, list[int]]], method: str
) -> None:
    async def ask(upstream: Upstream, origin: str) -> None:
        try:
            async with upstream.send(call_to(origin, "/", method=method)) as answer:
                assert 200 <= answer.status <= 999
                while await answer.read():
                    pass
        except (Unreachable, TimedOut):
            pass

    async def script(upstream: Upstream, origin: str) -> None:
        # The second may come over the first one's connection.
        await ask(upstream, origin)
        await ask(upstream, origin)

    asyncio.run(asyncio.wait_for(_with_server([cut(*answer) for answer in answers], script), timeout=5))


@fuzz
@given(
    st.integers(200, 599).filter(lambda status: status not in {204, 304}),
    st.lists(st.binary(min_size=1, max_size=20), max_size=5),
    st.sampled_from(("length", "chunks", "close")),
    CUTS,
)
def test_an_answer_is_read_alike_however_it_is_framed_and_cut(
    status: int, pieces: list[bytes], framing: str, cuts: list[int]
) -> None:
    body = b"".join(pieces)
    wire = b"HTTP/1.1 %d x\r\nX-A:  1\r\nx-a: \xfc\r\n" % status
    if framing == "length":
        wire += b"Content-Length: %d\r\n\r\n" % len(body) + body
    elif framing == "chunks":
        chunks = b"".join(b"%x;a=b\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
        wire += b"Transfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\nTrailer: x\r\n\r\n"
    else:
        wire += b"Connection: close\r\n\r\n" + body

    async def ask(upstream: Upstream, origin: str) -> None:
        async with upstream.send(call_to(origin, "/")) as answer:
            assert answer.status == status
            assert [value for name, value in answer.headers if name == b"x-a"] == [b"1", b"\xfc"]
            got = b""
            while piece := await answer.read():
                got += piece
        assert got == body

    asyncio.run(asyncio.wait_for(_with_server([cut(wire, cuts)], ask), timeout=5))


HEAD_TEXT = st.binary(max_size=20) | st.sampled_from(
    (b"a\r\nX: y", b"a\nb", b"a\rb", b"\0", b"a b", b"a:b", b"")
)


@fuzz
@given(
    st.lists(st.tuples(HEAD_TEXT | st.sampled_from(NAMES), HEAD_TEXT), max_size=4),
    st.text(max_size=12),
    st.binary(max_size=9),
)
def test_a_request_head_has_the_lines_that_were_meant_or_is_not_sent(
    sent: list[tuple[bytes, bytes]], target: str, body: bytes
) -> None:
    call = call_to("http://127.0.0.1:1", "/" + target, method="POST", headers=sent, body=body)
    try:
        head = encode_head(call)
    except ValueError:
        return
    lines = head.split(b"\r\n")
    assert len(lines) == len(sent) + 5
    assert not re.search(rb"[\0\r\n]", b"".join(lines))
    assert lines[-3] == b"Content-Length: %d" % len(body)


async def _with_server(answers: list[list[bytes]], work: Callable[[Upstream, str], Awaitable[None]]) -> None:
    """Run `work` beside a server that gives each request the next of `answers`, piece by piece, then closes."""
    waiting = iter(answers)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                for piece in next(waiting, []):
                    writer.write(piece)
                    await asyncio.sleep(0)
                if not any(b"Content-Length: 5\r\n" in b"".join(answer) for answer in answers):
                    break
        except (asyncio.IncompleteReadError, OSError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    # Without certificates, whose reading takes longer than all the rest.
    upstream = Upstream(tls=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    try:
        await work(upstream, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    finally:
        await upstream.close()
        server.close()
