"""uvicorn's HTTP protocol, leaner, and with what the gateway needs beyond it.

- The head of an answer goes out with the first piece of its body, in one write. Who has no piece yet sends an empty
  one (`more_body`), and the head goes out alone.
- Property names keep their letter case. ASGI wants header names in lower case, but a property is named by its header
  (`Helicone-Property-Environment`), and people expect to find it as they wrote it.
- `scope["extensions"]["helicone.when_gone"]` takes a function to call when the client closes the connection before
  its answer is complete. To wait for that in `receive` takes a task for each request.
- `scope["extensions"]["helicone.when_stopping"]` takes a function to call when the server begins to stop: for answers
  that have no end of their own, which it would wait for.
- A request's headers have a limit.
"""

import asyncio
import string
import urllib.parse
from collections.abc import Callable, Iterable
from itertools import chain
from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

MAX_HEAD_BYTES = 1 << 16
_PROPERTY_PREFIX = b"helicone-property-"
_TOKEN = (string.ascii_letters + string.digits + "!#$%&'*+-.^_`|~").encode()
_WITHOUT_BODY = frozenset((204, 304))


class Cycle(RequestResponseCycle):
    """One request and its answer."""

    _head = b""  # of the answer, while it is held back
    when_gone: Callable[[], None] | None = None
    when_stopping: Callable[[], None] | None = None

    def client_is_gone(self) -> None:
        """The connection is closed, and the answer not complete."""
        self.disconnected = True
        self.message_event.set()
        call, self.when_gone = self.when_gone, None
        if call is not None:
            call()

    async def send(self, message: Any) -> None:
        if self.flow.write_paused and not self.disconnected:
            await self.flow.drain()
        if self.disconnected:
            return
        kind = message["type"]
        if not self.response_started and kind == "http.response.start":
            self.response_started = True
            self.waiting_for_100_continue = False
            self._head = self._encode_head(message["status"], message.get("headers", ()))
        elif self.response_started and not self.response_complete and kind == "http.response.body":
            self._send_body(message.get("body", b""), message.get("more_body", False))
        else:
            raise RuntimeError(f"{kind} is out of order")

    def _encode_head(self, status: int, headers: Iterable[tuple[bytes, bytes]]) -> bytes:
        """Returns the head. Raises RuntimeError for a header that would be read as something else."""
        lines = [STATUS_LINE.get(status) or b"HTTP/1.1 %d \r\n" % status]
        for name, value in chain(self.default_headers, headers):
            name = name.lower()
            if name.translate(None, _TOKEN):
                raise RuntimeError("Invalid HTTP header name.")
            if name == b"content-length" and self.chunked_encoding is None:
                self.expected_content_length = int(value)
                self.chunked_encoding = False
            elif name == b"transfer-encoding" and value.lower() == b"chunked":
                self.expected_content_length = 0
                self.chunked_encoding = True
            elif name == b"connection":
                if b"close" in value.lower():
                    self.keep_alive = False
                continue
            lines.append(b"%b: %b\r\n" % (name, value))
        if not self.keep_alive:
            lines.append(b"connection: close\r\n")
        if self.chunked_encoding is None and self.scope["method"] != "HEAD" and status not in _WITHOUT_BODY:
            self.chunked_encoding = True
            lines.append(b"transfer-encoding: chunked\r\n")
        head = b"".join(lines)
        if head.count(b"\r") != len(lines) or head.count(b"\n") != len(lines) or b"\0" in head:
            raise RuntimeError("Invalid HTTP header value.")
        return head + b"\r\n"

    def _send_body(self, body: bytes, more_body: bool) -> None:
        head, self._head = self._head, b""
        if self.scope["method"] == "HEAD":
            self.expected_content_length = 0
            data = head
        elif self.chunked_encoding:
            last = b"" if more_body else b"0\r\n\r\n"
            data = b"%b%x\r\n%b\r\n%b" % (head, len(body), body, last) if body else head + last
        else:
            if len(body) > self.expected_content_length:
                raise RuntimeError("Response content longer than Content-Length")
            self.expected_content_length -= len(body)
            data = head + body
        if data:
            self.transport.write(data)
        if not more_body:
            if self.expected_content_length:
                raise RuntimeError("Response content shorter than Content-Length")
            self.response_complete = True
            self.when_gone = None
            self.message_event.set()
            if not self.keep_alive:
                self.transport.close()
            self.on_response()


class Protocol(HttpToolsProtocol):
    """One connection of a client."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._head_is_complete = True
        self._head_bytes = 0  # while it is not
        # `cycle` is the last one received, which may have to wait for this one's end.
        self._running: Cycle | None = None
        # Bound to the connection, not to the cycle, in whose scope it is: a request leaves no circle of references.
        self._extensions: dict[str, Any] = {
            "helicone.when_gone": self.when_gone,
            "helicone.when_stopping": self.when_stopping,
        }

    def when_gone(self, call: Callable[[], None]) -> None:
        """`call` if the client closes the connection before it has the whole answer to the running request."""
        if self._running is None:
            return
        self._running.when_gone = call
        if self._running.disconnected:
            self._running.client_is_gone()
        else:
            self.flow.resume_reading()  # else nobody sees that it goes

    def when_stopping(self, call: Callable[[], None]) -> None:
        """`call` if the server begins to stop before the answer to the running request is complete."""
        if self._running is not None:
            self._running.when_stopping = call

    def shutdown(self) -> None:
        super().shutdown()
        if self._running is None or self._running.response_complete or self._running.when_stopping is None:
            return
        self._running.when_stopping()
        if self.flow.write_paused:
            self.transport.abort()  # it would take the last piece whenever it likes

    def data_received(self, data: bytes) -> None:
        self._unset_keepalive_if_required()
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserError:
            self._refuse(431 if self._head_bytes > MAX_HEAD_BYTES else 400)
        except httptools.HttpParserUpgrade as upgrade:
            if self._should_upgrade():
                self.handle_websocket_upgrade()
            elif self.parser.get_method() == b"CONNECT":
                self._refuse(400)
            else:
                self._pass_over_upgrade(data[upgrade.args[0] :])
        else:
            if not self._head_is_complete:
                self._head_bytes += len(data)
                if self._head_bytes > MAX_HEAD_BYTES:
                    self._refuse(431)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self._running is not None and not self._running.response_complete:
            self._running.client_is_gone()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._head_is_complete = False
        self._head_bytes = 0

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._head_is_complete:
            return  # a trailer: taken for a header, it would come past whoever has looked at those
        lower = name.lower()
        if lower.startswith(_PROPERTY_PREFIX):
            lower = _PROPERTY_PREFIX + name[len(_PROPERTY_PREFIX) :]
        elif lower == b"expect" and value.lower() == b"100-continue":
            self.expect_100_continue = True
        self.headers.append((lower, value))

    def on_headers_complete(self) -> None:
        self._head_is_complete = True
        head_bytes = len(self.url) + sum(map(len, chain.from_iterable(self.headers)))
        if head_bytes > MAX_HEAD_BYTES:
            self._head_bytes = head_bytes
            raise ValueError("the head is too large")  # ends the parsing
        scope = self.scope
        scope["method"] = self.parser.get_method().decode("ascii")
        version = self.parser.get_http_version()
        if version == "0.9":
            raise ValueError("the first line has no version")  # a line break in a path makes such
        scope["http_version"] = version
        if self.parser.should_upgrade():
            return  # `data_received` is told
        url = httptools.parse_url(self.url)
        path = url.path.decode("ascii")
        scope["path"] = urllib.parse.unquote(path) if "%" in path else path
        scope["raw_path"] = url.path
        scope["query_string"] = url.query or b""
        scope["extensions"] = self._extensions
        before, self.cycle = self.cycle, self._new_cycle(version)
        if before is None or before.response_complete:
            self._start_asgi_task(self.cycle, self.app)
        else:
            # Sent before the answer to the last one was complete: its turn comes.
            self.flow.pause_reading()
            self.pipeline.appendleft((self.cycle, self.app))

    def on_message_complete(self) -> None:
        if not self.parser.should_upgrade():
            super().on_message_complete()

    def _pass_over_upgrade(self, rest: bytes) -> None:
        """Take the request as if it offered no other protocol (Java offers h2c with every one).

        The parser takes what follows such a head for that protocol's, and would lose the body.
        """
        version = self.parser.get_http_version().encode()
        lines = [b"%b %b HTTP/%b\r\n" % (self.parser.get_method(), self.url, version)]
        lines += (b"%b: %b\r\n" % header for header in self.headers if header[0] != b"upgrade")
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn does
        self.data_received(b"".join((*lines, b"\r\n", rest)))

    def _new_cycle(self, version: str) -> Cycle:
        return Cycle(
            scope=self.scope,
            transport=self.transport,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=False,
            default_headers=self.server_state.default_headers,
            message_event=asyncio.Event(),
            expect_100_continue=self.expect_100_continue,
            keep_alive=version != "1.0" and self.parser.should_keep_alive(),
            on_response=self.on_response_complete,
        )

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        self._running = cycle
        super()._start_asgi_task(cycle, app)

    def _refuse(self, status: int) -> None:
        """Answer what is no request, unless an answer is under way, which this would be taken for; then close."""
        if self.cycle is None or self.cycle.response_complete:
            self.transport.write(STATUS_LINE[status] + b"content-length: 0\r\nconnection: close\r\n\r\n")
        self.transport.close()
