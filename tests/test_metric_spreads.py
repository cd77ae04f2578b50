"""How right are the percentiles that are read from histograms, and the numbers of users that are estimated."""

from collections.abc import Sequence
from math import sqrt
from random import Random

import pytest
from django.db import connection
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ingest_app.rollups.spread import (
    BITMAPS,
    RELATIVE_ERROR,
    STANDARD_ERROR,
    bin_sql,
    counts,
    distinct,
    place_sql,
    quantiles,
    value_of,
)
from tests.live import Stack
from tests.metric_sums import exact_quantile

LARGEST = 2**31 - 1  # of the columns
SHARES = (0.0, 0.01, 0.5, 0.9, 0.95, 0.99, 0.999, 1.0)
A_HAIR = 1 + 1e-9

pytestmark = pytest.mark.usefixtures("stack")


def binned(values: Sequence[int]) -> list[int | None]:
    """Returns the bin that the database puts each value in."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {bin_sql('value')} FROM unnest(%s::int[]) WITH ORDINALITY AS one (value, place) ORDER BY place",  # noqa: S608
            [list(values)],
        )
        return [number for (number,) in cursor.fetchall()]


def histogram(values: Sequence[int]) -> str:
    """Returns the histogram of `values`, as sums hold it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(weight), 0)::text FROM unnest(%s::int[]) AS one (value)"  # noqa: S608
            f" JOIN histogram_bin ON bin = {bin_sql('value')}",
            [list(values)],
        )
        return str(cursor.fetchone()[0])


def seen(prefix: str, first: int, last: int) -> str:
    """Returns the bits of the names from `<prefix> <first>` to `<prefix> <last>`."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT bit_or(set_bit(B'0'::bit(12288), place, 1))::text FROM ("  # noqa: S608
            f" SELECT DISTINCT {place_sql('name')} AS place"
            " FROM (SELECT %s || ' ' || number AS name FROM generate_series(%s, %s) AS number) AS named"
            ") AS placed",
            [prefix, first, last],
        )
        return str(cursor.fetchone()[0])


def both(one: str, other: str) -> str:
    """Returns what PostgreSQL makes of two bit strings with `|`."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT (%s::bit(12288) | %s::bit(12288))::text", [one, other])
        return str(cursor.fetchone()[0])


def test_no_value_is_further_than_one_percent_from_its_bins() -> None:
    random = Random(1)
    edges = [min(round(1.02**power) + more, LARGEST) for power in range(1, 1086) for more in (-1, 0, 1)]
    values = [*range(1, 20_000), *edges, *(random.randint(1, LARGEST) for _ in range(20_000)), LARGEST]
    values = [value for value in values if value > 0]
    for value, number in zip(values, binned(values), strict=True):
        assert number is not None
        assert abs(value_of(number) - value) <= value * RELATIVE_ERROR * A_HAIR


def test_nothing_has_a_bin_of_its_own() -> None:
    assert binned([0, 1, 2]) == [0, 1, 37]
    assert value_of(0) == 0


@pytest.mark.parametrize("share", SHARES)
def test_nothing_has_no_percentiles(share: float) -> None:
    assert quantiles(counts("0"), [share]) == [None]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.one_of(st.integers(0, 30), st.integers(0, 20_000), st.integers(0, LARGEST)),
        min_size=1,
        max_size=200,
    )
)
@example([LARGEST])
@example([0])
@example([7] * 200)
def test_percentiles_are_right_to_one_percent(stack: Stack, values: list[int]) -> None:
    found = quantiles(counts(histogram(values)), SHARES)
    for share, value in zip(SHARES, found, strict=True):
        exact = exact_quantile(sorted(values), share)
        assert value is not None
        assert abs(value - exact) <= exact * RELATIVE_ERROR * A_HAIR


def test_percentiles_of_much_traffic_are_right_to_one_percent() -> None:
    random = Random(2)
    values = [round(random.lognormvariate(6.5, 1.1)) for _ in range(50_000)]
    found = quantiles(counts(histogram(values)), SHARES)
    for share, value in zip(SHARES, found, strict=True):
        assert value == pytest.approx(exact_quantile(sorted(values), share), rel=RELATIVE_ERROR * A_HAIR)


def test_the_histogram_of_two_hours_is_their_sum() -> None:
    one, other = [3, 3, 400], [3, 90]
    together = int(histogram(one)) + int(histogram(other))
    assert counts(str(together)) == counts(histogram([*one, *other]))


def test_nobody_seen_is_none() -> None:
    assert distinct(None) == 0
    assert distinct("0" * 24 * BITMAPS) == 0


@pytest.mark.parametrize("number", range(1, 6))
def test_a_few_names_are_counted(number: int) -> None:
    errors = [abs(distinct(seen(f"{start}", 1, number)) - number) for start in range(20)]
    assert max(errors) <= 1
    assert sum(errors) <= 2


# Also around two and a half for each bitmap, where a sketch is neither nearly empty nor nearly full.
@pytest.mark.parametrize(
    "number", [10, 30, 100, 300, 600, 1_000, 1_280, 1_500, 2_000, 5_000, 20_000, 200_000]
)
def test_many_names_are_counted_to_three_standard_errors(number: int) -> None:
    counted = distinct(seen("user", 1, number))
    assert counted == pytest.approx(number, rel=3 * STANDARD_ERROR)


@pytest.mark.parametrize("number", [500, 1_280, 1_800, 8_000])
def test_the_standard_error_is_what_it_says(number: int) -> None:
    errors = [distinct(seen(f"group {group}", 1, number)) / number - 1 for group in range(40)]
    assert sqrt(sum(error**2 for error in errors) / len(errors)) <= STANDARD_ERROR * 1.3
    assert abs(sum(errors) / len(errors)) <= STANDARD_ERROR / 2  # it leans neither way


def test_whoever_was_seen_twice_is_one() -> None:
    monday, tuesday = seen("user", 1, 3_000), seen("user", 2_001, 5_000)
    assert both(monday, tuesday) == seen("user", 1, 5_000)


def test_more_users_than_anybody_has_are_counted() -> None:
    # 23 of the 24 bits of each bitmap, as of some hundred million names.
    assert distinct(("1" * 18 + "0" * 6) * BITMAPS) > 50_000_000
    assert distinct("1" * 24 * BITMAPS) > 10**9
