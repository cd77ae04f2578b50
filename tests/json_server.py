"""A server on loopback whose answers a test decides, one by one: for what asks APIs."""

import json
import threading
import urllib.parse
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple


class JsonCall(NamedTuple):
    """One call."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]  # names in lower case
    body: Any


class Broken(NamedTuple):
    """An answer that ends in the middle of its body."""

    body: bytes


Answering = Callable[[JsonCall], "tuple[int, Any] | tuple[int, Any, dict[str, str]] | Broken"]


class JsonServer:
    """What was asked, and where it is. Use it as a context manager."""

    def __init__(self, answer: Answering) -> None:
        self.calls: list[JsonCall] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                server._answer(self, answer)

            do_POST = do_GET

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self._thread = threading.Thread(
            target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._http.server_port}"

    def __enter__(self) -> "JsonServer":
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def _answer(self, handler: BaseHTTPRequestHandler, answer: Answering) -> None:
        parts = urllib.parse.urlsplit(handler.path)
        body = handler.rfile.read(int(handler.headers.get("content-length") or 0))
        call = JsonCall(
            handler.command,
            parts.path,
            dict(urllib.parse.parse_qsl(parts.query)),
            {name.lower(): value for name, value in handler.headers.items()},
            json.loads(body) if body else None,
        )
        self.calls.append(call)
        answered = answer(call)
        if isinstance(answered, Broken):
            handler.send_response(200)
            handler.send_header("content-length", str(len(answered.body) * 2))
            handler.end_headers()
            handler.wfile.write(answered.body)
            handler.close_connection = True
            return
        status, said, *headers = answered
        encoded = json.dumps(said).encode()
        handler.send_response(status)
        for name, value in (headers[0] if headers else {}).items():
            handler.send_header(name, value)
        handler.send_header("content-type", "application/json")
        handler.send_header("content-length", str(len(encoded)))
        handler.end_headers()
        handler.wfile.write(encoded)
