"""Was a limit kept, and was anybody refused who should not have been? From what clients and the provider saw alone."""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from bench.limits_load import MODEL, PATH, Sent, Served


@dataclass(frozen=True)
class BudgetVerdict:
    """What became of a budget, in nano-dollars."""

    amount: int
    spent: int  # by the provider's account
    lost: int  # of it by requests whose gateway died: what of them was not logged yet nobody could count
    passed: int
    refused: int
    wrongly_refused: int
    unknown: int  # refused because Redis did not answer in time

    @property
    def is_kept(self) -> bool:
        """Returns whether no more was spent than the bound allows: the amount, and what died under way."""
        return self.spent <= self.amount + self.lost


def judge_budget(
    amount: int,
    sent: Sequence[Sent],
    served: Mapping[int, Served],
    *,
    settled_within_s: float,
    lease_s: float,
    logged: Collection[int] | None = None,
) -> BudgetVerdict:
    """Returns the verdict.

    A refusal was wrong if at no moment between question and answer there was as much spent and held as would have
    left too little. A request holds its worst case from its beginning until `settled_within_s` after its end, or
    `lease_s` if its gateway died. Then it counts if it was `logged` before (by default: all may have been).
    """
    held = _Course()
    for one in sent:
        if one.status in (-1, 429, 503):
            continue
        after_s = settled_within_s if one.status else lease_s
        held.add(one.began_at, worst_case_of(one))
        counts = one.status == 200 or (not one.status and (logged is None or one.number in logged))
        cost = served[one.number].cost_nanodollars if counts and one.number in served else 0
        held.add(one.ended_at + after_s, cost - worst_case_of(one))
    refused = [one for one in sent if one.status == 429]
    course = held.done()
    wrong = sum(course.most(one.began_at, one.ended_at) + worst_case_of(one) <= amount for one in refused)
    by_number = {one.number: one for one in sent}
    lost = [one for number, one in served.items() if number in by_number and by_number[number].status == 0]
    return BudgetVerdict(
        amount=amount,
        spent=sum(one.cost_nanodollars for one in served.values()),
        lost=sum(one.cost_nanodollars for one in lost),
        passed=sum(one.status == 200 for one in sent),
        refused=len(refused),
        wrongly_refused=wrong,
        unknown=sum(one.status == 503 for one in sent),
    )


@dataclass(frozen=True)
class RateVerdict:
    """What became of a rate limit."""

    quota: int
    most_in_window: int
    passed: int
    refused: int
    wrongly_refused: int
    unknown: int  # refused because Redis did not answer in time

    @property
    def is_kept(self) -> bool:
        """Returns whether no window had more than the quota."""
        return self.most_in_window <= self.quota


def judge_rate(
    quota: int,
    window_s: float,
    sent: Sequence[Sent],
    served: Mapping[int, Served],
    *,
    slot_s: float,
    slack_s: float,
) -> RateVerdict:
    """Returns the verdict. A request counts for a window, and for up to a slot more.

    Between the gate and the provider lies up to `slack_s`: windows are shorter by that when their requests are
    counted, and longer when it is asked whether a refusal was right.
    """
    times = sorted(one.at for one in served.values())
    most = max(
        (bisect_left(times, at + window_s - slack_s) - place for place, at in enumerate(times)), default=0
    )
    refused = [one for one in sent if one.status == 429]
    # Requests whose gateway died had been counted, whether or not the provider saw them.
    counted = sorted(
        [*times, *(one.began_at for one in sent if one.status == 0 and one.number not in served)]
    )
    wrong = sum(
        bisect_right(counted, one.ended_at + slack_s)
        - bisect_left(counted, one.began_at - window_s - slot_s - slack_s)
        < quota
        for one in refused
    )
    return RateVerdict(
        quota=quota,
        most_in_window=most,
        passed=sum(one.status == 200 for one in sent),
        refused=len(refused),
        wrongly_refused=wrong,
        unknown=sum(one.status == 503 for one in sent),
    )


def worst_case_of(one: Sent) -> int:
    """Returns what the gateway reserves for a request."""
    from ingest_app.worst_case import read_asked, worst_case

    asked = read_asked(one.body, PATH)
    assert asked is not None
    now = datetime.now(UTC)
    return worst_case(asked, provider="openai", model=MODEL, at=now, target_url="", own=None) or 0


class _Course:
    """How much was spent and held over time."""

    def __init__(self) -> None:
        self._changes: list[tuple[float, int]] = []

    def add(self, at: float, change: int) -> None:
        self._changes.append((at, change))

    def done(self) -> "_Course":
        self._changes.sort()
        total = 0
        self._times, self._totals = [], []
        for at, change in self._changes:
            total += change
            self._times.append(at)
            self._totals.append(total)
        return self

    def most(self, start: float, end: float) -> int:
        """Returns the most between two moments."""
        first, last = bisect_right(self._times, start), bisect_right(self._times, end)
        before = self._totals[first - 1] if first else 0
        return max([before, *self._totals[first:last]])
