"""WebSocket realtime, up to the handshake: who calls, where to, may they. `RealtimeSession` does the rest."""

import dataclasses
from urllib.parse import parse_qs

import structlog
from websockets.asyncio.client import ClientConnection
from websockets.datastructures import Headers
from websockets.exceptions import InvalidHandshake, InvalidStatus

from accounts_app.directory import NOTHING_STORED, StoredAccess
from gateway_app import errors, headers
from gateway_app.app import Scope, Send, authenticate
from gateway_app.directory import DirectoryCache
from gateway_app.headers import RawHeaders
from gateway_app.http1.addresses import Addresses
from gateway_app.limits.gate import Gate
from gateway_app.limits.request import Request
from gateway_app.outgoing import prepare
from gateway_app.providers import Provider
from gateway_app.realtime_log import RealtimeLog
from gateway_app.realtime_session import RealtimeSession, connect
from gateway_app.realtime_turns import Turns
from gateway_app.request_body import Receive, RequestBody
from gateway_app.routes import Form, Route, route
from gateway_app.upstream import NotPublic, TimedOut, Unreachable
from ingest_app.event_log import EventLog
from ingest_app.events import now_us, uuid7

log = structlog.get_logger(__name__)

_REALTIME = "/realtime"
# Helicone's own server has its address so: /v1/gateway/oai/realtime/v1/realtime (contract 10).
_TWICE = "/realtime/v1/realtime"
# How browsers, which cannot set headers, send a key.
_KEY_PROTOCOL = "openai-insecure-api-key."
_HANDSHAKE_HEADERS = b"sec-websocket-"


class Realtime:
    """Answers WebSocket handshakes on the gateway's paths."""

    def __init__(self, *, directory: DirectoryCache, event_log: EventLog, gate: Gate) -> None:
        self._directory = directory
        self._event_log = event_log
        self._gate = gate
        self._addresses = Addresses()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()  # that a client wants to connect
        where = _route(scope)
        if where.form is Form.UNKNOWN or not where.path.endswith(_REALTIME):
            await _refuse(send, 404, errors.no_websocket().body(where.provider.errors), _own_headers())
            return
        seen = headers.read(_without_handshake(scope["headers"]))
        protocols = _read_protocols(seen, scope["subprotocols"])
        seen.helicone_key = seen.helicone_key or where.key or None
        query = scope["query_string"].decode("latin-1")
        try:
            turn_log = await self._log(seen, where, query)
        except errors.GatewayError as error:
            await _refuse(send, error.status, error.body(where.provider.errors), _own_headers())
            return
        try:
            of_limits = await self._limit_headers(seen, turn_log, _model(query))
            upstream = await self._connect(seen, where, query, protocols, turn_log)
        except InvalidStatus as refusal:
            answer = refusal.response
            body, encoding = bytes(answer.body), answer.headers.get("Content-Encoding", "")
            await turn_log.put_refusal(answer.status_code, "", body, encoding)
            await _refuse(send, answer.status_code, body, _passed_down(answer.headers, turn_log))
        except errors.GatewayError as error:
            body = error.body(where.provider.errors)
            await turn_log.put_refusal(error.status, error.code, body)
            await _refuse(send, error.status, body, [*_own_headers(turn_log), *error.headers])
        else:
            await RealtimeSession(
                accept={
                    "type": "websocket.accept",
                    "subprotocol": upstream.subprotocol,
                    "headers": [
                        *(_passed_down(upstream.response.headers, turn_log) if upstream.response else ()),
                        *of_limits,
                    ],
                },
                receive=receive,
                send=send,
                upstream=upstream,
                turn_log=turn_log,
            ).run()

    async def _log(self, seen: headers.CallerHeaders, where: Route, query: str) -> RealtimeLog:
        """Returns where the caller's responses are logged. Raises GatewayError for whom the gateway is not."""
        return RealtimeLog(
            caller=await authenticate(self._directory, seen),
            seen=seen,
            provider=where.provider.name,
            path=where.path,
            turns=Turns(model=_model(query)),
            event_log=self._event_log,
        )

    async def _limit_headers(
        self, seen: headers.CallerHeaders, turn_log: RealtimeLog, model: str
    ) -> list[tuple[bytes, bytes]]:
        """Returns what the client is told of its rate limits. Raises GatewayError where a limit refuses the session.

        Nobody knows what a session will cost, so that nothing is reserved for it: the writer counts each response.
        """
        caller = turn_log.caller
        if caller is None or not self._gate.concerns(caller, seen):
            return []
        at_us = now_us()
        request = Request(uuid7(at_us), at_us, "GET", caller, seen, _no_body())
        admission = await self._gate.admit_session(request, model)
        return admission.headers if admission is not None else []

    async def _connect(
        self,
        seen: headers.CallerHeaders,
        where: Route,
        query: str,
        protocols: list[str],
        turn_log: RealtimeLog,
    ) -> ClientConnection:
        """Returns the provider's side. Raises InvalidStatus with the provider's refusal, GatewayError."""
        caller = turn_log.caller

        def access(provider: Provider) -> StoredAccess:
            return self._directory.access(caller.organization_id, provider.name) if caller else NOTHING_STORED

        outgoing = prepare(where, seen, method="GET", query=query, body=_no_body(), access=access)
        provider = outgoing.destination.provider
        turn_log.provider, turn_log.path = provider.name, outgoing.destination.path
        turn_log.target_url = outgoing.target_url
        try:
            return await connect(outgoing.call, protocols, self._addresses)
        except InvalidStatus:
            raise
        except NotPublic as error:
            raise errors.target_not_public() from error
        except (TimedOut, Unreachable, InvalidHandshake) as error:
            log.warning("realtime session not opened", provider=provider.name, detail=str(error))
            told = errors.timed_out if isinstance(error, TimedOut) else errors.unreachable
            raise told(provider.label) from error


def _route(scope: Scope) -> Route:
    path = scope["raw_path"].decode("latin-1") if scope.get("raw_path") else scope["path"]
    where = route(headers.header(scope["headers"], b"host"), path.rstrip("/"))
    return dataclasses.replace(where, path="/v1/realtime") if where.path == _TWICE else where


def _model(query: str) -> str:
    return parse_qs(query).get("model", [""])[0]


def _read_protocols(seen: headers.CallerHeaders, protocols: list[str]) -> list[str]:
    """Returns the protocols to offer to the provider: all but a Helicone key, which goes no further."""
    offered = []
    for protocol in protocols:
        if protocol.startswith(_KEY_PROTOCOL):
            key = protocol.removeprefix(_KEY_PROTOCOL)
            if headers.is_helicone_key(key):
                seen.helicone_key = seen.helicone_key or key
                continue
            seen.has_provider_key = True
        offered.append(protocol)
    return offered


def _without_handshake(raw: RawHeaders) -> list[tuple[bytes, bytes]]:
    """Returns the headers that are not of the WebSocket protocol, which has a handshake on either side."""
    return [(name, value) for name, value in raw if not name.startswith(_HANDSHAKE_HEADERS)]


def _no_body() -> RequestBody:
    async def nothing() -> dict[str, object]:
        return {"type": "http.request"}

    body = RequestBody(nothing, 0)
    body.is_complete = True
    return body


def _passed_down(answer: Headers, turn_log: RealtimeLog) -> list[tuple[bytes, bytes]]:
    raw = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in answer.raw_items()]
    return headers.answer_headers(_without_handshake(raw), turn_log.connection_id)


def _own_headers(turn_log: RealtimeLog | None = None) -> list[tuple[bytes, bytes]]:
    named = [(b"helicone-id", turn_log.connection_id.encode())] if turn_log else []
    return [(b"content-type", b"application/json"), *named]


async def _refuse(send: Send, status: int, body: bytes, raw: list[tuple[bytes, bytes]]) -> None:
    """Answer the handshake as an HTTP request."""
    await send({"type": "websocket.http.response.start", "status": status, "headers": raw})
    await send({"type": "websocket.http.response.body", "body": body})
