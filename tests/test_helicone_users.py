"""Helicone's `/v1/user/…`: what the requests of each user add up to, filtered and sorted."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from requests_app.models import Request
from tests.helicone_rows import (
    BEGIN,
    END,
    PERIOD_S,
    Seeded,
    both,
    cost_usd,
    moment,
    rmt,
    seed,
    total,
)
from tests.histograms import binned
from tests.live import Stack

EARLY, LATE = BEGIN + timedelta(hours=9), END - timedelta(hours=9)
ASK: dict[str, Any] = {"filter": "all", "offset": 0, "limit": 100, "timeFilter": PERIOD_S}


@dataclass(frozen=True)
class User:
    """What the requests of a user add up to."""

    user_id: str
    rows: list[Request]

    @property
    def days(self) -> int:
        return len({row.created_at.astimezone(UTC).date() for row in self.rows})

    @property
    def tokens(self) -> int:
        return total(self.rows, "prompt_tokens") + total(self.rows, "completion_tokens")

    @property
    def per_day(self) -> float:
        return len(self.rows) / self.days

    @property
    def first(self) -> datetime:
        return self.rows[0].created_at

    @property
    def last(self) -> datetime:
        return self.rows[-1].created_at


@pytest.fixture(scope="module")
def seeded(stack: Stack) -> Seeded:
    return seed(stack)


def users_of(seeded: Seeded, keeps: Callable[[Request], bool] = lambda row: True) -> list[User]:
    rows = [row for row in seeded.rows if keeps(row)]
    names = sorted({row.user_id for row in rows} - {""}, key=lambda name: name.encode())
    return [User(name, [row for row in rows if row.user_id == name]) for name in names]


def of(column: str, operator: str, value: Any) -> dict[str, Any]:
    return {"users_view": {f"user_{column}": {operator: value}}}


def found(seeded: Seeded, **changes: Any) -> list[str]:
    page = seeded.ask("/v1/user/metrics/query", **{**ASK, **changes})
    assert page["count"] == len(page["users"])
    return [user["user_id"] for user in page["users"]]


def test_a_user_is_what_their_requests_add_up_to(seeded: Seeded) -> None:
    page = seeded.ask("/v1/user/metrics/query", **ASK)
    by_name = {row["user_id"]: row for row in page["users"]}
    users = users_of(seeded)
    assert (page["count"], page["hasUsers"], set(by_name)) == (
        len(users),
        True,
        {one.user_id for one in users},
    )
    for one in users:
        row = by_name[one.user_id]
        assert moment(row.pop("first_active")) == one.first
        assert moment(row.pop("last_active")) == one.last
        assert row == {
            "id": one.user_id,
            "user_id": one.user_id,
            "active_for": one.days,
            "total_requests": len(one.rows),
            "average_requests_per_day_active": pytest.approx(one.per_day),
            "average_tokens_per_request": pytest.approx(one.tokens / len(one.rows)),
            "total_prompt_tokens": total(one.rows, "prompt_tokens"),
            "total_completion_tokens": total(one.rows, "completion_tokens"),
            "cost": pytest.approx(cost_usd(one.rows)),
        }


def test_what_is_said_of_requests_narrows_them(seeded: Seeded) -> None:
    page = seeded.ask("/v1/user/metrics/query", **{**ASK, "filter": rmt("status", "not-equals", 200)})
    users = users_of(seeded, lambda row: row.status != 200)
    expected = {one.user_id: (len(one.rows), one.first, one.last) for one in users}
    assert {
        row["user_id"]: (row["total_requests"], moment(row["first_active"]), moment(row["last_active"]))
        for row in page["users"]
    } == expected


@pytest.mark.parametrize(
    ("tree", "holds"),
    [
        (of("user_id", "equals", "ann"), lambda one: one.user_id == "ann"),
        (of("user_id", "not-contains", "ANN"), lambda one: "ann" not in one.user_id.lower()),
        (of("user_id", "like", "ANN\\%%"), lambda one: one.user_id == "ANN%2"),
        (of("active_for", "gte", 11), lambda one: one.days >= 11),
        (of("first_active", "lt", EARLY.isoformat()), lambda one: one.first < EARLY),
        (of("last_active", "gte", LATE.isoformat()), lambda one: one.last >= LATE),
        (of("total_requests", "gt", 33), lambda one: len(one.rows) > 33),
        (of("total_requests", "not-equals", 33.5), lambda one: True),
        (of("average_requests_per_day_active", "lte", 2.95), lambda one: one.per_day <= 2.95),
        (of("average_tokens_per_request", "gt", 2000.5), lambda one: one.tokens / len(one.rows) > 2000.5),
        (of("total_prompt_tokens", "lt", 80_000), lambda one: total(one.rows, "prompt_tokens") < 80_000),
        (of("total_completion_tokens", "gte", 7_000), lambda one: total(one.rows, "completion_tokens") >= 7_000),
        (of("cost", "gt", 0.1), lambda one: cost_usd(one.rows) > 0.1),
        (
            both(of("active_for", "gt", 9), both(of("cost", "lt", 0.2), of("user_id", "contains", "o"), "or")),
            lambda one: one.days > 9 and (cost_usd(one.rows) < 0.2 or "o" in one.user_id.lower()),
        ),
    ],
)  # fmt: skip
def test_filters_say_something_of_what_requests_add_up_to(
    seeded: Seeded, tree: Any, holds: Callable[[User], bool]
) -> None:
    assert set(found(seeded, filter=tree)) == {one.user_id for one in users_of(seeded) if holds(one)}


def test_requests_are_narrowed_before_they_are_added_up(seeded: Seeded) -> None:
    tree = both(of("total_requests", "gt", 8), rmt("model", "equals", "gpt-4o-mini"))
    users = users_of(seeded, lambda row: row.model == "gpt-4o-mini")
    expected = {one.user_id for one in users if len(one.rows) > 8}
    assert set(found(seeded, filter=tree)) == expected
    assert 0 < len(expected) < len(users)


@pytest.mark.parametrize(
    ("key", "of_user"),
    [
        ("user_id", lambda one: one.user_id.encode()),
        ("active_for", lambda one: one.days),
        ("first_active", lambda one: one.first),
        ("last_active", lambda one: one.last),
        ("total_requests", lambda one: len(one.rows)),
        ("average_requests_per_day_active", lambda one: one.per_day),
        ("average_tokens_per_request", lambda one: one.tokens / len(one.rows)),
        ("cost", lambda one: cost_usd(one.rows)),
    ],
)
@pytest.mark.parametrize("direction", ["asc", "desc"])
def test_users_are_sorted_by_one_key(
    seeded: Seeded, key: str, of_user: Callable[[User], Any], direction: str
) -> None:
    names = found(seeded, sort={key: direction})
    by_name = {one.user_id: of_user(one) for one in users_of(seeded)}
    values = [by_name[name] for name in names]
    assert values == sorted(values, reverse=direction == "desc")


def test_who_was_seen_last_comes_first_also_of_some_users(seeded: Seeded) -> None:
    expected = [one.user_id for one in sorted(users_of(seeded), key=lambda one: one.last, reverse=True)]
    assert found(seeded) == expected
    assert found(seeded, filter=of("total_requests", "gt", 0), sort={}) == expected


def test_pages_hold_each_user_once(seeded: Seeded) -> None:
    pages = [
        seeded.ask("/v1/user/metrics/query", **{**ASK, "offset": first, "limit": 2}) for first in (0, 2, 4, 6)
    ]
    assert {page["count"] for page in pages} == {5}
    assert [row["user_id"] for page in pages for row in page["users"]] == found(seeded)


def test_times_are_those_of_a_clock_behind_utc(seeded: Seeded) -> None:
    [plain, *_] = seeded.ask("/v1/user/metrics/query", **ASK)["users"]
    [west, *_] = seeded.ask("/v1/user/metrics/query", **ASK, timeZoneDifferenceMinutes=300)["users"]
    for name in ("first_active", "last_active"):
        assert moment(plain[name]) - moment(west[name]) == timedelta(hours=5)


def test_without_a_period_all_requests_count(seeded: Seeded) -> None:
    page = seeded.ask("/v1/user/metrics/query", filter={}, offset=0, limit=10)
    assert sum(row["total_requests"] for row in page["users"]) == sum(
        len(one.rows) for one in users_of(seeded)
    )


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ({}, None),
        ({"userIds": ["ann", "日本", "nobody"]}, {"ann", "日本"}),
        ({"userIds": []}, set()),
        ({"timeFilter": {"startTimeUnixSeconds": 0, "endTimeUnixSeconds": PERIOD_S["endTimeUnixSeconds"]}}, None),
    ],
)  # fmt: skip
def test_users_are_queried_by_id(seeded: Seeded, body: dict[str, Any], names: set[str] | None) -> None:
    rows = seeded.ask("/v1/user/query", **body)
    users = [one for one in users_of(seeded) if names is None or one.user_id in names]
    assert {row["user_id"]: row for row in rows} == {
        one.user_id: {
            "user_id": one.user_id,
            "count": len(one.rows),
            "prompt_tokens": total(one.rows, "prompt_tokens"),
            "completion_tokens": total(one.rows, "completion_tokens"),
            "cost": pytest.approx(cost_usd(one.rows)),
            "cost_usd": pytest.approx(cost_usd(one.rows)),
        }
        for one in users
    }


@pytest.mark.parametrize("is_interquartile", [False, True])
def test_histograms_show_how_users_spread(seeded: Seeded, is_interquartile: bool) -> None:
    found = seeded.ask(
        "/v1/user/metrics-overview/query", filter="all", pSize="p75", useInterquartile=is_interquartile
    )
    users = users_of(seeded)
    lower = 0.25 if is_interquartile else 0
    for name, values in (
        ("request_count", [len(one.rows) for one in users]),
        ("user_cost", [cost_usd(one.rows) for one in users]),
    ):
        bins = [(float(row["range_start"]), float(row["range_end"]), row["value"]) for row in found[name]]
        expected = binned(values, lower=lower, upper=0.75)
        assert [one[2] for one in bins] == [one[2] for one in expected]
        assert [one[0] for one in bins] == pytest.approx([one[0] for one in expected])


def test_an_organization_without_users_has_none(seeded: Seeded) -> None:
    answer = seeded.stranger.send("POST", "/v1/user/metrics/query", ASK)
    assert answer.json["data"] == {"users": [], "count": 0, "hasUsers": False}
    assert seeded.stranger.send("POST", "/v1/user/query", {}).json["data"] == []


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"limit": 1001}, "limit"),
        ({"sort": {"colour": "asc"}}, "sort: Cannot sort by 'colour'"),
        ({"sort": {"cost": "up"}}, "neither 'asc' nor 'desc'"),
        ({"sort": [1]}, "Sort by one key"),
        ({"timeFilter": {"startTimeUnixSeconds": "x", "endTimeUnixSeconds": 2}}, "timeFilter.startTimeUnixSeconds"),
        ({"timeFilter": {"startTimeUnixSeconds": 2e9, "endTimeUnixSeconds": 1e9}}, "ends before it begins"),
        ({"filter": of("cost", "contains", "1")}, "At filter.users_view.user_cost.contains"),
        ({"filter": rmt("request_body", "contains", "x")}, "At filter.request_response_rmt.request_body"),
        (
            {"filter": both("all", both(of("cost", "gt", 1), rmt("status", "equals", 200), "or"))},
            "At filter.right: What is said of users cannot be joined by 'or'",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused_by_name(seeded: Seeded, body: dict[str, Any], says: str) -> None:
    answer = seeded.answer("/v1/user/metrics/query", **{**ASK, **body})
    assert answer.status == 400
    assert says in answer.json["error"]
