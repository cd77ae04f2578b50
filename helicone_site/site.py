"""The web process: the gateway, the doors for logs and Django side by side on one port, told apart by path."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import connection

from accounts_app.directory import Directory
from accounts_app.queries import load_directory
from gateway_app.app import Gateway, Scope, Send
from gateway_app.directory import DirectoryCache
from gateway_app.doors.app import Doors
from gateway_app.doors.table import door_path
from gateway_app.headers import header
from gateway_app.limits.book import LimitBook, Snapshot
from gateway_app.limits.gate import DEADLINE_S, Gate
from gateway_app.prompts.cache import PromptCache
from gateway_app.prompts.stored import StoredPrompt, Wanted
from gateway_app.realtime import Realtime
from gateway_app.request_body import Receive
from gateway_app.routes import is_gateway_path
from gateway_app.running import Running
from gateway_app.unknown_headers import UnknownHeaders
from gateway_app.upstream import Upstream
from helicone_site.redis_client import async_client
from helicone_site.serving import settle
from ingest_app.event_log import EventLog
from ingest_app.price_overrides import prices_by_organization
from ingest_app.spool import Spool
from ingest_app.stream import wake
from limits_app.queries import load_book
from prompts_app.queries import load_prompt

if TYPE_CHECKING:  # the gateway alone has no use for it
    from alerts_app.live.endpoint import LiveEndpoint
    from mcp_app.endpoint import McpEndpoint

# How long the last bytes of an answer wait for Redis before the event goes to the spool.
LOG_DEADLINE_S = 0.5


class Site:
    """Opens what the gateway holds for the life of the process, and hands each connection on."""

    def __init__(
        self, *, pages: Any, mcp: "McpEndpoint | None" = None, live: "LiveEndpoint | None" = None
    ) -> None:
        self._pages = pages  # Django
        self._mcp = mcp
        self._live = live
        self._gateway: Gateway | None = None
        self._realtime: Realtime | None = None
        self._doors: Doors | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        match scope["type"]:
            case "lifespan":
                await self._lifespan(receive, send)
            case "http" if scope["path"] == "/healthz":
                await _alive(send)
            case "http" if self._gateway is not None and is_gateway_path(_host(scope), scope["path"]):
                await self._gateway(scope, receive, send)
            case "http" if self._doors is not None and door_path(scope["path"]) is not None:
                await self._doors(scope, receive, send)
            case "http" if self._mcp is not None and self._mcp.has(scope["path"]):
                await self._mcp(scope, receive, send)
            case "http" if self._live is not None and self._live.has(scope["path"]):
                await self._live(scope, receive, send)
            case "http":
                await self._pages(scope, receive, send)
            case "websocket" if self._realtime is not None and is_gateway_path(_host(scope), scope["path"]):
                await self._realtime(scope, receive, send)
            case "websocket":
                await receive()
                await send({"type": "websocket.close", "code": 1003})

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        settle()
        directory = DirectoryCache(load=_read_directory, client=async_client(timeout_s=5))
        event_log = EventLog(
            client=async_client(timeout_s=LOG_DEADLINE_S), spool=Spool(settings.DATA_DIR / "spool"), wake=wake
        )
        upstream = Upstream()
        unknown_headers = UnknownHeaders(async_client(timeout_s=LOG_DEADLINE_S))
        prompts = PromptCache(load=_read_prompt, client=async_client(timeout_s=5))
        running = Running(async_client(timeout_s=LOG_DEADLINE_S))
        limit_book = LimitBook(load=_read_limits, client=async_client(timeout_s=5))
        gate = Gate(book=limit_book, client=async_client(timeout_s=DEADLINE_S))
        await directory.start()
        prompts.start()
        event_log.start()
        unknown_headers.start()
        running.start()
        await limit_book.start()
        gate.start()
        self._gateway = Gateway(
            directory=directory,
            event_log=event_log,
            upstream=upstream,
            unknown_headers=unknown_headers,
            prompts=prompts,
            running=running,
            gate=gate,
        )
        self._realtime = Realtime(directory=directory, event_log=event_log, gate=gate)
        self._doors = Doors(directory=directory, event_log=event_log, unknown_headers=unknown_headers)
        async with (
            self._mcp.running() if self._mcp is not None else nullcontext(),
            self._live.running() if self._live is not None else nullcontext(),
        ):
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await upstream.close()
        await event_log.close()
        await unknown_headers.close()
        await running.close()
        await gate.close()
        await limit_book.close()
        await prompts.close()
        await directory.close()
        await send({"type": "lifespan.shutdown.complete"})


async def no_pages(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer, where the gateway runs alone, that there is nothing else here."""
    body = b'{"error":{"message":"The gateway runs alone here: no such path.","code":"not_found"}}'
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 404, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _host(scope: Scope) -> str:
    return header(scope["headers"], b"host")


async def _alive(send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": b"ok\n"})


def _read_directory() -> Directory:
    with _own_connection():
        return load_directory()


def _read_limits() -> Snapshot:
    with _own_connection():
        return Snapshot(load_book(), prices_by_organization())


def _read_prompt(organization_id: int, wanted: Wanted) -> StoredPrompt | None:
    with _own_connection():
        return load_prompt(organization_id, wanted)


@contextmanager
def _own_connection() -> Iterator[None]:
    """In whatever thread this runs, it leaves no connection behind: those of threads are never given back."""
    try:
        yield
    finally:
        connection.close()
