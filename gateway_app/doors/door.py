"""What a door is: the body that it takes, and how it answers."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from accounts_app.directory import Caller
from gateway_app.errors import GatewayError
from gateway_app.headers import CallerHeaders
from ingest_app.events import LogEvent


@dataclass(frozen=True, slots=True)
class Call:
    """One post by a caller who may write."""

    caller: Caller
    path: str  # as `table` has it
    headers: Sequence[tuple[bytes, bytes]]  # names in lower case
    seen: CallerHeaders  # what they say
    media_type: str  # lower case, without parameters
    body: bytes  # unpacked
    arrived_at_us: int


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer."""

    status: int
    body: bytes = b""
    content_type: bytes = b"application/json"
    headers: tuple[tuple[bytes, bytes], ...] = ()


class Taken(NamedTuple):
    """What a post logs, and the answer once that is in the log."""

    events: Sequence[LogEvent]
    reply: Reply


class Door(ABC):
    """One kind of body that may be posted."""

    max_bytes: int  # of a body, as it is sent and unpacked

    @abstractmethod
    def take(self, call: Call) -> Taken:
        """Returns what `call` logs. Raises GatewayError. Runs in a thread when the body is large."""

    @abstractmethod
    def refusal(self, error: GatewayError, media_type: str) -> Reply:
        """Returns the answer to a post of `media_type` that is refused."""
