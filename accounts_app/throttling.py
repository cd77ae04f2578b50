"""How often one caller may use REST: so many calls in each minute (or other period), counted in Valkey."""

import time
from typing import Any

import structlog
from django.conf import settings
from django.core.cache import cache
from redis.exceptions import RedisError
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from accounts_app.authentication import ApiCaller

log = structlog.get_logger(__name__)


class CallerThrottle(BaseThrottle):
    """`settings.API_RATE` for each API key, or each member of an organization; 429 with Retry-After beyond it.

    DRF's own throttle reads a list and writes it back: calls at the same moment would count as one.
    """

    def __init__(self) -> None:
        self._wait_s: float | None = None

    def allow_request(self, request: Request, view: Any) -> bool:
        caller: Any = request.user
        if not isinstance(caller, ApiCaller):
            return True
        calls, period_s = settings.API_RATE
        now = time.time()
        period = int(now // period_s)
        try:
            seen = _count(f"api-calls:{_name(caller)}:{period}", timeout=2 * period_s)
        except RedisError as error:
            # Who pays for the log may read it also while nobody can count.
            log.warning("API calls are not counted", error=str(error))
            return True
        self._wait_s = (period + 1) * period_s - now
        return seen <= calls

    def wait(self) -> float | None:
        return self._wait_s


def _name(caller: ApiCaller) -> str:
    if caller.api_key is not None:
        return f"key-{caller.api_key.pk}"
    return f"user-{caller.user.pk if caller.user else 0}-{caller.organization.pk}"


def _count(key: str, *, timeout: int) -> int:
    cache.add(key, 0, timeout=timeout)
    return cache.incr(key)
