"""One connection to a provider: a call at a time, idle in between, closed at the first doubt."""

import asyncio
import math
from collections.abc import AsyncIterator
from itertools import chain
from typing import TYPE_CHECKING

import httptools

from gateway_app.http1.answer import Answer
from gateway_app.http1.call import Call, TimedOut, Timeouts, Unreachable

if TYPE_CHECKING:
    from gateway_app.http1.pool import Pool

IDLE_S = 30.0
MAX_UNREAD_BYTES = 1 << 18
# Also of bytes in a row that bring no body: chunk extensions, trailers, one "wait" after the other.
MAX_HEAD_BYTES = 1 << 16
MAX_HEADERS = 200
# Up to here head and body are copied into one write; larger bodies are handed over beside the head.
_ONE_WRITE_BYTES = 1 << 16
_LATE_S = 0.1


class ClosedUnanswered(Unreachable):
    """The provider closed the connection before the first byte of an answer, as it may with an idle one."""


class _Refused(Exception):
    """What HTTP allows and this client does not take."""


class Connection(asyncio.Protocol):
    """Speaks HTTP/1.1 (RFC 9112) with one server.

    A provider's silence is bounded by one timer. It is not moved with each byte: when it fires, it looks at the
    deadline of that moment and sleeps on.
    """

    def __init__(self, pool: "Pool") -> None:
        self._pool = pool
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport = None  # type: ignore[assignment]  # until connection_made
        self._parser = httptools.HttpResponseParser(self)
        self._deadline = math.inf
        self._timer: asyncio.TimerHandle | None = None
        # Of the call under way:
        self._answer: Answer | None = None
        self._timeouts: Timeouts = None  # type: ignore[assignment]  # while there is no answer
        self._is_head = False
        self._headers: list[tuple[bytes, bytes]] = []
        self._bodiless = 0  # bytes that came since the last one of a body
        self._complete = False
        self._keeps_alive = False
        self._drained: asyncio.Future[None] | None = None  # while the server takes no more bytes
        self._unsent = 0  # bytes, when the timer looked last

    @property
    def is_open(self) -> bool:
        """Returns whether the other side, as far as one can see, still listens."""
        return not self._transport.is_closing()

    def start(self, call: Call, head: bytes) -> Answer:
        """Send `call`, whose head is `head`. Returns the answer, which is yet to come."""
        self._answer = answer = Answer(self._loop)
        self._timeouts = call.timeouts
        self._is_head = call.method == "HEAD"
        self._bodiless = 0
        self._complete = self._keeps_alive = False
        if not isinstance(call.body, bytes):
            self._deadline = math.inf  # the client takes its time to send
            self._transport.write(head)
            answer.upload = self._loop.create_task(
                self._send_body(answer, call.body, call.body_length), name="upload"
            )
            return answer
        if len(call.body) <= _ONE_WRITE_BYTES:
            self._transport.write(head + call.body)
        else:
            self._transport.writelines((head, call.body))
        self._expect_within(call.timeouts.first_byte_s)
        return answer

    async def leave(self, answer: Answer) -> None:
        """The caller wants no more of `answer`: unless it is complete, the connection is closed."""
        if self._answer is answer:
            self._fail(Unreachable("left before the end of the answer"))
        if answer.upload is not None:
            # Its source is the caller's: it is not to be read from any more when this returns.
            await asyncio.wait({answer.upload})

    def close(self) -> None:
        """Close at once, whatever is under way."""
        self._transport.abort()

    # What the transport calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]  # uvloop's are no subclass of asyncio's
        self._pool.opened(self)

    def data_received(self, data: bytes) -> None:
        answer = self._answer
        if answer is None:  # nobody asked
            self._transport.abort()
            return
        unread = answer.unread
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            if not self._complete:
                self._fail(Unreachable(f"not an HTTP answer: {error.__context__ or error}"))
                return
            self._keeps_alive = False  # the answer is whole; what follows it is not an answer
        if answer.unread != unread:
            self._bodiless = 0
        else:
            self._bodiless += len(data)
            if self._bodiless > MAX_HEAD_BYTES:
                self._fail(Unreachable("the answer's headers are too large"))
                return
        if self._complete:
            self._finish()
            return
        if answer.unread > MAX_UNREAD_BYTES:
            self._transport.pause_reading()
            self._deadline = math.inf  # the silence is ours now
            answer.on_empty = self._go_on_reading
        elif answer.status:
            self._expect_within(self._timeouts.idle_s)
        answer.wake()

    def eof_received(self) -> None:
        self._lost(None)
        self._transport.abort()  # rather than flushing to who has gone

    def connection_lost(self, exc: Exception | None) -> None:
        self._lost(exc)
        if self._timer is not None:
            self._timer.cancel()
        self._parser = None  # type: ignore[assignment]  # it holds this object's methods
        self._pool.closed(self)

    def pause_writing(self) -> None:
        self._drained = self._loop.create_future()
        self._unsent = 0

    def resume_writing(self) -> None:
        if self._drained is not None and not self._drained.done():
            self._drained.set_result(None)
        self._drained = None
        if self._answer is not None and self._answer.upload is None:
            self._expect_answer(self._answer)

    # What the parser calls.

    def on_message_begin(self) -> None:
        if self._complete:
            raise _Refused("bytes after its end")

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._answer.status:  # type: ignore[union-attr]  # there is one while bytes are parsed
            self._headers.append((name.lower(), value.rstrip(b" \t")))  # else it is a trailer

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        headers, self._headers = self._headers, []
        if status < 200:  # "wait", and hints; 101 was not asked for, and ends the parsing
            return
        if len(headers) > MAX_HEADERS or sum(map(len, chain.from_iterable(headers))) > MAX_HEAD_BYTES:
            raise _Refused("its headers are too many or too large")
        self._answer.take_head(status, headers)  # type: ignore[union-attr]
        if self._is_head:
            # The parser would wait for the body that the headers announce; so it is of no use after this.
            self._complete = True

    def on_body(self, piece: bytes) -> None:
        if not self._complete:
            self._answer.take_piece(piece)  # type: ignore[union-attr]

    def on_message_complete(self) -> None:
        # The end of a "wait" is not the end of the answer; of an answer to HEAD one knew it before.
        if self._answer.status and not self._complete:  # type: ignore[union-attr]
            self._complete = True
            self._keeps_alive = self._parser.should_keep_alive()

    # The course of a call.

    async def _send_body(self, answer: Answer, body: AsyncIterator[bytes], length: int | None) -> None:
        try:
            await self._send_pieces(body, length)
        except Exception as error:
            answer.upload = None
            if self._answer is answer:
                self._fail(error)
        else:
            answer.upload = None
            self._expect_answer(answer)

    async def _send_pieces(self, body: AsyncIterator[bytes], length: int | None) -> None:
        sent = 0
        async for piece in body:
            sent += len(piece)
            if length is None:
                if piece:
                    self._transport.writelines((b"%x\r\n" % len(piece), piece, b"\r\n"))
            elif sent > length:
                break
            else:
                self._transport.write(piece)
            if self._drained is not None:
                self._expect_within(self._timeouts.first_byte_s)
                await self._drained
                self._deadline = math.inf
        if length is None:
            self._transport.write(b"0\r\n\r\n")
        elif sent != length:
            raise ValueError(f"a body announced with {length} bytes has {sent} or more")

    def _finish(self) -> None:
        """The answer is complete."""
        answer, self._answer = self._answer, None
        if answer is None:
            return
        answer.end()
        if answer.upload is not None:
            answer.upload.cancel()
        elif self._keeps_alive and self._drained is None and not self._transport.is_closing():
            self._expect_within(IDLE_S)
            self._pool.free(self)
            return
        self._transport.abort()

    def _fail(self, error: BaseException) -> None:
        """The answer will not be complete; `error` is what its reader gets after the bytes that came."""
        answer, self._answer = self._answer, None
        if answer is not None:
            answer.end(error)
            if answer.upload is not None:
                answer.upload.cancel()
        self._transport.abort()

    def _lost(self, error: Exception | None) -> None:
        """The other side closed the connection."""
        answer = self._answer
        if answer is None:
            return
        if not answer.status and not self._bodiless:
            self._fail(ClosedUnanswered(f"closed without an answer{f': {error}' if error else ''}"))
        elif error is None and answer.status and _ends_with_connection(answer):
            self._keeps_alive = False
            self._finish()
        else:
            self._fail(Unreachable(f"the answer broke off{f': {error}' if error else ''}"))

    def _go_on_reading(self) -> None:
        self._expect_within(self._timeouts.idle_s)
        self._transport.resume_reading()

    # Time.

    def _expect_answer(self, answer: Answer) -> None:
        """The request is sent: now the provider has its time to answer, unless it has begun before that."""
        if self._answer is answer:
            self._expect_within(self._timeouts.idle_s if answer.status else self._timeouts.first_byte_s)

    def _expect_within(self, seconds: float) -> None:
        self._deadline = self._loop.time() + seconds
        if self._timer is None or self._timer.when() > self._deadline:
            self._set_timer()

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_at(self._deadline, self._on_timer)

    def _on_timer(self) -> None:
        self._timer = None
        if self._deadline == math.inf:
            return
        late_s = self._loop.time() - self._deadline
        if late_s < -0.001:  # the loop's clock counts milliseconds
            self._set_timer()
            return
        if late_s > _LATE_S:
            # It is this process that was not there: what came meanwhile is read before anybody is blamed.
            self._expect_within(_LATE_S)
            return
        answer = self._answer
        if answer is None:
            self._transport.close()
        elif answer.status:
            self._fail(TimedOut(f"silent for {self._timeouts.idle_s:g} s"))
        elif self._drained is not None and self._has_sent_more():
            self._expect_within(self._timeouts.first_byte_s)
        else:
            self._fail(TimedOut(f"no answer within {self._timeouts.first_byte_s:g} s"))

    def _has_sent_more(self) -> bool:
        """Returns whether the server took some of the request since the timer looked last."""
        before, self._unsent = self._unsent, self._transport.get_write_buffer_size()
        return before == 0 or self._unsent < before


def _ends_with_connection(answer: Answer) -> bool:
    """Returns whether the end of the connection is the end of the answer: it has no other framing."""
    for name, value in answer.headers:
        if name == b"content-length" or (name == b"transfer-encoding" and value.lower().endswith(b"chunked")):
            return False
    return True
