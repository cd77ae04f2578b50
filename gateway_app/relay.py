"""Passing an answer on, unchanged, while keeping a copy, and holding back its last bytes until it is logged.

What the last bytes are depends on the answer. With a Content-Length they are the piece that completes it. In an
event stream clients stop at the event that says so (`[DONE]`, `message_stop`, `response.completed`), so that
event is held. In any other chunked answer it is the closing chunk, which only follows when the relay is done.
"""

import re
import time
from collections.abc import Awaitable, Callable

import msgspec

from gateway_app.request_body import LOGGED_BYTES
from ingest_app.dialects import UNREADABLE
from ingest_app.sse import BLANK_LINE

Send = Callable[[bytes], Awaitable[None]]

MAX_ARRIVALS = 256
# How the event begins after which a client stops reading. Vendors name it in an `event` line, in the first field
# of the data, or both.
_LAST_EVENTS = (
    b"data: [DONE]",
    b"data:[DONE]",
    *(
        start % name
        for name in (b"message_stop", b"response.completed", b"response.failed", b"response.incomplete")
        for start in (b"event: %s\n", b"event: %s\r", b'data: {"type":"%s"')
    ),
)


# What OpenAI adds to each chunk once usage was asked for. Inside of a string its quotes would be escaped.
_NO_USAGE_YET = b',"usage":null'
_WITHOUT_CHOICES = re.compile(rb'"choices"\s*:\s*\[\s*\]')


class Copy:
    """The copy of an answer that is kept for the log, up to a bound, and when its first pieces came."""

    def __init__(self, started: float) -> None:
        # A number and no function of the exchange: that would be a cycle for the garbage collector, per request.
        self._started = started  # by time.perf_counter()
        self.pieces: list[bytes] = []
        self.size = 0  # of the whole answer
        self.arrivals: list[tuple[int, int]] = []

    def add(self, piece: bytes) -> None:
        """Keep a piece as it arrives."""
        if self.size < LOGGED_BYTES:
            self.pieces.append(piece[: LOGGED_BYTES - self.size])
        self.size += len(piece)
        if len(self.arrivals) < MAX_ARRIVALS:
            self.arrivals.append((self.size, round((time.perf_counter() - self._started) * 1000)))

    @property
    def is_cut(self) -> bool:
        """Returns whether the answer was longer than what is kept of it."""
        return self.size > LOGGED_BYTES


class PlainRelay:
    """Passes pieces on as they come; the piece that completes the announced length is held."""

    def __init__(self, send: Send, content_length: int | None) -> None:
        self._send = send
        self._remaining = content_length
        self._held = b""

    async def feed(self, piece: bytes) -> bool:
        """Pass `piece` on. Returns whether the last bytes are here and held."""
        if self._remaining is not None:
            self._remaining -= len(piece)
            if self._remaining <= 0:
                self._held = piece
                return True
        await self._send(piece)
        return False

    def rest(self) -> bytes:
        """Returns what is still held."""
        held, self._held = self._held, b""
        return held


class EventStreamRelay:
    """Passes whole events on: naive clients lose text when an event comes in two writes.

    With `withhold_usage` those are left out that only came because the gateway asked for usage.
    """

    def __init__(self, send: Send, *, withhold_usage: bool = False) -> None:
        self._send = send
        self._withhold_usage = withhold_usage
        self._held = b""
        self._done = False

    async def feed(self, piece: bytes) -> bool:
        """Pass on the events that `piece` completes. Returns whether the last event is here and held."""
        held = self._held + piece if self._held else piece
        if self._done:
            self._held = held
            return True
        # A blank line may have begun in the piece before; what is older has been looked at.
        ready = _end_of_last_event(held, len(held) - len(piece) - 3)
        # The event that ends the stream comes last; two such may follow each other.
        while (start := _start_of_event(held, ready)) < ready and held.startswith(_LAST_EVENTS, start):
            self._done = True
            ready = start
        self._held = held[ready:]
        if ready:
            whole = held[:ready]
            await self._send(_without_usage(whole) if self._withhold_usage else whole)
        return self._done

    def rest(self) -> bytes:
        """Returns what is still held: the last event, or the beginning of one that broke off."""
        held, self._held = self._held, b""
        return held


def _without_usage(events: bytes) -> bytes:
    """Returns whole chat events as they would have come without `include_usage`."""
    events = events.replace(_NO_USAGE_YET, b"")
    if _WITHOUT_CHOICES.search(events) is None:
        return events
    kept = []
    start = 0
    for blank in BLANK_LINE.finditer(events):
        event = events[start : blank.end()]
        start = blank.end()
        if not _is_usage(event):
            kept.append(event)
    return b"".join((*kept, events[start:]))


def _is_usage(event: bytes) -> bool:
    try:
        chunk = msgspec.json.decode(event.partition(b"data:")[2])
    except UNREADABLE:
        return False
    return isinstance(chunk, dict) and chunk.get("choices") == [] and isinstance(chunk.get("usage"), dict)


def _end_of_last_event(data: bytes, start: int) -> int:
    """Returns the offset after the last blank line in `data` from `start` on, 0 when there is none."""
    # Most pieces end with a whole event.
    if data.endswith((b"\n\n", b"\r\n\r\n", b"\r\r")):
        return len(data)
    end = 0
    for blank in BLANK_LINE.finditer(data, max(0, start)):
        end = blank.end()
    return end


def _start_of_event(data: bytes, end: int) -> int:
    """Returns the offset of the event in `data` whose blank line ends at `end`."""
    newline, carriage_return = data.rfind(b"\n\n", 0, end - 1), data.rfind(b"\r\n\r\n", 0, end - 3)
    return max(newline + 2 if newline >= 0 else 0, carriage_return + 4 if carriage_return >= 0 else 0)
