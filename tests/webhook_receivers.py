"""Somebody who is told by webhooks, and what became of telling; `tests.webhook_fixtures` has it running."""

import json
import socket
import struct
import threading
import uuid
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from django.utils import timezone

from alerts_app.models import Delivery, DeliveryState, Webhook
from tests.events import wait_until
from tests.live import ALLOWED_HOST


@dataclass(frozen=True)
class Heard:
    """A call, as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def payload(self) -> dict[str, Any]:
        """Returns what the body says."""
        found: dict[str, Any] = json.loads(self.body)
        return found

    @property
    def delivery_id(self) -> uuid.UUID:
        """Returns the id that duplicates are told by."""
        return uuid.UUID(self.headers["Helicone-Delivery-Id"])


class Receiver:
    """An HTTP server that notes what it is sent and answers as it is asked to: with a status (and where else to go),
    or by hanging, resetting the connection, or dripping an answer for ever.
    """

    def __init__(self) -> None:
        self.heard: list[Heard] = []
        self.ended = threading.Event()  # those that hang go on when the run ends
        self.answers: dict[str, list[str]] = {}  # by the first part of the path: what to do, call by call
        self._server = ThreadingHTTPServer((ALLOWED_HOST, 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> "Receiver":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        self._server.shutdown()
        self._server.server_close()

    def address(self, *ways: str) -> str:
        """Returns a new address that answers its calls in these ways, the last for all others."""
        mark = uuid.uuid4().hex
        self.answers[mark] = list(ways)
        return f"http://{ALLOWED_HOST}:{self._server.server_port}/{mark}"

    def at(self, address: str) -> list[Heard]:
        """Returns what was heard at an address so far."""
        return [one for one in self.heard if address.endswith(one.path)]

    def _handler(receiver: "Receiver") -> type[BaseHTTPRequestHandler]:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                ways = receiver.answers[self.path.strip("/")]
                way = ways.pop(0) if len(ways) > 1 else ways[0]
                receiver.heard.append(Heard(self.path, dict(self.headers), body))
                match way:
                    case "hang":
                        receiver.ended.wait(30)
                    case "reset":
                        linger = struct.pack("ii", 1, 0)
                        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                        for end in (self.rfile, self.wfile, self.connection):
                            end.close()
                    case "drip":
                        self._answer(200, length=1000)
                        while not receiver.ended.wait(0.3):
                            self.wfile.write(b".")
                    case "drip head":
                        for piece in ("HTTP/1.1 200 OK\r\n", *(f"X-{n}: 1\r\n" for n in range(1000))):
                            self.wfile.write(piece.encode())
                            if receiver.ended.wait(0.3):
                                break
                    case _:
                        status, _, to = way.partition(" ")
                        self._answer(int(status), length=4, location=to)
                        self.wfile.write(b"okay")

            def _answer(self, status: int, *, length: int, location: str = "") -> None:
                self.send_response(status)
                if location:
                    self.send_header("Location", location)
                self.send_header("Content-Length", str(length))
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

            def handle_one_request(self) -> None:
                try:
                    super().handle_one_request()
                except (ConnectionError, ValueError, OSError):
                    self.close_connection = True

        return Handler


def settled(webhook: Webhook, number: int = 1, *, within_s: float = 15) -> list[Delivery]:
    """Waits until so many of a webhook's deliveries were tried, and returns all, oldest first."""

    def find() -> list[Delivery] | None:
        found = list(Delivery.objects.filter(webhook=webhook).order_by("created_at", "id"))
        return found if sum(one.state != DeliveryState.PENDING for one in found) >= number else None

    deliveries: list[Delivery] = wait_until(find, within_s=within_s)
    return deliveries


def have_due(webhook: Webhook) -> None:
    """What waits for another attempt has waited long enough."""
    Delivery.objects.filter(webhook=webhook, state=DeliveryState.FAILED).update(
        next_attempt_at=timezone.now()
    )
