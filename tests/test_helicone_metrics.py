"""Helicone's `/v1/metrics/…` and `/v1/providers`: the figures of a dashboard, each the plain sum of its rows."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from requests_app.models import Request
from tests.helicone_rows import (
    BEGIN,
    END,
    PERIOD,
    Seeded,
    both,
    cost_usd,
    mean,
    moment,
    rmt,
    seed,
    total,
)
from tests.histograms import percentile
from tests.live import Stack

ASK: dict[str, Any] = {"filter": "all", "timeFilter": PERIOD}
DAILY: dict[str, Any] = {**ASK, "dbIncrement": "day", "timeZoneDifference": 0}
Rows = list[Request]


@pytest.fixture(scope="module")
def seeded(stack: Stack) -> Seeded:
    return seed(stack)


def is_error(row: Request) -> bool:
    return row.status >= 400 or row.status < 0


def first_tokens(rows: Rows) -> float:
    return mean(row.time_to_first_token_ms for row in rows if row.time_to_first_token_ms is not None)


def users(rows: Rows) -> int:
    return len({row.user_id for row in rows} - {""})


TOTALS: dict[str, Callable[[Rows], float]] = {
    "totalRequests": len,
    "totalCost": cost_usd,
    "averageLatency": lambda rows: mean(row.latency_ms for row in rows),
    "averageTimeToFirstToken": first_tokens,
    "activeUsers": users,
    "totalThreats": lambda rows: 0,
}
FILTERS: list[tuple[Any, Callable[[Request], bool]]] = [
    ("all", lambda row: True),
    ({}, lambda row: True),
    (rmt("model", "equals", "gpt-4o"), lambda row: row.model == "gpt-4o"),
    (rmt("cost", "gt", 0.005), lambda row: (row.cost_nanodollars or 0) > 5_000_000),
    (
        both({"properties": {"Env": {"equals": "a"}}}, rmt("status", "not-equals", 200)),
        lambda row: row.properties.get("Env") == "a" and row.status != 200,
    ),
    (
        both({"response": {"status": {"gte": 500}}}, {"request": {"user_id": {"equals": "bob"}}}, "or"),
        lambda row: row.status >= 500 or row.user_id == "bob",
    ),
    (rmt("user_id", "equals", "nobody"), lambda row: False),
]


@pytest.mark.parametrize("route", TOTALS)
@pytest.mark.parametrize(("tree", "keeps"), FILTERS)
def test_a_total_is_that_of_the_rows(
    seeded: Seeded, route: str, tree: Any, keeps: Callable[[Request], bool]
) -> None:
    rows = [row for row in seeded.rows if keeps(row)]
    found = seeded.ask(f"/v1/metrics/{route}", filter=tree, timeFilter=PERIOD)
    assert found == pytest.approx(TOTALS[route](rows))


def test_both_ends_of_a_period_count(seeded: Seeded) -> None:
    first, last = seeded.rows[30].created_at, seeded.rows[90].created_at
    period = {"start": first.isoformat(), "end": last.isoformat()}
    assert seeded.ask("/v1/metrics/totalRequests", filter="all", timeFilter=period) == 61
    at_once = {"start": first.isoformat(), "end": first.isoformat()}
    assert seeded.ask("/v1/metrics/totalRequests", filter="all", timeFilter=at_once) == 1


def test_tokens_per_request_are_means(seeded: Seeded) -> None:
    found = seeded.ask("/v1/metrics/averageTokensPerRequest", **ASK)
    sent, answered = (
        total(seeded.rows, f"{name}_tokens") / len(seeded.rows) for name in ("prompt", "completion")
    )
    assert found == {
        "average_prompt_tokens_per_response": pytest.approx(sent),
        "average_completion_tokens_per_response": pytest.approx(answered),
        "average_total_tokens_per_response": pytest.approx(sent + answered),
    }
    nothing = seeded.ask("/v1/metrics/averageTokensPerRequest", **{**ASK, "filter": FILTERS[-1][0]})
    assert set(nothing.values()) == {0}


# Over time

OVER_TIME: dict[str, Callable[[Rows], dict[str, Any]]] = {
    "requestOverTime": lambda rows: {"count": len(rows)},
    "errorOverTime": lambda rows: {"count": sum(map(is_error, rows))},
    "usersOverTime": lambda rows: {"count": users(rows)},
    "threatsOverTime": lambda rows: {"count": 0},
    "costOverTime": lambda rows: {"cost": pytest.approx(cost_usd(rows))},
    "timeToFirstToken": lambda rows: {"ttft": pytest.approx(first_tokens(rows))},
    "latencyOverTime": lambda rows: {
        "duration": pytest.approx(mean(row.latency_ms for row in rows if "-batch" not in row.model))
    },
    "tokensOverTime": lambda rows: {
        "prompt_tokens": total(rows, "prompt_tokens"),
        "completion_tokens": total(rows, "completion_tokens"),
    },
    "detailedTokensOverTime": lambda rows: {
        "prompt_tokens": total(rows, "prompt_tokens"),
        "completion_tokens": total(rows, "completion_tokens"),
        "reasoning_tokens": total(rows, "reasoning_tokens"),
        "prompt_cache_read_tokens": total(rows, "cache_read_tokens"),
        "prompt_cache_write_tokens": total(rows, "cache_write_tokens"),
    },
}


def days(minutes_behind: float = 0) -> list[datetime]:
    """Returns the midnights at which bars begin, by a clock behind UTC."""
    zone = timezone(timedelta(minutes=-minutes_behind))
    day = BEGIN.astimezone(zone).replace(hour=0, minute=0)
    found = []
    while day <= END:
        found.append(day.astimezone(UTC))
        day += timedelta(days=1)
    return found


def in_bar(seeded: Seeded, begin: datetime, length: timedelta = timedelta(days=1)) -> Rows:
    return [row for row in seeded.rows if begin <= row.created_at < begin + length]


@pytest.mark.parametrize("route", OVER_TIME)
@pytest.mark.parametrize("minutes", [0, 300, -330])
def test_each_day_has_what_its_rows_add_up_to(seeded: Seeded, route: str, minutes: int) -> None:
    rows = seeded.ask(f"/v1/metrics/{route}", **{**DAILY, "timeZoneDifference": minutes})
    found = {moment(row.pop("time")): row for row in rows}
    assert found == {day: OVER_TIME[route](in_bar(seeded, day)) for day in days(minutes)}


@pytest.mark.parametrize(
    ("step", "bars"), [("hour", 14 * 24 + 1), ("day", 15), ("week", 3), ("month", None), ("year", None)]
)
def test_bars_are_of_the_step_that_is_asked_for(seeded: Seeded, step: str, bars: int | None) -> None:
    rows = seeded.ask("/v1/metrics/requestOverTime", **{**DAILY, "dbIncrement": step})
    starts = [moment(row["time"]) for row in rows]
    assert starts[0] <= BEGIN < END < starts[-1] + timedelta(days=366)
    assert starts == sorted(set(starts))
    assert sum(row["count"] for row in rows) == len(seeded.rows)
    assert bars is None or len(rows) == bars


def test_minutes_are_counted_too(seeded: Seeded) -> None:
    at = seeded.rows[50].created_at
    period = {"start": (at - timedelta(minutes=2)).isoformat(), "end": at.isoformat()}
    rows = seeded.ask("/v1/metrics/requestOverTime", **{**DAILY, "timeFilter": period, "dbIncrement": "min"})
    assert [moment(row["time"]).second for row in rows] == [0, 0, 0]
    assert rows[-1]["count"] >= 1


def test_an_hour_is_the_step_that_need_not_be_said(seeded: Seeded) -> None:
    assert len(seeded.ask("/v1/metrics/requestOverTime", **ASK)) == 14 * 24 + 1


def test_requests_are_told_apart_by_status(seeded: Seeded) -> None:
    rows = seeded.ask("/v1/metrics/requestStatusOverTime", **DAILY)
    found = [(moment(row["time"]), row["status"], row["count"]) for row in rows]
    expected: list[tuple[datetime, int, int]] = []
    for day in days():
        counted = Counter(row.status for row in in_bar(seeded, day))
        expected += [(day, *one) for one in sorted(counted.items())] or [(day, 0, 0)]
    assert found == expected


def test_requests_are_told_apart_by_model(seeded: Seeded) -> None:
    rows = seeded.ask("/v1/metrics/modelUsageOverTime", **DAILY)
    found = {(moment(row["time"]), row["model"]): row for row in rows}
    for day in days():
        for model, count in Counter(row.model for row in in_bar(seeded, day)).items():
            assert found.pop((day, model))["request_count"] == count
    assert found == {}


@pytest.mark.parametrize("metric", ["latency", "prompt_tokens", "completion_tokens", "total_tokens"])
def test_quantiles_are_those_of_each_day(seeded: Seeded, metric: str) -> None:
    column = "latency_ms" if metric == "latency" else metric
    rows = seeded.ask("/v1/metrics/quantiles", **DAILY, metric=metric)
    assert [moment(row["time"]) for row in rows] == days()
    for row in rows:
        own = in_bar(seeded, moment(row["time"]))
        values = [
            getattr(one, column)
            for one in own
            if getattr(one, column) is not None and (metric != "latency" or one.kind == "")
        ]
        for name, share in (("p75", 0.75), ("p90", 0.9), ("p95", 0.95), ("p99", 0.99)):
            if metric == "latency":
                # The one of that rank, right to 1 %.
                assert _is_ranked(values, share, row[name])
            else:
                assert row[name] == pytest.approx(percentile(values, share) if values else 0)


def _is_ranked(values: list[int], share: float, found: float) -> bool:
    if not values:
        return found == 0
    rank = max(1, -int(-share * len(values) // 1))
    return abs(found - sorted(values)[rank - 1]) <= 0.02 * found


# Lists


def test_models_have_the_sums_of_their_requests(seeded: Seeded) -> None:
    rows = seeded.ask("/v1/metrics/models", **ASK, offset=0, limit=100)
    counted = Counter(row.model for row in seeded.rows)
    assert [row["total_requests"] for row in rows] == sorted(counted.values(), reverse=True)
    for row in rows:
        own = [one for one in seeded.rows if one.model == row["model"]]
        assert row == {
            "model": row["model"],
            "total_requests": len(own),
            "total_prompt_token": total(own, "prompt_tokens"),
            "total_completion_tokens": total(own, "completion_tokens"),
            "total_tokens": total(own, "prompt_tokens") + total(own, "completion_tokens"),
            "cost": pytest.approx(cost_usd(own)),
        }
    assert seeded.ask("/v1/metrics/models", **ASK, offset=1, limit=2) == rows[1:3]


def test_providers_are_spelled_as_helicone_does(seeded: Seeded) -> None:
    counted = Counter(row.provider.upper() for row in seeded.rows)
    assert seeded.ask("/v1/providers", **ASK, offset=0, limit=10) == [
        {"provider": name, "total_requests": count} for name, count in counted.most_common()
    ]


def test_where_requests_come_from_is_not_known(seeded: Seeded) -> None:
    assert seeded.ask("/v1/metrics/country", **ASK, offset=0, limit=10) == []


def test_requests_are_counted_by_any_filter(seeded: Seeded) -> None:
    for tree, keeps in FILTERS:
        assert seeded.ask("/v1/metrics/requestCount", filter=tree) == sum(map(keeps, seeded.rows))
    assert seeded.ask("/v1/metrics/requestCount", filter="all", isCached=True) == 0


def test_another_organization_has_its_own_figures(seeded: Seeded) -> None:
    assert seeded.stranger.send("POST", "/v1/metrics/totalRequests", ASK).json["data"] == 1
    assert seeded.reader.send("POST", "/v1/metrics/totalRequests", ASK).json["data"] == len(seeded.rows)


@pytest.mark.parametrize(
    ("route", "body", "says"),
    [
        ("totalRequests", {"timeFilter": None}, "timeFilter"),
        ("totalRequests", {"timeFilter": {"start": "soon", "end": "later"}}, "timeFilter.start: 'soon' is not a time"),
        ("totalRequests", {"timeFilter": {"start": PERIOD["end"], "end": PERIOD["start"]}}, "ends before it begins"),
        ("totalCost", {"filter": rmt("request_body", "contains", "x")}, "At filter.request_response_rmt.request_body"),
        ("totalCost", {"filter": {"values": {"a": {"equals": "b"}}}}, "At filter.values.a"),
        ("costOverTime", {"dbIncrement": "decade"}, "dbIncrement"),
        ("costOverTime", {"dbIncrement": "min"}, "more than 11,000 bars"),
        ("costOverTime", {"timeZoneDifference": 1440}, "timeZoneDifference"),
        ("quantiles", {"metric": "cost"}, "metric"),
        ("models", {"limit": 0}, "limit"),
        ("models", {"offset": 10**30}, "offset"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused_by_name(
    seeded: Seeded, route: str, body: dict[str, Any], says: str
) -> None:
    answer = seeded.answer(f"/v1/metrics/{route}", **{**DAILY, **body})
    assert answer.status == 400
    assert says in answer.json["error"]
