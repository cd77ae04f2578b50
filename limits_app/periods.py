"""When a budget's period began and when it ends: days, weeks and months of its time zone."""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from limits_app.rules import Period


class Span(NamedTuple):
    """A period of the calendar, half-open, in UTC."""

    start: datetime
    end: datetime


def span_of(period: Period, zone: str, at: datetime) -> Span:
    """Returns the day, week (from Monday) or month of `zone` that holds `at`. Raises ZoneInfoNotFoundError."""
    return _span(period, zone, at.astimezone(ZoneInfo(zone)).date())


@lru_cache(maxsize=4096)
def _span(period: Period, zone: str, day: date) -> Span:
    if period is Period.DAY:
        first, after = day, day + timedelta(days=1)
    elif period is Period.WEEK:
        first = day - timedelta(days=day.weekday())
        after = first + timedelta(days=7)
    else:
        first = day.replace(day=1)
        after = (first + timedelta(days=31)).replace(day=1)
    # A day begins at its own midnight, however long it is: a change of the clocks makes 23 hours or 25.
    return Span(_midnight(first, zone), _midnight(after, zone))


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)
