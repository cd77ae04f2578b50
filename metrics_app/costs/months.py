"""This month and the one before, day by day, on the calendar of the viewer's zone."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, tzinfo
from itertools import pairwise

from metrics_app.costs import calendar
from metrics_app.costs.forecast import Forecast, forecast
from metrics_app.dashboard.numbers import added
from metrics_app.reading import Question, Sums, sums
from metrics_app.reading.sums import NOTHING
from metrics_app.scope import Scope
from requests_app.filter_language.tree import Comparison, conjunction, top_parts

_MEASURES = ("requests", "unpriced", "cost_nanodollars")
# Further back than a forecast looks, so that the first of the days that it is drawn from is known to be a whole one.
_LOOKED_BACK_DAYS = 35


@dataclass(frozen=True)
class Months:
    """What requests cost until `now`, a moment in `zone`: by day, from before the month before on.

    `yesterday` and `last_month_to_date` end when the clock showed what it shows now.
    """

    now: datetime
    zone: tzinfo
    by_day: dict[date, Sums]
    yesterday: Sums
    last_month_to_date: Sums

    @property
    def today(self) -> Sums:
        """Returns what today's come to."""
        return self.by_day.get(self.now.date(), NOTHING)

    @property
    def first_day(self) -> date:
        """Returns the first day of this month."""
        return calendar.first_of_month(self.now.date())

    @property
    def this_month(self) -> list[Sums]:
        """Returns each day of this month until today."""
        return self._days(self.first_day, self.now.date())

    @property
    def last_month(self) -> list[Sums]:
        """Returns each day of the month before."""
        first = calendar.month_before(self.first_day)
        return self._days(first, calendar.last_of_month(first))

    def forecast(self) -> Forecast | None:
        """Returns what this month comes to at its end; None where it is too early to say."""
        return forecast(
            {day: one.cost_nanodollars for day, one in self.by_day.items()},
            first=min((day for day, one in self.by_day.items() if one.requests), default=None),
            now=self.now,
            zone=self.zone,
            month_to_date=added(self.this_month).cost_nanodollars,
        )

    def _days(self, first: date, last: date) -> list[Sums]:
        return [self.by_day.get(day, NOTHING) for day in calendar.days(first, last)]


def months(scope: Scope, now: datetime) -> Months:
    """Returns what requests like those of `scope` cost lately, whatever its period. Raises FilterError, TooSlow."""
    now = now.astimezone(scope.zone)
    today = now.date()
    last_month = calendar.month_before(today)
    first = min(last_month, today - timedelta(days=_LOOKED_BACK_DAYS))
    yesterday_at = calendar.same_time_on(today - timedelta(days=1), now)
    last_month_at = calendar.same_time_on(_same_day(last_month, today), now)
    midnights = calendar.midnights(first, today, scope.zone)
    edges = sorted({*midnights, yesterday_at, last_month_at, now})
    found = sums(Question(scope.organization_id, scope.tree, edges), _MEASURES)
    bars = [(start, found.get((bar,), NOTHING)) for bar, (start, _) in enumerate(pairwise(edges))]
    by_day: dict[date, Sums] = {}
    for start, one in bars:
        day = start.astimezone(scope.zone).date()
        by_day[day] = by_day.get(day, NOTHING) + one

    def between(day: date, until: datetime) -> Sums:
        since = calendar.midnight(day, scope.zone)
        return added(one for start, one in bars if since <= start < until)

    return Months(
        now,
        scope.zone,
        by_day,
        yesterday=between(today - timedelta(days=1), yesterday_at),
        last_month_to_date=between(last_month, last_month_at),
    )


def at_any_time(scope: Scope) -> Scope:
    """Returns `scope` without what its filter says of time in so many words, as its period does."""
    parts = [
        part for part in top_parts(scope.tree) if not (isinstance(part, Comparison) and part.field == "time")
    ]
    return replace(scope, tree=conjunction(parts))


def _same_day(month: date, day: date) -> date:
    """Returns the day of `month` with the number of `day`, or its last one."""
    return month.replace(day=min(day.day, calendar.last_of_month(month).day))
