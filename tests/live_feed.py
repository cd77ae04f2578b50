"""A viewer of the live feed: Server-Sent Events over a connection of its own, on the standard library alone."""

import http.client
import json
import socket
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from tests.events import wait_until
from tests.raw_http import send


@dataclass(frozen=True)
class Event:
    """One event, and when it came (monotonic, seconds)."""

    name: str
    id: str
    data: Any
    at: float


class Watcher:
    """Watches while the block is entered. `events` is what came so far."""

    def __init__(
        self,
        url: str,
        path: str = "/api/live/",
        *,
        key: str = "",
        last_id: str = "",
        cookie: str = "",
        **query: str,
    ) -> None:
        parts = urllib.parse.urlsplit(url)
        self._connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
        self._path = f"{path}?{urllib.parse.urlencode(query)}"
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._headers |= {"Last-Event-ID": last_id} if last_id else {}
        self._headers |= {"Cookie": cookie} if cookie else {}
        self.status = 0
        self.events: list[Event] = []
        self.has_ended = False

    def __enter__(self) -> "Watcher":
        self._connection.request("GET", self._path, headers=self._headers)
        self._socket = self._connection.sock
        self._answer = self._connection.getresponse()
        self.status = self._answer.status
        if self.status == 200:
            self._reader = threading.Thread(target=self._read, daemon=True)
            self._reader.start()
            self.wait_for(lambda: self.named("hello"))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.status == 200:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)  # wakes who reads
            self._reader.join()
        self._connection.close()

    def named(self, name: str) -> list[Event]:
        """Returns the events of this name, the first first."""
        return [event for event in self.events if event.name == name]

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Returns all requests that have ended, in the order in which they were told."""
        return [row for event in self.named("requests") for row in reversed(event.data["rows"])]

    @property
    def running(self) -> list[dict[str, Any]]:
        """Returns what runs, as it was told last."""
        told = self.named("running")
        return told[-1].data["rows"] if told else []

    @property
    def last_id(self) -> str:
        """Returns the id of the last event that has one."""
        return next(event.id for event in reversed(self.events) if event.id)

    def wait_for(self, condition: Callable[[], Any], *, within_s: float = 10) -> Any:
        """Returns what `condition` returns once it is true."""
        return wait_until(condition, within_s=within_s)

    def text(self) -> str:
        """Returns the body of a refusal."""
        return self._answer.read().decode()

    def _read(self) -> None:
        fields: dict[str, str] = {}
        try:
            while line := self._answer.readline():
                name, _, value = line.decode().rstrip("\n").partition(": ")
                if name:
                    fields[name] = value
                elif "event" in fields:
                    data = json.loads(fields["data"])
                    self.events.append(Event(fields["event"], fields.get("id", ""), data, time.monotonic()))
                    fields = {}
        except (OSError, ValueError, http.client.HTTPException, AttributeError):
            pass  # the connection was closed, on either side
        self.has_ended = True


@contextmanager
def under_way(url: str, api_key: str, **headers: str) -> Iterator[threading.Thread]:
    """A call that the provider answers after the seconds that its scenario says."""
    call = threading.Thread(
        target=send,
        args=(f"{url}/v1/chat/completions",),
        kwargs={
            "body": b'{"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Hello there"}]}',
            "headers": {
                "Authorization": "Bearer sk-fake-openai-key",
                "Helicone-Auth": f"Bearer {api_key}",
                "Content-Type": "application/json",
                **headers,
            },
        },
    )
    call.start()
    try:
        yield call
    finally:
        call.join()
