"""The live feed over HTTP, as an ASGI application: Server-Sent Events, one answer for as long as somebody watches.

Beside Django, in whose request cycle each viewer would hold a thread and a connection to the database.
"""

import asyncio
import random
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import BytesIO
from typing import Any

import structlog
from django.core.handlers.asgi import ASGIRequest
from django.db import Error as DatabaseError
from redis.exceptions import RedisError

from alerts_app.live.admission import Admitted, Refused, admit
from alerts_app.live.feed import Full, LiveFeed
from alerts_app.live.looks import event
from alerts_app.live.viewer import Viewer
from helicone_site.time_limit import TooSlow

log = structlog.get_logger(__name__)

_PATHS = re.compile(r"/o/(?P<slug>[-\w]+)/live/stream/|/api/live/")
HEARTBEAT_S = 15.0
HEARTBEAT = b": still here\n\n"
RETRY_MS = 1_000
# How often it is asked whether a viewer still may watch; not of all in the same moment.
ASKED_AGAIN_S = (30.0, 45.0)
_HEADERS = {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store",
    "x-accel-buffering": "no",  # else nginx keeps events back
    "x-content-type-options": "nosniff",
}


class LiveEndpoint:
    """Make one for the life of a process, and serve it while inside `running`."""

    def __init__(self) -> None:
        self._feed: LiveFeed | None = None

    @staticmethod
    def has(path: str) -> bool:
        """Returns whether a request with this path is for the endpoint."""
        return _PATHS.fullmatch(path) is not None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Hold what viewers are sent."""
        self._feed = LiveFeed()
        try:
            yield
        finally:
            await self._feed.close()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        found = _PATHS.fullmatch(scope["path"])
        if found is None or self._feed is None or scope["method"] != "GET":
            await _refuse(send, 405, "Ask by GET.", {"allow": "GET"})
            return
        watch = _Watch(ASGIRequest(scope, BytesIO()), found["slug"])
        try:
            admitted = await watch.admit(is_first=True)
            async with self._feed.watching(
                admitted.organization_id, admitted.group, admitted.after
            ) as joined:
                extensions = scope["extensions"]
                extensions["helicone.when_gone"](joined.viewer.close)
                extensions["helicone.when_stopping"](joined.viewer.close)
                hello = f"retry: {RETRY_MS}\n".encode() + event("hello", {}, joined.last)
                await _start(send, 200, _HEADERS, hello)
                await watch.follow(joined.viewer, send)
        except Refused as refusal:
            await _refuse(send, refusal.status, str(refusal))
        except Full:
            await _refuse(send, 503, "Too many watch already.", {"retry-after": "30"})
        except (RedisError, DatabaseError, OSError, TooSlow) as error:
            log.warning("nobody can watch", error=f"{type(error).__name__}: {error}")
            await _refuse(send, 503, "The live feed is not available right now.", {"retry-after": "5"})


class _Watch:
    """One viewer's answer."""

    def __init__(self, request: ASGIRequest, slug: str | None) -> None:
        self._request, self._slug = request, slug

    async def admit(self, *, is_first: bool) -> Admitted:
        return await asyncio.to_thread(admit, self._request, self._slug, is_first=is_first)

    async def follow(self, viewer: Viewer, send: Any) -> None:
        """Send what the viewer is to see until it is gone, may not watch any more, or the server stops."""
        loop = asyncio.get_running_loop()
        ask_at = loop.time() + random.uniform(*ASKED_AGAIN_S)  # noqa: S311
        while (content := await viewer.take(within_s=HEARTBEAT_S)) is not None:
            await send({"type": "http.response.body", "body": content or HEARTBEAT, "more_body": True})
            if loop.time() > ask_at:
                ask_at = loop.time() + random.uniform(*ASKED_AGAIN_S)  # noqa: S311
                if not await self._still_may():
                    break
        await send({"type": "http.response.body", "body": b""})

    async def _still_may(self) -> bool:
        try:
            await self.admit(is_first=False)
        except Refused:
            return False
        except (RedisError, DatabaseError, OSError):
            return True  # it is asked again soon
        return True


async def _start(send: Any, status: int, headers: dict[str, str], body: bytes) -> None:
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": body, "more_body": status == 200})


async def _refuse(send: Any, status: int, text: str, headers: dict[str, str] | None = None) -> None:
    body = text.encode()
    plain = {"content-type": "text/plain; charset=utf-8", "content-length": str(len(body))}
    await _start(send, status, {**plain, **(headers or {})}, body)
