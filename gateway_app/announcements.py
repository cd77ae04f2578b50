"""Being told by Redis that something has changed, from whichever process."""

import asyncio
from collections.abc import Awaitable, Callable

import redis.asyncio
import structlog
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)

_LOOK_EVERY_S = 30.0


async def listen_forever(
    client: redis.asyncio.Redis, channel: str, changed: Callable[[], Awaitable[None]]
) -> None:
    """Call `changed` for each message in `channel`, and whenever some may have been missed. Ends by cancellation."""
    while True:
        try:
            async with client.pubsub(ignore_subscribe_messages=True) as subscription:
                await subscription.subscribe(channel)
                await changed()  # while nobody listened
                while True:
                    if await subscription.get_message(timeout=_LOOK_EVERY_S):
                        await changed()
        except (RedisError, OSError, TimeoutError) as error:
            log.warning("not told of changes", channel=channel, error=str(error))
            await asyncio.sleep(1)
