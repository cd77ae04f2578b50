"""How numbers and times are written for people."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from helicone_site import formats
from helicone_site.middleware import zone_named

NOW = datetime(2026, 11, 24, 12, 4, 31, 120_000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("nanodollars", "text"),
    [
        (None, "–"),
        (0, "$0"),
        (1, "$0.000000001"),
        (310_000, "$0.00031"),
        (300_000, "$0.0003"),
        (2_500_000, "$0.0025"),
        (9_999_000, "$0.01"),
        (72_500_000, "$0.0725"),
        (420_000_000, "$0.42"),
        (12_400_000_000, "$12.40"),
        (1_204_400_000_000, "$1,204"),
        (-310_000, "-$0.00031"),
    ],
)
def test_money_keeps_two_digits_and_never_rounds_to_nothing(nanodollars: int | None, text: str) -> None:
    assert formats.money(nanodollars) == text


def test_exact_money_keeps_every_digit() -> None:
    assert formats.money_exact(310_500) == "$0.0003105"
    assert formats.money_exact(2_000_000_000) == "$2"
    assert formats.money_exact(None) == "The price of this model is unknown"


@pytest.mark.parametrize(
    ("usd", "text"),
    [("0.15", "$0.15"), ("2.5", "$2.50"), ("10", "$10.00"), ("0.0375", "$0.0375"), ("1E+2", "$100.00")],
)
def test_a_rate_has_cents_at_least(usd: str, text: str) -> None:
    assert formats.usd_rate(Decimal(usd)) == text


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (None, "–"),
        (0, "0 ms"),
        (840, "840 ms"),
        (999.6, "1.00 s"),
        (1420, "1.42 s"),
        (9996, "10.0 s"),
        (21_400, "21.4 s"),
        (59_960, "1 m 00 s"),
        (125_000, "2 m 05 s"),
        (11_220_000, "3 h 07 m"),
    ],
)
def test_a_duration_has_the_unit_that_people_use(milliseconds: float | None, text: str) -> None:
    assert formats.duration(milliseconds) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        (0, "0"),
        (1204, "1,204"),
        (12_400, "12.4 k"),
        (999_960, "1.0 M"),
        (3_100_000_000, "3.1 G"),
    ],
)
def test_a_short_count_is_exact_while_it_is_small(value: int | None, text: str) -> None:
    assert formats.count_short(value) == text


@pytest.mark.parametrize(
    ("byte_count", "text"),
    [(None, "–"), (312, "312 B"), (4200, "4.2 kB"), (5_000_000, "5.0 MB"), (2 * 10**9, "2.0 GB")],
)
def test_a_size_is_in_powers_of_ten(byte_count: int | None, text: str) -> None:
    assert formats.size(byte_count) == text


def test_a_time_of_today_is_a_clock_and_an_older_one_has_its_day() -> None:
    assert formats.time_short(NOW, NOW) == "12:04:31"
    assert formats.time_short(NOW - timedelta(days=1), NOW) == "Nov 23, 12:04"
    assert formats.time_short(NOW - timedelta(days=400), NOW) == "Oct 20, 2025"


def test_today_is_a_day_of_the_viewers_zone() -> None:
    tokyo = NOW.astimezone(ZoneInfo("Asia/Tokyo"))
    assert formats.time_short(tokyo, NOW) == "21:04:31"
    assert formats.time_short(tokyo, NOW + timedelta(hours=4)) == "Nov 24, 21:04"
    assert formats.time_exact(tokyo) == "2026-11-24 21:04:31.120 JST"


@pytest.mark.parametrize(
    ("past", "text"),
    [
        (timedelta(seconds=-5), "just now"),
        (timedelta(seconds=40), "just now"),
        (timedelta(minutes=1), "1 minute ago"),
        (timedelta(hours=5), "5 hours ago"),
        (timedelta(days=40), "40 days ago"),
    ],
)
def test_how_long_ago_is_said_in_the_largest_unit(past: timedelta, text: str) -> None:
    assert formats.time_ago(NOW - past, NOW) == text


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "../../etc/passwd", "x" * 5000, "Europe", "\x00"])
def test_a_zone_that_does_not_exist_is_utc(name: str) -> None:
    assert zone_named(name).key == "UTC"


def test_a_cookie_names_a_zone() -> None:
    assert zone_named("Europe%2FBerlin").key == "Europe/Berlin"


@pytest.mark.parametrize(
    ("share", "text"),
    [(None, "–"), (0, "0 %"), (99.29, "99.29 %"), (99.97, "99.97 %"), (99.999, "99.99 %"), (100, "100 %")],
)
def test_only_all_of_it_is_fully_available(share: float | None, text: str) -> None:
    assert formats.availability(share) == text
