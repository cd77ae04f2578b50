"""When an incident begins and ends. Pure: no queries, no clock."""

from enum import Enum
from typing import NamedTuple

from alerts_app.rules.models import COUNTS, Baseline
from alerts_app.rules.rule import Watched


class Seen(NamedTuple):
    """What the requests of one window came to, in the metric's unit; None where they say nothing.

    `baseline` is the value of the same window a week before, where that was asked.
    """

    value: float | None
    requests: int
    baseline: float | None = None


class Verdict(Enum):
    """What a window says."""

    WRONG = "past the bound"
    BETWEEN = "not past it, nor back by the hysteresis"
    RIGHT = "well on the right side"
    NOTHING = "too few requests, or nothing to compare with"


class Step(Enum):
    """What follows for the incident."""

    FIRE = "one begins"
    HOLD = "it goes on"
    RESOLVE = "it ends"
    NONE = "there is none"


class Move(NamedTuple):
    """A step, and how often in a row all was well by then."""

    step: Step
    quiet: int


def bound_of(watched: Watched, seen: Seen) -> float | None:
    """Returns what the value is compared with, in the metric's unit; None where there is nothing to compare with."""
    if watched.baseline == Baseline.FIXED:
        return watched.threshold
    if not seen.baseline or seen.baseline < 0:
        return None
    return seen.baseline * (1 + (watched.threshold if watched.is_above else -watched.threshold) / 100)


def verdict(watched: Watched, seen: Seen) -> Verdict:
    """Returns what a window says. At the bound itself it is wrong to be above, and right to be below."""
    bound = bound_of(watched, seen)
    if seen.value is None or bound is None or seen.requests < (watched.minimum_request_count or 0):
        return Verdict.NOTHING
    margin = bound * watched.hysteresis_percent / 100
    if watched.metric in COUNTS:
        margin = float(int(margin))  # one request is enough after "no requests"
    if watched.is_above:
        if seen.value >= bound:
            return Verdict.WRONG
        return Verdict.RIGHT if not margin or seen.value <= bound - margin else Verdict.BETWEEN
    if seen.value < bound:
        return Verdict.WRONG
    return Verdict.RIGHT if seen.value >= bound + margin else Verdict.BETWEEN


def step(
    watched: Watched,
    seen: Seen,
    *,
    quiet: int | None,
    trusts_presence: bool = True,
    trusts_absence: bool = True,
) -> Move:
    """Returns what follows from a window for an incident that was `quiet` so often in a row; None: there is none.

    What is not trusted proves nothing: requests that were seen (their times may be wrong), or that none were seen
    (they may only be late). Then no incident begins or ends because of it.
    """
    said = verdict(watched, seen)
    if quiet is None:
        is_trusted = trusts_presence and (watched.is_above or trusts_absence)
        return Move(Step.FIRE if said is Verdict.WRONG and is_trusted else Step.NONE, 0)
    if said in {Verdict.WRONG, Verdict.BETWEEN}:
        return Move(Step.HOLD, 0)
    if not (trusts_presence and trusts_absence):
        return Move(Step.HOLD, quiet)
    return Move(Step.RESOLVE if quiet + 1 >= watched.quiet_judgements else Step.HOLD, quiet + 1)
