"""When a delivery that failed is tried again."""

import random
from datetime import datetime, timedelta

RETRIED_FOR = timedelta(hours=24)
_FIRST_S, _FACTOR, _MOST_S = 10, 3, 6 * 3600
_JITTER = 0.2


def next_attempt_at(*, attempts: int, now: datetime, until: datetime) -> datetime | None:
    """Returns when to try again after `attempts` failures, or None when that would be after `until`.

    After about 10 s, 30 s, 90 s … and at most 6 hours: ten or eleven attempts in a day. Each time is off by up to a
    fifth, so that what failed together does not come back together.
    """
    delay_s = min(_FIRST_S * _FACTOR ** min(attempts - 1, 20), _MOST_S)
    at = now + timedelta(seconds=delay_s * random.uniform(1 - _JITTER, 1 + _JITTER))  # noqa: S311 - no secret
    return at if at <= until else None
