"""When incidents begin and end, against plain loops over the same windows."""

import random
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from alerts_app.rules.preview import preview
from alerts_app.rules.rule import Watched
from alerts_app.rules.states import Seen, Step, step
from tests.alerting import MINUTE, START, calls, incidents_of, judge_at, make_alert
from tests.live import Tenant
from tests.metric_rows import model_call, write_all


@dataclass
class Reference:
    """The state machine told once more, in the words of the documentation."""

    watched: Watched
    is_firing: bool = False
    good: int = 0
    begun: int = 0
    ended: int = 0

    def see(self, seen: Seen) -> None:
        watched = self.watched
        bound: float | None = watched.threshold
        if watched.baseline == "last_week":
            sign = 1 if watched.condition == "above" else -1
            bound = seen.baseline * (100 + sign * watched.threshold) / 100 if seen.baseline else None
        says_nothing = (
            seen.value is None or bound is None or seen.requests < (watched.minimum_request_count or 0)
        )
        is_wrong = is_good = False
        if not says_nothing:
            assert seen.value is not None
            assert bound is not None
            margin = bound * watched.hysteresis_percent / 100
            if watched.metric == "count":
                margin //= 1
            if watched.condition == "above":
                is_wrong = seen.value >= bound
                is_good = not is_wrong and seen.value <= bound - margin
            else:
                is_wrong = seen.value < bound
                is_good = seen.value >= bound + margin
            if not margin:
                is_good = not is_wrong
        if not self.is_firing:
            if is_wrong:
                self.is_firing, self.good = True, 0
                self.begun += 1
        elif is_good or says_nothing:
            self.good += 1
            if self.good == watched.quiet_judgements:
                self.is_firing = False
                self.ended += 1
        else:
            self.good = 0


@pytest.mark.parametrize("seed", range(200))
def test_random_windows_begin_and_end_as_many_incidents_as_a_plain_loop_says(seed: int) -> None:
    chance = random.Random(seed)
    watched = Watched(
        metric=chance.choice(["count", "latency", "cost"]),
        condition=chance.choice(["above", "below"]),
        baseline=chance.choice(["fixed", "last_week"]),
        threshold=chance.choice([1, 5, 20]),
        window_ms=60_000,
        hysteresis_percent=chance.choice([0, 10, 50]),
        quiet_judgements=chance.choice([1, 2, 5]),
        minimum_request_count=chance.choice([None, 3]),
    )
    reference = Reference(watched)
    quiet: int | None = None
    begun = ended = 0
    for _ in range(300):
        value = chance.choice([None, *(chance.randrange(0, 60) / 2 for _ in range(6))])
        seen = Seen(value, chance.randrange(6), chance.choice([None, 0, 10, 12]))
        moved = step(watched, seen, quiet=quiet)
        begun += moved.step is Step.FIRE
        ended += moved.step is Step.RESOLVE
        quiet = moved.quiet if moved.step in {Step.FIRE, Step.HOLD} else None
        reference.see(seen)
    assert (begun, ended) == (reference.begun, reference.ended)


MINUTES = 35
RULES: list[dict[str, Any]] = [
    {"metric": "count", "threshold": 6, "window_ms": 120_000},
    {"metric": "count", "threshold": 6, "condition": "below", "window_ms": 180_000},
    {"metric": "response.status", "threshold": 30, "minimum_request_count": 2, "window_ms": 120_000},
    {"metric": "error_count", "threshold": 2, "window_ms": 60_000, "quiet_judgements": 2},
]


def test_random_requests_judged_each_minute_open_and_close_as_many_incidents_as_a_plain_loop_says(
    organization: Tenant,
) -> None:
    chance = random.Random(10)
    logged = [
        (minute, chance.random() < 0.3)
        for minute in range(MINUTES)
        for _ in range(chance.choice([0, 1, 2, 3, 6]))
    ]
    write_all(
        [
            model_call(organization.id, START + minute * MINUTE, status=500 if is_failure else 200)
            for minute, is_failure in logged
        ]
    )
    for changes in RULES:
        alert = make_alert(organization, **changes)
        reference = Reference(Watched(**{"quiet_judgements": 1, **changes}))
        length = changes["window_ms"] // 60_000
        for number in range(5, MINUTES):
            # Some windows end half a minute before they are judged: of whole minutes are all.
            judge_at(alert, START + number * MINUTE + timedelta(seconds=_late_s(changes)))
            window = [failed for minute, failed in logged if number - length <= minute < number]
            reference.see(_plain(changes["metric"], window))
        found = incidents_of(alert)
        closed = [incident for incident in found if not incident.is_open]
        assert (len(found), len(closed)) == (reference.begun, reference.ended), changes
        assert reference.begun > 1, "this tests little"


def test_a_preview_fires_where_the_windows_were_wrong(organization: Tenant) -> None:
    for minute in (3, 13, 16, 33):
        calls(organization, START + minute * MINUTE, 2, status=500, user_id=f"user-{minute % 2}")
        calls(organization, START + minute * MINUTE, 1)
    watched = Watched(metric="error_count", threshold=2, window_ms=600_000)
    found = preview(watched, organization_id=organization.id, now=START + 40 * MINUTE, windows=4)
    assert found.edges[0] == START
    [course] = found.courses
    assert course.values == [2, 4, 0, 2]
    assert course.spans == [(0, 1), (3, 3)]
    assert found.fired == 2

    by_user = Watched(metric="error_count", threshold=2, window_ms=600_000, grouping="user")
    found = preview(by_user, organization_id=organization.id, now=START + 40 * MINUTE, windows=4)
    assert {course.group: course.spans for course in found.courses} == {
        "user-1": [(0, 1), (3, 3)],
        "user-0": [(1, 1)],
    }


def _late_s(changes: dict[str, Any]) -> int:
    only_grows = changes["metric"] != "response.status" and changes.get("condition") != "below"
    return 0 if only_grows else 30


def _plain(metric: str, window: list[bool]) -> Seen:
    if metric == "count":
        return Seen(len(window), len(window))
    if metric == "error_count":
        return Seen(sum(window), len(window))
    return Seen(100 * sum(window) / len(window) if window else None, len(window))
