"""How a period is cut into bars, on clocks that are put forward and back."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from requests_app.time_bars import (
    AT_MOST_BARS,
    AT_MOST_STEPS,
    AT_MOST_TICKS,
    STEPS,
    Step,
    TooManyBars,
    edges,
    edges_by,
    labels,
    ticks,
)

# Whole and half hours of change, at midnight (Havana, Beirut, Asunción) and later, either side of the equator, zones
# of half and quarter hours, a change that is one back in winter (Dublin), and none at all.
ZONES = [
    *("UTC", "Europe/London", "Europe/Berlin", "Europe/Dublin", "America/New_York", "America/St_Johns"),
    *("America/Havana", "America/Asuncion", "America/Sao_Paulo", "Asia/Beirut", "Africa/Casablanca"),
    *("Asia/Kolkata", "Asia/Kathmandu", "Australia/Adelaide", "Australia/Lord_Howe", "Pacific/Chatham"),
    "Pacific/Apia",
]
HOUR, DAY = timedelta(hours=1), timedelta(days=1)

moments = st.integers(0, 20 * 365 * 24 * 3600).map(
    lambda seconds: datetime(2014, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)
lengths = st.timedeltas(timedelta(seconds=1), timedelta(minutes=30)) | st.timedeltas(HOUR, 3 * 365 * DAY)


def is_day_begin(edge: datetime, zone: ZoneInfo) -> bool:
    """Returns whether a day begins there, which is at midnight unless clocks leave midnight out."""
    local = edge.astimezone(zone)
    before = (edge - timedelta(microseconds=1)).astimezone(zone)
    return local.date() > before.date() or (local.hour, local.minute, local.second) == (0, 0, 0)


@settings(max_examples=400, deadline=None)
@given(start=moments, length=lengths, name=st.sampled_from(ZONES))
@example(datetime(2025, 10, 4, tzinfo=UTC), 2 * DAY, "Australia/Lord_Howe")
@example(datetime(2025, 4, 4, tzinfo=UTC), 40 * DAY, "Australia/Lord_Howe")
@example(datetime(2025, 3, 8, tzinfo=UTC), 2 * DAY, "America/Havana")
def test_bars_cover_the_period_on_the_zones_clock(start: datetime, length: timedelta, name: str) -> None:
    zone = ZoneInfo(name)
    end = start + length
    found = edges(start, end, zone)
    spans = [after - before for before, after in pairwise(found)]
    assert found[0] <= start < found[1]
    assert found[-2] < end <= found[-1]
    assert len(spans) <= AT_MOST_BARS + 2
    usual = max(spans, key=spans.count)
    if usual <= HOUR:
        assert set(spans) == {usual}
    elif usual >= DAY - HOUR:
        assert all(is_day_begin(edge, zone) for edge in found)
    else:
        assert all(abs(span - usual) <= HOUR for span in spans)


@settings(max_examples=300, deadline=None)
@given(start=moments, length=lengths, name=st.sampled_from(ZONES))
def test_every_bar_has_a_name_of_its_own_and_a_few_are_written_below(
    start: datetime, length: timedelta, name: str
) -> None:
    zone = ZoneInfo(name)
    starts = edges(start, start + length, zone)[:-1]
    names = labels(starts, zone)
    assert len(set(names)) == len(starts)
    below = ticks(starts, zone)
    places = [place for place, _ in below]
    assert len(places) <= AT_MOST_TICKS
    assert places == sorted(set(places))
    assert len(starts) < 3 or below


@pytest.mark.parametrize(
    ("name", "first_day", "hours"),
    [
        ("Europe/London", "2026-03-28", [24, 23, 24]),
        ("Europe/London", "2026-10-24", [24, 25, 24]),
        ("America/New_York", "2026-03-07", [24, 23, 24]),
        ("Australia/Lord_Howe", "2026-04-04", [24, 24.5, 24]),
        ("Australia/Lord_Howe", "2026-10-03", [24, 23.5, 24]),
        ("America/Havana", "2026-03-07", [24, 23, 24]),
        ("Asia/Kolkata", "2026-03-28", [24, 24, 24]),
    ],
)
def test_the_day_of_the_change_is_shorter_or_longer(name: str, first_day: str, hours: list[float]) -> None:
    zone = ZoneInfo(name)
    start = datetime.fromisoformat(first_day).replace(tzinfo=zone)
    found = edges(start, start + 20 * DAY, zone)
    days = [after - before for before, after in pairwise(found)]
    if days[0] < DAY - HOUR:  # twenty days are cut into bars of several hours
        begins = [edge for edge in found if is_day_begin(edge, zone)]
        days = [after - before for before, after in pairwise(begins)]
    assert days[:3] == [timedelta(hours=n) for n in hours]


@pytest.mark.parametrize("year", [1, 1969, 9999])
def test_years_in_which_nothing_was_logged_are_no_fault(year: int) -> None:
    zone = ZoneInfo("America/New_York")
    start = datetime(year, 1, 1, tzinfo=UTC)
    assert len(edges(start, datetime(9999, 12, 31, tzinfo=UTC), zone)) > 1
    assert len(edges(datetime.min.replace(tzinfo=UTC), start, zone)) > 1


@settings(max_examples=200, deadline=None)
@given(start=moments, length=lengths, name=st.sampled_from(ZONES), step=st.sampled_from(STEPS))
def test_bars_of_a_step_cover_the_period(start: datetime, length: timedelta, name: str, step: Step) -> None:
    zone = ZoneInfo(name)
    end = start + length
    try:
        found = edges_by(step, start, end, zone)
    except TooManyBars:
        assert length > AT_MOST_STEPS * timedelta(minutes=1)
        return
    assert found[0] <= start < found[1]
    assert found[-2] < end <= found[-1]
    assert found == sorted(set(found))
    if step in {"day", "week", "month", "year"}:
        assert all(is_day_begin(edge, zone) for edge in found)


@pytest.mark.parametrize(
    ("step", "start", "end", "expected"),
    [
        (
            "week",
            "2026-10-22T12:00",
            "2026-11-03T00:00",
            ["2026-10-19", "2026-10-26", "2026-11-02", "2026-11-09"],
        ),
        (
            "month",
            "2025-12-31T12:00",
            "2026-03-01T00:00",
            ["2025-12-01", "2026-01-01", "2026-02-01", "2026-03-01"],
        ),
        ("year", "2025-12-31T23:30", "2026-01-01T00:30", ["2025-01-01", "2026-01-01", "2027-01-01"]),
        (
            "day",
            "2026-10-24T12:00",
            "2026-10-26T12:00",
            ["2026-10-24", "2026-10-25", "2026-10-26", "2026-10-27"],
        ),
        (
            "5m",
            "2026-10-25T00:58",
            "2026-10-25T01:01",
            ["2026-10-25T00:55", "2026-10-25T01:00", "2026-10-25T01:05"],
        ),
    ],
)
def test_bars_begin_where_the_calendar_says(step: Step, start: str, end: str, expected: list[str]) -> None:
    zone = ZoneInfo("Europe/Berlin")

    def moment(text: str) -> datetime:
        return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)

    assert edges_by(step, moment(start), moment(end), zone) == [moment(text) for text in expected]


def test_an_hour_begins_with_the_clock_of_zones_that_are_half_an_hour_off() -> None:
    start = datetime(2026, 5, 1, 12, 10, tzinfo=UTC)
    found = edges_by("hour", start, start + 2 * HOUR, ZoneInfo("Asia/Kolkata"))
    assert [edge.minute for edge in found] == [30, 30, 30, 30]


def test_more_bars_than_anybody_looks_at_are_refused() -> None:
    start = datetime(2026, 5, 1, tzinfo=UTC)
    assert len(edges_by("minute", start, start + timedelta(minutes=AT_MOST_STEPS), ZoneInfo("UTC"))) == 2001
    with pytest.raises(TooManyBars, match="2,000"):
        edges_by("minute", start, start + timedelta(minutes=AT_MOST_STEPS, seconds=1), ZoneInfo("UTC"))
