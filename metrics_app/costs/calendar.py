"""Days and months as the calendar on the wall of a zone has them. Pure."""

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta, tzinfo

_DAY = timedelta(days=1)


def midnight(day: date, zone: tzinfo) -> datetime:
    """Returns when `day` begins in `zone`, in UTC; where clocks skip midnight, when the day's first second comes."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def midnights(first: date, last: date, zone: tzinfo) -> list[datetime]:
    """Returns when each day from `first` to `last` begins, both included."""
    return [midnight(day, zone) for day in days(first, last)]


def days(first: date, last: date) -> list[date]:
    """Returns the days from `first` to `last`, both included."""
    return [first + n * _DAY for n in range((last - first).days + 1)]


def first_of_month(day: date) -> date:
    """Returns the first day of the month of `day`."""
    return day.replace(day=1)


def last_of_month(day: date) -> date:
    """Returns the last day of the month of `day`."""
    return day.replace(day=monthrange(day.year, day.month)[1])


def month_before(day: date) -> date:
    """Returns the first day of the month before that of `day`."""
    return first_of_month(first_of_month(day) - _DAY)


def same_time_on(day: date, now: datetime) -> datetime:
    """Returns, in UTC, when the clock of `now`'s zone shows on `day` what it shows now."""
    return datetime.combine(day, now.time(), now.tzinfo).astimezone(UTC)
