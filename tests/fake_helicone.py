"""Helicone's REST API on loopback, as far as an export needs it, with everything that can go wrong there."""

import json
import random
import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

KEY = "sk-helicone-aaaaaaa-bbbbbbb-ccccccc-ddddddd"
START = datetime(2026, 3, 1, tzinfo=UTC)
_STUB = {"helicone_message": "The body is at signed_body_url."}
_CLOUD_STUB = {"helicone_message": "fetching body from signed_url... contact somebody for more information"}


@dataclass
class Stored:
    """A request as the server has it."""

    id: str
    created_at: datetime
    properties: dict[str, str] = field(default_factory=dict)
    scores: dict[str, int] = field(default_factory=dict)
    request: Any = None
    response: Any = None
    user: str | None = None
    copies: int = 1  # rows that were updated, and not put together yet


@dataclass
class Seen:
    """A call that came."""

    path: str
    body: dict[str, Any]
    key: str | None


class FakeHelicone:
    """The server. Tests fill `stored`, and say in `faults` what goes wrong with the next queries.

    As `cloud` it behaves like Helicone's own: times to the millisecond, equal ones in any order, rows that were
    updated put together after the page was cut, no bodies in rows. Else like this product's.
    """

    def __init__(self, *, cloud: bool) -> None:
        self.cloud = cloud
        self.stored: list[Stored] = []
        self.faults: deque[str] = deque()
        self.body_faults: deque[str] = deque()
        self.delay_s = 0.0
        self.can_count = True
        self.rows_given = 0
        self.gives_rows = 1_000_000  # then it is away
        self.fitting_bodies = 1_000_000  # of a page, for which there is room in it
        self.seen: list[Seen] = []
        self.before_query: Callable[[], None] = lambda: None
        self.signatures: set[str] = set()
        self.lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.fake = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Returns the server's origin."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def stop(self) -> None:
        """End the server."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def fill(self, number: int, *, start: datetime = START, step: timedelta = timedelta(seconds=1)) -> None:
        """Store requests, one each `step` from `start` on."""
        first = len(self.stored)
        for n in range(first, first + number):
            self.stored.append(
                Stored(
                    f"request-{n:05}",
                    start + step * (n - first) + timedelta(microseconds=n % 1000),
                    {"Environment": "production" if n % 3 else "staging", "N": str(n)},
                    {"quality": n} if n % 10 == 0 else {},
                    {
                        "model": "gpt-4o",
                        "messages": [{"role": "user", "content": f'Grüße, {n}:\n"quoted", 2'}],
                    },
                    {"choices": [{"message": {"content": f"answer {n}"}}]},
                    f"user-{n % 7}",
                )
            )

    def newest_first(self) -> list[str]:
        """Returns all ids."""
        return [one.id for one in sorted(self.stored, key=lambda one: one.created_at, reverse=True)]

    def queries(self) -> list[dict[str, Any]]:
        """Returns the queries of rows that came."""
        return [call.body for call in self.seen if call.path == "/v1/request/query-clickhouse"]

    def answer(self, asked: dict[str, Any]) -> list[dict[str, Any]]:
        """Returns the rows that a query finds."""
        found = [one for one in self._matching(asked) for _ in range(one.copies if self.cloud else 1)]
        page = found[asked["offset"] : asked["offset"] + asked["limit"]]
        if self.cloud:
            page = list({one.id: one for one in page}.values())
        rows = [self.row(one) for one in page]
        if asked.get("includeBodies") and not self.cloud:
            for one, row in list(zip(page, rows, strict=True))[: self.fitting_bodies]:
                row |= {"request_body": one.request, "response_body": one.response}
        return rows

    def count(self, asked: dict[str, Any]) -> int:
        """Returns how many requests a query finds."""
        return len(self._matching(asked))

    def row(self, one: Stored) -> dict[str, Any]:
        """Returns a request as HeliconeRequest."""
        signature = f"{one.id}-{random.getrandbits(64)}"
        self.signatures.add(signature)
        stub = _CLOUD_STUB if self.cloud else _STUB
        row = {
            "request_id": one.id,
            "response_id": f"r-{one.id}",
            "request_created_at": _iso(one.created_at, to_ms=self.cloud),
            "response_created_at": _iso(one.created_at + timedelta(seconds=1), to_ms=self.cloud),
            "request_body": stub,
            "response_body": stub,
            "response_status": 200,
            "request_user_id": one.user,
            "request_properties": one.properties,
            "properties": one.properties,
            "model": "gpt-4o",
            "provider": "OPENAI",
            "delay_ms": 1000,
            "prompt_tokens": 9,
            "completion_tokens": None,
            "cost": 0.00012,
            "scores": one.scores,
            "signed_body_url": f"{self.url}/signed/{signature}",
        }
        return row if self.cloud else {**row, "helicone_id": f"ours-{one.id}", "key_name": "Tests"}

    def find(self, id: str) -> Stored | None:
        """Returns the request of an id."""
        return next((one for one in self.stored if one.id == id.removeprefix("ours-")), None)

    def _matching(self, asked: dict[str, Any]) -> list[Stored]:
        found = [one for one in self.stored if _matches(asked["filter"], one)]
        if asked.get("isScored") is False:
            found = [one for one in found if not one.scores]
        if self.cloud:
            random.shuffle(found)
            return sorted(found, key=lambda one: _to_ms(one.created_at), reverse=True)
        return sorted(found, key=lambda one: (one.created_at, one.id), reverse=True)


class _Server(ThreadingHTTPServer):
    fake: FakeHelicone
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that are killed are no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:
        """Nobody reads it."""

    def do_GET(self) -> None:
        """Serve bodies, and single requests."""
        fake, path = self.server.fake, urlsplit(self.path).path
        with fake.lock:
            fake.seen.append(Seen(path, {}, self.headers.get("Authorization")))
            fault = fake.body_faults.popleft() if path.startswith("/signed/") and fake.body_faults else ""
        if path.startswith("/signed/"):
            signature = path.removeprefix("/signed/")
            found = fake.find(signature.rpartition("-")[0])
            if fault == "broken":
                return self._break(b'{"request": ')
            if fault == "garbage":
                return self._send(200, ["no bodies"])
            if fault == "expired" or signature not in fake.signatures or found is None:
                return self._send(403, {"error": "Request has expired"})
            return self._send(200, {"request": found.request, "response": found.response})
        if self.headers.get("Authorization") != f"Bearer {KEY}":
            return self._send(401, {"error": "bad key", "trace": "isAuthenticated.error"})
        found = fake.find(path.rpartition("/")[2])
        return self._send(200, {"data": found and fake.row(found), "error": None})

    def do_POST(self) -> None:
        """Serve queries and counts."""
        fake, path = self.server.fake, urlsplit(self.path).path
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with fake.lock:
            fake.seen.append(Seen(path, asked, self.headers.get("Authorization")))
            fault = fake.faults.popleft() if path.endswith("clickhouse") and fake.faults else ""
        if self.headers.get("Authorization") != f"Bearer {KEY}":
            return self._send(401, {"error": "bad key", "trace": "isAuthenticated.error"})
        if path.endswith("/count/query"):
            status = 200 if fake.can_count else 500
            return self._send(status, {"data": fake.count(asked), "error": None} if fake.can_count else {})
        time.sleep(fake.delay_s)
        if fake.rows_given >= fake.gives_rows:
            fault = "500"
        if asked["limit"] > 1000:
            return self._send(500, {"data": None, "error": "invalid limit"})
        match fault:
            case "429":
                return self._send(429, {"error": "slow down"}, {"Retry-After": "1"})
            case "500":
                return self._send(500, {"data": None, "error": "a replica is away"})
            case "400":
                return self._send(400, {"data": None, "error": "filter.left: there is no column 'modle'"})
        with fake.lock:
            fake.before_query()
            answer = {"data": fake.answer(asked), "error": None}
            fake.rows_given += len(answer["data"])
        if fault == "broken":
            return self._break(json.dumps(answer).encode())
        return self._send(200, answer)

    def _send(self, status: int, value: Any, headers: dict[str, str] | None = None) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        for name, text in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(body)

    def _break(self, body: bytes) -> None:
        """Send a part of the answer, and hang up."""
        self.send_response(200)
        self.send_header("Content-Length", str(len(body) + 1))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2])
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)


def _matches(tree: Any, one: Stored) -> bool:
    if tree == "all":
        return True
    if "operator" in tree:
        sides = (_matches(tree["left"], one), _matches(tree["right"], one))
        return all(sides) if tree["operator"] == "and" else any(sides)
    [(column, condition)] = tree["request_response_rmt"].items()
    if column == "properties":
        [(name, condition)] = condition.items()
        return one.properties.get(name) == condition["equals"]
    if column == "user_id":
        return one.user == condition["equals"]
    assert column == "request_created_at"
    [(operator, text)] = condition.items()
    moment = datetime.fromisoformat(text)
    return {"gte": one.created_at >= moment, "lt": one.created_at < moment}[operator]


def _to_ms(moment: datetime) -> datetime:
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _iso(moment: datetime, *, to_ms: bool) -> str:
    return moment.isoformat(timespec="milliseconds" if to_ms else "microseconds").replace("+00:00", "Z")
