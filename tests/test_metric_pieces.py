"""Which parts of a period are read from sums of days, hours and quarters, and which from the requests themselves."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import example, given, settings
from hypothesis import strategies as st

from metrics_app.reading.pieces import GRAINS, Pieces, pieces
from requests_app import time_bars

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Whole, half and quarter hours from UTC, with and without summer time; Lord Howe's is half an hour.
ZONES = (
    "UTC", "Europe/Berlin", "America/New_York", "America/St_Johns", "Asia/Kolkata", "Asia/Kathmandu",
    "Australia/Lord_Howe", "Pacific/Chatham",
)  # fmt: skip
LATER = datetime(2030, 1, 1, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")

Span = tuple[datetime, datetime]

_seconds = st.integers(0, 2 * 365 * 24 * 3600)
_moments = st.builds(lambda n: datetime(2025, 1, 1, tzinfo=UTC) + timedelta(seconds=n), _seconds)
_round_moments = _moments.map(lambda one: one.replace(minute=one.minute // 15 * 15, second=0))
_lengths = st.one_of(
    st.timedeltas(timedelta(minutes=5), 2 * DAY),
    st.timedeltas(2 * DAY, 120 * DAY),
    st.sampled_from((HOUR, DAY, 7 * DAY, 30 * DAY)),
)


def at(text: str) -> datetime:
    """Returns a moment of UTC, such as `2025-10-26 01:00`."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def bars(start: datetime, end: datetime, zone: ZoneInfo) -> list[datetime]:
    """Returns the edges of the bars of a chart."""
    inner = time_bars.edges(start, end, zone)
    return [start, *(edge for edge in inner if start < edge < end), end]


def spans(found: Pieces, folded: datetime) -> list[tuple[Span, str]]:
    """Returns what each bucket and stretch covers, in order, with its grain ('' for a stretch)."""
    buckets = [
        ((start, min(start + GRAINS[grain], folded)), grain)
        for grain, starts in found.buckets.items()
        for start in starts
    ]
    return sorted([*buckets, *((stretch, "") for stretch in found.stretches)])


def counts(found: Pieces) -> dict[str, int]:
    return {grain: len(starts) for grain, starts in found.buckets.items()}


def in_one_bar(span: Span, edges: Sequence[datetime]) -> bool:
    return bisect_right(edges, span[0]) == bisect_left(edges, span[1])


def aligned(edges: Sequence[datetime], length: timedelta) -> list[Span]:
    """Returns the whole buckets of `length` in the period."""
    first = EPOCH + -((EPOCH - edges[0]) // length) * length
    number = max(0, (edges[-1] - first) // length)
    return [(first + n * length, first + (n + 1) * length) for n in range(number)]


@settings(max_examples=400, deadline=None)
@given(
    start=st.one_of(_moments, _round_moments),
    length=_lengths,
    name=st.sampled_from(ZONES),
    folded_after=st.one_of(st.none(), st.timedeltas(-2 * DAY, 130 * DAY)),
    stale_days=st.sets(st.integers(-1, 130), max_size=4),
    grains=st.sampled_from(("d", "dh", "dhq")),
)
@example(at("2025-10-26 00:30"), 2 * DAY, "Europe/Berlin", None, set(), "dhq")
@example(at("2025-04-05 13:45"), 2 * DAY, "Australia/Lord_Howe", 3 * DAY, set(), "dhq")
@example(at("2025-04-05 00:00"), DAY, "UTC", DAY / 2, {0}, "dh")
def test_pieces_cover_a_period_exactly_once(
    start: datetime,
    length: timedelta,
    name: str,
    folded_after: timedelta | None,
    stale_days: set[int],
    grains: str,
) -> None:
    edges = bars(start, start + length, ZoneInfo(name))
    folded_until = None if folded_after is None else start + folded_after
    folded = folded_until or edges[0]
    stale = {start.date() + timedelta(days=number) for number in stale_days}
    found = pieces(edges, folded_until=folded_until, stale=stale, grains=grains)
    covered = spans(found, folded)

    assert covered[0][0][0] == edges[0]
    assert covered[-1][0][1] == edges[-1]
    assert all(before[1] == after[0] for (before, _), (after, _) in pairwise(covered))
    for span, grain in covered:
        assert span[0] < span[1]
        if grain:
            assert grain in grains
            assert (span[0] - EPOCH) % GRAINS[grain] == timedelta()
            assert in_one_bar(span, edges)
            assert span[1] <= folded
            assert span[0].date() not in stale


@settings(max_examples=200, deadline=None)
@given(
    start=_moments, length=_lengths, name=st.sampled_from(ZONES), grains=st.sampled_from(("d", "dh", "dhq"))
)
def test_requests_are_read_only_where_no_sum_will_do(
    start: datetime, length: timedelta, name: str, grains: str
) -> None:
    edges = bars(start, start + length, ZoneInfo(name))
    found = pieces(edges, folded_until=LATER, stale=(), grains=grains)
    told: set[datetime] = set()  # the quarters of larger buckets
    for grain in grains:
        wanted = [
            bucket
            for bucket in aligned(edges, GRAINS[grain])
            if bucket[0] not in told and in_one_bar(bucket, edges)
        ]
        assert found.buckets.get(grain, []) == [start for start, _ in wanted]
        told |= {quarter for bucket in wanted for quarter, _ in aligned(bucket, GRAINS["q"])}


def test_whole_days_are_read_as_days() -> None:
    edges = bars(at("2025-03-01 00:00"), at("2025-03-31 00:00"), ZoneInfo("UTC"))
    found = pieces(edges, folded_until=LATER, stale=())
    # Thirty days in bars of twelve hours: no bar holds a day.
    assert counts(found) == {"h": 30 * 24}
    assert counts(pieces([edges[0], edges[-1]], folded_until=LATER, stale=())) == {"d": 30}


def test_the_days_of_a_zone_are_read_as_its_hours() -> None:
    edges = [datetime(2025, 10, day, tzinfo=BERLIN).astimezone(UTC) for day in (25, 26, 27, 28)]
    found = pieces(edges, folded_until=LATER, stale=())
    hours = found.buckets.pop("h")
    assert found == Pieces()
    # Summer time ends on the 26th, which has 25 of them.
    assert [sum(start <= hour < end for hour in hours) for start, end in pairwise(edges)] == [24, 25, 24]


def test_a_zone_of_half_an_hour_needs_quarters_and_no_requests() -> None:
    edges = [at("2025-03-01 18:30"), at("2025-03-02 18:30"), at("2025-03-03 18:30")]
    found = pieces(edges, folded_until=LATER, stale=())
    assert counts(found) == {"q": 8, "h": 46}
    assert found.stretches == []


def test_sums_of_hours_leave_half_an_hour_to_the_requests() -> None:
    edges = [at("2025-03-01 18:30"), at("2025-03-02 18:30")]
    found = pieces(edges, folded_until=LATER, stale=(), grains="dh")
    assert counts(found) == {"h": 23}
    assert found.stretches == [
        (at("2025-03-01 18:30"), at("2025-03-01 19:00")),
        (at("2025-03-02 18:00"), at("2025-03-02 18:30")),
    ]


def test_sums_of_days_leave_the_edges_of_a_period_to_the_requests() -> None:
    edges = [at("2025-03-01 18:30"), at("2025-03-04 06:00")]
    found = pieces(edges, folded_until=LATER, stale=(), grains="d")
    assert found == Pieces(
        {"d": [at("2025-03-02 00:00"), at("2025-03-03 00:00")]},
        [(at("2025-03-01 18:30"), at("2025-03-02 00:00")), (at("2025-03-04 00:00"), at("2025-03-04 06:00"))],
    )


def test_a_day_that_is_not_folded_in_to_its_end_is_read_up_to_where_it_is() -> None:
    folded = at("2025-03-02 10:07")
    edges = [at("2025-03-01 00:00"), at("2025-03-03 00:00")]
    found = pieces(edges, folded_until=folded, stale=())
    assert found == Pieces(
        {"d": [at("2025-03-01 00:00"), at("2025-03-02 00:00")]}, [(folded, at("2025-03-03 00:00"))]
    )


def test_a_bar_that_ends_before_that_is_read_by_smaller_ones() -> None:
    edges = [at("2025-03-02 00:00"), at("2025-03-02 06:00"), at("2025-03-02 12:00")]
    found = pieces(edges, folded_until=at("2025-03-02 10:07"), stale=())
    assert counts(found) == {"h": 6 + 5}
    assert found.stretches == [(at("2025-03-02 10:07"), at("2025-03-02 12:00"))]


def test_a_stale_day_is_read_from_the_requests() -> None:
    edges = [at("2025-03-01 00:00"), at("2025-03-04 00:00")]
    found = pieces(edges, folded_until=LATER, stale={date(2025, 3, 2)})
    assert found == Pieces(
        {"d": [at("2025-03-01 00:00"), at("2025-03-03 00:00")]},
        [(at("2025-03-02 00:00"), at("2025-03-03 00:00"))],
    )


def test_what_has_no_sums_yet_is_one_stretch() -> None:
    edges = bars(at("2025-03-01 00:00"), at("2025-03-08 00:00"), BERLIN)
    whole = Pieces({}, [(edges[0], edges[-1])])
    assert pieces(edges, folded_until=None, stale=()) == whole
    assert pieces(edges, folded_until=at("2025-02-01 00:00"), stale=()) == whole
