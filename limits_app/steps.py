"""The steps that requests take through their limits, as the scripts want them asked and as they answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from typing import NamedTuple

from limits_app.pots import Pot, epoch_ms, free_at, rate_key, record_key, window_slot_ms
from limits_app.rules import Budget, RatePolicy, Then, Unit

NANODOLLARS_A_CENT = 10_000_000
# A request's record lives until the writer has settled it, or the day after: workers may be away for hours.
WAITS_FOR_WRITER_MS = 24 * 3_600_000
# After that as long as the same event may be delivered again: a worker that died leaves it to another within minutes.
REMEMBERED_MS = 15 * 60_000

Argument = str | int


class Verdict(IntEnum):
    """What becomes of a request."""

    PASS = 0
    RATE_LIMITED = 1
    OVER_BUDGET = 2
    CHEAPER = 3
    UNKNOWN = 4  # a budget that is closed while nobody knows what was spent


class RateTake(NamedTuple):
    """A rate limit that a request falls under, and the pot of its segment."""

    key: str
    policy: RatePolicy

    def settled_in(self, at: datetime) -> Pot:
        """Returns the pot as what the request cost goes into, of limits in cents."""
        slot_ms, at_ms = window_slot_ms(self.policy.window_s), epoch_ms(at)
        window_ms = self.policy.window_s * 1000
        first_slot = (at_ms - window_ms) // slot_ms
        return Pot(self.key, slot_ms, at_ms // slot_ms, first_slot, at_ms + window_ms + slot_ms, None)


class BudgetTake(NamedTuple):
    """A budget that a request is about, the pot of its subject, and what the request may cost at most."""

    budget: Budget
    pot: Pot
    worst_nanodollars: int
    then: Then  # the budget's, unless the request has been switched to a cheaper model already


class RateLeft(NamedTuple):
    """What a rate limit has left after the request."""

    policy: RatePolicy
    left: int  # requests, or nano-dollars; below 0 when more was spent than there was
    reset_ms: int  # until something is free; 0: all is


class BudgetLeft(NamedTuple):
    """What a budget's subject had spent before the request."""

    take: BudgetTake
    spent_nanodollars: int
    reserved_nanodollars: int
    free_at: datetime | None


@dataclass(frozen=True, slots=True)
class Answer:
    """What Redis said."""

    verdict: Verdict
    rates: Sequence[RateLeft]
    budgets: Sequence[BudgetLeft]
    which: int  # of the rates, or of the budgets, that the verdict is about


@dataclass(frozen=True, slots=True)
class Question:
    """May a request go up? All its limits are asked in one step."""

    rates: Sequence[RateTake] = ()
    budgets: Sequence[BudgetTake] = ()

    def arguments(
        self, request_id: str, *, lease_ms: int, now: datetime | None = None
    ) -> tuple[Argument, ...]:
        """Returns how many keys `admit.lua` gets, the keys, and its arguments.

        `lease_ms` 0 only looks at budgets. Without `now` the clock is that of Redis, which all gateways share.
        """
        keys = [record_key(request_id), *(rate.key for rate in self.rates)]
        keys += [take.pot.key for take in self.budgets]
        arguments: list[Argument] = [
            0 if now is None else epoch_ms(now),
            lease_ms,
            WAITS_FOR_WRITER_MS,
            request_id,
            len(self.rates),
        ]
        for rate in self.rates:
            policy = rate.policy
            is_request = policy.unit is Unit.REQUEST
            quota = policy.quota if is_request else policy.quota * NANODOLLARS_A_CENT
            arguments += (int(is_request), window_slot_ms(policy.window_s), policy.window_s * 1000, quota)
        for budget, pot, worst, then in self.budgets:
            arguments += (
                then,
                int(budget.is_closed_when_unknown),
                pot.slot,
                pot.first_slot,
                pot.expires_at_ms,
                budget.amount_nanodollars,
                worst,
            )
        return (len(keys), *keys, *arguments)

    def read(self, reply: Sequence[int]) -> Answer:
        """Returns what `admit.lua` answered."""
        verdict, which = Verdict(reply[0]), reply[1] - 1
        takes = verdict is Verdict.PASS
        rates = []
        for place, rate in enumerate(self.rates):
            left, reset_ms = reply[2 + 2 * place : 4 + 2 * place]
            if takes and rate.policy.unit is Unit.REQUEST:
                left -= 1
                reset_ms = rate.policy.window_s * 1000 if reset_ms < 0 else reset_ms
            rates.append(RateLeft(rate.policy, left, max(reset_ms, 0)))
        start = 2 + 2 * len(self.rates)
        budgets = []
        for place, take in enumerate(self.budgets):
            spent, reserved, oldest = reply[start + 3 * place : start + 3 * place + 3]
            free = free_at(take.budget, take.pot, oldest if oldest >= 0 else None)
            budgets.append(BudgetLeft(take, spent, reserved, free))
        return Answer(verdict, rates, budgets, which)

    def settled_in(self, at: datetime) -> list[Pot]:
        """Returns the pots that the cost of the request, made `at`, goes into."""
        rates = (rate.settled_in(at) for rate in self.rates if rate.policy.unit is Unit.CENTS)
        return [*(take.pot for take in self.budgets), *rates]

    @property
    def counts_cost(self) -> bool:
        """Returns whether there is anything to settle when the request ends."""
        return bool(self.budgets) or any(rate.policy.unit is Unit.CENTS for rate in self.rates)


def rate_take(organization_id: int, rate_limit_id: int | None, policy: RatePolicy, segment: str) -> RateTake:
    """Returns the take of a stored rate limit, or without an id of a policy that a request brought."""
    return RateTake(rate_key(organization_id, rate_limit_id, policy, segment), policy)


def settle_arguments(
    request_id: str, cost_nanodollars: int, pots: Sequence[Pot], *, by_writer: bool, kept_ms: int
) -> tuple[Argument, ...]:
    """Returns how many keys `settle.lua` gets, the keys, and its arguments.

    `pots` are those that the request's cost goes into, whether or not its record knows them.
    """
    fields: list[Argument] = []
    for pot in pots:
        fields += (pot.slot, "c" if pot.first_slot < 0 else "w", pot.expires_at_ms)
    keys = (record_key(request_id), *(pot.key for pot in pots))
    return (len(keys), *keys, "w" if by_writer else "g", cost_nanodollars, kept_ms, request_id, *fields)


def renew_arguments(request_id: str, *, lease_ms: int, now: datetime | None = None) -> tuple[Argument, ...]:
    """Returns how many keys `renew.lua` gets, the key, and its arguments."""
    at_ms = 0 if now is None else epoch_ms(now)
    return (1, record_key(request_id), at_ms, lease_ms, WAITS_FOR_WRITER_MS, request_id)


def moment(at_us: int) -> datetime:
    """Returns a time in microseconds since the epoch."""
    return datetime.fromtimestamp(at_us / 1e6, UTC)
