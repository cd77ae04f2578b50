"""The life of one request: up to the provider, down to the client, into the log before the last byte."""

import asyncio
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import structlog

from accounts_app.directory import Caller
from gateway_app import errors, headers
from gateway_app.limits.gate import Admission
from gateway_app.moderation import require_unflagged
from gateway_app.outgoing import Outgoing
from gateway_app.providers import Shape
from gateway_app.relay import Copy, EventStreamRelay, PlainRelay
from gateway_app.request_body import ClientGone, RequestBody
from gateway_app.routes import Route
from gateway_app.upstream import Answer, NotPublic, TimedOut, Unreachable, Upstream
from ingest_app.digest import without_omitted
from ingest_app.event_log import EventLog
from ingest_app.events import LogEvent, SpanKind, now_us, uuid7

log = structlog.get_logger(__name__)

# What HTTP has no status for (contract 1.6), and its name in the row's `error`.
CLIENT_CANCELLED = -3
_TIMED_OUT_MIDWAY = (-2, "stream_timeout")
_BROKE_OFF_MIDWAY = (-100, "stream_broke_off")
_STOPPED_MIDWAY = (-100, "gateway_stopped")
_UNENCODED = frozenset((b"", b"identity"))
_EVENT_STREAM = b"text/event-stream"
_STREAMS = (_EVENT_STREAM, b"application/vnd.amazon.eventstream", b"application/x-ndjson")


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
        error_shape: Shape,
        seen: headers.CallerHeaders,
        body: RequestBody,
        event_log: EventLog,
        send: Any,
    ) -> None:
        self._caller = caller
        self._seen = seen
        self._body = body
        self._event_log = event_log
        self._send = send
        self._created_at_us = now_us()
        self._started = time.perf_counter()
        self.id = uuid7(self._created_at_us)
        # Until it is known better, when the call is prepared.
        self._provider, self._path, self._target_url, self._referrer = route.provider, route.path, "", ""
        self._sent_model = ""
        self._error_shape = error_shape
        self._outcome = Outcome()
        self._copy = Copy(self._started)
        self._answer_started = False
        self.prompt_inputs = b""  # of a stored prompt, as LogEvent has them
        self.client_is_gone = False  # told by who watches the connection, before it cancels `run`
        self.admission: Admission | None = None  # where limits are about the request
        self._logged: asyncio.Future[None] | None = None

    @property
    def created_at_us(self) -> int:
        """Returns when the request came, in microseconds since the epoch."""
        return self._created_at_us

    @property
    def organization_id(self) -> int | None:
        """Returns whose request it is; None when it is not logged."""
        return self._caller.organization_id if self._caller else None

    def so_far(self) -> tuple[dict[str, Any], bytes]:
        """Returns what is known of the row to be while the request runs, and the body where that may be read."""
        seen, caller, outcome = self._seen, self._caller, self._outcome
        known = {
            "id": self.id,
            "created_at": datetime.fromtimestamp(self._created_at_us / 1e6, UTC),
            "organization_id": self.organization_id,
            "api_key_id": caller.api_key_id if caller else None,
            "request_id": seen.request_id or str(self.id),
            "provider": self._provider.name,
            "path": self._path,
            "target_url": self._target_url,
            "referrer": self._referrer,
            "model": self._sent_model,
            "is_stream": outcome.is_stream if self._answer_started else None,
            "user_id": seen.user_id,
            "session_id": seen.session_id,
            "session_path": seen.session_path,
            "session_name": seen.session_name,
            "properties": dict(seen.properties),
            "kind": SpanKind.MODEL.value,
        }
        return known, b"" if seen.omit_request or seen.content_encoding else self._body.start

    async def run(self, upstream: Upstream, outgoing: Outgoing) -> None:
        """Pass the request through. Raises GatewayError (logged already) when there is no answer to pass."""
        self._provider, self._path = outgoing.destination.provider, outgoing.destination.path
        self._target_url, self._referrer = outgoing.target_url, outgoing.referrer
        self._sent_model = outgoing.sent_model
        label = self._provider.label
        try:
            if outgoing.moderation is not None:
                await require_unflagged(upstream, outgoing.moderation)
            async with upstream.send(outgoing.call) as answer:
                await self._pass_on(answer, withhold_usage=outgoing.withhold_usage)
        except TimedOut as error:
            await self._fail(errors.timed_out(label), _TIMED_OUT_MIDWAY, str(error))
        except NotPublic as error:
            await self._fail(errors.target_not_public(), _BROKE_OFF_MIDWAY, str(error))
        except Unreachable as error:
            await self._fail(errors.unreachable(label), _BROKE_OFF_MIDWAY, str(error))
        except errors.GatewayError as error:
            await self._fail(error, _BROKE_OFF_MIDWAY, error.message)
        except ClientGone:
            self._note()
            raise
        except asyncio.CancelledError:
            if not self.client_is_gone:
                # The deadline of a drain.
                self._outcome.status, self._outcome.error = _STOPPED_MIDWAY
            self._note()
            raise
        except Exception:
            log.exception("request not passed on", event_id=str(self.id), path=self._path)
            await self._fail(errors.broken(), _BROKE_OFF_MIDWAY, "a fault of the gateway")

    async def refuse(self, error: errors.GatewayError) -> None:
        """Log that the gateway answered with `error` itself."""
        self._outcome.status, self._outcome.error = error.status, error.code
        self._copy.add(error.body(self._error_shape))
        await self._note()

    async def _pass_on(self, answer: Answer, *, withhold_usage: bool) -> None:
        outcome = self._outcome
        content_type, encoding, length = _described(answer)
        outcome.response_encoding = encoding.decode("latin-1")
        is_event_stream = content_type.startswith(_EVENT_STREAM)
        # Gemini streams a JSON array, too, which only its path tells from a whole answer.
        outcome.is_stream = content_type.startswith(_STREAMS) or ":streamGenerateContent" in self._path
        await self._send(
            {
                "type": "http.response.start",
                "status": answer.status,
                "headers": [
                    *headers.answer_headers(answer.headers, str(self.id)),
                    *(self.admission.headers if self.admission else ()),
                ],
            }
        )
        self._answer_started = True
        if answer.must_wait:
            # The server holds the head back to send it with the first piece; now that would take a while.
            await self._send({"type": "http.response.body", "body": b"", "more_body": True})
        relay: PlainRelay | EventStreamRelay
        if is_event_stream and encoding in _UNENCODED:
            relay = EventStreamRelay(self._send_piece, withhold_usage=withhold_usage)
        else:
            relay = PlainRelay(self._send_piece, length)
        while piece := await answer.read():
            self._copy.add(piece)
            if await relay.feed(piece):
                await self._finish(answer.status)
                if answer.is_read:
                    break  # the last bytes and the end in one write
                await self._send_piece(relay.rest())
        await self._finish(answer.status)
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
        log.warning("request not completed", provider=self._provider.name, code=code, detail=detail)
        if self._logged is None:
            self._outcome.status, self._outcome.error = status, code
            if not self._answer_started:
                self._copy.add(answer.body(self._error_shape))
        await self._note()
        if not self._answer_started:
            raise self._with_headers(answer)
        # The client has seen a part: ending without the closing chunk shows it what a direct call would have.

    def _with_headers(self, answer: errors.GatewayError) -> errors.GatewayError:
        if self.admission is None:
            return answer
        return replace(answer, headers=(*answer.headers, *self.admission.headers))

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
        event = self._event(self._caller)
        logged = self._event_log.put(event)
        if self.admission is not None:
            self.admission.ended(event)
        return logged

    def _event(self, caller: Caller) -> LogEvent:
        seen, outcome = self._seen, self._outcome
        event = LogEvent(
            id=self.id,
            organization_id=caller.organization_id,
            api_key_id=caller.api_key_id,
            created_at_us=self._created_at_us,
            provider=self._provider.name,
            path=self._path,
            target_url=self._target_url,
            referrer=self._referrer,
            sent_model=self._sent_model,
            status=outcome.status,
            error=outcome.error,
            is_stream=outcome.is_stream,
            latency_ms=self._elapsed_ms(),
            request_body=self._body.logged,
            request_encoding=seen.content_encoding,
            request_bytes=self._body.size,
            request_is_cut=self._body.size > len(self._body.logged),
            response_body=b"".join(self._copy.pieces),
            response_encoding=outcome.response_encoding,
            response_bytes=self._copy.size,
            response_is_cut=self._copy.is_cut,
            arrivals=self._copy.arrivals if outcome.is_stream else [],
            prompt_inputs=self.prompt_inputs,
            **seen.labels(),
        )
        return without_omitted(event)

    def _elapsed_ms(self) -> int:
        return round((time.perf_counter() - self._started) * 1000)


def _described(answer: Answer) -> tuple[bytes, bytes, int | None]:
    """Returns media type (lower case), content encoding, and the announced length in bytes or None."""
    content_type, encoding, length = b"", b"", None
    for name, value in answer.headers:
        if name == b"content-type":
            content_type = value.lower()
        elif name == b"content-encoding":
            encoding = value.strip().lower()
        elif name == b"content-length" and value.isdigit():
            length = int(value)
    return content_type, encoding, length
