"""The rhythm of days and weeks, one incident, and the pieces of work that are placed in it."""

import random
from datetime import datetime, timedelta
from itertools import accumulate
from typing import NamedTuple

from ingest_app.demo.catalog import Model

_HOUR = timedelta(hours=1)
# Demand by hour of the day in UTC: Europe's working day, with America's afternoon behind it.
_BY_HOUR = (3, 2, 2, 2, 3, 6, 14, 32, 52, 60, 58, 50, 46, 56, 62, 60, 52, 40, 28, 22, 18, 13, 8, 5)
_WEEKEND = 0.28
_GROWTH = 0.6  # from the beginning to the end


class Unit(NamedTuple):
    """One piece of work to come: what, when (microseconds since the epoch), and how many requests it takes."""

    at_us: int
    kind: str
    agent: str
    model: Model
    requests: int


class Period:
    """The time that the demo covers, ending at `now`."""

    def __init__(self, *, now: datetime, days: int) -> None:
        self._start = now - timedelta(days=days)
        self._length = now - self._start
        self._hours = [self._start + n * _HOUR for n in range(days * 24)]
        self._weights = list(accumulate(self._demand(hour) for hour in self._hours))
        self._incident = self._busiest_after(0.66)

    def times_us(self, rng: random.Random, count: int) -> list[int]:
        """Returns `count` moments, in order."""
        hours = rng.choices(self._hours, cum_weights=self._weights, k=count)
        return sorted(microseconds(hour + rng.random() * _HOUR) for hour in hours)

    def progress(self, at_us: int) -> float:
        """Returns how far in the period a moment is, 0 to 1."""
        passed = (at_us - microseconds(self._start)) / (self._length / timedelta(microseconds=1))
        return min(max(passed, 0.0), 1.0)

    def in_incident(self, at_us: int) -> bool:
        """Returns whether providers had their bad hour then."""
        return microseconds(self._incident) <= at_us < microseconds(self._incident + _HOUR)

    def _demand(self, hour: datetime) -> float:
        weekend = _WEEKEND if hour.weekday() >= 5 else 1.0
        # Mondays are slow to begin, Wednesdays the fullest.
        by_day = 1 + 0.06 * (2 - abs(hour.weekday() - 2))
        grown = 1 + _GROWTH * ((hour - self._start) / self._length)
        return _BY_HOUR[hour.hour] * weekend * by_day * grown

    def _busiest_after(self, part: float) -> datetime:
        """Returns the fullest hour of the two days that begin at `part` of the period."""
        begin = min(int(len(self._hours) * part), max(len(self._hours) - 48, 0))
        busiest = max(self._hours[begin : begin + 48], key=self._demand)
        return busiest.replace(minute=0, second=0, microsecond=0)


def microseconds(moment: datetime) -> int:
    """Returns `moment` in microseconds since the epoch."""
    return int(moment.timestamp() * 1_000_000)
