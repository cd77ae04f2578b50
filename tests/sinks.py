"""Where notices end in tests: a mail server, and the services that they are sent to. Everything on loopback.

The process that owns the run has one `MailSink` and one `ServiceSink` for the product that it starts; what they were
sent lies in files, where each test looks for what is its own: by an address or a token that nobody else has.
"""

import json
import logging
import os
import queue
import select
import socket
import ssl
import struct
import threading
import time
import uuid
from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeVar

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.certificates import Authority
from tests.instances import free_port

Thing = TypeVar("Thing")

REFUSED = "refused"
"""Mails to addresses with this in them are answered 550."""
BUSY = "busy"
"""Mails to addresses with this in them are answered 451."""


class MailSink:
    """A mail server that keeps each message as a file below `place`."""

    def __init__(self, place: Path) -> None:
        place.mkdir(parents=True, exist_ok=True)
        self._place = place
        logging.getLogger("mail.log").setLevel(logging.WARNING)  # aiosmtpd's
        self.port = free_port()
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self._controller.start()

    @property
    def env(self) -> dict[str, str]:
        """Returns the variables with which the product sends its mails here."""
        return {"EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": str(self.port), "EMAIL_USE_TLS": "false"}

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """aiosmtpd asks this for each address."""
        if REFUSED in address:
            return "550 nobody here"
        if BUSY in address:
            return "451 try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """aiosmtpd calls this with each message."""
        assert isinstance(envelope.content, bytes)
        _keep(self._place, envelope.content)
        return "250 kept"

    def stop(self) -> None:
        """Close it."""
        self._controller.stop()


class ServiceCall(NamedTuple):
    """What a service was sent."""

    method: str
    host: str
    path: str
    headers: dict[str, str]  # names in lower case
    body: bytes

    @property
    def json(self) -> Any:
        """Returns the body's JSON."""
        return json.loads(self.body)


class ServiceSink:
    """All services of the internet behind one proxy: CONNECT leads here, whatever the host, and TLS ends here.

    A path or body with `answer-404` in it is answered 404; else Slack, Discord and PagerDuty answer as they do.
    """

    def __init__(self, place: Path) -> None:
        place.mkdir(parents=True, exist_ok=True)
        authority = Authority(place)
        self._ca = str(authority.certificate)
        sink = self
        contexts: dict[str, ssl.SSLContext] = {}
        lock = threading.Lock()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_CONNECT(self) -> None:
                host = self.path.partition(":")[0]
                self.send_response(200)
                self.end_headers()
                with lock:
                    if host not in contexts:
                        contexts[host] = authority.server_side(host)
                with contexts[host].wrap_socket(self.connection, server_side=True) as connection:
                    sink._serve(place, host, connection)
                self.close_connection = True

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    @property
    def env(self) -> dict[str, str]:
        """Returns the variables with which `requests` takes this for the internet."""
        url = f"http://127.0.0.1:{self._http.server_port}"
        return {"HTTPS_PROXY": url, "REQUESTS_CA_BUNDLE": self._ca}

    def stop(self) -> None:
        """Close it."""
        self._http.shutdown()
        self._http.server_close()

    def _serve(self, place: Path, host: str, connection: ssl.SSLSocket) -> None:
        class Inside(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                kept = [self.command, host, self.path, headers, body.decode("utf-8", "replace")]
                _keep(place, json.dumps(kept).encode())
                status, said = _answer_of(host, self.path + body.decode("utf-8", "replace"))
                self.send_response(status)
                self.send_header("Content-Length", str(len(said)))
                self.end_headers()
                self.wfile.write(said)

            do_GET = do_POST

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        Inside(connection, ("127.0.0.1", 0), None)  # type: ignore[arg-type]


def _answer_of(host: str, said: str) -> tuple[int, bytes]:
    _, found, rest = said.partition("answer-")
    if found:
        return int(rest[:3]), b"no"
    if host.endswith("discord.com"):
        return 204, b""
    if host.endswith("pagerduty.com"):
        return 202, b'{"status":"success","message":"Event processed","dedup_key":"x"}'
    return 200, b"ok"


Answer = int | Literal["hang", "reset"]


class HttpCall(NamedTuple):
    """One call of an `HttpSink`."""

    method: str
    path: str
    headers: dict[str, str]  # names in lower case
    body: bytes
    at_s: float  # time.time()

    @property
    def json(self) -> Any:
        """Returns the body's JSON."""
        return json.loads(self.body)


class HttpSink:
    """An HTTP server that notes its calls, and answers what the test decides. A context manager.

    `host` is one that the product may call (tests.live.ALLOWED_HOST) or not. `answer` is a status, "hang" (says nothing
    until the end) or "reset" (breaks the connection), or a function of the call that returns one.
    """

    def __init__(self, host: str, *, answer: Answer | Callable[[HttpCall], Answer] = 200) -> None:
        self.answer = answer
        self.calls: list[HttpCall] = []
        self._news: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._closing = threading.Event()
        sink = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                sink._handle(self)

            do_GET = do_PUT = do_POST

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self._http = ThreadingHTTPServer((host, 0), Handler)
        self._http.daemon_threads = True
        self.url = f"http://{host}:{self._http.server_port}"
        self._thread = threading.Thread(
            target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self._thread.start()

    def __enter__(self) -> "HttpSink":
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def wait_for(self, number: int, *, within_s: float = 15) -> list[HttpCall]:
        """Returns the calls as soon as there are so many. Fails after `within_s`."""
        deadline = time.monotonic() + within_s
        while len(self.calls) < number:
            try:
                self._news.get(timeout=max(0, deadline - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"{len(self.calls)} of {number} calls after {within_s} s") from None
        return list(self.calls)

    def _handle(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("content-length") or 0))
        headers = {name.lower(): value for name, value in handler.headers.items()}
        call = HttpCall(handler.command, handler.path, headers, body, time.time())
        answer = self.answer(call) if callable(self.answer) else self.answer
        self.calls.append(call)
        self._news.put(None)
        if answer == "hang":
            self._wait_for_end(handler.connection)
            handler.close_connection = True
        elif answer == "reset":
            # Closed at once, with what is still to be sent thrown away: the other side sees a reset.
            handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            handler.close_connection = True
        else:
            handler.send_response(answer)
            if 300 <= answer < 400:
                handler.send_header("Location", handler.path)
            handler.send_header("Content-Length", "0")
            handler.end_headers()

    def _wait_for_end(self, connection: socket.socket) -> None:
        while not self._closing.is_set():
            readable, _, _ = select.select([connection], [], [], 0.05)
            if readable and not connection.recv(1):
                return


def mails_to(address: str, *, place: Path | None = None) -> list[EmailMessage]:
    """Returns the mails that the product sent to an address so far, oldest first; `place` is that of another sink."""
    mails = (message_from_bytes(kept, policy=policy.default) for kept in _kept("mail", place))
    return [mail for mail in mails if isinstance(mail, EmailMessage) and address in str(mail["To"])]


def wait_for_mails(address: str, number: int = 1, *, within_s: float = 20) -> list[EmailMessage]:
    """Returns the mails to an address as soon as there are so many. Fails after `within_s`."""
    return _waited(lambda: mails_to(address), number, within_s)


def service_calls(mark: str) -> list[ServiceCall]:
    """Returns the calls of services so far with `mark` in their path or body, oldest first."""
    calls = []
    for kept in _kept("services", None):
        method, host, path, headers, body = json.loads(kept)
        if mark in path or mark in body:
            calls.append(ServiceCall(method, host, path, headers, body.encode()))
    return calls


def wait_for_service_calls(mark: str, number: int = 1, *, within_s: float = 20) -> list[ServiceCall]:
    """Returns such calls as soon as there are so many. Fails after `within_s`."""
    return _waited(lambda: service_calls(mark), number, within_s)


def place_of(base_dir: Path, name: Literal["mail", "services"]) -> Path:
    """Returns where a run's sink keeps what it was sent."""
    return base_dir / name


def _kept(name: Literal["mail", "services"], place: Path | None) -> list[bytes]:
    place = place or place_of(Path(os.environ["HELICONE_DATA_DIR"]).parent, name)
    return [path.read_bytes() for path in sorted(place.glob("*.kept"))]


def _keep(place: Path, what: bytes) -> None:
    name = f"{time.time_ns():020d}-{uuid.uuid4().hex}"
    (place / f"{name}.part").write_bytes(what)
    (place / f"{name}.part").rename(place / f"{name}.kept")  # whole, or not there


def _waited(look: Callable[[], list[Thing]], number: int, within_s: float) -> list[Thing]:
    deadline = time.monotonic() + within_s
    while len(found := look()) < number:
        assert time.monotonic() < deadline, f"{len(found)} of {number} after {within_s} s"
        time.sleep(0.05)
    return found
