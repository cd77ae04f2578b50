"""What a month will have cost at its end, from what its days and those before them did. Pure: no queries.

The days that are left count as the mean of the same weekday in the last four weeks, the rest of today as that share of
its weekday's mean. The range is the one that four of five sums of such days lie in, if days vary as they did in those
weeks, around the means of their weekdays, and independently of each other.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from fractions import Fraction
from itertools import accumulate
from math import sqrt

from metrics_app.costs.calendar import days, last_of_month, midnight

WEEKS = 4
HISTORY_DAYS = 7 * WEEKS
# Each weekday was seen, so that every day that is left has a mean.
LEAST_DAYS = 7
# From here on at least seven days can differ from the mean of their weekday.
LEAST_FOR_RANGE = 14
# Four fifths of a normal distribution are within so many standard deviations of its mean.
_FOUR_FIFTHS = 1.2816


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a month comes to, in nano-dollars. `low` and `high` are None where too few days say how they vary.

    `course` is what the month has cost at the end of each day from today on, of today until now. It is drawn from so
    many complete `days`.
    """

    nanodollars: int
    low: int | None
    high: int | None
    days: int
    course: tuple[int, ...]

    @property
    def coming(self) -> int:
        """Returns what is still to come, in nano-dollars."""
        return self.nanodollars - self.course[0]


def forecast(
    costs: Mapping[date, int], *, first: date | None, now: datetime, zone: tzinfo, month_to_date: int
) -> Forecast | None:
    """Returns what the month of `now` comes to, on the calendar of `zone`; None where it is too early to say.

    `costs` are nano-dollars of the days before today, a day without any cost left out or 0. `first` is the day of the
    first request, which may be part of a day and so says nothing; `month_to_date` is what the month cost until `now`.
    """
    today = now.astimezone(zone).date()
    history = _history(costs, first, today)
    if len(history) < LEAST_DAYS:
        return None
    of_weekday: dict[int, list[int]] = {}
    for day, cost in history.items():
        of_weekday.setdefault(day.weekday(), []).append(cost)
    means = {weekday: Fraction(sum(found), len(found)) for weekday, found in of_weekday.items()}
    rest_of_today = share_left(now, zone)
    later = [day.weekday() for day in days(today + timedelta(days=1), last_of_month(today))]
    expected = [rest_of_today * means[today.weekday()], *(means[weekday] for weekday in later)]
    cumulated = [month_to_date + sum_so_far for sum_so_far in accumulate(expected)]
    spread = None
    if len(history) >= LEAST_FOR_RANGE:
        left = Counter[int](later)
        spread = _spread(of_weekday, means, {**left, today.weekday(): left[today.weekday()] + rest_of_today})
    return Forecast(
        nanodollars=round(cumulated[-1]),
        low=None if spread is None else max(month_to_date, round(cumulated[-1] - spread)),
        high=None if spread is None else round(cumulated[-1] + spread),
        days=len(history),
        course=(month_to_date, *map(round, cumulated[1:])),
    )


def share_left(now: datetime, zone: tzinfo) -> Fraction:
    """Returns which share of today is still to come in `zone`: a day on which clocks change has 23 or 25 hours."""
    now = now.astimezone(zone)
    start, end = midnight(now.date(), zone), midnight(now.date() + timedelta(days=1), zone)
    return Fraction((end - now) // timedelta(microseconds=1), (end - start) // timedelta(microseconds=1))


def _history(costs: Mapping[date, int], first: date | None, today: date) -> dict[date, int]:
    """Returns the costs of the complete days of the last four weeks."""
    if first is None:
        return {}
    start = max(today - timedelta(days=HISTORY_DAYS), first + timedelta(days=1))
    return {day: costs.get(day, 0) for day in days(start, today - timedelta(days=1))}


def _spread(
    of_weekday: Mapping[int, Sequence[int]], means: Mapping[int, Fraction], left: Mapping[int, int | Fraction]
) -> float:
    """Returns how far from what is expected four of five sums of the days that are left lie, at most.

    The variance around the means of their weekdays is taken to be the same for all days. Each day that is left varies
    so; and so does, by a share of it and for all days of a weekday at once, the mean that it is expected from.
    """
    squares = sum((cost - means[weekday]) ** 2 for weekday, found in of_weekday.items() for cost in found)
    number = sum(map(len, of_weekday.values()))
    variance = squares / (number - len(of_weekday))
    size = sum((share + share**2 / len(of_weekday[weekday]) for weekday, share in left.items()), Fraction())
    return _FOUR_FIFTHS * sqrt(variance * size)
