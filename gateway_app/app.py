"""The gateway as an ASGI application: who calls, where to, may they; then `Exchange` does the rest."""

import asyncio
import os
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import structlog

from accounts_app.directory import Caller
from gateway_app import errors, headers
from gateway_app.directory import DirectoryCache, KeysUnknown
from gateway_app.exchange import Exchange
from gateway_app.routes import Route, UnknownProvider, route
from gateway_app.upstream import Upstream
from ingest_app.event_log import EventLog

log = structlog.get_logger(__name__)

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

MAX_REQUEST_BYTES = int(os.environ.get("HELICONE_MAX_REQUEST_MIB", "256")) << 20
# Helicone's cloud forwards calls without a valid key, unlogged. Off: nobody wants an open relay by accident.
FORWARD_UNAUTHENTICATED = os.environ.get("HELICONE_FORWARD_UNAUTHENTICATED", "").lower() == "true"


class ClientGone(Exception):
    """The client closed the connection before its request was complete."""


class Gateway:
    """Answers the requests for which `routes.is_gateway_path` is true."""

    def __init__(self, *, directory: DirectoryCache, event_log: EventLog, upstream: Upstream) -> None:
        self._directory = directory
        self._event_log = event_log
        self._upstream = upstream

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        seen = headers.read(scope["headers"])
        path = scope["raw_path"].decode("latin-1") if scope.get("raw_path") else scope["path"]
        try:
            where = route(path, speaks_anthropic=seen.speaks_anthropic)
        except UnknownProvider:
            # The contract's words (10).
            await _answer(send, 400, b'{"message":"Invalid provider"}')
            return
        try:
            await self._handle(scope, receive, send, seen, where)
        except errors.GatewayError as error:
            await _answer(send, error.status, error.body(where.provider.errors))
        except ClientGone:
            log.debug("client gone before its request was complete")

    async def _handle(
        self, scope: Scope, receive: Receive, send: Send, seen: headers.CallerHeaders, where: Route
    ) -> None:
        caller = await self._authenticate(seen)
        exchange = Exchange(
            caller=caller,
            route=where,
            seen=seen,
            method=scope["method"],
            query=scope["query_string"].decode("latin-1"),
            event_log=self._event_log,
            send=send,
        )
        body = await _read_body(receive)
        try:
            request_headers = self._request_headers(seen, where, caller)
        except errors.GatewayError as error:
            await exchange.refuse(error, body)
            raise
        await _run_while_connected(exchange.run(self._upstream, request_headers, body), receive)

    async def _authenticate(self, seen: headers.CallerHeaders) -> Caller | None:
        """Returns the caller; None when the call is to be forwarded without one. Raises GatewayError."""
        try:
            caller = await self._directory.caller(seen.helicone_key) if seen.helicone_key else None
        except KeysUnknown as error:
            raise errors.keys_unknown() from error
        if caller is None:
            if FORWARD_UNAUTHENTICATED and seen.has_provider_key:
                return None
            raise errors.wrong_helicone_key() if seen.helicone_key else errors.no_helicone_key()
        if not caller.may_write:
            raise errors.read_only_key()
        return caller

    def _request_headers(
        self, seen: headers.CallerHeaders, where: Route, caller: Caller | None
    ) -> list[tuple[str, str]]:
        """The client's own provider key, else the organization's, else the environment's. Raises GatewayError."""
        provider = where.provider
        if seen.has_provider_key or caller is None:
            return seen.forwarded
        key = self._directory.provider_key(caller.organization_id, provider.name) or os.environ.get(
            provider.key_variable
        )
        if not key:
            raise errors.no_provider_key(provider.label, provider.key_variable)
        return headers.with_provider_key(seen, provider, key)


async def _read_body(receive: Receive) -> bytes:
    pieces: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        piece = message.get("body", b"")
        pieces.append(piece)
        size += len(piece)
        if size > MAX_REQUEST_BYTES:
            raise errors.too_large(MAX_REQUEST_BYTES)
        if not message.get("more_body"):
            return pieces[0] if len(pieces) == 1 else b"".join(pieces)


async def _run_while_connected(work: Any, receive: Receive) -> None:
    """Run `work` until it ends or the client closes the connection, which is how clients cancel."""
    task: Any = asyncio.current_task()
    client_gone = False

    async def watch() -> None:
        nonlocal client_gone
        while (await receive())["type"] != "http.disconnect":
            pass
        client_gone = True
        task.cancel()

    watcher = asyncio.create_task(watch(), name="client watch")
    try:
        await work
    except asyncio.CancelledError:
        if not client_gone:
            raise
        task.uncancel()
    finally:
        watcher.cancel()


async def _answer(send: Send, status: int, body: bytes) -> None:
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())],
        }
    )
    await send({"type": "http.response.body", "body": body})
