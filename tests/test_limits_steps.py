"""The steps that Redis makes: what they let pass, reserve, give back and forget. Times are given, not waited for."""

import itertools
import secrets
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helicone_site.redis_client import sync_client
from limits_app.pots import budget_pot, epoch_ms, ready_key
from limits_app.rules import Budget, Period, RatePolicy, Subject, Then
from limits_app.scripts import script
from limits_app.state import is_ready, seed, spent
from limits_app.steps import (
    Answer,
    BudgetTake,
    Question,
    RateTake,
    Verdict,
    rate_take,
    renew_arguments,
    settle_arguments,
)

pytestmark = pytest.mark.usefixtures("stack")  # whose Redis it is

NOON = datetime(2031, 3, 4, 12, tzinfo=UTC)  # in the past Redis would forget at once
LEASE_S = 60
_ids = itertools.count(10**12 + secrets.randbelow(10**12))


def _budget(amount: int = 100, *, period: Period = Period.DAY, window_s: int = 0, **changes: Any) -> Budget:
    return Budget(
        id=next(_ids),
        organization_id=1,
        name="Budget",
        amount_nanodollars=amount,
        period=period,
        window_s=window_s,
        **{"subject": Subject.ORGANIZATION, "then": Then.BLOCK, **changes},
    )


def _admit(
    budgets: Sequence[Budget],
    worst: int = 0,
    *,
    at: datetime = NOON,
    id: str | None = None,
    rates: Sequence[RateTake] = (),
) -> Answer:
    takes = [BudgetTake(budget, budget_pot(budget, "", at), worst, budget.then) for budget in budgets]
    question = Question(rates, takes)
    arguments = question.arguments(id or secrets.token_hex(8), lease_ms=LEASE_S * 1000, now=at)
    return question.read(sync_client().eval(script("admit").text, *arguments))


def _settle(
    budgets: Sequence[Budget], id: str, cost: int, *, at: datetime = NOON, by_writer: bool = False
) -> None:
    pots = [budget_pot(budget, "", at) for budget in budgets]
    arguments = settle_arguments(id, cost, pots, by_writer=by_writer, kept_ms=60_000)
    sync_client().eval(script("settle").text, *arguments)


def _now(budget: Budget, at: datetime = NOON) -> tuple[int, int]:
    """Returns what is spent, and what is reserved."""
    pot = budget_pot(budget, "", at)
    reserved = int(sync_client().hget(pot.key, "r") or 0)
    return spent(sync_client(), budget, at=at, subjects=[""])[""].spent_nanodollars, reserved


def test_a_request_passes_as_long_as_its_worst_case_fits() -> None:
    budget = _budget(100)

    verdicts = [_admit([budget], 40).verdict for _ in range(3)]

    assert verdicts == [Verdict.PASS, Verdict.PASS, Verdict.OVER_BUDGET]
    assert _admit([budget], 20).verdict is Verdict.PASS
    assert _now(budget) == (0, 100)


def test_what_is_denied_takes_nothing_anywhere() -> None:
    wide, narrow = _budget(1000), _budget(10)
    rate = rate_take(next(_ids), None, RatePolicy(5, 60), "")

    answer = _admit([wide, narrow], 20, rates=[rate])

    assert (answer.verdict, answer.which) == (Verdict.OVER_BUDGET, 1)
    assert _now(wide) == (0, 0)
    assert _admit([], rates=[rate]).rates[0].left == 4


def test_a_settled_request_has_its_cost_in_place_of_its_reservation() -> None:
    budget = _budget(100)
    _admit([budget], 80, id="a" + budget.name)
    before = _now(budget)

    _settle([budget], "a" + budget.name, 30)

    assert (before, _now(budget)) == ((0, 80), (30, 0))


def test_settling_again_changes_what_differs_and_the_writer_has_the_last_word() -> None:
    budget, id = _budget(100), secrets.token_hex(8)
    _admit([budget], 80, id=id)

    seen = []
    for cost, by_writer in ((30, False), (30, False), (35, True), (35, True), (99, False)):
        _settle([budget], id, cost, by_writer=by_writer)
        seen.append(_now(budget))

    assert seen == [(30, 0), (30, 0), (35, 0), (35, 0), (35, 0)]


def test_what_came_by_another_door_counts_once() -> None:
    budget, id = _budget(100), secrets.token_hex(8)

    _settle([budget], id, 30, by_writer=True)
    _settle([budget], id, 30, by_writer=True)

    assert _now(budget) == (30, 0)


def test_a_reservation_that_nobody_renews_is_free_again() -> None:
    budget, id = _budget(100), secrets.token_hex(8)
    _admit([budget], 100, id=id)

    early = _admit([budget], 10, at=NOON + timedelta(seconds=LEASE_S - 1))
    late = _admit([budget], 10, at=NOON + timedelta(seconds=LEASE_S + 1))

    assert (early.verdict, late.verdict) == (Verdict.OVER_BUDGET, Verdict.PASS)
    # The gateway was only slow: what it cost counts all the same, and what is free already is not freed twice.
    _settle([budget], id, 50)
    assert _now(budget) == (50, 10)


def test_a_renewed_reservation_lives_on() -> None:
    budget, id = _budget(100), secrets.token_hex(8)
    _admit([budget], 100, id=id)
    later = NOON + timedelta(seconds=LEASE_S - 1)
    sync_client().eval(script("renew").text, *renew_arguments(id, lease_ms=LEASE_S * 1000, now=later))

    assert _admit([budget], 10, at=later + timedelta(seconds=LEASE_S - 1)).verdict is Verdict.OVER_BUDGET


def test_asking_twice_for_one_request_reserves_once() -> None:
    budget, id = _budget(100), secrets.token_hex(8)

    _admit([budget], 40, id=id)
    _admit([budget], 40, id=id)

    assert _now(budget) == (0, 40)


def test_a_used_up_budget_blocks_what_has_no_price() -> None:
    budget = _budget(100)
    _settle([budget], secrets.token_hex(8), 100)

    assert _admit([budget], 0).verdict is Verdict.OVER_BUDGET


def test_a_blocking_budget_comes_before_one_that_switches_models() -> None:
    budgets = [_budget(10, then=Then.CHEAPER, cheaper_model="gpt-4o-mini"), _budget(10)]

    assert _admit(budgets[:1], 20).verdict is Verdict.CHEAPER
    assert (_admit(budgets, 20).verdict, _admit(budgets, 20).which) == (Verdict.OVER_BUDGET, 1)


def test_a_warning_budget_counts_and_lets_pass() -> None:
    budget = _budget(10, then=Then.WARN)

    assert _admit([budget], 20).verdict is Verdict.PASS
    assert _now(budget) == (0, 20)


def test_a_budget_is_closed_while_nobody_knows_what_was_spent_if_it_says_so() -> None:
    budget = _budget(100, is_closed_when_unknown=True)

    before = _admit([budget], 1).verdict
    seed(sync_client(), budget, at=NOON, spent={"": {NOON - timedelta(hours=3): 60}})

    assert (before, _admit([budget], 1).verdict) == (Verdict.UNKNOWN, Verdict.PASS)
    assert _admit([budget], 40).verdict is Verdict.OVER_BUDGET
    assert is_ready(sync_client(), budget)
    sync_client().delete(ready_key(budget.id))
    assert _admit([budget], 1).verdict is Verdict.UNKNOWN


def test_seeding_mends_what_is_old_and_keeps_what_is_newer_than_the_database() -> None:
    budget = _budget(1000)
    morning = NOON - timedelta(hours=4)
    _settle([budget], secrets.token_hex(8), 500, at=morning)
    _settle([budget], secrets.token_hex(8), 70)
    _admit([budget], 9)

    seed(sync_client(), budget, at=NOON, spent={"": {morning: 40, NOON: 60, NOON - timedelta(days=1): 7}})

    assert _now(budget) == (40 + 70, 9)
    seed(sync_client(), budget, at=NOON, spent={"": {morning: 40, NOON: 75}})
    assert _now(budget) == (40 + 75, 9)


@pytest.mark.parametrize(
    ("period", "last", "next_one"),
    [
        (Period.DAY, datetime(2031, 3, 3, 22, 59, 59, tzinfo=UTC), datetime(2031, 3, 3, 23, tzinfo=UTC)),
        (Period.WEEK, datetime(2031, 3, 9, 22, 59, 59, tzinfo=UTC), datetime(2031, 3, 9, 23, tzinfo=UTC)),
        (Period.MONTH, datetime(2031, 3, 31, 21, 59, 59, tzinfo=UTC), datetime(2031, 3, 31, 22, tzinfo=UTC)),
    ],
)
def test_a_new_period_of_the_time_zone_begins_with_a_full_budget(
    period: Period, last: datetime, next_one: datetime
) -> None:
    budget = _budget(100, period=period, zone="Europe/Berlin")
    _settle([budget], secrets.token_hex(8), 100, at=last)

    full, fresh = _admit([budget], 1, at=last), _admit([budget], 1, at=next_one)

    assert (full.verdict, fresh.verdict) == (Verdict.OVER_BUDGET, Verdict.PASS)
    assert full.budgets[0].free_at == next_one


def test_a_rolling_window_frees_what_leaves_it() -> None:
    budget = _budget(100, period=Period.ROLLING, window_s=3600)
    _settle([budget], secrets.token_hex(8), 100, at=NOON)

    inside = _admit([budget], 1, at=NOON + timedelta(minutes=60))
    outside = _admit([budget], 1, at=NOON + timedelta(minutes=61, seconds=1))

    assert (inside.verdict, outside.verdict) == (Verdict.OVER_BUDGET, Verdict.PASS)
    assert inside.budgets[0].free_at == NOON + timedelta(minutes=61)


def test_keys_expire_with_their_period() -> None:
    budget = _budget(100, subject=Subject.USER)
    now = datetime.now(UTC)
    pot = budget_pot(budget, "ada", now)
    arguments = settle_arguments(secrets.token_hex(8), 5, [pot], by_writer=True, kept_ms=60_000)
    sync_client().eval(script("settle").text, *arguments)

    seconds = sync_client().ttl(pot.key)

    assert 0 < seconds <= 3 * 24 * 3600
    assert list(spent(sync_client(), budget, at=now)) == ["ada"]


@dataclass
class _Model:
    """The same in plain Python, of one rate limit, a budget of a day and one of a rolling window."""

    quota: int
    amounts: tuple[int, int]
    window_s: int = 60
    taken: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    spent: list[dict[int, int]] = field(default_factory=lambda: [defaultdict(int), defaultdict(int)])
    held: dict[str, tuple[int, int]] = field(default_factory=dict)  # worst, until
    state: dict[str, tuple[str, int, int]] = field(default_factory=dict)  # by whom, cost, second it came

    def used(self, now: int) -> int:
        return sum(n for second, n in self.taken.items() if second >= now - self.window_s)

    def sums(self, now: int) -> tuple[int, int]:
        in_window = (n for second, n in self.spent[1].items() if second >= now - self.window_s)
        return sum(self.spent[0].values()), sum(in_window)

    def reserved(self, now: int) -> int:
        self.held = {id: (worst, until) for id, (worst, until) in self.held.items() if until > now}
        return sum(worst for worst, _ in self.held.values())

    def admit(self, id: str, worst: int, now: int) -> Verdict:
        reserved = self.reserved(now)
        if self.used(now) >= self.quota:
            return Verdict.RATE_LIMITED
        for amount, sum_spent in zip(self.amounts, self.sums(now), strict=True):
            if sum_spent + reserved + worst > amount or sum_spent + reserved >= amount:
                return Verdict.OVER_BUDGET
        self.taken[now] += 1
        if worst:
            self.held[id] = (worst, now + LEASE_S)
        self.state[id] = ("r", 0, now)
        return Verdict.PASS

    def settle(self, id: str, cost: int, by: str) -> None:
        was, before, came = self.state[id]
        self.held.pop(id, None)
        if was == "w" and by == "g":
            return
        for of_budget in self.spent:
            of_budget[came] += cost - before
        self.state[id] = (by, cost, came)


_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("admit"), st.integers(0, 60)),
        st.tuples(st.sampled_from(["g", "w"]), st.integers(0, 80), st.integers(0, 30)),
        st.tuples(st.just("wait"), st.integers(1, 45)),
    ),
    max_size=40,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(quota=st.integers(1, 8), amounts=st.tuples(st.integers(50, 400), st.integers(50, 200)), steps=_STEPS)
def test_redis_does_what_a_plain_model_does(
    quota: int, amounts: tuple[int, int], steps: list[tuple[Any, ...]]
) -> None:
    budgets = [_budget(amounts[0]), _budget(amounts[1], period=Period.ROLLING, window_s=60)]
    rate = rate_take(next(_ids), None, RatePolicy(quota, 60), "")
    model, passed, at = _Model(quota, amounts), [], NOON

    for kind, *numbers in steps:
        second = epoch_ms(at) // 1000
        if kind == "wait":
            at += timedelta(seconds=numbers[0])
        elif kind == "admit":
            id = secrets.token_hex(8)
            assert _admit(budgets, numbers[0], at=at, id=id, rates=[rate]).verdict is model.admit(
                id, numbers[0], second
            )
            passed += [id] if id in model.state else []
        elif passed:
            id = passed[numbers[1] % len(passed)]
            _settle(budgets, id, numbers[0], at=at, by_writer=kind == "w")
            model.settle(id, numbers[0], kind)
        second = epoch_ms(at) // 1000
        # Looking takes nothing, and frees what has run out.
        _look(budgets, at)
        assert [_now(budget, at) for budget in budgets] == [
            (sum_spent, model.reserved(second)) for sum_spent in model.sums(second)
        ]


def _look(budgets: Sequence[Budget], at: datetime) -> None:
    takes = [BudgetTake(budget, budget_pot(budget, "", at), 0, Then.WARN) for budget in budgets]
    arguments = Question((), takes).arguments("look", lease_ms=0, now=at)
    sync_client().eval(script("admit").text, *arguments)
