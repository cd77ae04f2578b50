"""How the server's answers leave: head and body in one write where both are there, and no byte later than it could."""

import socket
import time
import urllib.parse
from collections.abc import Callable

from tests.live import Stack, Tenant

STREAM = b'{"model":"gpt-4o","stream":true,"messages":[{"role":"user","content":"Hi"}]}'


def test_head_and_body_of_a_small_answer_are_one_write(stack: Stack) -> None:
    address = urllib.parse.urlsplit(stack.url)
    with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
        for _ in range(50):
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            data = connection.recv(1 << 16)
            assert data.startswith(b"HTTP/1.1 200 OK\r\n")
            assert data.endswith(b"\r\n\r\n3\r\nok\n\r\n0\r\n\r\n")


def test_a_streams_headers_do_not_wait_for_its_first_event(
    stack: Stack, organization: Tenant, scenario: Callable[..., dict[str, str]]
) -> None:
    address = urllib.parse.urlsplit(stack.url)
    headers = {
        "Host": address.netloc,
        "Authorization": "Bearer sk-fake-key",
        "Helicone-Auth": f"Bearer {organization.api_key}",
        "Content-Length": str(len(STREAM)),
        **scenario(hang_after=0),
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
        started = time.monotonic()
        connection.sendall(f"POST /v1/chat/completions HTTP/1.1\r\n{lines}\r\n".encode() + STREAM)
        data = connection.recv(1 << 16)
        assert data.startswith(b"HTTP/1.1 200 OK\r\n")
        assert data.endswith(b"\r\n\r\n")
        assert time.monotonic() - started < 1
