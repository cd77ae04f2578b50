"""`/mcp`: the server over streamable HTTP, as an ASGI application. Each POST stands alone and is answered in JSON.

So nothing is kept of a client between its calls, any process may answer any of them, and there is no stream to open:
GET and DELETE are 405, as the protocol provides for.
"""

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import BytesIO
from typing import Any

from django.core.exceptions import DisallowedHost
from django.core.handlers.asgi import ASGIRequest
from django.db import connection
from django.http import HttpRequest
from mcp.server.transport_security import TransportSecuritySettings
from mcp.types import INVALID_REQUEST, ErrorData, JSONRPCError
from rest_framework.exceptions import APIException, ParseError
from rest_framework.request import Request as ApiRequest

from accounts_app.authentication import ApiCaller, ApiKeyAuthentication
from mcp_app.admission import admit
from mcp_app.asker import ASKER, Asker
from mcp_app.server import make_server

PATH = "/mcp"
_METHOD_NOT_ALLOWED = 405


class McpEndpoint:
    """Make one for the life of a process, and serve it while inside `running`."""

    def __init__(self) -> None:
        self._server = make_server()
        self._app = self._server.streamable_http_app(
            streamable_http_path=PATH,
            json_response=True,
            stateless_http=True,
            # `admit` knows this installation's hosts and origins.
            transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
        )

    @staticmethod
    def has(path: str) -> bool:
        """Returns whether a request with this path is for the endpoint."""
        return path.removesuffix("/") == PATH

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Hold what calls are answered with. Can be entered once."""
        async with self._server.session_manager.run():
            yield

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        request = ASGIRequest(scope, BytesIO())
        try:
            caller = await asyncio.to_thread(_admitted, request)
        except APIException as refusal:
            await _answer(send, refusal.status_code, str(refusal.detail), _headers_of(refusal, request))
            return
        if scope["method"] != "POST":
            await _answer(send, _METHOD_NOT_ALLOWED, "Send calls by POST.", {"Allow": "POST"})
            return
        state = {**scope.get("state", {}), ASKER: Asker(caller.organization, request)}
        await self._app({**scope, "path": PATH, "raw_path": PATH.encode(), "state": state}, receive, send)


def _admitted(request: HttpRequest) -> ApiCaller:
    """In whatever thread this runs, it leaves no connection behind: those of threads are never given back."""
    try:
        return admit(request)
    except DisallowedHost as error:
        raise ParseError("This server is not known by this host name.") from error
    finally:
        connection.close()


def _headers_of(refusal: APIException, request: HttpRequest) -> dict[str, str]:
    if refusal.status_code == 401:
        return {"WWW-Authenticate": ApiKeyAuthentication().authenticate_header(ApiRequest(request))}
    wait_s: float | None = getattr(refusal, "wait", None)  # of Throttled
    return {} if wait_s is None else {"Retry-After": str(math.ceil(wait_s))}


async def _answer(send: Any, status: int, text: str, headers: dict[str, str]) -> None:
    """Refuse in the form that clients of the protocol show to people."""
    error = JSONRPCError(jsonrpc="2.0", id=None, error=ErrorData(code=INVALID_REQUEST, message=text))
    body = error.model_dump_json(exclude_unset=True).encode()
    all_headers = {"Content-Type": "application/json", "Content-Length": str(len(body)), **headers}
    raw = [(name.lower().encode(), value.encode()) for name, value in all_headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": body})
