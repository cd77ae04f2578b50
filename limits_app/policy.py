"""`Helicone-RateLimit-Policy` (contract 1.4): how it is written."""

import re
from functools import lru_cache

from limits_app.rules import RatePolicy, Unit

MIN_WINDOW_S = 60
MAX_WINDOW_S = 31_536_000
MAX_QUOTA = 2**31 - 1
_POLICY = re.compile(
    r"(\d{1,12});w=(\d{1,12})(?:;u=(request|cents))?(?:;s=([\w-]{1,200}))?", re.IGNORECASE | re.ASCII
)


@lru_cache(maxsize=4096)
def parse_policy(text: str) -> RatePolicy | None:
    """Returns what a policy says, None for what is none: such a request is not limited by it."""
    found = _POLICY.fullmatch(text.strip())
    if found is None:
        return None
    quota, window_s = int(found[1]), int(found[2])
    if not (0 < quota <= MAX_QUOTA and MIN_WINDOW_S <= window_s <= MAX_WINDOW_S):
        return None
    return RatePolicy(quota, window_s, Unit((found[3] or Unit.REQUEST).lower()), (found[4] or "").lower())


def policy_text(policy: RatePolicy) -> str:
    """Returns a policy as the header spells it, without what goes without saying."""
    unit = "" if policy.unit is Unit.REQUEST else f";u={policy.unit}"
    segment = f";s={policy.segment}" if policy.segment else ""
    return f"{policy.quota};w={policy.window_s}{unit}{segment}"
