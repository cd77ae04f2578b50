"""The client towards providers: requests and answers byte by byte, every way in which HTTP/1.1 frames them."""

from collections.abc import AsyncIterator

import pytest

from gateway_app.upstream import Answer, Call, Timeouts, Unreachable, Upstream
from tests.scripted_server import Connection, answering, in_loop, serving

TIMEOUTS = Timeouts(connect_s=5, first_byte_s=5, idle_s=5)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
MANY = b"x" * 100_000

ANSWERS = {
    "a length": (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, b"hello"),
    "a length of none": (b"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n", 500, b""),
    "chunks": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;a=b\r\nlo\r\n0\r\n\r\n",
        200,
        b"hello",
    ),
    "chunks and trailers": (
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 1\r\nY: 2\r\n\r\n",
        200,
        b"hello",
    ),
    "the connection's end": (b"HTTP/1.1 200 OK\r\nX: y\r\n\r\nhello", 200, b"hello"),
    "HTTP/1.0": (b"HTTP/1.0 200 OK\r\n\r\nhello", 200, b"hello"),
    "no body by status": (b"HTTP/1.1 204 No Content\r\n\r\n", 204, b""),
    "no body in spite of a length": (b"HTTP/1.1 304 Same\r\nContent-Length: 5\r\n\r\n", 304, b""),
    "hints before it": (
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + OK,
        200,
        b"ok",
    ),
    "a status nobody knows": (b"HTTP/1.1 529 \r\nContent-Length: 2\r\n\r\nok", 529, b"ok"),
    "many bytes": (b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + MANY, 200, MANY),
}
MALFORMED = {
    "not HTTP": b"SSH-2.0-OpenSSH_9.2\r\n",
    "no status": b"HTTP/1.1 OK\r\n\r\n",
    "two framings": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok",
    "a length that is none": b"HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\nok",
    "a header without a name": b"HTTP/1.1 200 OK\r\n: x\r\n\r\n",
    "a header without a colon": b"HTTP/1.1 200 OK\r\nwhatever\r\n\r\n",
    "large headers": b"HTTP/1.1 200 OK\r\nX: " + b"x" * (1 << 16) + b"\r\n\r\n",
    "an endless header": b"HTTP/1.1 200 OK\r\nX: " + b"x" * (1 << 18),
    "many headers": b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 201 + b"\r\n",
    "endless hints": b"HTTP/1.1 103 Early Hints\r\n\r\n" * 3000,
    "another protocol": b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
    "no answer": b"",
    "half a head": b"HTTP/1.1 200 OK\r\nContent-Le",
}
BROKEN_OFF = {
    "a length not reached": b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello",
    "no last chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
    "no size of a chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n",
    "a chunk that is longer": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloo\r\n0\r\n\r\n",
    "endless trailers": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX: "
    + b"x" * (1 << 19),
}


def call(
    origin: str, *, method: str = "POST", body: bytes | AsyncIterator[bytes] = b"{}", **more: object
) -> Call:
    settings = {"target": "/v1/x?y=%20z", "headers": [(b"x-a", b"b")], "timeouts": TIMEOUTS, **more}
    return Call(method=method, origin=origin, body=body, **settings)  # type: ignore[arg-type]


async def whole(answer: Answer) -> bytes:
    pieces = []
    while piece := await answer.read():
        pieces.append(piece)
    return b"".join(pieces)


async def of_iterator(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


async def exchanged(
    answer: bytes, *, pieces_of: int | None = None, method: str = "POST"
) -> tuple[int, bytes]:
    async with serving(answering(answer, pieces_of=pieces_of)) as server:
        upstream = Upstream()
        try:
            async with upstream.send(call(server.origin, method=method)) as got:
                return got.status, await whole(got)
        finally:
            await upstream.close()


async def sent(body: bytes | AsyncIterator[bytes], **more: object) -> bytes:
    """Returns the request that the server got, as it came."""
    requests = []

    async def talk(connection: Connection) -> None:
        requests.append(await connection.request())
        await connection.send(OK)

    async with serving(talk) as server:
        upstream = Upstream()
        async with upstream.send(call(server.origin, body=body, **more)) as answer:  # type: ignore[arg-type]
            await whole(answer)
        await upstream.close()
        return requests[0].replace(str(server.port).encode(), b"PORT")


@pytest.mark.parametrize("pieces_of", [None, 1, 7])
@pytest.mark.parametrize("framing", ANSWERS)
def test_an_answer_is_read_however_it_is_framed_and_cut(framing: str, pieces_of: int | None) -> None:
    answer, status, body = ANSWERS[framing]
    if len(answer) > 10_000 and pieces_of:
        pieces_of *= 100
    assert in_loop(exchanged(answer, pieces_of=pieces_of)) == (status, body)


def test_an_answer_to_head_has_no_body_in_spite_of_its_length() -> None:
    assert in_loop(exchanged(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", method="HEAD")) == (200, b"")


def test_a_whole_answer_is_read_in_one_piece() -> None:
    async def main() -> list[bytes]:
        chunks = b"".join(b"1\r\n%c\r\n" % letter for letter in b"hello")
        answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n"
        async with serving(answering(answer)) as server, Upstream().send(call(server.origin)) as got:
            return [await got.read(), await got.read(), await got.read()]

    assert in_loop(main()) == [b"hello", b"", b""]


def test_headers_keep_their_order_and_bytes_and_lose_the_case_of_their_names() -> None:
    async def main() -> list[tuple[bytes, bytes]]:
        head = b"HTTP/1.1 200 OK\r\nSet-Cookie: a\r\nX-L:  caf\xe9 \xff \r\nset-cookie: b\r\nX-Empty:\r\n"
        talk = answering(head + b"Content-Length: 0\r\n\r\n")
        async with serving(talk) as server, Upstream().send(call(server.origin)) as got:
            return got.headers

    assert in_loop(main()) == [
        (b"set-cookie", b"a"),
        (b"x-l", b"caf\xe9 \xff"),
        (b"set-cookie", b"b"),
        (b"x-empty", b""),
        (b"content-length", b"0"),
    ]


@pytest.mark.parametrize("pieces_of", [None, 1000])
@pytest.mark.parametrize("fault", MALFORMED)
def test_what_is_no_answer_is_unreachable(fault: str, pieces_of: int | None) -> None:
    with pytest.raises(Unreachable):
        in_loop(exchanged(MALFORMED[fault], pieces_of=pieces_of))


@pytest.mark.parametrize("fault", BROKEN_OFF)
def test_what_came_of_an_answer_that_breaks_off_is_read_first(fault: str) -> None:
    async def main() -> bytes:
        async with (
            serving(answering(BROKEN_OFF[fault])) as server,
            Upstream().send(call(server.origin)) as got,
        ):
            seen = await got.read()
            with pytest.raises(Unreachable):
                await whole(got)
            return seen

    assert in_loop(main()).startswith(b"hello")


def test_the_request_is_what_was_asked_with_host_and_length() -> None:
    assert in_loop(sent(b"{}")) == (
        b"POST /v1/x?y=%20z HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nx-a: b\r\nContent-Length: 2\r\n\r\n{}"
    )


def test_an_empty_post_says_so_and_a_get_says_nothing() -> None:
    assert in_loop(sent(b"")).endswith(b"Content-Length: 0\r\n\r\n")
    assert in_loop(sent(b"", method="GET")).endswith(b"x-a: b\r\n\r\n")


def test_a_large_body_arrives_whole() -> None:
    assert in_loop(sent(MANY * 20)).endswith(b"\r\n\r\n" + MANY * 20)


def test_a_body_in_pieces_is_sent_in_chunks() -> None:
    request = in_loop(sent(of_iterator(b"hel", b"", b"lo")))
    assert request.endswith(b"Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n")


def test_a_body_in_pieces_of_known_length_is_sent_as_it_is() -> None:
    request = in_loop(sent(of_iterator(b"hel", b"lo"), body_length=5))
    assert request.endswith(b"Content-Length: 5\r\n\r\nhello")


@pytest.mark.parametrize("pieces", [(b"hel", b"l"), (b"hello", b"!")])
def test_a_body_of_another_length_than_announced_is_not_passed_off_as_a_request(
    pieces: tuple[bytes, ...],
) -> None:
    with pytest.raises(ValueError, match="announced"):
        in_loop(sent(of_iterator(*pieces), body_length=5))


@pytest.mark.parametrize(
    "injection",
    [
        {"headers": [(b"x", b"y\r\nHost: evil")]},
        {"headers": [(b"x", b"y\nz: 1")]},
        {"headers": [(b"x", b"y\rz")]},
        {"headers": [(b"x", b"y\0")]},
        {"headers": [(b"x\r\ny", b"z")]},
        {"headers": [(b"x y", b"z")]},
        {"headers": [(b"x:y", b"z")]},
        {"headers": [(b"", b"z")]},
        {"headers": [(b"Host", b"evil")]},
        {"headers": [(b"content-length ", b"0")]},
        {"headers": [(b"Content-Length", b"0")]},
        {"headers": [(b"Transfer-Encoding", b"chunked")]},
        {"target": "/x HTTP/1.1\r\nHost: evil"},
        {"target": "/x y"},
        {"target": "/x\0"},
        {"target": ""},
        {"method": "GET /"},
        {"origin": "http://127.0.0.1/path"},
        {"origin": "http://user@127.0.0.1"},
        {"origin": "file:///etc/passwd"},
        {"origin": "http://"},
        {"origin": "http://ho st"},
    ],
)
def test_nothing_can_be_smuggled_into_a_request(injection: dict[str, object]) -> None:
    async def main() -> None:
        async with serving(answering(OK)) as server:
            with pytest.raises(ValueError):
                async with Upstream().send(call(**{"origin": server.origin, **injection})):  # type: ignore[arg-type]
                    pass
            assert not server.connections

    in_loop(main())
