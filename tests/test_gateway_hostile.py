"""Clients that send what could be read in two ways: the provider sees one request or none."""

import time
from collections.abc import Callable, Iterator

import pytest

from accounts_app import actions
from tests.fake_provider.process import ProviderHandle
from tests.live import Stack, Tenant
from tests.raw_socket import WireClient, chunked

BODY = b'{"model":"gpt-4o","messages":[{"role":"user","content":"Hi"}]}'
WITH_BODY = b"Content-Length: %d\r\n\r\n%b" % (len(BODY), BODY)
CHUNKED = b"Transfer-Encoding: chunked\r\n"
Start = Callable[..., bytes]


@pytest.fixture
def client(stack: Stack) -> Iterator[WireClient]:
    """A connection to the gateway."""
    with WireClient(stack.url) as client:
        yield client


@pytest.fixture
def start(client: WireClient, organization: Tenant) -> Start:
    """Returns a function that makes the beginning of a request: its line and the usual headers."""

    def make(marker: str, target: str = "/v1/chat/completions", method: str = "POST") -> bytes:
        return (
            f"{method} {target} HTTP/1.1\r\nHost: {client.host}\r\nAuthorization: Bearer sk-fake-key\r\n"
            f"Helicone-Auth: Bearer {organization.api_key}\r\nx-fake-scenario: marker={marker}\r\n"
        ).encode()

    return make


def assert_refused(client: WireClient, provider: ProviderHandle, marker: str, *statuses: int) -> None:
    """Fails unless the request was answered with one of `statuses`, or not at all, and went no further."""
    answer = client.answer()
    assert answer is None or answer.status in statuses
    assert client.is_closed()
    assert not provider.calls(marker)
    assert not provider.calls(marker + "-hidden")


def assert_answered(
    client: WireClient, start: Start, provider: ProviderHandle, marker: str, body: bytes
) -> None:
    """Fails unless the provider got this one request, and the connection serves the next one as ever."""
    answer = client.answer()
    assert answer is not None
    assert answer.body == provider.call(marker).answer
    assert provider.call(marker).body == body
    assert not provider.calls(marker + "-hidden")
    client.send(start(marker + "-next") + WITH_BODY)
    following = client.answer()
    assert following is not None
    assert following.body == provider.call(marker + "-next").answer


TWO_LENGTHS = (
    *(b"Transfer-Encoding: chunked", b"Transfer-Encoding: xchunked", b"Transfer-Encoding:\tchunked"),
    *(
        b"Transfer-Encoding: chunked, identity",
        b"Transfer-Encoding: identity, chunked",
        b"Transfer-Encoding: identity",
    ),
    *(b'Transfer-Encoding: "chunked"', b"Transfer-Encoding: chunked\x0b", b"Transfer-Encoding : chunked"),
    *(b"Transfer-Encoding:", b"Transfer-Encoding:\r\n chunked", b"Transfer-Encoding: gzip, chunked"),
    *(
        b"X: y\nTransfer-Encoding: chunked",
        b"X: y\rTransfer-Encoding: chunked",
        b"\0Transfer-Encoding: chunked",
    ),
    *(b"Transfer-Encoding: identity\r\nTransfer-Encoding: chunked", b"tRANSFER-eNCODING: CHUNKED"),
)


@pytest.mark.parametrize("line", TWO_LENGTHS)
@pytest.mark.parametrize("length_is_first", [True, False])
def test_a_length_and_chunks_are_not_taken_together(
    client: WireClient,
    start: Start,
    provider: ProviderHandle,
    marker: str,
    line: bytes,
    length_is_first: bool,
) -> None:
    body = b"0\r\n\r\n" + start(marker + "-hidden") + WITH_BODY
    lines = [b"Content-Length: %d" % len(body), line]
    if not length_is_first:
        lines.reverse()
    client.send(start(marker) + b"\r\n".join([*lines, b"", body]))
    assert_refused(client, provider, marker, 400)


@pytest.mark.parametrize(
    "line",
    [
        *(
            b"Content-Length: 2\r\nContent-Length: 62",
            b"Content-Length: 2\r\nContent-Length: 2",
            b"Content-Length: 2, 2",
        ),
        *(b"Content-Length: +2", b"Content-Length: -2", b"Content-Length: 0x2", b"Content-Length: 2 2"),
        *(
            b"Content-Length:",
            b"Content-Length : 2",
            b"Content-Length\t: 2",
            b"Content-Length: 2\x0b",
            b"Content-Length: \xb2",
        ),
        *(b"Content-Length: 99999999999999999999999", b"Content-Length: 18446744073709551618"),
        *(
            b"Transfer-Encoding: xchunked",
            b"Transfer-Encoding: identity",
            b"Transfer-Encoding: chunked, gzip",
        ),
        *(
            b"Transfer-Encoding: chunked, chunked",
            b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
        ),
    ],
)
def test_a_length_that_is_none_is_refused(
    client: WireClient, start: Start, provider: ProviderHandle, marker: str, line: bytes
) -> None:
    client.send(start(marker) + line + b"\r\n\r\n{}" + start(marker + "-hidden") + WITH_BODY)
    assert_refused(client, provider, marker, 400)


@pytest.mark.parametrize(
    "chunks",
    [
        *(
            b"0x2\r\n{}\r\n0\r\n\r\n",
            b"-2\r\n{}\r\n0\r\n\r\n",
            b"+2\r\n{}\r\n0\r\n\r\n",
            b"2 \r\n{}\r\n0\r\n\r\n",
        ),
        *(
            b"2\n{}\n0\n\n",
            b"2\r{}\r0\r\r",
            b"2\r\n{}0\r\n\r\n",
            b"2\r\n{}x\r\n0\r\n\r\n",
            b"\r\n2\r\n{}\r\n0\r\n\r\n",
        ),
        *(
            b"fffffffffffffffff\r\n{}",
            b'2;a="x\r\ny"\r\n{}\r\n0\r\n\r\n',
            b"2;a\n{}\r\n0\r\n\r\n",
            b"g\r\n\r\n",
        ),
        *(
            b"2\r\n{}\r\n0\r\nContent-Length: 62\r\n\r\n",
            b"2\r\n{}\r\n0\r\nX: a\nY: b\r\n\r\n",
            b"2\r\n{}\r\n0\r\n X: a\r\n\r\n",
        ),
    ],
)
def test_chunks_that_are_none_are_refused(
    client: WireClient, start: Start, provider: ProviderHandle, marker: str, chunks: bytes
) -> None:
    client.send(start(marker) + CHUNKED + b"\r\n" + chunks + start(marker + "-hidden") + WITH_BODY)
    assert_refused(client, provider, marker, 400)


@pytest.mark.parametrize(
    ("framing", "body"),
    [
        (CHUNKED + b'\r\n2;a=b;c="d"\r\n{}\r\n0\r\n\r\n', b"{}"),
        (CHUNKED + b"\r\n02\r\n{}\r\n000\r\n\r\n", b"{}"),
        (b"Transfer-Encoding: CHUNKED \r\n\r\n2\r\n{}\r\n0\r\n\r\n", b"{}"),
        (b"Content-Length: 2 \r\n\r\n{}", b"{}"),
        (b"Content-Length: 002\r\n\r\n{}", b"{}"),
        (b"Content-Length: 0\r\n\r\n", b""),
        (b"Transfer_Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", b"0\r\n\r\n"),
        (b"X-Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", b"0\r\n\r\n"),
        (b"Connection: content-length\r\nContent-Length: 2\r\n\r\n{}", b"{}"),
    ],
)
def test_an_odd_but_clear_length_is_taken(
    client: WireClient, start: Start, provider: ProviderHandle, marker: str, framing: bytes, body: bytes
) -> None:
    client.send(start(marker) + framing)
    assert_answered(client, start, provider, marker, body)


def test_a_request_inside_of_a_body_stays_there(
    client: WireClient, start: Start, provider: ProviderHandle, marker: str
) -> None:
    hidden = start(marker + "-hidden") + WITH_BODY
    client.send(start(marker) + b"Content-Length: %d\r\n\r\n" % len(hidden) + hidden)
    assert_answered(client, start, provider, marker, hidden)


def test_a_request_that_is_sent_before_the_answer_to_the_last_one_waits_for_it(
    client: WireClient, start: Start, provider: ProviderHandle, marker: str
) -> None:
    markers = [f"{marker}-{n}" for n in range(5)]
    client.send(b"".join(start(each) + WITH_BODY for each in markers))
    for each in markers:
        answer = client.answer()
        assert answer is not None
        assert answer.body == provider.call(each).answer


@pytest.mark.parametrize("protocol", ["h2c", "TLS/1.2", "foo, bar"])
@pytest.mark.parametrize("is_in_one_piece", [True, False])
def test_the_offer_of_another_protocol_is_passed_over(
    client: WireClient,
    start: Start,
    provider: ProviderHandle,
    marker: str,
    protocol: str,
    is_in_one_piece: bool,
) -> None:
    # As Java's HttpClient offers HTTP/2.
    offer = (
        f"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: {protocol}\r\nHTTP2-Settings: AAEAAEAA\r\n".encode()
    )
    wire = start(marker) + offer + WITH_BODY
    if is_in_one_piece:
        client.send(wire)
    else:
        client.send(wire[:-40])
        time.sleep(0.02)
        client.send(wire[-40:])
    assert_answered(client, start, provider, marker, BODY)
    assert provider.call(marker).header("http2-settings") is None


def test_a_body_that_ends_early_reaches_nobody(
    client: WireClient, start: Start, provider: ProviderHandle, marker: str
) -> None:
    client.send(start(marker) + b"Content-Length: 63\r\n\r\n" + BODY)
    client.__exit__(None, None, None)
    assert not provider.calls(marker)


def test_trailers_are_not_taken_for_headers(
    client: WireClient, start: Start, provider: ProviderHandle, marker: str
) -> None:
    trailers = (
        b"X-Trailer: 1\r\nAuthorization: Bearer sk-other\r\nHelicone-Target-Url: http://evil.test\r\n\r\n"
    )
    client.send(start(marker) + CHUNKED + b"\r\n" + chunked([BODY]).removesuffix(b"\r\n") + trailers)
    assert_answered(client, start, provider, marker, BODY)

    call = provider.call(marker)
    assert call.header("x-trailer") is None
    assert call.header("authorization") == "Bearer sk-fake-key"


@pytest.mark.parametrize(
    "line",
    [
        *(
            b"X: a\nX-Evil: b",
            b"X: a\rX-Evil: b",
            b"X: a\r\n folded",
            b"X: a\r\n\tfolded",
            b"X: a\0b",
            b"X: \x01",
            b"X: \x7f",
        ),
        *(b"X : a", b" X: a", b"no colon", b": a", b"X Y: a", b"X\xc3\xbc: a", b"(x): a", b"X\0: a"),
        *(
            b"Helicone-Property-A: b\nX-Evil: c",
            b"Helicone-Property-A: b\r\n c",
            b"Helicone-Property-A\nX: b",
        ),
        *(
            b"Helicone-Property-\xfc: a",
            b"Helicone-Property-A B: c",
            b"Helicone-User-Id: a\0b",
            b"Helicone-Session-Id: a\rb",
        ),
        *(b"Helicone-Target-Url: https://api.openai.com\nX-Evil: b", b"Helicone-Auth: Bearer a\0b"),
    ],
)
def test_a_header_that_could_be_two_is_refused(
    client: WireClient, start: Start, provider: ProviderHandle, marker: str, line: bytes
) -> None:
    client.send(start(marker) + line + b"\r\n" + WITH_BODY)
    assert_refused(client, provider, marker, 400)


@pytest.mark.parametrize(
    "target",
    [
        *("/v1/models\rX-Evil:y", "/v1/models\nX-Evil:y", "/v1/models\0", "/v1/models\tx", "/v1/models\x7f"),
        *("/v1/models x", "v1/models", "http://", ":80", "evil.test:80/v1/models"),
    ],
)
def test_a_target_that_is_more_than_a_path_is_refused(
    client: WireClient, start: Start, provider: ProviderHandle, marker: str, target: str
) -> None:
    client.send(start(marker, target=target, method="GET") + b"\r\n")
    assert_refused(client, provider, marker, 400)


def test_line_breaks_in_a_path_stay_encoded(
    client: WireClient, start: Start, provider: ProviderHandle, marker: str
) -> None:
    target = "/v1/models/a%0d%0aX-Evil:%20b?c=%0d%0a%0d%0aGET%20/"
    client.send(start(marker, target=target, method="GET") + b"\r\n")
    answer = client.answer()
    assert answer is not None
    assert answer.body == provider.call(marker).answer
    assert provider.call(marker).path == target
    assert provider.call(marker).header("x-evil") is None


@pytest.mark.parametrize("secret", ["sk-fake-a\r\nX-Evil: b", "sk-fake-a\nb"])
def test_a_stored_key_with_a_line_break_is_not_sent(
    client: WireClient,
    start: Start,
    provider: ProviderHandle,
    organization: Tenant,
    marker: str,
    gateway_knows: Callable[[], None],
    secret: str,
) -> None:
    actions.store_provider_key(organization=organization.organization, provider="openai", secret=secret)
    gateway_knows()
    client.send(start(marker).replace(b"Authorization: Bearer sk-fake-key\r\n", b"") + WITH_BODY)
    answer = client.answer()
    assert answer is not None
    assert answer.status == 500
    assert not provider.calls(marker)


@pytest.mark.parametrize(
    "rest",
    [
        b"X-Large: " + b"a" * 70_000 + b"\r\n" + WITH_BODY,
        b"".join(b"X-%d: %b\r\n" % (n, b"a" * 250) for n in range(300)) + WITH_BODY,
        b"X" * 200_000,
        b"X: " + b"a" * 200_000,
        b"X: a\r\n" * 50_000,
    ],
    ids=[
        "one large header",
        "many large headers",
        "a name without end",
        "a value without end",
        "headers without end",
    ],
)
def test_headers_that_are_too_large_are_refused(
    client: WireClient, start: Start, provider: ProviderHandle, marker: str, rest: bytes
) -> None:
    client.send(start(marker) + rest)
    assert_refused(client, provider, marker, 431)


def test_an_address_that_is_too_long_is_refused(
    client: WireClient, start: Start, provider: ProviderHandle, marker: str
) -> None:
    client.send(start(marker, target="/v1/models?a=" + "b" * 70_000, method="GET") + b"\r\n")
    assert_refused(client, provider, marker, 414, 431)


@pytest.mark.parametrize(
    "lines",
    [b"".join(b"X-%d: a\r\n" % n for n in range(300)), b"X-Large: " + b"a" * 60_000 + b"\r\n"],
    ids=["three hundred headers", "a header of 60 kB"],
)
def test_headers_that_are_merely_large_pass(
    client: WireClient, start: Start, provider: ProviderHandle, marker: str, lines: bytes
) -> None:
    client.send(start(marker) + lines + WITH_BODY)
    assert_answered(client, start, provider, marker, BODY)
    passed = [
        f"{name}: {value}\r\n" for name, value in provider.call(marker).headers if name.startswith("x-")
    ]
    assert "".join(passed[1:]).encode() == lines.lower()


@pytest.mark.parametrize(
    "start_of_something_else",
    [
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET /v1/models HTTP/3.0\r\n\r\n",
    ],
    ids=["HTTP/2", "TLS", "HTTP/3"],
)
def test_another_protocol_is_refused(client: WireClient, start_of_something_else: bytes) -> None:
    client.send(start_of_something_else)
    answer = client.answer()
    assert answer is None or answer.status == 400
    assert client.is_closed()
