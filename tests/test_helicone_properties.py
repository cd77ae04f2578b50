"""Helicone's `/v1/property/…`: which properties there are, their values, and what requests of each add up to."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.helicone_rows import (
    PERIOD,
    PROPERTIES,
    Seeded,
    cost_usd,
    moment,
    rmt,
    seed,
)
from tests.live import Stack

ASK: dict[str, Any] = {"timeFilter": PERIOD}
OVER_TIME: dict[str, Any] = {
    **ASK,
    "userFilter": "all",
    "dbIncrement": "day",
    "timeZoneDifference": 0,
    "propertyKey": "Env",
}


@pytest.fixture(scope="module")
def seeded(stack: Stack) -> Seeded:
    return seed(stack)


def test_the_properties_are_those_that_any_request_has(seeded: Seeded) -> None:
    assert seeded.ask("/v1/property/query") == [{"property": name} for name in sorted(PROPERTIES)]
    assert seeded.stranger.send("POST", "/v1/property/query", {}).json["data"] == []


@pytest.mark.parametrize(
    ("key", "term", "expected"),
    [
        ("Env", "", ["a", "b"]),
        ("Team", "M 1", ["team 1", "team 10", "team 11", "team 12", "team 13"]),
        ("Team", "%", []),
        ("team", "team 13", []),
        ("None", "", []),
        ("%00", "", []),
        ("a%2Fb", "", []),
    ],
)
def test_values_are_searched(seeded: Seeded, key: str, term: str, expected: list[str]) -> None:
    assert seeded.ask(f"/v1/property/{key}/search", searchTerm=term) == expected


def test_the_ten_values_with_most_requests_come_first_and_all_others_together(seeded: Seeded) -> None:
    counted = Counter(row.properties["Team"] for row in seeded.rows if "Team" in row.properties)
    ranked = sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    found = seeded.ask("/v1/property/Team/top-requests/query", **ASK)
    assert found == [
        *({"value": value, "count": count} for value, count in ranked[:10]),
        {"value": "Other", "count": sum(count for _, count in ranked[10:])},
    ]
    assert [row["value"] for row in seeded.ask("/v1/property/Env/top-requests/query", **ASK)] == [
        value for value, _ in Counter(row.properties.get("Env") for row in seeded.rows).most_common() if value
    ]


def test_the_ten_values_that_cost_most_come_first(seeded: Seeded) -> None:
    costs = {
        value: cost_usd(row for row in seeded.rows if row.properties.get("Team") == value)
        for value in PROPERTIES["Team"]
    }
    ranked = sorted(costs.items(), key=lambda item: -item[1])
    found = seeded.ask("/v1/property/Team/top-costs/query", **ASK)
    assert [row["value"] for row in found] == [*(value for value, _ in ranked[:10]), "Other"]
    assert [row["cost"] for row in found] == pytest.approx(
        [*(cost for _, cost in ranked[:10]), sum(cost for _, cost in ranked[10:])]
    )


@pytest.mark.parametrize("status", [None, 500])
def test_a_property_is_followed_over_time(seeded: Seeded, status: int | None) -> None:
    tree = "all" if status is None else rmt("status", "equals", status)
    found: dict[tuple[datetime, str], dict[str, Any]] = {
        (moment(row["created_at_trunc"]), row["property"]): row
        for row in seeded.ask("/v1/property/properties/over-time", **{**OVER_TIME, "userFilter": tree})
    }
    rows = [row for row in seeded.rows if status in (None, row.status) and "Env" in row.properties]
    expected = Counter(
        (row.created_at.replace(hour=0, minute=0, second=0, microsecond=0), row.properties["Env"])
        for row in rows
    )
    assert {key: row["request_count"] for key, row in found.items()} == expected
    for (day, value), row in found.items():
        own = [
            one
            for one in rows
            if one.properties["Env"] == value and day <= one.created_at < day + timedelta(days=1)
        ]
        assert row["total_cost"] == pytest.approx(cost_usd(own))


@pytest.mark.parametrize(
    ("path", "body", "says"),
    [
        ("Env/top-costs/query", {}, "timeFilter"),
        ("Env/top-costs/query", {"timeFilter": {"start": "x", "end": "y"}}, "timeFilter.start"),
        ("Env/search", {"searchTerm": "a\x00"}, "searchTerm"),
        ("properties/over-time", {**OVER_TIME, "propertyKey": None}, "propertyKey"),
        ("properties/over-time", {**OVER_TIME, "userFilter": rmt("cost", "gt", "x")}, "At filter.request_response"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused_by_name(
    seeded: Seeded, path: str, body: dict[str, Any], says: str
) -> None:
    answer = seeded.answer(f"/v1/property/{path}", **body)
    assert answer.status == 400
    assert says in answer.json["error"]
