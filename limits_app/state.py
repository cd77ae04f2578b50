"""What is used up of limits, for pages and tasks: read from Redis, and filled in from the database."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from redis import Redis

from limits_app.pots import (
    Pot,
    budget_key,
    budget_pot,
    epoch_ms,
    rate_key,
    ready_key,
    top_key,
    window_slot_ms,
)
from limits_app.rules import Budget, Period, RateLimit, Unit
from limits_app.scripts import script
from limits_app.steps import NANODOLLARS_A_CENT

# What ended longer ago is in the database, unless nobody writes; then the next `seed` mends it.
SURELY_STORED_AFTER = timedelta(hours=1)
_AT_ONCE = 500  # keys in one round-trip


@dataclass(frozen=True, slots=True)
class Spent:
    """What a subject of a budget has spent in its period or window, and what requests under way may cost yet."""

    spent_nanodollars: int
    reserved_nanodollars: int


def spent(
    redis: Redis,
    budget: Budget,
    *,
    at: datetime,
    subjects: Sequence[str] | None = None,
    at_most: int = 100,
) -> dict[str, Spent]:
    """Returns what was spent in the period of `at` (or in the window that ends then) by subject, the most first.

    Subjects are as in `pots.subjects_of`: "" of the organization, an API key's id, a user, a property's value, a model.
    Without `subjects` the `at_most` that spent most. `is_ready` says whether that is all that was spent.
    Raises RedisError.
    """
    if subjects is None:
        # Of a window the set's order is that of the last request, so that more are looked at than asked for.
        first: Any = redis.zrevrange(top_key(budget_pot(budget, "", at)), 0, 2 * at_most)
        subjects = [subject.decode() for subject in first]
    found: dict[str, Spent] = {}
    for start in range(0, len(subjects), _AT_ONCE):
        some = subjects[start : start + _AT_ONCE]
        pots = [budget_pot(budget, subject, at) for subject in some]
        pipeline = redis.pipeline(transaction=False)
        for pot in pots:
            pipeline.hgetall(pot.key)
            # Who holds a reservation that has run out says nothing any more.
            pipeline.zrangebyscore(f"{pot.key}:held", f"({epoch_ms(datetime.now(UTC))}", "+inf")
        replies = pipeline.execute()
        for subject, pot, fields, held in zip(some, pots, replies[::2], replies[1::2], strict=True):
            reserved = sum(int(member.rpartition(b":")[2]) for member in held)
            found[subject] = Spent(_spent(fields, pot), reserved)
    ranked = sorted(found.items(), key=lambda one: one[1].spent_nanodollars, reverse=True)
    return dict(ranked[:at_most])


def seed(redis: Redis, budget: Budget, *, at: datetime, spent: Mapping[str, Mapping[datetime, int]]) -> None:
    """Take over what the database says was spent, and mark the budget as ready.

    `spent` has nano-dollars by subject (as in `spent`) and by the beginning of the piece of time in which requests were
    made. Pieces of an hour or less (of a rolling window: of at most a minute, or as fine as is at hand) lie within the
    period or window of `at`; others are left out. What happened in the last hour may not all be stored yet: there the
    larger of Redis' number and this one stands. Reservations stay. Doing it again is harmless, and mends what a lost
    Redis or a late row made wrong, so do it now and then for all budgets. Raises RedisError.
    """
    step = redis.register_script(script("seed").text)
    pipeline = redis.pipeline(transaction=False)
    for number, (subject, pieces) in enumerate(spent.items(), 1):
        pot = budget_pot(budget, subject, at)
        in_slots: dict[int, int] = defaultdict(int)
        for began_at, nanodollars in pieces.items():
            if is_within(budget, pot, began_at, at):
                in_slots[pot.slot_of(began_at)] += nanodollars
        step(
            [pot.key, top_key(pot)],
            [
                subject,
                "w" if pot.first_slot >= 0 else "c",
                pot.expires_at_ms,
                pot.slot_of(at - SURELY_STORED_AFTER),
                *(number for slot in in_slots.items() for number in slot),
            ],
            client=pipeline,
        )
        if number % _AT_ONCE == 0:
            pipeline.execute()
    pipeline.set(ready_key(budget.id), at.isoformat())
    pipeline.execute()


def is_within(budget: Budget, pot: Pot, moment: datetime, at: datetime) -> bool:
    """Returns whether `moment` is in the period, or in the window, of `at` whose pot is `pot`."""
    if budget.period is Period.ROLLING:
        return pot.slot_of(moment) >= pot.first_slot
    return budget_pot(budget, "", moment).key == budget_pot(budget, "", at).key


def is_ready(redis: Redis, budget: Budget) -> bool:
    """Returns whether Redis knows all that was spent: it was seeded, and has lost nothing since. Raises RedisError."""
    return bool(redis.exists(ready_key(budget.id)))


def are_ready(redis: Redis, budgets: Iterable[Budget]) -> dict[int, bool]:
    """Returns the same of many, by budget id, in one round-trip. Raises RedisError."""
    ids = [budget.id for budget in budgets]
    known: Any = redis.mget([ready_key(id) for id in ids]) if ids else []
    return {id: value is not None for id, value in zip(ids, known, strict=True)}


def forget(redis: Redis, budget_id: int) -> None:
    """Forget all about a budget: it is gone, or counts others or other periods than before; then `seed` it.

    Looks through all keys, so it is not for a request to wait for. Raises RedisError.
    """
    redis.delete(ready_key(budget_id))
    _forget_keys(redis, f"{budget_key(budget_id)}:*")


def forget_rate(redis: Redis, rate: RateLimit) -> None:
    """Forget what was used of a rate limit. Looks through all keys. Raises RedisError."""
    _forget_keys(redis, f"helicone:rate:{rate.organization_id}:{rate.id}:*")


def used(redis: Redis, rate: RateLimit, *, at: datetime, segments: Sequence[str] = ("",)) -> dict[str, float]:
    """Returns what was used in the window that ends `at`, by segment: requests, or US cents.

    `segments` are users or values of the property; "" where all are counted together. Raises RedisError.
    """
    policy = rate.policy
    slot_ms = window_slot_ms(policy.window_s)
    first_slot = (epoch_ms(at) - policy.window_s * 1000) // slot_ms
    pipeline = redis.pipeline(transaction=False)
    for segment in segments:
        pipeline.hgetall(rate_key(rate.organization_id, rate.id, policy, segment))
    a_unit = NANODOLLARS_A_CENT if policy.unit is Unit.CENTS else 1
    return {
        segment: _in_slots(fields, first_slot) / a_unit
        for segment, fields in zip(segments, pipeline.execute(), strict=True)
    }


def _spent(fields: Mapping[bytes, bytes], pot: Pot) -> int:
    return int(fields.get(b"t", 0)) if pot.first_slot < 0 else _in_slots(fields, pot.first_slot)


def _in_slots(fields: Mapping[bytes, bytes], first_slot: int) -> int:
    return sum(int(n) for slot, n in fields.items() if slot.isdigit() and int(slot) >= first_slot)


def _forget_keys(redis: Redis, pattern: str) -> None:
    some: list[Any] = []
    for key in redis.scan_iter(pattern, count=1000):
        some.append(key)
        if len(some) >= _AT_ONCE:
            redis.unlink(*some)
            some = []
    if some:
        redis.unlink(*some)
