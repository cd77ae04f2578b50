"""Helicone's `/v1/session/…`: scripts list, count and rate sessions here."""

from collections.abc import Callable
from datetime import timedelta
from functools import reduce
from typing import Any
from urllib.parse import quote

import pytest

from requests_app.models import Request
from sessions_app.models import Session
from tests.events import chat_event, log
from tests.helicone_rows import (
    BEGIN,
    END,
    PERIOD_MS,
    Seeded,
    both,
    cost_usd,
    mean,
    moment,
    rmt,
    seed,
)
from tests.histograms import binned
from tests.live import Stack
from tests.session_sums import Sums, summed

ASK: dict[str, Any] = {"search": "", "timeFilter": PERIOD_MS, "timezoneDifference": 0, "filter": "all"}
BY_NAME: dict[str, Any] = {"nameContains": "", "timeFilter": PERIOD_MS, "timezoneDifference": 0}


@pytest.fixture(scope="module")
def seeded(stack: Stack) -> Seeded:
    return seed(stack)


@pytest.fixture(scope="module")
def sums(seeded: Seeded) -> Sums:
    return summed(seeded.organization.pk)


def of(column: str, operator: str, value: Any) -> dict[str, Any]:
    return {"sessions_request_response_rmt": {f"session_{column}": {operator: value}}}


def ids(seeded: Seeded, **changes: Any) -> set[str]:
    return {row["session_id"] for row in seeded.ask("/v1/session/query", **{**ASK, **changes})}


def test_a_session_is_what_its_requests_add_up_to(seeded: Seeded, sums: Sums) -> None:
    rows = seeded.ask("/v1/session/query", **ASK)
    assert {row["session_id"] for row in rows} == set(sums)
    for row in rows:
        expected = sums[row["session_id"]]
        of_session = [one for one in seeded.rows if one.session_id == row["session_id"]]
        assert moment(row.pop("created_at")) == expected["first_at"]
        assert moment(row.pop("latest_request_created_at")) == expected["last_at"]
        assert row == {
            "session_id": row["session_id"],
            "session": row["session_id"],
            "session_name": expected["name"],
            "total_cost": expected["cost_nanodollars"] / 1e9,
            "total_requests": expected["requests"],
            "prompt_tokens": expected["prompt_tokens"],
            "completion_tokens": expected["completion_tokens"],
            "total_tokens": expected["tokens"],
            "avg_latency": mean(one.latency_ms for one in of_session),
            "user_ids": expected["user_ids"],
        }


def test_pages_are_newest_first_and_hold_each_session_once(seeded: Seeded, sums: Sums) -> None:
    pages = [seeded.ask("/v1/session/query", **ASK, offset=first, limit=7) for first in (0, 7, 14, 21)]
    found = [row["session_id"] for page in pages for row in page]
    assert found == sorted(sums, key=lambda id: sums[id]["first_at"], reverse=True)


def test_the_time_of_sessions_is_shifted(seeded: Seeded) -> None:
    [plain, *_] = seeded.ask("/v1/session/query", **ASK)
    [shifted, *_] = seeded.ask("/v1/session/query", **{**ASK, "timezoneDifference": 90})
    assert moment(shifted["created_at"]) - moment(plain["created_at"]) == timedelta(minutes=90)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"search": "TRIP"}, {"trip-1", "Trip-2"}),
        ({"search": "planner"}, {"trip-1", "Trip-2"}),
        ({"search": "/b"}, {"a/b"}),
        ({"search": "%"}, set()),
        ({"nameEquals": "Vendors"}, {"a/b"}),
        ({"sessionIdContains": "trip-", "sessionName": "Trip planner"}, {"trip-1", "Trip-2"}),
        ({"nameEquals": "vendors"}, set()),
    ],
)
def test_sessions_are_searched_by_id_and_name(
    seeded: Seeded, asked: dict[str, Any], expected: set[str]
) -> None:
    assert ids(seeded, **asked) == expected


def test_a_period_finds_the_sessions_that_were_at_work_in_it(seeded: Seeded, sums: Sums) -> None:
    until = BEGIN + timedelta(days=5)
    period = {**PERIOD_MS, "endTimeUnixMs": until.timestamp() * 1000}
    expected = {id for id, one in sums.items() if one["first_at"] < until}
    assert ids(seeded, timeFilter=period) == expected != set(sums)


@pytest.mark.parametrize(
    ("tree", "holds"),
    [
        (of("total_cost", "gt", 0.02), lambda one, rows: one["cost_nanodollars"] > 20_000_000),
        (of("total_requests", "lte", 10), lambda one, rows: one["requests"] <= 10),
        (of("total_tokens", "gte", 20_000), lambda one, rows: one["tokens"] >= 20_000),
        (of("session_name", "not-equals", "Vendors"), lambda one, rows: one["name"] != "Vendors"),
        (of("session_id", "contains", "RUN-1"), lambda one, rows: "run-1" in rows[0].session_id),
        (
            of("created_at", "lt", (BEGIN + timedelta(days=4)).isoformat()),
            lambda one, rows: one["first_at"] < BEGIN + timedelta(days=4),
        ),
        (
            of("latest_request_created_at", "gte", (END - timedelta(days=4)).isoformat()),
            lambda one, rows: one["last_at"] >= END - timedelta(days=4),
        ),
        (rmt("status", "equals", 500), lambda one, rows: any(row.status == 500 for row in rows)),
        (rmt("user_id", "not-equals", "ann"), lambda one, rows: any(row.user_id != "ann" for row in rows)),
        (
            {"request_response_rmt": {"properties": {"Team": {"equals": "team 3"}}}},
            lambda one, rows: any(row.properties.get("Team") == "team 3" for row in rows),
        ),
        (
            # Of one and the same request.
            both(rmt("status", "equals", 500), rmt("user_id", "equals", "ann")),
            lambda one, rows: any(row.status == 500 and row.user_id == "ann" for row in rows),
        ),
        (
            both(rmt("status", "equals", 500), both(of("total_requests", "gt", 11), rmt("status", "lt", 0))),
            lambda one, rows: False,
        ),
        (
            both(of("total_requests", "gt", 12), rmt("user_id", "equals", "日本"), "or"),
            lambda one, rows: one["requests"] > 12 or any(row.user_id == "日本" for row in rows),
        ),
    ],
)
def test_filters_say_something_of_sessions_and_of_their_requests(
    seeded: Seeded, sums: Sums, tree: Any, holds: Callable[[dict[str, Any], list[Request]], bool]
) -> None:
    expected = {
        id for id, one in sums.items() if holds(one, [row for row in seeded.rows if row.session_id == id])
    }
    assert ids(seeded, filter=tree) == expected


def test_a_tag_finds_sessions(seeded: Seeded) -> None:
    assert seeded.api.send("POST", "/v1/session/run-3/tag", {"tag": "slow"}).status == 200
    assert ids(seeded, filter=of("tag", "equals", "slow")) == {"run-3"}


def test_sessions_are_counted(seeded: Seeded, sums: Sums) -> None:
    found = seeded.ask("/v1/session/count", **ASK)
    costs = [one["cost_nanodollars"] / 1e9 for one in sums.values()]
    assert found == {
        "count": len(sums),
        "total_cost": pytest.approx(sum(costs)),
        "avg_cost": pytest.approx(mean(costs)),
        "avg_latency": pytest.approx(mean(one["latency_sum_ms"] / one["requests"] for one in sums.values())),
        "avg_requests": pytest.approx(mean(one["requests"] for one in sums.values())),
    }
    nothing = seeded.ask("/v1/session/count", **{**ASK, "search": "there is none"})
    assert set(nothing.values()) == {0}


def test_names_have_the_sums_of_their_sessions(seeded: Seeded, sums: Sums) -> None:
    names = seeded.ask("/v1/session/name/query", **BY_NAME)
    assert [row["name"] for row in names] == ["", "Trip planner", "Vendors"]
    for row in names:
        own = [one for one in sums.values() if one["name"] == row["name"]]
        rows = [one for one in seeded.rows if one.session_id and one.session_name == row["name"]]
        assert row == {
            "name": row["name"],
            "created_at": row["first_used"],
            "first_used": row["first_used"],
            "last_used": row["last_used"],
            "session_count": len(own),
            "total_cost": pytest.approx(cost_usd(rows)),
            "avg_latency": pytest.approx(mean(one.latency_ms for one in rows)),
        }
        assert moment(row["first_used"]) == min(one["first_at"] for one in own)
        assert moment(row["last_used"]) == max(one["last_at"] for one in own)
    assert [
        row["name"] for row in seeded.ask("/v1/session/name/query", **{**BY_NAME, "nameContains": "Vendors"})
    ] == ["Vendors"]


@pytest.mark.parametrize(
    ("asked", "lower", "upper"),
    [
        ({}, 0, 0.75),
        ({"pSize": "p99.9"}, 0, 0.999),
        ({"pSize": "p75", "useInterquartile": True}, 0.25, 0.75),
        ({"pSize": "p50", "useInterquartile": False}, 0, 0.5),
    ],
)
def test_histograms_show_how_sessions_spread(
    seeded: Seeded, sums: Sums, asked: dict[str, Any], lower: float, upper: float
) -> None:
    found = seeded.ask("/v1/session/metrics/query", **BY_NAME, **asked)
    values = {
        "session_count": [one["requests"] for one in sums.values()],
        "session_duration": [
            int((one["last_at"] - one["first_at"]).total_seconds()) for one in sums.values()
        ],
        "session_cost": [one["cost_nanodollars"] / 1e9 for one in sums.values()],
    }
    for name, own in values.items():
        bins = [(float(row["range_start"]), float(row["range_end"]), row["value"]) for row in found[name]]
        expected = binned(own, lower=lower, upper=upper)
        assert [count for *_, count in bins] == [count for *_, count in expected]
        assert [start for start, *_ in bins] == pytest.approx([start for start, *_ in expected])
        assert [end for _, end, _ in bins] == pytest.approx([end for _, end, _ in expected])
        assert found["average"][name] == [{"average": pytest.approx(mean(own))}]


def test_without_sessions_histograms_are_empty(seeded: Seeded) -> None:
    found = seeded.ask("/v1/session/metrics/query", **{**BY_NAME, "nameContains": "none"})
    assert found.pop("average") == {name: [{"average": 0}] for name in found}
    assert list(found.values()) == [[], [], []]


@pytest.mark.parametrize("session_id", ["trip-1", "a/b"])
def test_a_session_is_rated(seeded: Seeded, session_id: str) -> None:
    path = f"/v1/session/{quote(session_id, safe='')}/feedback"
    assert seeded.ask(path, rating=True) is None
    mine = Session.objects.get(organization_id=seeded.organization.pk, session_id=session_id)
    assert mine.feedback == 1
    property_tree = {"properties": {"Helicone-Session-Feedback": {"equals": "1"}}}
    [row] = seeded.ask(
        "/v1/request/query",
        filter=both(property_tree, {"properties": {"Helicone-Session-Id": {"equals": session_id}}}),
    )
    assert moment(row["request_created_at"]) == mine.first_at


def test_a_session_has_one_tag_the_latest(seeded: Seeded) -> None:
    path = f"/v1/session/{quote('a/b', safe='')}/tag"
    assert seeded.api.get(path).json == {"data": None, "error": None}
    for tag in ("one", "two"):
        assert seeded.ask(path, tag=tag) is None
    assert seeded.api.get(path).json["data"] == "two"


def test_of_an_unknown_session_nothing_is_said(seeded: Seeded) -> None:
    for method, path, body in (
        ("POST", "/v1/session/none/feedback", {"rating": True}),
        ("GET", "/v1/session/none/tag", None),
        ("GET", "/v1/session/%00/tag", None),
    ):
        answer = seeded.api.send(method, path, body)
        assert (answer.status, answer.json) == (
            404,
            {"data": None, "error": "There is no session with this id."},
        )


def test_a_session_is_tagged_right_after_its_first_answer(seeded: Seeded) -> None:
    log(chat_event(seeded.organization.pk, session_id="just now"))
    assert seeded.ask("/v1/session/just%20now/tag", tag="fresh") is None
    assert seeded.api.get("/v1/session/just%20now/tag").json["data"] == "fresh"


def test_a_key_that_may_only_read_changes_nothing(seeded: Seeded) -> None:
    assert seeded.reader.send("POST", "/v1/session/query", ASK).status == 200
    assert seeded.reader.get("/v1/session/run-1/tag").status == 200
    for path, body in (("feedback", {"rating": True}), ("tag", {"tag": "x"})):
        assert seeded.reader.send("POST", f"/v1/session/run-1/{path}", body).status == 403


def test_another_organization_sees_nothing(seeded: Seeded) -> None:
    assert seeded.stranger.send("POST", "/v1/session/query", ASK).json["data"] == []
    assert seeded.stranger.get("/v1/session/run-1/tag").status == 404
    assert seeded.stranger.send("POST", "/v1/session/run-1/tag", {"tag": "x"}).status == 404
    assert seeded.api.get("/v1/session/run-1/tag").json["data"] is None


def test_a_hundred_conditions_on_requests_are_one_filter(seeded: Seeded) -> None:
    tree = reduce(
        lambda left, right: both(left, right, "or"),
        [rmt("user_id", "equals", f"nobody {number}") for number in range(120)],
    )
    assert ids(seeded, filter=tree) == set()


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"limit": 1001}, "limit"),
        ({"offset": -1}, "offset"),
        ({"timezoneDifference": "soon"}, "timezoneDifference"),
        ({"timeFilter": {"startTimeUnixMs": 10**400, "endTimeUnixMs": 1}}, "timeFilter.startTimeUnixMs"),
        ({"timeFilter": {"startTimeUnixMs": "nan", "endTimeUnixMs": 1}}, "timeFilter.startTimeUnixMs"),
        ({"timeFilter": {"startTimeUnixMs": 1}}, "timeFilter.endTimeUnixMs"),
        ({"timeFilter": [1, 2]}, "timeFilter"),
        ({"search": "a\x00b"}, "search"),
        ({"search": "x" * 3000}, "search"),
        ({"filter": of("total_cost", "gt", "dear")}, "At filter.sessions_request_response_rmt.session_total_cost.gt"),
        ({"filter": {"users_view": {"user_cost": {"gt": 1}}}}, "At filter.users_view"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused_by_name(seeded: Seeded, body: dict[str, Any], says: str) -> None:
    answer = seeded.answer("/v1/session/query", **{**ASK, **body})
    assert answer.status == 400
    assert answer.json["data"] is None
    assert says in answer.json["error"]
