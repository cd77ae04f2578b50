"""The life of one request: up to the provider, down to the client, into the log before the last byte."""

import asyncio
import time
from dataclasses import dataclass
from typing import Any

import aiohttp
import msgspec
import structlog

from accounts_app.directory import Caller
from gateway_app import errors, headers
from gateway_app.relay import Copy, EventStreamRelay, PlainRelay
from gateway_app.routes import Route
from gateway_app.upstream import TimedOut, Unreachable, Upstream
from ingest_app.digest import without_omitted
from ingest_app.event_log import EventLog
from ingest_app.events import LogEvent, now_us, uuid7

log = structlog.get_logger(__name__)

# What HTTP has no status for (contract 1.6), and its name in the row's `error`.
CLIENT_CANCELLED = -3
_TIMED_OUT_MIDWAY = (-2, "stream_timeout")
_BROKE_OFF_MIDWAY = (-100, "stream_broke_off")


@dataclass(slots=True)
class Outcome:
    """What became of a request, for its row."""

    status: int = CLIENT_CANCELLED  # until something else happens
    error: str = ""
    is_stream: bool = False
    response_encoding: str = ""


class Exchange:
    """One request of a known caller. `run` passes it through; whatever happens, it is logged once."""

    def __init__(
        self,
        *,
        caller: Caller | None,  # None: forwarded without being logged
        route: Route,
        seen: headers.CallerHeaders,
        method: str,
        query: str,
        event_log: EventLog,
        send: Any,
    ) -> None:
        self._caller = caller
        self._route = route
        self._seen = seen
        self._method = method
        self._url = route.provider.base_url + route.path + (f"?{query}" if query else "")
        self._event_log = event_log
        self._send = send
        self._created_at_us = now_us()
        self._started = time.perf_counter()
        self.id = uuid7(self._created_at_us)
        self._outcome = Outcome()
        self._copy = Copy(self._elapsed_ms)
        self._request_body = b""
        self._answer_started = False
        self._logged: asyncio.Future[None] | None = None

    async def run(self, upstream: Upstream, request_headers: list[tuple[str, str]], body: bytes) -> None:
        """Pass the request through. Raises GatewayError (logged already) when there is no answer to pass."""
        self._request_body = body
        try:
            async with upstream.request(self._method, self._url, request_headers, body) as response:
                await self._pass_on(response)
        except TimedOut as error:
            await self._fail(errors.timed_out(self._route.provider.label), _TIMED_OUT_MIDWAY, str(error))
        except Unreachable as error:
            await self._fail(errors.unreachable(self._route.provider.label), _BROKE_OFF_MIDWAY, str(error))
        except asyncio.CancelledError:
            self._note()
            raise
        except Exception:
            log.exception("request not passed on", event_id=str(self.id), path=self._route.path)
            await self._fail(errors.broken(), _BROKE_OFF_MIDWAY, "a fault of the gateway")

    async def refuse(self, error: errors.GatewayError, body: bytes) -> None:
        """Log that the gateway answered with `error` itself."""
        self._request_body = body
        self._outcome.status, self._outcome.error = error.status, error.code
        self._copy.add(error.body(self._route.provider.errors))
        await self._note()

    async def _pass_on(self, response: aiohttp.ClientResponse) -> None:
        outcome = self._outcome
        outcome.response_encoding = response.headers.get("Content-Encoding", "")
        is_event_stream = response.content_type == "text/event-stream"
        outcome.is_stream = is_event_stream
        await self._send(
            {
                "type": "http.response.start",
                "status": response.status,
                "headers": headers.answer_headers(response.raw_headers, str(self.id)),
            }
        )
        self._answer_started = True
        relay: PlainRelay | EventStreamRelay
        if is_event_stream and outcome.response_encoding in {"", "identity"}:
            relay = EventStreamRelay(self._send_piece)
        else:
            relay = PlainRelay(self._send_piece, response.content_length)
        while piece := await response.content.readany():
            self._copy.add(piece)
            if await relay.feed(piece):
                await self._finish(response.status)
                await self._send_piece(relay.rest())
        await self._finish(response.status)
        await self._send({"type": "http.response.body", "body": relay.rest(), "more_body": False})

    async def _send_piece(self, piece: bytes) -> None:
        if piece:
            await self._send({"type": "http.response.body", "body": piece, "more_body": True})

    async def _finish(self, status: int) -> None:
        if self._logged is None:
            self._outcome.status = status
        await self._note()

    async def _fail(self, answer: errors.GatewayError, midway: tuple[int, str], detail: str) -> None:
        """Log the failure: as `answer` when the client gets that, as `midway` when it has seen a part already."""
        status, code = midway if self._answer_started else (answer.status, answer.code)
        log.warning("provider failed", provider=self._route.provider.name, code=code, detail=detail)
        if self._logged is None:
            self._outcome.status, self._outcome.error = status, code
            if not self._answer_started:
                self._copy.add(answer.body(self._route.provider.errors))
        await self._note()
        if not self._answer_started:
            raise answer
        # The client has seen a part: ending without the closing chunk shows it what a direct call would have.

    def _note(self) -> asyncio.Future[None]:
        """Put the event on its way into the log, once. Returns the future that is done when it is there."""
        if self._logged is None:
            self._logged = self._put()
        return self._logged

    def _put(self) -> asyncio.Future[None]:
        if self._caller is None:
            done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            done.set_result(None)
            return done
        return self._event_log.put(self._event(self._caller))

    def _event(self, caller: Caller) -> LogEvent:
        seen, outcome = self._seen, self._outcome
        event = LogEvent(
            id=self.id,
            organization_id=caller.organization_id,
            api_key_id=caller.api_key_id,
            created_at_us=self._created_at_us,
            provider=self._route.provider.name,
            path=self._route.path,
            target_url=self._url.partition("?")[0],
            status=outcome.status,
            error=outcome.error,
            is_stream=outcome.is_stream,
            latency_ms=self._elapsed_ms(),
            request_id=seen.request_id,
            user_id=seen.user_id,
            session_id=seen.session_id,
            session_path=seen.session_path,
            session_name=seen.session_name,
            properties=seen.properties,
            request_body=self._request_body,
            request_encoding=seen.content_encoding,
            request_bytes=len(self._request_body),
            response_body=b"".join(self._copy.pieces),
            response_encoding=outcome.response_encoding,
            response_bytes=self._copy.size,
            arrivals=self._copy.arrivals if outcome.is_stream else [],
            omit_request=seen.omit_request,
            omit_response=seen.omit_response,
        )
        try:
            return without_omitted(event)
        except Exception:
            # The bodies cannot be read, so nothing is known of them; stored they must not be.
            log.exception("omitted bodies not understood", event_id=str(self.id))
            return msgspec.structs.replace(event, request_body=b"", response_body=b"")

    def _elapsed_ms(self) -> int:
        return round((time.perf_counter() - self._started) * 1000)
