"""Redis learns from the database what was spent of budgets: at first, after it lost its memory, and now and then.

The gateways settle a request in Redis when it ends, and the writer once more when it has stored it. The database is
right, and a little behind: so of the last hour the larger number stands (`limits_app.state.seed`). What was stored but
not yet settled must not be counted twice, so numbers are handed over `SETTLING_S` after they were read. What ended
while some process had not heard of a new budget is missing until it is counted again, seconds later; under steady load
as much as is spent in about a second may stay missing in its first hour (of a week or a month: first day).
"""

import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import takewhile

import structlog
from django.utils import timezone
from redis import Redis

from alerts_app.budgets.spending import Spending, spending
from helicone_site.redis_client import sync_client
from helicone_site.time_limit import TooSlow
from ingest_app.short_locks import one_at_a_time
from limits_app import queries, state
from limits_app.periods import span_of
from limits_app.pots import budget_pot
from limits_app.rules import Budget, Period

SETTLING_S = 0.5
"""In which the writer has told Redis of what it has stored."""

ROUND_S = 8.0
"""Of one task, after which others get the thread."""

TRIED_AGAIN_S = 60
"""After that a budget whose requests could not be added up in time is tried once more."""

log = structlog.get_logger(__name__)


def seed_unknown() -> None:
    """Have Redis know what was spent of all budgets of which it does not."""
    redis, rules = sync_client(), list(_active())
    known = state.are_ready(redis, rules)
    _round(redis, [rule for rule in rules if not known[rule.id]])


def seed_all() -> None:
    """Have Redis and the database agree about all budgets; those whose turn was longest ago first."""
    redis, rules = sync_client(), list(_active())
    asked = redis.mget([_seeded_key(rule) for rule in rules]) if rules else []
    last = {rule.id: float(at or 0) for rule, at in zip(rules, asked, strict=True)}
    _round(redis, sorted(rules, key=lambda rule: last[rule.id]))


def count_anew(budget_id: int) -> None:
    """Forget what Redis knows of a budget, and have it know it again, if it is there and switched on."""
    state.forget(sync_client(), budget_id)
    count(budget_id)


def count(budget_id: int) -> None:
    """Have Redis and the database agree about one budget, if it is there and switched on."""
    _seed(sync_client(), [rule for rule in _active() if rule.id == budget_id])


def edges(rule: Budget, at: datetime) -> list[datetime]:
    """Returns the edges of the slots in which Redis counts, from the beginning of the period or window to `at`."""
    pot = budget_pot(rule, "", at)
    slot = timedelta(milliseconds=pot.slot_ms)
    if rule.period is Period.ROLLING:
        start = edge = _epoch_plus(pot.first_slot * slot)
    else:
        start = span_of(rule.period, rule.zone, at).start
        edge = _epoch_plus(pot.slot_of(start) * slot)
    found = [start]
    while (edge := edge + slot) < at:
        found.append(edge)
    return [*found, max(at, start + timedelta(milliseconds=1))]


def _round(redis: Redis, rules: Iterable[Budget]) -> None:
    """Seed budgets, one worker at a time and no longer than `ROUND_S`: what is left is for the next round."""
    ends = time.monotonic() + ROUND_S
    with one_at_a_time("budgets.seed") as is_alone:
        if is_alone:
            _seed(redis, takewhile(lambda _: time.monotonic() < ends, rules))


def _seed(redis: Redis, rules: Iterable[Budget]) -> None:
    read: list[tuple[Budget, datetime, Spending]] = []
    for rule in rules:
        at = timezone.now()
        if (spent := _read(redis, rule, at)) is not None:
            read.append((rule, at, spent))
    if read:
        time.sleep(SETTLING_S)
    for rule, at, spent in read:
        state.seed(redis, rule, at=at, spent=spent)
        redis.set(_seeded_key(rule), time.time(), ex=86_400)


def _read(redis: Redis, rule: Budget, at: datetime) -> Spending | None:
    late = f"helicone:budgets:late:{rule.id}"
    if redis.exists(late):
        return None
    try:
        return spending(rule, edges(rule, at))
    except TooSlow:
        log.warning("budget cannot be added up in time", budget_id=rule.id)
    except Exception:
        log.exception("budget cannot be added up", budget_id=rule.id)  # the others can
    redis.set(late, b"", ex=TRIED_AGAIN_S)
    return None


def _active() -> Iterator[Budget]:
    for limits in queries.load_book().limits.values():
        yield from limits.budgets


def _seeded_key(rule: Budget) -> str:
    return f"helicone:budgets:seeded:{rule.id}"


def _epoch_plus(length: timedelta) -> datetime:
    return datetime.fromtimestamp(length.total_seconds(), UTC)
