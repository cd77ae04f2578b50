"""How the server's answers leave: head and body in one write where both are there, and no byte later than it could."""

import socket
import time
import urllib.parse
from collections.abc import Callable

import pytest

from tests.live import Stack, Tenant

BODY = b'{"model":"gpt-4o","messages":[{"role":"user","content":"Hi"}]}'
STREAM = BODY.replace(b"{", b'{"stream":true,', 1)


@pytest.fixture
def first_read(
    stack: Stack, organization: Tenant, scenario: Callable[..., dict[str, str]]
) -> Callable[..., tuple[bytes, float]]:
    """Returns a function that sends a chat request, and returns what the first read brings, and after how long."""

    def read(body: bytes, **settings: object) -> tuple[bytes, float]:
        address = urllib.parse.urlsplit(stack.url)
        headers = {
            "Host": address.netloc,
            "Authorization": "Bearer sk-fake-key",
            "Helicone-Auth": f"Bearer {organization.api_key}",
            "Content-Length": str(len(body)),
            **scenario(**settings),
        }
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
            started = time.monotonic()
            connection.sendall(f"POST /v1/chat/completions HTTP/1.1\r\n{lines}\r\n".encode() + body)
            return connection.recv(1 << 20), time.monotonic() - started

    return read


def test_a_plain_answer_is_one_write(first_read: Callable[..., tuple[bytes, float]]) -> None:
    # Held until it is logged, which takes a while: a head that went ahead would be read alone.
    data, _ = first_read(BODY)
    head, found, body = data.partition(b"\r\n\r\n")
    assert found
    assert f"content-length: {len(body)}".encode() in head.lower()


def test_a_streams_headers_do_not_wait_for_its_first_event(
    first_read: Callable[..., tuple[bytes, float]],
) -> None:
    data, seconds = first_read(STREAM, hang_after=0)
    assert data.startswith(b"HTTP/1.1 200 OK\r\n")
    assert data.endswith(b"\r\n\r\n")
    assert seconds < 1
