"""Providers that answer with what is no answer, or with more than one: the client sees an error or its own answer."""

import threading
import time
from collections.abc import Callable

import pytest

from requests_app.models import Request
from tests.live import ALLOWED_HOST, Stack, Tenant
from tests.raw_socket import Peer, ScriptedServer, WireAnswer, WireClient, answering, request

OK = b"HTTP/1.1 200 OK\r\n"
HEAD = OK + b"Content-Type: application/json\r\n"
POISON = OK + b"Content-Length: 6\r\n\r\npoison"
Ask = Callable[..., WireAnswer]

NO_ANSWER = {
    "nothing": b"",
    "text": b"hello\r\n\r\n",
    "TLS": b"\x15\x03\x01\x00\x02\x02\x46",
    "HTTP/2": b"\x00\x00\x12\x04\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x64",
    "HTTP/9": b"HTTP/9.9 200 OK\r\n\r\n",
    "half a status line": b"HTTP/1.1 2",
    "half a head": HEAD,
    "a status of two digits": b"HTTP/1.1 99 Low\r\nContent-Length: 0\r\n\r\n",
    "a status of four digits": b"HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n",
    "an upgrade": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n",
    "a header without a colon": HEAD + b"X-Evil\r\nContent-Length: 0\r\n\r\n",
    "a header without a name": HEAD + b": x\r\nContent-Length: 0\r\n\r\n",
    "a name with a blank": HEAD + b"X Evil: x\r\nContent-Length: 0\r\n\r\n",
    "a name with a NUL": HEAD + b"X\0: x\r\nContent-Length: 0\r\n\r\n",
    "a value with a NUL": HEAD + b"X: a\0b\r\nContent-Length: 0\r\n\r\n",
    "a value with a CR": HEAD + b"X: a\rX-Evil: b\r\nContent-Length: 0\r\n\r\n",
    "a value with a LF": HEAD + b"X: a\nX-Evil: b\r\nContent-Length: 0\r\n\r\n",
    "a folded value": HEAD + b"X: a\r\n X-Evil: b\r\nContent-Length: 0\r\n\r\n",
    "two lengths": HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    "a negative length": HEAD + b"Content-Length: -1\r\n\r\nhello",
    "a length in words": HEAD + b"Content-Length: five\r\n\r\nhello",
    "a length beyond all": HEAD + b"Content-Length: 99999999999999999999\r\n\r\nhello",
    "a length and chunks": HEAD
    + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    "too many headers": HEAD + b"X: a\r\n" * 300 + b"Content-Length: 0\r\n\r\n",
    "a header of 70 kB": HEAD + b"X: " + b"a" * 70_000 + b"\r\nContent-Length: 0\r\n\r\n",
}

BROKEN_OFF = {
    "less than its length": (b"Content-Length: 9\r\n\r\nhello", b"hello"),
    "a chunk without its end": (b"Transfer-Encoding: chunked\r\n\r\n9\r\nhello", b"hello"),
    "no last chunk": (b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", b"hello"),
    "a chunk longer than it says": (b"Transfer-Encoding: chunked\r\n\r\n4\r\nhello\r\n0\r\n\r\n", b"hell"),
    "chunks in words": (b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nfive\r\n", b"hello"),
    "a chunk beyond all": (
        b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nfffffffffffffffff\r\n",
        b"hello",
    ),
    "a chunk of less than nothing": (b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n-1\r\n", b"hello"),
    "a trailer in two lines": (
        b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX: a\nY: b\r\n\r\n",
        b"hello",
    ),
}


@pytest.fixture
def ask(stack: Stack, organization: Tenant) -> Ask:
    """Returns a function that sends a request to a server by way of the gateway and returns the answer."""

    def ask(server: ScriptedServer, number: int = 0) -> WireAnswer:
        with WireClient(stack.url) as client:
            headers = [
                ("Host", client.host),
                ("Authorization", "Bearer sk-1"),
                ("Helicone-Auth", f"Bearer {organization.api_key}"),
                ("Helicone-Target-Url", server.url),
                ("Connection", "close"),
            ]
            client.send(request("POST", f"/v1/gateway/gateway/v1/{number}", headers, b"{}"))
            answer = client.answer()
            assert answer is not None
            assert client.is_closed()
            return answer

    return ask


def assert_unreachable(answer: WireAnswer, row: Request) -> None:
    assert (answer.status, answer.is_whole) == (502, True)
    assert b'"code":"upstream_unreachable"' in answer.body
    assert [name for name, _ in answer.headers] == ["content-type", "content-length", "connection"]
    assert (row.status, row.error) == (502, "upstream_unreachable")


@pytest.mark.parametrize("kind", NO_ANSWER)
def test_what_is_no_answer_is_an_error(
    ask: Ask, organization: Tenant, wait_for_rows: Callable[..., list[Request]], kind: str
) -> None:
    with ScriptedServer(ALLOWED_HOST, answering(NO_ANSWER[kind])) as server:
        answer = ask(server)
    assert_unreachable(answer, wait_for_rows(organization.id)[0])


@pytest.mark.parametrize("kind", BROKEN_OFF)
def test_what_breaks_off_breaks_off_for_the_client(
    ask: Ask, organization: Tenant, wait_for_rows: Callable[..., list[Request]], kind: str
) -> None:
    rest, said = BROKEN_OFF[kind]
    with ScriptedServer(ALLOWED_HOST, answering(HEAD + rest)) as server:
        answer = ask(server)
    assert answer.status == 200
    assert not answer.is_whole
    assert said.startswith(answer.body)
    row = wait_for_rows(organization.id)[0]
    assert (row.status, row.error) == (-100, "stream_broke_off")


@pytest.mark.parametrize(
    ("start", "piece"),
    [
        (HEAD, b"X: " + b"a" * 1000 + b"\r\n"),
        (HEAD + b"X: ", b"a" * 1000),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (b"", b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"),
    ],
    ids=["headers", "one header", "100", "103"],
)
def test_headers_without_end_are_not_read_to_the_end(
    ask: Ask, organization: Tenant, wait_for_rows: Callable[..., list[Request]], start: bytes, piece: bytes
) -> None:
    sent = 0

    def flood(peer: Peer) -> None:
        nonlocal sent
        peer.request()
        peer.send(start)
        while sent < 100_000_000:
            peer.send(piece * 64)
            sent += len(piece) * 64

    began = time.monotonic()
    with ScriptedServer(ALLOWED_HOST, flood) as server:
        answer = ask(server)
    assert time.monotonic() - began < 1.5
    # What the sockets between the two hold, and not much more.
    assert sent < 10_000_000
    assert_unreachable(answer, wait_for_rows(organization.id)[0])


@pytest.mark.parametrize(
    ("rest", "body"),
    [
        (b"Content-Length: 5\r\n\r\nhello", b"hello"),
        (b"Content-Length: 0\r\n\r\n", b""),
        (b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", b"hello"),
    ],
)
@pytest.mark.parametrize("surplus", [POISON, b"x", b"\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", b"\0" * 10_000])
@pytest.mark.parametrize("is_in_one_piece", [True, False])
def test_what_follows_an_answer_is_nobodys(
    ask: Ask, rest: bytes, body: bytes, surplus: bytes, is_in_one_piece: bool
) -> None:
    sent = threading.Semaphore(0)

    def script(peer: Peer) -> None:
        while asked := peer.request():
            name = asked.split(b" ")[1].rpartition(b"/")[2]
            answer = HEAD + b"X-Name: " + name + b"\r\n" + rest
            peer.send(*([answer + surplus] if is_in_one_piece else [answer, surplus]))
            sent.release()

    with ScriptedServer(ALLOWED_HOST, script) as server:
        for number in range(3):
            answer = ask(server, number)
            assert (answer.status, answer.header("x-name")) == (200, str(number))
            assert (answer.body, answer.is_whole) == (body, True)
            # What comes after the next request was sent would be the answer to it.
            assert sent.acquire(timeout=5)
            time.sleep(0.01)


def test_answers_do_not_get_mixed_up_when_connections_are_used_again(ask: Ask) -> None:
    def script(peer: Peer) -> None:
        while asked := peer.request():
            name = asked.split(b" ")[1].rpartition(b"/")[2]
            peer.send(HEAD + b"Content-Length: %d\r\n\r\n" % len(name) + name)

    wrong: list[tuple[int, bytes]] = []

    def work(first: int) -> None:
        wrong.extend(
            (number, answer.body)
            for number in range(first, first + 20)
            if (answer := ask(server, number)).body != str(number).encode()
        )

    with ScriptedServer(ALLOWED_HOST, script) as server:
        threads = [threading.Thread(target=work, args=(first,)) for first in range(0, 120, 20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not wrong
        assert len(server.requests) == 120
        assert server.connections <= 6
