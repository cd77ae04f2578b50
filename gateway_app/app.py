"""The gateway as an ASGI application: who calls, where to, may they; then `Exchange` does the rest."""

import asyncio
import os
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any

import structlog

from accounts_app.directory import NOTHING_STORED, Caller, StoredAccess
from gateway_app import errors, headers, model_list
from gateway_app.directory import DirectoryCache, KeysUnknown
from gateway_app.exchange import Exchange
from gateway_app.limits.gate import Gate
from gateway_app.limits.request import Request
from gateway_app.outgoing import Outgoing, error_shape, is_ai_call, is_model_list, prepare, query_key
from gateway_app.prompts.cache import PromptCache
from gateway_app.prompts.filling import filled, may_name_prompt
from gateway_app.providers import Provider, Shape, Speaks
from gateway_app.request_body import LOGGED_BYTES, MAX_REQUEST_BYTES, ClientGone, Receive, RequestBody
from gateway_app.routes import Form, Route, route
from gateway_app.running import Running
from gateway_app.unknown_headers import UnknownHeaders
from gateway_app.upstream import Upstream
from ingest_app.event_log import EventLog

log = structlog.get_logger(__name__)

Scope = MutableMapping[str, Any]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

# Helicone's cloud forwards calls without a valid key, unlogged. Off: nobody wants an open relay by accident.
FORWARD_UNAUTHENTICATED = os.environ.get("HELICONE_FORWARD_UNAUTHENTICATED", "").lower() == "true"


class Gateway:
    """Answers the requests for which `routes.is_gateway_path` is true."""

    def __init__(
        self,
        *,
        directory: DirectoryCache,
        event_log: EventLog,
        upstream: Upstream,
        unknown_headers: UnknownHeaders,
        prompts: PromptCache,
        running: Running,
        gate: Gate,
    ) -> None:
        self._directory = directory
        self._prompts = prompts
        self._running = running
        self._gate = gate
        self._event_log = event_log
        self._upstream = upstream
        self._unknown_headers = unknown_headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        seen = headers.read(scope["headers"])
        path = scope["raw_path"].decode("latin-1") if scope.get("raw_path") else scope["path"]
        where = route(
            headers.header(scope["headers"], b"host"),
            path,
            speaks_anthropic=seen.speaks_anthropic,
            speaks_google=seen.speaks_google,
        )
        if where.form is Form.UNKNOWN:
            # The contract's words (10).
            await _answer(send, 400, b'{"message":"Invalid provider"}')
            return
        try:
            await self._handle(scope, receive, send, seen, where)
        except errors.GatewayError as error:
            body = error.body(error_shape(where, seen))
            await _answer(send, error.status, body, error.content_type, allow=error.allow, more=error.headers)
        except ClientGone:
            log.debug("client gone before its request was complete")

    async def _handle(
        self, scope: Scope, receive: Receive, send: Send, seen: headers.CallerHeaders, where: Route
    ) -> None:
        query = _keys_beside_headers(seen, where, scope["query_string"].decode("latin-1"))
        caller = await authenticate(self._directory, seen)
        if seen.unknown and caller:
            self._unknown_headers.count(caller.organization_id, seen.unknown)

        def access(provider: Provider) -> StoredAccess:
            return self._directory.access(caller.organization_id, provider.name) if caller else NOTHING_STORED

        if is_model_list(where, seen):
            await _answer(send, 200, model_list.body(where.provider.errors, access))
            return
        body = RequestBody(receive, seen.content_length)
        exchange = Exchange(
            caller=caller,
            route=where,
            error_shape=error_shape(where, seen),
            seen=seen,
            body=body,
            event_log=self._event_log,
            send=send,
        )
        try:
            await body.read(MAX_REQUEST_BYTES if is_ai_call(where, seen) else LOGGED_BYTES + 1)
            if caller and is_ai_call(where, seen) and may_name_prompt(body.start):
                await self._fill_in(exchange, caller, where, seen, body)
            method = scope["method"]

            def prepared(instead: str) -> Outgoing:
                return prepare(
                    where, seen, method=method, query=query, body=body, access=access, instead=instead
                )

            if caller and self._gate.concerns(caller, seen):
                request = Request(exchange.id, exchange.created_at_us, method, caller, seen, body)
                outgoing, exchange.admission = await self._gate.admit(request, prepared)
            else:
                outgoing = prepared("")
        except errors.GatewayError as error:
            await exchange.refuse(error)
            raise
        try:
            with self._running.during(exchange):
                await _run_while_connected(exchange, exchange.run(self._upstream, outgoing), scope)
        finally:
            if exchange.admission is not None:
                exchange.admission.close()

    async def _fill_in(
        self, exchange: Exchange, caller: Caller, where: Route, seen: headers.CallerHeaders, body: RequestBody
    ) -> None:
        """Put the stored prompt that a call names in place of its body, for the log, too. Raises GatewayError."""
        dialect = where.dialect or Speaks.CHAT
        prompt = await filled(body.start, dialect, caller.organization_id, self._prompts)
        body.replace(prompt.body)
        exchange.prompt_inputs = prompt.inputs
        seen.properties.update(prompt.properties)


async def authenticate(directory: DirectoryCache, seen: headers.CallerHeaders) -> Caller | None:
    """Returns the caller; None when the call is to be forwarded without one. Raises GatewayError."""
    try:
        return await caller_of(directory, seen.helicone_key)
    except errors.GatewayError as error:
        if error.status == 401 and FORWARD_UNAUTHENTICATED and seen.has_provider_key:
            return None
        raise


async def caller_of(directory: DirectoryCache, key: str | None) -> Caller:
    """Returns who calls with the Helicone key `key`, and may write. Raises GatewayError."""
    try:
        caller = await directory.caller(key) if key else None
    except KeysUnknown as error:
        raise errors.keys_unknown() from error
    if caller is None:
        raise errors.wrong_helicone_key() if key else errors.no_helicone_key()
    if not caller.may_write:
        raise errors.read_only_key()
    return caller


def _keys_beside_headers(seen: headers.CallerHeaders, where: Route, query: str) -> str:
    """Take up keys in the path and in Google's query, where the headers have none. Returns the query to send."""
    seen.helicone_key = seen.helicone_key or where.key or None
    if where.provider.errors is not Shape.GOOGLE:
        return query
    key, rest = query_key(query)
    if headers.is_helicone_key(key):
        seen.helicone_key = seen.helicone_key or key
        return rest
    seen.has_provider_key = seen.has_provider_key or bool(key)
    return query


async def _run_while_connected(exchange: Exchange, work: Any, scope: Scope) -> None:
    """Run `work` of the exchange until it ends or the client closes the connection, which is how clients cancel."""
    task: Any = asyncio.current_task()
    is_over = False

    def cancel() -> None:
        if not is_over:
            exchange.client_is_gone = True
            task.cancel()

    # A task that waits for `http.disconnect` costs a tenth of a request (helicone_site.http_protocol).
    scope["extensions"]["helicone.when_gone"](cancel)
    try:
        await work
    except asyncio.CancelledError:
        if not exchange.client_is_gone:
            raise
        task.uncancel()
    finally:
        is_over = True


async def _answer(
    send: Send,
    status: int,
    body: bytes,
    content_type: bytes = b"application/json",
    *,
    allow: str = "",
    more: Sequence[tuple[bytes, bytes]] = (),
) -> None:
    answer_headers = [(b"content-type", content_type), (b"content-length", str(len(body)).encode()), *more]
    if allow:
        answer_headers.append((b"allow", allow.encode()))
    await send({"type": "http.response.start", "status": status, "headers": answer_headers})
    await send({"type": "http.response.body", "body": body})
