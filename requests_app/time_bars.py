"""The stretches of time that a period is cut into, as the clock on the wall of a zone goes."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import count, islice, pairwise
from typing import Literal, get_args

AT_MOST_BARS = 75
AT_MOST_TICKS = 9
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
_STEPS = [
    *(timedelta(seconds=n) for n in (1, 2, 5, 10, 15, 30)),
    *(timedelta(minutes=n) for n in (1, 2, 5, 10, 15, 30)),
    *(timedelta(hours=n) for n in (1, 2, 3, 6, 12)),
    *(timedelta(days=n) for n in (1, 2, 7, 14, 30, 90, 365)),
]
_TICK_STEPS = sorted({*_STEPS, 3 * _DAY, 4 * _DAY})
Step = Literal["minute", "5m", "15m", "hour", "day", "week", "month", "year"]
STEPS: tuple[Step, ...] = get_args(Step)
AT_MOST_STEPS = 2_000
_LENGTHS: dict[Step, timedelta] = {
    "minute": timedelta(minutes=1), "5m": timedelta(minutes=5), "15m": timedelta(minutes=15), "hour": _HOUR,
}  # fmt: skip
# Nothing was logged beyond, and clocks need not be asked about the years 1 and 9999.
FIRST = datetime(1970, 1, 2, tzinfo=UTC)
LAST = datetime(2200, 1, 1, tzinfo=UTC)


class TooManyBars(Exception):
    """A period has more bars of a step than anybody looks at. `str()` of it says how many may be."""


def edges(start: datetime, end: datetime, zone: tzinfo, *, at_most: int = AT_MOST_BARS) -> list[datetime]:
    """Returns where the bars of a period begin, in UTC, and behind them where the last one ends.

    Bars of a day and more begin at midnight in `zone`, those of several hours at the same hours of each day, so that
    where clocks are put forward or back one of them is longer or shorter. Bars of an hour and less are all of one
    length. The first begins no later than `start`, the last ends no sooner than `end`.
    """
    start, end = _within_reason(start, end)
    step = next((step for step in _STEPS if (end - start) / step <= at_most), _STEPS[-1])
    cut = _on_the_clock(start, step, zone) if step > _HOUR else _of_one_length(start, step, zone)
    return list(_covering(cut, start, end))


def edges_by(
    step: Step, start: datetime, end: datetime, zone: tzinfo, *, at_most: int = AT_MOST_STEPS
) -> list[datetime]:
    """Returns the same for bars of one `step`: weeks begin on Monday, months and years on their first day in `zone`.

    Raises TooManyBars beyond `at_most` bars.
    """
    start, end = _within_reason(start, end)
    cut = _of_one_length(start, _LENGTHS[step], zone) if step in _LENGTHS else _of_calendar(start, step, zone)
    found = list(islice(_covering(cut, start, end), at_most + 2))
    if len(found) > at_most + 1:
        raise TooManyBars(f"This period has more than {at_most:,} bars of this step: choose a longer one.")
    return found


def labels(starts: Sequence[datetime], zone: tzinfo) -> list[str]:
    """Returns what each bar is called: its time in `zone`, with the zone's name where an hour comes twice."""
    local = [start.astimezone(zone) for start in starts]
    pattern = "%b %-d, %H:%M:%S" if any(moment.second for moment in local) else "%b %-d, %H:%M"
    names = [moment.strftime(pattern) for moment in local]
    if len({moment.year for moment in local}) > 1:
        names = [f"{moment.year} {name}" for moment, name in zip(local, names, strict=True)]
    if len(set(names)) < len(names):
        names = [f"{name} {moment.tzname()}" for moment, name in zip(local, names, strict=True)]
    return names


def ticks(starts: Sequence[datetime], zone: tzinfo) -> list[tuple[int, str]]:
    """Returns the places of a few bars that begin at round times, and what is written below them."""
    walls = [start.astimezone(zone).replace(tzinfo=None) for start in starts]
    length = walls[-1] - walls[0]
    pattern = "%b %-d" if length > 2.5 * _DAY else "%H:%M" if length > timedelta(minutes=5) else "%H:%M:%S"
    found: list[int] = []
    for every in _TICK_STEPS:
        found = _first_of_each(walls, every)
        if len(found) <= AT_MOST_TICKS:
            break
    return [(place, walls[place].strftime(pattern)) for place in found]


def _within_reason(start: datetime, end: datetime) -> tuple[datetime, datetime]:
    start = min(max(start, FIRST), LAST)
    return start, min(max(end, start + timedelta(seconds=1)), LAST + _DAY)


def _covering(cut: Iterator[datetime], start: datetime, end: datetime) -> Iterator[datetime]:
    """Yields those of the endless `cut` that have a period between them."""
    last = next(cut)
    for edge in cut:
        if edge > start and edge > last:  # a day that a zone leaves out begins where the next one does
            yield last
        last = max(edge, last)
        if last >= end:
            yield last
            return


def _of_calendar(start: datetime, step: Step, zone: tzinfo) -> Iterator[datetime]:
    day = start.astimezone(zone).date()
    match step:
        case "year":
            return (_midnight(date(year, 1, 1), zone) for year in count(day.year))
        case "month":
            months = count(12 * day.year + day.month - 1)
            return (_midnight(date(month // 12, month % 12 + 1, 1), zone) for month in months)
        case "week":
            monday = day - timedelta(days=day.weekday())
            return (_midnight(monday + number * timedelta(days=7), zone) for number in count())
    return (_midnight(day + number * _DAY, zone) for number in count())


def _on_the_clock(start: datetime, step: timedelta, zone: tzinfo) -> Iterator[datetime]:
    wall = datetime.combine(start.astimezone(zone).date(), time())
    while True:
        # What is added to a time on the wall ignores that clocks are put forward and back. An hour that is left out
        # begins when it would have; of one that comes twice it is the first.
        yield wall.replace(tzinfo=zone).astimezone(UTC)
        wall += step


def _of_one_length(start: datetime, step: timedelta, zone: tzinfo) -> Iterator[datetime]:
    edge = _midnight(start.astimezone(zone).date(), zone)
    edge += (start - edge) // step * step
    while True:
        yield edge
        edge += step


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _first_of_each(walls: Sequence[datetime], every: timedelta) -> list[int]:
    """Returns the places where another stretch of `every` begins, counted from the first midnight."""
    origin = datetime.combine(walls[0].date(), time())
    numbers = [(wall - origin) // every for wall in walls]
    begins = [] if (walls[0] - origin) % every else [0]
    return begins + [
        place for place, (before, number) in enumerate(pairwise(numbers), start=1) if number > before
    ]
