"""Waiting for what was just logged: scripts rate an answer as soon as they have it, before its row may be written."""

import time
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from redis.exceptions import RedisError

from helicone_site.redis_client import sync_client
from ingest_app.stream import length

_COMES_WITHIN_S = 2.0
_LOOK_EVERY_S = 0.1
_Found = TypeVar("_Found")


def awaited(look: Callable[[], _Found], missing: type[Exception]) -> _Found:
    """Returns what `look` returns, tried again while it raises `missing` and something is on its way in the stream.

    Raises what `look` does when nothing is, or it takes too long.
    """
    deadline = time.monotonic() + _COMES_WITHIN_S
    # Asked first: an event leaves the stream when its row is there.
    while _is_anything_on_its_way() and time.monotonic() < deadline:
        with suppress(missing):
            return look()
        time.sleep(_LOOK_EVERY_S)
    return look()


def _is_anything_on_its_way() -> bool:
    try:
        return length(sync_client()) > 0
    except RedisError:
        return False
