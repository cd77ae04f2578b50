"""Helicone's `/v1/evals/…` and `/v1/dashboard/scores/query`: scores are given and added up."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from requests_app.models import Request
from tests.helicone_rows import PERIOD, Seeded, mean, moment, rmt, seed
from tests.histograms import binned
from tests.live import Stack

ASK: dict[str, Any] = {"filter": "all", "timeFilter": PERIOD}
FEEDBACK = "helicone-score-feedback"


@pytest.fixture(scope="module")
def seeded(stack: Stack) -> Seeded:
    return seed(stack)


def scores_of(row: Request) -> dict[str, float]:
    return {**row.scores, **({} if row.feedback is None else {FEEDBACK: row.feedback})}


def by_name(rows: list[Request]) -> dict[str, list[tuple[datetime, float]]]:
    found: dict[str, list[tuple[datetime, float]]] = defaultdict(list)
    for row in rows:
        for name, value in scores_of(row).items():
            found[name].append((row.created_at, float(value)))
    return found


def test_scores_are_added_up_by_name_and_hour(seeded: Seeded) -> None:
    expected = by_name(seeded.rows)
    found = seeded.ask("/v1/evals/query", **ASK)
    assert [row["name"] for row in found] == sorted(expected) == [FEEDBACK, "length", "quality"]
    for row in found:
        values = [value for _, value in expected[row["name"]]]
        hours: dict[datetime, list[float]] = defaultdict(list)
        for at, value in expected[row["name"]]:
            hours[at.replace(minute=0, second=0, microsecond=0)].append(value)
        assert row["count"] == len(values)
        assert row["averageScore"] == pytest.approx(mean(values))
        assert (row["minScore"], row["maxScore"]) == pytest.approx((min(values), max(values)))
        assert {moment(one["date"]): one["count"] for one in row["overTime"]} == {
            hour: len(own) for hour, own in hours.items()
        }
        assert {moment(one["date"]): one["value"] for one in row["averageOverTime"]} == {
            hour: pytest.approx(mean(own)) for hour, own in hours.items()
        }


def test_a_filter_chooses_whose_scores_are_added_up(seeded: Seeded) -> None:
    expected = by_name([row for row in seeded.rows if row.model == "gpt-4o"])
    found = seeded.ask("/v1/evals/query", **{**ASK, "filter": rmt("model", "equals", "gpt-4o")})
    assert {row["name"]: row["count"] for row in found} == {
        name: len(values) for name, values in expected.items()
    }


def test_names_are_told_in_parts(seeded: Seeded) -> None:
    assert [row["name"] for row in seeded.ask("/v1/evals/query", **ASK, offset=1, limit=1)] == ["length"]


def test_the_names_of_scores_are_told(seeded: Seeded) -> None:
    assert seeded.api.get("/v1/evals/scores").json == {
        "data": [FEEDBACK, "length", "quality"],
        "error": None,
    }
    assert seeded.stranger.get("/v1/evals/scores").json["data"] == []


def test_distributions_show_how_scores_spread(seeded: Seeded) -> None:
    found = seeded.ask("/v1/evals/score-distributions/query", **ASK)
    expected = by_name(seeded.rows)
    assert [row["name"] for row in found] == sorted(expected)
    for row in found:
        bins = binned([value for _, value in expected[row["name"]]])
        assert [one["value"] for one in row["distribution"]] == [count for *_, count in bins]
        assert [one["lower"] for one in row["distribution"]] == pytest.approx([lower for lower, *_ in bins])
        assert [one["upper"] for one in row["distribution"]] == pytest.approx([upper for _, upper, _ in bins])


@pytest.mark.parametrize("minutes", [0, -330])
def test_scores_are_followed_over_time(seeded: Seeded, minutes: int) -> None:
    found = seeded.ask(
        "/v1/dashboard/scores/query",
        userFilter="all",
        timeFilter=PERIOD,
        dbIncrement="day",
        timeZoneDifference=minutes,
    )
    expected: dict[tuple[datetime, str], list[float]] = defaultdict(list)
    for name, scores in by_name(seeded.rows).items():
        for at, value in scores:
            local = (at - timedelta(minutes=minutes)).astimezone(UTC)
            day = local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(minutes=minutes)
            expected[day, name].append(value)
    assert {(moment(row["created_at_trunc"]), row["score_key"]): row["score_sum"] for row in found} == {
        key: pytest.approx(mean(values)) for key, values in expected.items()
    }


@pytest.mark.parametrize(
    ("score", "stored"), [(3, {"mark": 3}), (0.5, {"mark": 0.5}), (True, {"mark-hcone-bool": 1})]
)
def test_a_score_is_given(seeded: Seeded, score: Any, stored: dict[str, Any]) -> None:
    row = next(row for row in seeded.rows if not row.scores)
    answer = seeded.api.send("POST", f"/v1/evals/{row.id}", {"name": "mark", "score": score})
    assert (answer.status, answer.json) == (201, {"data": None, "error": None})
    scores = Request.objects.get(organization_id=row.organization_id, id=row.id).scores
    assert {name: scores[name] for name in stored} == stored
    Request.objects.filter(organization_id=row.organization_id, id=row.id).update(scores={})


def test_only_a_key_that_may_write_gives_scores(seeded: Seeded) -> None:
    path = f"/v1/evals/{seeded.rows[1].id}"
    assert seeded.reader.send("POST", path, {"name": "mark", "score": 1}).status == 403
    assert seeded.stranger.send("POST", path, {"name": "mark", "score": 1}).status == 404
    assert seeded.reader.send("POST", "/v1/evals/query", ASK).status == 200


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"name": "", "score": 1}, "name"),
        ({"name": "x" * 201, "score": 1}, "name"),
        ({"name": "x", "score": "much"}, "score"),
        ({"name": "x", "score": 10**400}, "at most"),
        ({"name": "x"}, "score"),
    ],
)
def test_what_is_no_score_is_refused(seeded: Seeded, body: dict[str, Any], says: str) -> None:
    answer = seeded.api.send("POST", f"/v1/evals/{seeded.rows[1].id}", body)
    assert answer.status == 400
    assert says in answer.json["error"]
