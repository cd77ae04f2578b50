"""The periods of reports, on the calendar of a zone, and when their reports are due. Pure."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from alerts_app.reports.models import Every, ReportPlan
from metrics_app.costs.calendar import midnight

_DAYS = {Every.DAY: 1, Every.WEEK: 7}


@dataclass(frozen=True, slots=True)
class Period:
    """A day, or a week from any weekday on: whole days in a zone, though one of them may have 23 or 25 hours."""

    every: Every
    first_date: date
    zone: ZoneInfo

    @property
    def days(self) -> int:
        """Returns how many days it has."""
        return _DAYS[self.every]

    @property
    def end_date(self) -> date:
        """Returns the day behind its last one."""
        return self.first_date + timedelta(days=self.days)

    @property
    def start(self) -> datetime:
        """Returns when it begins, in UTC."""
        return midnight(self.first_date, self.zone)

    @property
    def end(self) -> datetime:
        """Returns when it ends, in UTC."""
        return midnight(self.end_date, self.zone)

    @property
    def before(self) -> "Period":
        """Returns the one before it."""
        return Period(self.every, self.first_date - timedelta(days=self.days), self.zone)

    @property
    def after(self) -> "Period":
        """Returns the one after it."""
        return Period(self.every, self.end_date, self.zone)

    @property
    def label(self) -> str:
        """Returns what people call it: `Sunday, Nov 29, 2026`, `Nov 23 – 29, 2026`."""
        first, last = self.first_date, self.end_date - timedelta(days=1)
        if self.every is Every.DAY:
            return f"{first:%A, %b} {first.day}, {first.year}"
        if first.year != last.year:
            return f"{first:%b} {first.day}, {first.year} – {last:%b} {last.day}, {last.year}"
        if first.month != last.month:
            return f"{first:%b} {first.day} – {last:%b} {last.day}, {last.year}"
        return f"{first:%b} {first.day} – {last.day}, {last.year}"


def last_whole(every: Every, *, weekday: int, zone: ZoneInfo, now: datetime) -> Period:
    """Returns the latest period that is over; weeks begin on `weekday`."""
    return _ended_by(every, weekday, zone, now.astimezone(zone).date())


def period_of(every: Every, day: date, *, weekday: int, zone: ZoneInfo) -> Period:
    """Returns the period with `day` in it."""
    back = (day.weekday() - weekday) % 7 if every is Every.WEEK else 0
    return Period(every, day - timedelta(days=back), zone)


@dataclass(frozen=True, slots=True)
class Due:
    """A report, and when it was to be sent."""

    period: Period
    at: datetime


def last_due(plan: ReportPlan, now: datetime) -> Due:
    """Returns the latest report that was due by `now`: at the plan's hour of the day on which the period had ended.

    Of an hour that comes twice it is the first; one that clocks skip is due when it would have come without that.
    """
    zone = ZoneInfo(plan.zone)
    today = now.astimezone(zone).date()
    every = Every(plan.every)
    period = _ended_by(every, plan.weekday, zone, today)
    due_at = datetime.combine(period.end_date, time(plan.hour), zone).astimezone(UTC)
    if due_at > now:
        period = period.before
        due_at = datetime.combine(period.end_date, time(plan.hour), zone).astimezone(UTC)
    return Due(period, due_at)


def next_due(plan: ReportPlan, now: datetime) -> Due:
    """Returns the report that is due next."""
    period = last_due(plan, now).period.after
    return Due(period, datetime.combine(period.end_date, time(plan.hour), period.zone).astimezone(UTC))


def _ended_by(every: Every, weekday: int, zone: ZoneInfo, today: date) -> Period:
    return period_of(every, today, weekday=weekday, zone=zone).before
