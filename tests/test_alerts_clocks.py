"""Alerts while the clock jumps, while nobody judges, and while requests wait: nothing fires or ends that should not."""

from datetime import timedelta

import pytest

from tests.alerting import HOUR, MINUTE, START, calls, incidents_of, judge_at, judge_each_minute, make_alert
from tests.live import Tenant


@pytest.mark.parametrize("jump", [timedelta(hours=-3), timedelta(minutes=-2), timedelta(hours=3)])
def test_a_clock_that_jumps_and_comes_back_neither_fires_nor_resolves(
    organization: Tenant, jump: timedelta
) -> None:
    too_few = make_alert(organization, metric="count", condition="below", threshold=1)
    failing = make_alert(organization, metric="error_count", threshold=1, query="status:500")
    over = make_alert(organization, metric="error_count", threshold=1, query="status:400")
    alerts = (too_few, failing, over)
    calls(organization, START + jump, 1, status=400)
    for minute in range(-15, 1):
        calls(organization, START + minute * MINUTE, 1, status=500)
    for alert in alerts:
        judge_each_minute(alert, START - MINUTE, 2)
    before = [len(incidents_of(alert)) for alert in alerts]
    assert before[1] == 1

    for alert in alerts:
        judge_at(alert, START + jump)
        judge_at(alert, START + jump + MINUTE)
    for minute in (1, 2):
        calls(organization, START + minute * MINUTE, 1, status=500)
        for alert in alerts:
            judge_at(alert, START + minute * MINUTE)
    assert incidents_of(too_few) == []
    assert [incident.is_open for incident in incidents_of(failing)] == [True]
    if jump < -10 * MINUTE:
        assert incidents_of(over) == []


def test_after_a_jump_that_stays_all_is_judged_as_ever_within_a_window(organization: Tenant) -> None:
    alert = make_alert(organization, metric="error_count", threshold=1)
    judge_at(alert, START)
    late = START - 5 * HOUR
    calls(organization, late, status=500)
    judge_each_minute(alert, late + MINUTE, 5)
    assert incidents_of(alert) == []
    calls(organization, late + 10 * MINUTE, status=500)
    judge_each_minute(alert, late + 6 * MINUTE, 10)
    assert len(incidents_of(alert)) == 1


def test_a_worker_that_stood_still_for_an_hour_still_sees_what_is_wrong(organization: Tenant) -> None:
    alert = make_alert(organization, metric="error_count", threshold=1)
    judge_at(alert, START)
    calls(organization, START + HOUR, status=500)
    judge_at(alert, START + HOUR + MINUTE)
    assert len(incidents_of(alert)) == 1


def test_while_requests_wait_to_be_stored_their_absence_proves_nothing(organization: Tenant) -> None:
    too_few = make_alert(organization, metric="count", condition="below", threshold=1)
    failing = make_alert(organization, metric="error_count", threshold=1)
    calls(organization, START, status=500)
    judge_at(failing, START + MINUTE, is_behind=True)
    assert len(incidents_of(failing)) == 1, "what is seen is seen"
    for alert in (failing, too_few):
        judge_at(alert, START + 11 * MINUTE, is_behind=True)
    assert (len(incidents_of(too_few)), incidents_of(failing)[0].is_open) == (0, True)
    for alert in (failing, too_few):
        judge_at(alert, START + 12 * MINUTE)
    assert (len(incidents_of(too_few)), incidents_of(failing)[0].is_open) == (1, False)
