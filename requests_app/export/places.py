"""How many exports are streamed to an organization at once: each holds a place, a lease in Valkey.

A streamed export keeps a thread busy with reading and packing as long as its reader takes what is made; without a bound
a few of them would leave no room for anything else.
"""

import time
from collections.abc import Iterator
from contextlib import suppress
from uuid import uuid4

import structlog
from redis import RedisError

from helicone_site.redis_client import sync_client

log = structlog.get_logger(__name__)

PLACES = 4
# A place is held on to while chunks are taken; that of a process that died is free again after so long.
LEASE_S = 300
_RENEWED_EVERY_S = 30


class NoPlace(Exception):
    """The organization has `PLACES` exports streaming. `str()` of it says what to do."""


def in_a_place(organization_id: int, chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Yields `chunks` while holding a place. Raises NoPlace before the first when there is none.

    Without Valkey nobody can count, and all are let through.
    """
    key, name = f"helicone:export-streams:{organization_id}", uuid4().hex
    _take(key, name)
    renewed_s = time.monotonic()
    try:
        for chunk in chunks:
            yield chunk
            if time.monotonic() - renewed_s > _RENEWED_EVERY_S:
                renewed_s = time.monotonic()
                with suppress(RedisError):
                    _hold(key, name)
    finally:
        with suppress(RedisError):
            sync_client().zrem(key, name)
        with suppress(AttributeError):
            chunks.close()  # type: ignore[attr-defined] # generators have it


def _take(key: str, name: str) -> None:
    try:
        taken = _hold(key, name)
        if taken <= PLACES:
            return
        sync_client().zrem(key, name)
    except RedisError as error:
        log.warning("streamed exports not counted", error=str(error))
        return
    raise NoPlace(
        f"{PLACES} exports are being streamed to this organization already. Wait until one has ended, or have the file"
        " made in the background: POST /api/exports/."
    )


def _hold(key: str, name: str) -> int:
    """Hold a place for `LEASE_S` from now on. Returns how many are held."""
    now_s = time.time()
    with sync_client().pipeline(transaction=True) as pipeline:
        pipeline.zremrangebyscore(key, "-inf", now_s)
        pipeline.zadd(key, {name: now_s + LEASE_S})
        pipeline.expire(key, LEASE_S)
        pipeline.zcard(key)
        return int(pipeline.execute()[-1])
