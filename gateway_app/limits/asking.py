"""A connection to Redis on which limits are asked and settled, each within a short time."""

import time
from collections.abc import Sequence
from typing import Any

import hiredis
import redis.asyncio
import structlog
from redis.exceptions import RedisError

from ingest_app.redis_pipe import Command, RedisPipe, raise_refusal
from limits_app.scripts import script
from limits_app.steps import Argument

log = structlog.get_logger(__name__)

# Told again only so often, however many requests find Redis away.
_TELL_EVERY_S = 10.0


class Unknown(Exception):
    """Redis does not say, or not in time."""


class Asking:
    """Runs scripts. While Redis is away one request at a time waits for it; the others know at once."""

    def __init__(self, client: redis.asyncio.Redis) -> None:
        self._redis = client  # its socket time-out is the deadline of a step
        self._pipe = RedisPipe(client)
        self._is_away = False
        self._is_trying = False
        self._told_at = float("-inf")

    async def ask(self, name: str, steps: Sequence[tuple[Argument, ...]]) -> list[Any]:
        """Returns what the script `name` answered to each of the steps. Raises Unknown."""
        if self._is_away and self._is_trying:
            raise Unknown
        self._is_trying = True
        try:
            replies = await self._run(name, steps)
        except (RedisError, OSError, TimeoutError) as error:
            self._is_away = True
            if time.monotonic() - self._told_at > _TELL_EVERY_S:
                self._told_at = time.monotonic()
                log.warning("limits are unknown", error=str(error) or type(error).__name__)
            raise Unknown from error
        else:
            self._is_away = False
            return replies
        finally:
            self._is_trying = False

    async def close(self) -> None:
        """Close the connection."""
        self._pipe.close()
        await self._redis.aclose()

    async def _run(self, name: str, steps: Sequence[tuple[Argument, ...]]) -> list[Any]:
        wanted = script(name)
        replies = await self._pipe.call([("EVALSHA", wanted.sha, *step) for step in steps])
        missing = [
            place
            for place, reply in enumerate(replies)
            if isinstance(reply, hiredis.ReplyError) and str(reply).startswith("NOSCRIPT")
        ]
        if missing:
            # Redis was restarted, or told to forget: the text brings the script back.
            again: list[Command] = [("EVAL", wanted.text, *steps[place]) for place in missing]
            for place, reply in zip(missing, await self._pipe.call(again), strict=True):
                replies[place] = reply
        raise_refusal(replies)
        return replies
