"""The provider's memory: what it received and what it said, for tests in other processes to ask."""

import base64
from collections import deque
from dataclasses import asdict, dataclass, field
from typing import Any

KEPT = 5_000


@dataclass(kw_only=True)
class Call:
    """One request and its answer. Times are Unix seconds; None while it has not happened."""

    marker: str
    method: str
    path: str  # with the query string, as received
    headers: list[tuple[str, str]]  # names in lower case, values decoded as Latin-1
    body: bytes
    received_at: float

    status: int = 0
    answer_headers: list[tuple[str, str]] = field(default_factory=list)
    answer: bytearray = field(default_factory=bytearray)  # as sent, before compression
    wire: bytearray = field(default_factory=bytearray)  # as sent
    writes: int = 0
    whole: dict[str, Any] | None = None
    usage: dict[str, Any] | None = None
    first_sent_at: float | None = None
    finished_at: float | None = None
    hung_up_at: float | None = None  # the client left before the end

    def as_json(self) -> dict[str, Any]:
        """Returns the call with its bytes in base64."""
        return {
            name: base64.b64encode(value).decode() if isinstance(value, bytes | bytearray) else value
            for name, value in asdict(self).items()
        }


class CallLog:
    """The last calls, oldest first."""

    def __init__(self) -> None:
        self._calls: deque[Call] = deque(maxlen=KEPT)

    def add(self, call: Call) -> None:
        """Remember `call`; it may still be running."""
        self._calls.append(call)

    def find(self, marker: str) -> list[Call]:
        """Returns the calls with this marker, oldest first; all of them for an empty one."""
        return [call for call in self._calls if not marker or call.marker == marker]
