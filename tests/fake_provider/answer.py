"""What a vendor's handler is given and what it returns."""

import json
from dataclasses import dataclass, field
from typing import Any

from tests.fake_provider.scenario import Scenario


@dataclass(frozen=True, kw_only=True)
class Ask:
    """A request whose key was accepted and whose body could be read; files of a form are bytes."""

    path: str
    query: str = ""
    body: dict[str, Any]
    scenario: Scenario
    request_id: str
    now: float  # Unix seconds


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An answer before it is compressed and sent. `events` (whole SSE events) make it a stream."""

    status: int = 200
    body: bytes = b""
    events: list[bytes] | None = None
    content_type: str = "application/json"
    headers: list[tuple[str, str]] = field(default_factory=list)
    whole: dict[str, Any] | None = None  # the object that an unstreamed answer is
    usage: dict[str, Any] | None = None  # the counts, also where the stream does not tell them
    error_event: bytes = b""  # what `error_after` sends


class Refused(Exception):
    """Raised by a handler for a request that the vendor would not serve. The message is the vendor's."""

    def __init__(
        self, status: int, message: str, *, param: str | None = None, code: str | None = None
    ) -> None:
        super().__init__(message)
        self.status, self.message, self.param, self.code = status, message, param, code


def pretty(value: object) -> bytes:
    """Returns JSON as OpenAI prints it: indented, and not ASCII-only."""
    return json.dumps(value, indent=2, ensure_ascii=False).encode()


def compact(value: object) -> bytes:
    """Returns JSON without any space, as Anthropic and all streams print it."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def data_event(value: object) -> bytes:
    """Returns an SSE event without a name, as chat completions send it."""
    return b"data: " + compact(value) + b"\n\n"


def named_event(value: dict[str, Any]) -> bytes:
    """Returns an SSE event named by its own `type`, as Responses and Messages send it."""
    return b"event: " + str(value["type"]).encode() + b"\ndata: " + compact(value) + b"\n\n"


DONE = b"data: [DONE]\n\n"
