"""How an answer is sent: when, in which pieces, compressed, or not to the end."""

import asyncio
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from tests.fake_provider.answer import Answer
from tests.fake_provider.calls import Call
from tests.fake_provider.compression import negotiate
from tests.fake_provider.scenario import Scenario

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

# Long enough that the kernel sends two writes as two segments, short enough for the tests.
_SEGMENT_PAUSE_S = 0.001


class Delivery:
    """Sends one answer the way its scenario says, and writes down in `call` what went out."""

    def __init__(self, call: Call, scenario: Scenario, receive: Receive, send: Send) -> None:
        self._call, self._scenario, self._receive, self._send = call, scenario, receive, send
        self._coding, self._compressor = negotiate("")

    async def deliver(self, answer: Answer, headers: list[tuple[str, str]], *, accept_encoding: str) -> None:
        """Send `answer` with `headers`, or as much of it as the scenario and the client let through."""
        if answer.events is None or self._scenario.compress:
            self._coding, self._compressor = negotiate(accept_encoding)
        if self._coding:
            headers = [*headers, ("content-encoding", self._coding), ("vary", "Accept-Encoding")]
        client_left = asyncio.create_task(self._client_leaves(), name="client leaves")
        sending = asyncio.create_task(self._deliver(answer, headers), name="deliver")
        try:
            await asyncio.wait({client_left, sending}, return_when=asyncio.FIRST_COMPLETED)
            if sending.done():
                sending.result()
                self._call.finished_at = time.time()
            else:
                self._call.hung_up_at = time.time()
        finally:
            client_left.cancel()
            sending.cancel()

    async def _client_leaves(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def _deliver(self, answer: Answer, headers: list[tuple[str, str]]) -> None:
        if self._scenario.hang:
            await self._stay_silent()
        elif self._scenario.close:
            await asyncio.sleep(self._scenario.first)
            await self._close_connection()
        elif answer.events is None:
            await self._deliver_plain(answer, headers)
        else:
            await self._deliver_stream(answer, answer.events, headers)

    async def _deliver_plain(self, answer: Answer, headers: list[tuple[str, str]]) -> None:
        await asyncio.sleep(self._scenario.first)
        wire = self._compressor.compress(answer.body) + self._compressor.finish()
        await self._start(answer.status, [*headers, ("content-length", str(len(wire)))])
        self._call.answer += answer.body
        if self._scenario.close_after >= 0:
            await self._write(wire[: self._scenario.close_after])
            await self._close_connection()
        else:
            await self._write(wire)
            await self._send({"type": "http.response.body"})

    async def _deliver_stream(
        self, answer: Answer, events: list[bytes], headers: list[tuple[str, str]]
    ) -> None:
        scenario, end = self._scenario, self._finish
        if scenario.error_after >= 0:
            events = [*events[: scenario.error_after], answer.error_event]
        elif scenario.close_after >= 0:
            events, end = events[: scenario.close_after], self._close_connection
        elif scenario.hang_after >= 0:
            events, end = events[: scenario.hang_after], self._stay_silent
        await self._start(answer.status, headers)
        for at in range(0, len(events), scenario.join):
            await asyncio.sleep(scenario.gap if at else scenario.first)
            some = b"".join(events[at : at + scenario.join])
            self._call.answer += some
            await self._write(self._compressor.compress(some) + self._compressor.flush())
        await end()

    async def _start(self, status: int, headers: list[tuple[str, str]]) -> None:
        self._call.status, self._call.answer_headers = status, headers
        raw = [(name.encode(), value.encode("latin-1")) for name, value in headers]
        await self._send({"type": "http.response.start", "status": status, "headers": raw})

    async def _write(self, wire: bytes) -> None:
        size = self._scenario.split or len(wire)
        for at in range(0, len(wire), size or 1):
            if at:
                await asyncio.sleep(_SEGMENT_PAUSE_S)
            self._call.first_sent_at = self._call.first_sent_at or time.time()
            self._call.wire += wire[at : at + size]
            self._call.writes += 1
            await self._send({"type": "http.response.body", "body": wire[at : at + size], "more_body": True})

    async def _finish(self) -> None:
        last = self._compressor.finish()
        self._call.wire += last
        await self._send({"type": "http.response.body", "body": last})

    async def _stay_silent(self) -> None:
        await asyncio.Event().wait()

    async def _close_connection(self) -> None:
        # ASGI has no word for this. uvicorn's `send` is a method of the object that holds the transport;
        # closing that flushes what was written and leaves the answer without its end.
        cycle: Any = self._send.__self__  # type: ignore[attr-defined]
        cycle.transport.close()
