"""Which stretches of a period sums can tell, and which only rows. Pure: no queries."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise

from ingest_app.rollups import day_of, hour_of, start_of

_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Pieces:
    """A period in pieces that do not overlap: beginnings of whole days and hours (UTC), and stretches of anything else.

    No day or hour lies in two bars.
    """

    days: list[datetime]
    hours: list[datetime]
    stretches: list[tuple[datetime, datetime]]


def pieces(
    edges: Sequence[datetime],
    *,
    folded_until: datetime | None,
    stale: Collection[date],
    has_hours: bool = True,
) -> Pieces:
    """Returns the pieces of the bars between `edges`.

    Sums hold all rows from before `folded_until` (None: of no time at all), but for the days that are `stale`, and with
    `has_hours` those of each hour as well as of each day.
    """
    found = Pieces([], [], [])
    folded = folded_until or edges[0]
    for start, end in pairwise(edges):
        at = start
        while at < end:
            day, hour = start_of(day_of(at)), hour_of(at)
            is_known = at < folded and day_of(at) not in stale
            # What sums hold of a day or an hour that is not folded in to its end came before that moment.
            day_end, hour_end = min(day + _DAY, folded), min(hour + _HOUR, folded)
            if is_known and at == day and day_end <= end:
                found.days.append(day)
                at = day_end
            elif is_known and has_hours and at == hour and hour_end <= end:
                found.hours.append(hour)
                at = hour_end
            else:
                until = end if at >= folded else hour + _HOUR if is_known and has_hours else day + _DAY
                until = min(until, end)
                _add(found.stretches, at, until)
                at = until
    return found


def _add(stretches: list[tuple[datetime, datetime]], start: datetime, end: datetime) -> None:
    if stretches and stretches[-1][1] == start:
        start, _ = stretches.pop()
    stretches.append((start, end))
