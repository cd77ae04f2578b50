"""How a rate-limit policy is written, and when periods begin and end."""

from datetime import UTC, datetime

import pytest

from limits_app.periods import span_of
from limits_app.policy import parse_policy, policy_text
from limits_app.rules import Period, RatePolicy, Unit


@pytest.mark.parametrize(
    ("text", "policy"),
    [
        ("10;w=60", RatePolicy(10, 60)),
        ("1;w=31536000", RatePolicy(1, 31_536_000)),
        ("10;w=60;u=request", RatePolicy(10, 60)),
        ("500;w=3600;u=cents", RatePolicy(500, 3600, Unit.CENTS)),
        ("10;w=60;s=user", RatePolicy(10, 60, segment="user")),
        ("10;w=60;u=cents;s=Team-Name_2", RatePolicy(10, 60, Unit.CENTS, "team-name_2")),
        ("10;W=60;U=CENTS;S=USER", RatePolicy(10, 60, Unit.CENTS, "user")),
        (" 10;w=60 ", RatePolicy(10, 60)),
    ],
)
def test_a_policy_means(text: str, policy: RatePolicy) -> None:
    assert parse_policy(text) == policy
    assert parse_policy(policy_text(policy)) == policy


@pytest.mark.parametrize(
    "text",
    [
        "",
        "10",
        "w=60",
        "0;w=60",
        "-1;w=60",
        "1.5;w=60",
        "10;w=59",
        "10;w=31536001",
        "10;w=60s",
        "10; w=60",
        "10;w=60;u=tokens",
        "10;w=60;s=",
        "10;w=60;s=a b",
        "10;w=60;s=user;u=cents",
        "10;w=60;",
        "10;w=60;s=üser",
        "１０;w=60",
        "9999999999;w=60",
        "10;w=60\n20;w=60",
    ],
)
def test_what_is_no_policy(text: str) -> None:
    assert parse_policy(text) is None


@pytest.mark.parametrize(
    ("period", "zone", "at", "start", "end"),
    [
        (Period.DAY, "UTC", "2026-03-01T23:59:59", "2026-03-01T00:00", "2026-03-02T00:00"),
        (Period.DAY, "UTC", "2026-03-02T00:00:00", "2026-03-02T00:00", "2026-03-03T00:00"),
        # A day of 23 hours, and one of 25.
        (Period.DAY, "Europe/Berlin", "2026-03-29T12:00", "2026-03-28T23:00", "2026-03-29T22:00"),
        (Period.DAY, "Europe/Berlin", "2026-10-25T12:00", "2026-10-24T22:00", "2026-10-25T23:00"),
        (Period.DAY, "Asia/Kolkata", "2026-03-01T18:29:59", "2026-02-28T18:30", "2026-03-01T18:30"),
        (Period.WEEK, "UTC", "2026-03-01T12:00", "2026-02-23T00:00", "2026-03-02T00:00"),
        (Period.WEEK, "America/New_York", "2026-03-09T03:59", "2026-03-02T05:00", "2026-03-09T04:00"),
        (Period.MONTH, "UTC", "2026-12-31T23:00", "2026-12-01T00:00", "2027-01-01T00:00"),
        (Period.MONTH, "America/New_York", "2026-03-01T04:59", "2026-02-01T05:00", "2026-03-01T05:00"),
        (Period.MONTH, "UTC", "2028-02-29T12:00", "2028-02-01T00:00", "2028-03-01T00:00"),
    ],
)
def test_a_period_begins_and_ends(period: Period, zone: str, at: str, start: str, end: str) -> None:
    def moment(text: str) -> datetime:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)

    assert span_of(period, zone, moment(at)) == (moment(start), moment(end))
