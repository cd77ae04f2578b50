"""The two ways to Redis (Valkey): one client per process and kind, with time-outs everywhere."""

from functools import cache

import redis
import redis.asyncio
import structlog
from django.conf import settings
from django.db import transaction
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

log = structlog.get_logger(__name__)

# A server that was restarted leaves dead connections in the pool: each is replaced at once. Whoever calls decides
# what to do when that fails; redis-py's own back-off would keep a client's last bytes waiting for seconds.
_RETRIES = 1


@cache
def sync_client() -> redis.Redis:
    """Returns the process's blocking client (thread-safe, pooled)."""
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=10, socket_connect_timeout=2, retry=Retry(NoBackoff(), _RETRIES)
    )


def async_client(*, timeout_s: float) -> redis.asyncio.Redis:
    """Returns a new client for the running event loop; the caller closes it. `timeout_s` bounds each command."""
    return redis.asyncio.Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=timeout_s,
        socket_connect_timeout=timeout_s,
        retry=AsyncRetry(NoBackoff(), _RETRIES),
    )


def publish_on_commit(channel: str) -> None:
    """After commit, tell whoever listens that something has changed. They also look by themselves now and then."""

    def publish() -> None:
        try:
            sync_client().publish(channel, b"")
        except RedisError as error:
            log.warning("nobody told of a change", channel=channel, error=str(error))

    transaction.on_commit(publish)
