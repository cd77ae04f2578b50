"""What the parts of a dashboard show for given numbers."""

import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from metrics_app import drawing
from requests_app.charts import Chart, Series, Unit, written, written_out
from requests_app.series_colours import colours_of

START = datetime(2026, 3, 28, 23, tzinfo=UTC)
EDGES = [START + timedelta(hours=n) for n in range(4)]
BERLIN = ZoneInfo("Europe/Berlin")


def chart(*series: Series, unit: Unit = "count", is_stacked: bool = True) -> Chart:
    query = "range=7d&q=model%3Aa"
    return Chart.over(
        EDGES, BERLIN, kind="bars", unit=unit, series=[*series], is_stacked=is_stacked, query=query
    )


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (None, "count", "–"),
        (0.25, "count", "0.25"),
        (12.34, "count", "12.3"),
        (12_400, "tokens", "12.4 k"),
        (4_200_000.4, "money", "$0.0042"),
        (840.2, "ms", "840 ms"),
        (0.94, "percent", "0.94 %"),
        (12.44, "percent", "12.4 %"),
        (100, "percent", "100 %"),
        (0.0001, "percent", "< 0.01 %"),
        (0, "percent", "0 %"),
        (48.21, "tokens_per_s", "48.2 tok/s"),
    ],
)
def test_a_value_is_written_in_the_words_of_its_unit(value: float | None, unit: Unit, text: str) -> None:
    assert written(value, unit) == text


def test_a_table_has_all_digits_of_a_count() -> None:
    assert written_out(12_431, "count") == "12,431"
    assert written_out(12_431, "tokens") == "12,431"
    assert written_out(None, "count") == "–"


def test_a_model_keeps_its_colour_whatever_stands_beside_it() -> None:
    alone = colours_of(["gpt-4o"])
    assert colours_of(["gpt-4o", "claude-sonnet-4-5", "o3"])[:1] == alone


def test_no_two_series_have_the_same_colour() -> None:
    colours = colours_of([*(f"model-{n}" for n in range(7)), "other 5"], has_other=True)
    assert len(set(colours)) == 8
    assert colours[-1] == "s8"


def test_the_script_gets_bars_by_the_clock_of_the_zone_and_edges_in_utc() -> None:
    numbers = json.loads(chart(Series("a", "s1", [1, None, 3])).numbers)
    assert numbers["labels"] == ["Mar 29, 00:00", "Mar 29, 01:00", "Mar 29, 03:00"]
    assert numbers["starts"] == ["2026-03-28T23:00:00Z", "2026-03-29T00:00:00Z", "2026-03-29T01:00:00Z"]
    assert numbers["end"] == "2026-03-29T02:00:00Z"
    assert numbers["series"][0]["values"] == [1, None, 3]


def test_the_script_gets_the_limit_that_values_are_held_against_and_the_stretches_that_are_set_off() -> None:
    limit = Series("threshold", "s8", [2, 2, 2], is_limit=True)
    held = Chart.over(
        EDGES,
        BERLIN,
        kind="lines",
        unit="count",
        series=[Series("a", "s1", [1, 2, 3]), limit],
        spans=[(1, 2)],
    )
    numbers = json.loads(held.numbers)
    assert [one["is_limit"] for one in numbers["series"]] == [False, True]
    assert numbers["spans"] == [[1, 2]]
    assert [row.cells for row in held.rows(BERLIN)] == [["1", "2"], ["2", "2"], ["3", "2"]]


def test_a_row_of_the_table_leads_to_the_requests_of_its_bar() -> None:
    row = next(chart(Series("a", "s1", [1, None, 3])).rows(BERLIN))
    assert row.label == "2026-03-29 00:00:00"
    assert row.query == "q=model%3Aa&start=2026-03-28T23%3A00%3A00Z&end=2026-03-29T00%3A00%3A00Z"


def test_the_table_leaves_out_bars_with_nothing_in_them() -> None:
    rows = chart(Series("a", "s1", [1, 0, None]), Series("b", "s2", [0, None, 2])).rows(BERLIN)
    assert [row.cells for row in rows] == [["1", "0", "1"], ["–", "2", "2"]]


def test_what_is_stacked_has_a_sum_in_the_table() -> None:
    stacked = chart(Series("a", "s1", [1, 1, 1]))
    assert stacked.columns == ["a", "All"]
    assert chart(Series("a", "s1", [1, 1, 1]), is_stacked=False).columns == ["a"]


def test_a_chart_of_nothing_says_so() -> None:
    assert chart(Series("a", "s1", [0, None, 0])).is_empty
    assert not chart(Series("a", "s1", [0, None, 1])).is_empty


def test_the_largest_series_come_first_and_the_rest_is_summed() -> None:
    found = {"small": [1, None], "large": [9, 9], "middle": [3, 4], "tiny": [None, 1]}
    series = drawing.top_series(found, query_of=lambda name: f"model={name}", other_query="x=1", at_most=2)
    assert [(one.name, list(one.values), one.query) for one in series] == [
        ("large", [9, 9], "model=large"),
        ("middle", [3, 4], "model=middle"),
        ("other 2", [1, 1], "x=1"),
    ]


def test_few_series_have_no_other() -> None:
    series = drawing.top_series({"a": [1], "b": [2]}, query_of=str)
    assert [one.name for one in series] == ["b", "a"]


@pytest.mark.parametrize(
    ("value", "before", "unit", "is_up_good", "expected"),
    [
        (112.4, 100, "count", None, ("+12.4 %", "up", "neutral")),
        (112.4, 100, "count", True, ("+12.4 %", "up", "good")),
        (112.4, 100, "money", False, ("+12.4 %", "up", "bad")),
        (50, 100, "ms", False, ("−50.0 %", "down", "good")),
        (0.94, 1.15, "percent", False, ("−0.21 pp", "down", "good")),
        (100, 100, "count", True, ("±0 %", "flat", "neutral")),
        (5_000_000, 1, "count", None, ("+499,999,900 %", "up", "neutral")),
    ],
)
def test_a_change_says_how_much_which_way_and_whether_that_is_good(
    value: float, before: float, unit: Unit, is_up_good: bool | None, expected: tuple[str, str, str]
) -> None:
    found = drawing.change(value, before, unit=unit, is_up_good=is_up_good)
    assert found is not None
    assert (found.text, found.direction, found.tone) == expected


@pytest.mark.parametrize(("value", "before"), [(None, 1), (1, None), (1, 0)])
def test_there_is_no_change_where_nothing_can_be_compared(value: float | None, before: float | None) -> None:
    assert drawing.change(value, before, unit="count") is None


def test_a_share_that_was_nothing_has_a_change_in_points() -> None:
    found = drawing.change(2.0, 0.0, unit="percent", is_up_good=False)
    assert found is not None
    assert found.text == "+2.00 pp"


def test_a_sparkline_begins_at_zero_and_fills_its_picture() -> None:
    assert drawing.sparkline_path([0, 5, 10], 100, 24) == "M0.0,22.0 L50.0,12.0 L100.0,2.0"


def test_a_sparkline_is_interrupted_where_nothing_is_known() -> None:
    assert drawing.sparkline_path([10, 10, None, 10], 90, 24) == "M0.0,2.0 L30.0,2.0M90.0,2.0h0"


@pytest.mark.parametrize("values", [[], [1], [None, None, 1]])
def test_one_value_makes_no_line(values: list[float | None]) -> None:
    assert drawing.sparkline_path(values) == ""


def test_a_line_of_zeros_lies_at_the_bottom() -> None:
    assert drawing.sparkline_path([0, 0], 10, 24) == "M0.0,22.0 L10.0,22.0"


def test_a_ranked_row_has_its_share_of_all_and_its_bar_beside_the_longest() -> None:
    rows = drawing.ranked(
        [("research", 40e9), ("", 10e9)], unit="money", total=80e9, url_of=lambda name: f"?feature={name}"
    )
    assert [(row.name, row.value, row.share_percent, row.bar_percent, row.url) for row in rows] == [
        ("research", "$40.00", 50, 100, "?feature=research"),
        ("(none)", "$10.00", 12.5, 25, "?feature="),
    ]


def test_a_ranking_of_zeros_has_no_bars() -> None:
    assert drawing.ranked([("a", 0)], unit="count", total=0, url_of=str)[0].bar_percent == 0
