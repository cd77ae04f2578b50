"""When reports are due: on the calendar of a zone, also where its clocks change."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from alerts_app.models import ReportPlan
from alerts_app.reports.models import Every
from alerts_app.reports.periods import Period, last_due, last_whole, next_due, period_of

PARIS, NEW_YORK = ZoneInfo("Europe/Paris"), ZoneInfo("America/New_York")


def plan(**changes: Any) -> ReportPlan:
    return ReportPlan(
        organization_id=1, **({"every": Every.WEEK, "weekday": 0, "hour": 10, "zone": "UTC"} | changes)
    )


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_by_default_the_week_before_is_due_on_monday_at_ten_utc() -> None:
    due = last_due(ReportPlan(organization_id=1), utc("2026-11-30T10:00"))
    assert due.at == utc("2026-11-30T10:00")
    assert (due.period.start, due.period.end) == (utc("2026-11-23T00:00"), utc("2026-11-30T00:00"))


@pytest.mark.parametrize(
    ("now", "at"),
    [
        ("2026-11-30T09:59:59", "2026-11-23T10:00"),
        ("2026-11-30T10:00:00", "2026-11-30T10:00"),
        ("2026-12-06T23:59:59", "2026-11-30T10:00"),
    ],
)
def test_a_week_is_due_once_until_the_next(now: str, at: str) -> None:
    assert last_due(plan(), utc(now)).at == utc(at)


def test_a_day_is_due_on_the_day_after_it_in_its_zone() -> None:
    due = last_due(plan(every=Every.DAY, hour=7, zone="America/New_York"), utc("2026-11-30T12:00"))
    assert due.at == utc("2026-11-30T12:00")  # seven in New York
    assert due.period.first_date == date(2026, 11, 29)
    assert (due.period.start, due.period.end) == (utc("2026-11-29T05:00"), utc("2026-11-30T05:00"))


def test_weeks_begin_on_the_day_on_which_the_report_comes() -> None:
    due = last_due(plan(weekday=3), utc("2026-11-30T00:00"))
    assert due.at == utc("2026-11-26T10:00")
    assert (due.period.first_date, due.period.end_date) == (date(2026, 11, 19), date(2026, 11, 26))


def test_the_next_one_is_a_period_later() -> None:
    now = utc("2026-11-30T10:00")
    assert next_due(plan(), now).at == utc("2026-12-07T10:00")
    assert next_due(plan(), now).period.first_date == date(2026, 11, 30)


def test_days_on_which_clocks_change_are_shorter_and_longer() -> None:
    spring = Period(Every.DAY, date(2026, 3, 29), PARIS)
    autumn = Period(Every.DAY, date(2026, 10, 25), PARIS)
    assert spring.end - spring.start == timedelta(hours=23)
    assert autumn.end - autumn.start == timedelta(hours=25)


def test_an_hour_that_clocks_skip_is_due_once() -> None:
    """Between one and three o'clock in Paris there was no two o'clock."""
    skipping = plan(every=Every.DAY, hour=2, zone="Europe/Paris")
    dues = {last_due(skipping, utc("2026-03-28T00:00") + timedelta(minutes=5 * n)).at for n in range(3 * 288)}
    assert sorted(dues)[1:] == [utc("2026-03-28T01:00"), utc("2026-03-29T01:00"), utc("2026-03-30T00:00")]


def test_an_hour_that_comes_twice_is_due_the_first_time() -> None:
    twice = plan(every=Every.DAY, hour=1, zone="America/New_York")
    dues = {last_due(twice, utc("2026-11-01T00:00") + timedelta(minutes=5 * n)).at for n in range(2 * 288)}
    assert sorted(dues)[1:] == [utc("2026-11-01T05:00"), utc("2026-11-02T06:00")]


@pytest.mark.parametrize(
    "zone", ["UTC", "Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"]
)
@pytest.mark.parametrize("every", list(Every))
def test_periods_of_a_year_follow_each_other_without_a_gap(zone: str, every: Every) -> None:
    period = last_whole(every, weekday=2, zone=ZoneInfo(zone), now=utc("2026-01-01T12:00"))
    for _ in range(60):
        assert period.after.start == period.end
        assert period.after.before == period
        assert period_of(every, period.first_date, weekday=2, zone=period.zone) == period
        period = period.after


@pytest.mark.parametrize(
    ("period", "label"),
    [
        (Period(Every.DAY, date(2026, 11, 29), PARIS), "Sunday, Nov 29, 2026"),
        (Period(Every.WEEK, date(2026, 11, 23), PARIS), "Nov 23 – 29, 2026"),
        (Period(Every.WEEK, date(2026, 11, 30), PARIS), "Nov 30 – Dec 6, 2026"),
        (Period(Every.WEEK, date(2026, 12, 28), PARIS), "Dec 28, 2026 – Jan 3, 2027"),
    ],
)
def test_a_period_is_called_as_people_call_it(period: Period, label: str) -> None:
    assert period.label == label
