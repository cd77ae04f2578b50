"""What a month is forecast to cost, against sums made by hand. Amounts are in nano-dollars."""

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from metrics_app.costs import calendar
from metrics_app.costs.forecast import Forecast, forecast, share_left

BERLIN = ZoneInfo("Europe/Berlin")
KOLKATA = ZoneInfo("Asia/Kolkata")
LONG_AGO = date(2026, 1, 1)
SATURDAY = 5


def asked(costs: dict[date, int], now: datetime, **changes: Any) -> Forecast | None:
    return forecast(costs, **{"first": LONG_AGO, "now": now, "zone": UTC, "month_to_date": 0, **changes})


def told(costs: dict[date, int], now: datetime, **changes: Any) -> Forecast:
    found = asked(costs, now, **changes)
    assert found is not None
    return found


def daily(first: date, last: date, cost: int = 100) -> dict[date, int]:
    return dict.fromkeys(calendar.days(first, last), cost)


def test_days_that_all_cost_the_same_go_on_so() -> None:
    # Ten days are over, twenty are left: April has thirty.
    found = told(
        daily(date(2026, 3, 1), date(2026, 4, 10)), datetime(2026, 4, 11, tzinfo=UTC), month_to_date=1000
    )
    assert (found.nanodollars, found.low, found.high, found.days) == (3000, 3000, 3000, 28)
    assert (found.coming, len(found.course), found.course[:2]) == (2000, 20, (1000, 1200))


def test_each_day_is_expected_to_cost_what_its_weekday_did() -> None:
    days = calendar.days(date(2026, 3, 1), date(2026, 4, 23))
    costs = {day: 10 if day.weekday() >= SATURDAY else 100 for day in days}
    # Friday noon: half of a Friday (50), Saturday and Sunday (20), Monday to Thursday (400).
    found = told(costs, datetime(2026, 4, 24, 12, tzinfo=UTC), month_to_date=2000)
    assert found.nanodollars == 2470
    # At noon of Friday, and at the end of Saturday, Sunday and so on.
    assert found.course == (2000, 2060, 2070, 2170, 2270, 2370, 2470)


def test_a_weekday_counts_by_the_mean_of_the_last_four() -> None:
    tuesdays = [date(2026, 4, day) for day in (7, 14, 21, 28)]
    costs = dict(zip(tuesdays, (40, 80, 120, 240), strict=True)) | {date(2026, 3, 31): 1_000_000}
    # Of Tuesday, 5 May, a quarter is left, and three Tuesdays come: 3¼ × (40 + 80 + 120 + 240) / 4.
    found = told(costs, datetime(2026, 5, 5, 18, tzinfo=UTC), month_to_date=7)
    assert found.nanodollars == 7 + 390


def test_the_range_is_what_the_days_spread_makes_of_those_that_are_left() -> None:
    # Each weekday cost 90 and then 110: 14 squares of 10, over 14 - 7 days, are a variance of 200 a day. One day is
    # left, and half of the variance again comes from its mean of two days: √(200 × 1.5) × 1.2816 = 22.2.
    costs = daily(date(2026, 4, 16), date(2026, 4, 22), 90) | daily(date(2026, 4, 23), date(2026, 4, 29), 110)
    found = told(costs, datetime(2026, 4, 30, tzinfo=UTC), first=date(2026, 4, 15), month_to_date=1000)
    assert (found.nanodollars, found.low, found.high, found.days) == (1100, 1078, 1122, 14)


def test_days_of_one_weekday_share_the_error_of_its_mean() -> None:
    costs = daily(date(2026, 4, 2), date(2026, 4, 8), 90) | daily(date(2026, 4, 9), date(2026, 4, 15), 110)
    # Fifteen days are left: Thursdays three times, the others twice. 200 × (15 + 3²/2 + 6 × 2²/2) = 6300, of which
    # the square root is 79.37, times 1.2816 is 101.7.
    found = told(costs, datetime(2026, 4, 16, tzinfo=UTC), first=date(2026, 4, 1))
    assert (found.nanodollars, found.low, found.high) == (1500, 1398, 1602)


def test_no_month_ends_below_what_it_has_cost() -> None:
    costs = daily(date(2026, 4, 2), date(2026, 4, 29), 0) | {date(2026, 4, 20): 1_000_000}
    found = told(costs, datetime(2026, 4, 30, 12, tzinfo=UTC), month_to_date=1_000_000)
    assert found.low == 1_000_000


@pytest.mark.parametrize(
    ("complete_days", "is_told", "has_range"),
    [(6, False, False), (7, True, False), (13, True, False), (14, True, True)],
)
def test_too_few_days_say_nothing_and_a_few_more_say_no_range(
    complete_days: int, is_told: bool, has_range: bool
) -> None:
    now = datetime(2026, 4, 30, 9, tzinfo=UTC)
    first = now.date() - timedelta(days=complete_days + 1)  # part of a day
    found = asked(daily(first, now.date()), now, first=first)
    assert (found is not None) == is_told
    assert (found is not None and found.low is not None) == has_range


def test_nothing_is_forecast_where_there_were_no_requests() -> None:
    assert asked({}, datetime(2026, 4, 30, 9, tzinfo=UTC), first=None) is None


def test_the_day_of_the_first_request_says_nothing() -> None:
    first = date(2026, 4, 20)
    costs = daily(first, date(2026, 4, 29)) | {first: 1}
    # 20 April was a Monday; so were none of the other days but 27 April.
    found = told(costs, datetime(2026, 4, 30, tzinfo=UTC), first=first)
    assert (found.nanodollars, found.days) == (100, 9)


def test_what_is_older_than_four_weeks_says_nothing() -> None:
    costs = daily(date(2026, 3, 1), date(2026, 4, 1), 1_000_000) | daily(date(2026, 4, 2), date(2026, 4, 29))
    assert told(costs, datetime(2026, 4, 30, tzinfo=UTC)).nanodollars == 100


def test_the_last_moment_of_a_month_leaves_nothing_to_come() -> None:
    costs = daily(date(2026, 4, 1), date(2026, 4, 29))
    found = told(costs, datetime(2026, 4, 30, 23, 59, 59, 999_999, tzinfo=UTC), month_to_date=3000)
    assert (found.nanodollars, found.course) == (3000, (3000,))


def test_the_month_is_that_of_the_zone() -> None:
    now = datetime(2026, 11, 30, 18, 31, tzinfo=UTC)  # 00:01 of 1 December in Kolkata
    costs = daily(date(2026, 11, 1), date(2026, 11, 30), 1440)
    assert told(costs, now, zone=KOLKATA).nanodollars == 31 * 1440 - 1
    assert told(costs, now, zone=UTC).nanodollars == 329  # five hours and 29 minutes


@pytest.mark.parametrize(
    ("now", "left"),
    [
        (datetime(2026, 3, 29, 12, tzinfo=BERLIN), Fraction(12, 23)),
        (datetime(2026, 10, 25, 12, tzinfo=BERLIN), Fraction(12, 25)),
        (
            datetime(2026, 10, 25, 1, 30, tzinfo=UTC),
            Fraction(43, 50),
        ),  # 02:30, the second time: 21½ hours left
        (datetime(2026, 6, 1, 18, tzinfo=BERLIN), Fraction(1, 4)),
    ],
)
def test_days_on_which_clocks_change_are_shorter_or_longer(now: datetime, left: Fraction) -> None:
    assert share_left(now, BERLIN) == left


def test_the_rest_of_a_day_of_25_hours_is_a_share_of_them() -> None:
    costs = daily(date(2026, 9, 1), date(2026, 10, 24), 2500)
    # 12 of 25 hours are left of Sunday, and six days follow.
    found = told(costs, datetime(2026, 10, 25, 12, tzinfo=BERLIN), zone=BERLIN)
    assert found.nanodollars == 1200 + 6 * 2500


def test_february_of_a_leap_year_has_29_days() -> None:
    costs = daily(date(2028, 1, 1), date(2028, 2, 27))
    assert told(costs, datetime(2028, 2, 28, tzinfo=UTC)).nanodollars == 200


@pytest.mark.parametrize(
    ("day", "zone", "hour"),
    [
        (date(2026, 3, 29), "Europe/Berlin", 23),
        (date(2026, 6, 1), "Asia/Kolkata", 18.5),
        # Clocks went from midnight to one: the day begins when midnight would have been.
        (date(2018, 11, 4), "America/Sao_Paulo", 3),
        # Midnight came twice.
        (date(2026, 11, 1), "America/Havana", 4),
    ],
)
def test_a_day_begins_at_midnight_of_its_zone(day: date, zone: str, hour: float) -> None:
    found = calendar.midnight(day, ZoneInfo(zone))
    assert found.hour + found.minute / 60 == hour
    assert found.astimezone(ZoneInfo(zone)).date() == day


def test_the_month_before_january_is_december() -> None:
    assert calendar.month_before(date(2026, 1, 31)) == date(2025, 12, 1)
