"""The live feed of one process: a hub for each organization that somebody watches."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple

import redis.asyncio

from alerts_app.live.hub import Group, Hub
from alerts_app.live.viewer import Viewer
from helicone_site.redis_client import async_client

MAX_VIEWERS = 2_000
_REDIS_TIMEOUT_S = 5


class Full(Exception):
    """So many watch already that nobody more can."""


class Joined(NamedTuple):
    """A viewer, and the place in the stream from which it is sent what comes."""

    viewer: Viewer
    last: str


class LiveFeed:
    """Make it, and call everything, in the running loop."""

    def __init__(self) -> None:
        self._redis: redis.asyncio.Redis = async_client(timeout_s=_REDIS_TIMEOUT_S)
        self._hubs: dict[int, Hub] = {}
        self._viewers = 0

    @asynccontextmanager
    async def watching(self, organization_id: int, group: Group, after: str) -> AsyncIterator[Joined]:
        """Yields a viewer of what `group` wants, from the place `after` on unless that is empty.

        Raises Full, RedisError, django.db.Error, TooSlow.
        """
        if self._viewers >= MAX_VIEWERS:
            raise Full
        hub = self._hubs.get(organization_id)
        if hub is None:
            hub = self._hubs[organization_id] = Hub(self._redis, organization_id)
        viewer = Viewer()
        self._viewers += 1
        try:
            yield Joined(viewer, await hub.join(viewer, group, after))
        finally:
            self._viewers -= 1
            hub.leave(viewer, group)
            if hub.is_left and self._hubs.get(organization_id) is hub:
                del self._hubs[organization_id]
                await hub.close()

    async def close(self) -> None:
        """Let all viewers go."""
        for hub in list(self._hubs.values()):
            await hub.close()
        await self._redis.aclose()
