"""What alerts find: when incidents begin and end, what is kept of them, and who is told."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from alerts_app.models import Alert, AlertStatus, ChannelKind, Incident
from alerts_app.notices import actions as notices
from alerts_app.notices.config import Config
from alerts_app.rules import actions, judging, queries, recording
from tests.alerting import (
    HOUR,
    MINUTE,
    SECOND,
    START,
    calls,
    incidents_of,
    judge_at,
    judge_each_minute,
    make_alert,
    notices_of,
    rule,
)
from tests.live import Tenant

OPS = ("ops@example.com",)
TOLD_TWICE = [("firing", OPS[0]), ("resolved", OPS[0])]


def test_an_alert_fires_once_and_resolves_once(organization: Tenant) -> None:
    alert = make_alert(organization, emails=OPS)
    calls(organization, START, 9)
    judge_at(alert, START + MINUTE)
    assert incidents_of(alert) == []

    calls(organization, START + MINUTE, 1, status=500)
    judge_each_minute(alert, START + 2 * MINUTE, 5)
    [incident] = incidents_of(alert)
    assert (incident.is_open, incident.start_value, incident.bound, incident.requests) == (True, 10, 10, 10)
    assert alert.status == AlertStatus.TRIGGERED

    judge_each_minute(alert, START + 11 * MINUTE, 5)
    [incident] = incidents_of(alert)
    assert (incident.started_at, incident.end_reason) == (START + 2 * MINUTE, "recovered")
    assert alert.status == AlertStatus.RESOLVED
    assert notices_of(organization) == TOLD_TWICE


def test_an_incident_leads_to_the_requests_behind_it_and_keeps_its_chart(organization: Tenant) -> None:
    alert = make_alert(organization, metric="error_count", threshold=2, query="model:gpt-4o")
    calls(organization, START, 1, status=500)
    calls(organization, START + 15 * MINUTE, 2, status=500)
    judge_at(alert, START + 20 * MINUTE)
    [incident] = incidents_of(alert)
    assert "status%3Aerror" in incident.requests_query or "is%3Aerror" in incident.requests_query
    assert "model%3Agpt-4o" in incident.requests_query
    assert f"start={START + 10 * MINUTE:%Y-%m-%dT%H}" in incident.requests_query
    assert incident.snapshot["values"][-2:] == [1, 2]
    assert incident.snapshot["bounds"] == [2] * 30
    assert incident.snapshot["edges"][-1] == (START + 20 * MINUTE).timestamp()


def test_a_value_that_stays_near_its_bound_does_not_flap(organization: Tenant) -> None:
    alert = make_alert(organization, metric="latency", aggregation="max", threshold=1000, emails=OPS)
    for number in range(12):
        latency_ms = (1010, 950, 905, 1000)[number % 4]
        calls(organization, START + number * 10 * MINUTE, latency_ms=latency_ms)
        judge_at(alert, START + number * 10 * MINUTE + 5 * MINUTE)
    [incident] = incidents_of(alert)
    assert (incident.is_open, incident.worst_value) == (True, 1010)

    calls(organization, START + 120 * MINUTE, latency_ms=900)
    judge_at(alert, START + 125 * MINUTE)
    assert not incidents_of(alert)[0].is_open
    assert notices_of(organization) == TOLD_TWICE


def test_it_takes_several_good_windows_in_a_row_where_that_is_wanted(organization: Tenant) -> None:
    alert = make_alert(organization, metric="error_count", threshold=1, quiet_judgements=3, window_ms=60_000)
    calls(organization, START, status=500)
    judge_at(alert, START + SECOND)
    judge_each_minute(alert, START + 2 * MINUTE, 2)
    calls(organization, START + 4 * MINUTE - SECOND, status=500)
    judge_each_minute(alert, START + 4 * MINUTE, 3)
    assert incidents_of(alert)[0].is_open
    judge_at(alert, START + 7 * MINUTE)
    assert incidents_of(alert)[0].ended_at == START + 7 * MINUTE


def test_no_requests_at_all_are_too_few(organization: Tenant) -> None:
    alert = make_alert(organization, metric="count", condition="below", threshold=1, emails=OPS)
    calls(organization, START)
    judge_each_minute(alert, START + MINUTE, 9)
    assert incidents_of(alert) == []
    judge_each_minute(alert, START + 11 * MINUTE, 3)
    calls(organization, START + 14 * MINUTE)
    judge_at(alert, START + 15 * MINUTE)
    [incident] = incidents_of(alert)
    assert (incident.start_value, incident.requests, incident.end_reason) == (0, 0, "recovered")
    assert notices_of(organization) == TOLD_TWICE


def test_a_window_of_too_few_requests_says_nothing(organization: Tenant) -> None:
    alert = make_alert(organization, minimum_request_count=5)
    calls(organization, START, 4, status=500)
    judge_at(alert, START + MINUTE)
    assert incidents_of(alert) == []
    calls(organization, START + MINUTE, 1, status=500)
    judge_at(alert, START + 2 * MINUTE)
    assert incidents_of(alert)[0].start_value == 100


def test_a_change_against_last_week_is_told(organization: Tenant) -> None:
    alert = make_alert(organization, metric="count", baseline="last_week", threshold=50)
    calls(organization, START - timedelta(weeks=1), 10)
    calls(organization, START, 14)
    judge_at(alert, START + MINUTE)
    assert (incidents_of(alert), alert.last_bound) == ([], 15)
    calls(organization, START, 1)
    judge_at(alert, START + 2 * MINUTE)
    [incident] = incidents_of(alert)
    assert (incident.start_value, incident.bound, incident.baseline_value) == (15, 15, 10)


def test_with_nothing_a_week_ago_there_is_nothing_to_compare_with(organization: Tenant) -> None:
    alert = make_alert(organization, metric="count", baseline="last_week", threshold=50)
    calls(organization, START, 100)
    judge_at(alert, START + MINUTE)
    assert (incidents_of(alert), alert.last_value, alert.last_bound) == ([], 100, None)


@pytest.mark.parametrize(
    ("grouping", "of"),
    [
        ({"grouping": "user"}, lambda name: {"user_id": name}),
        ({"grouping": "model"}, lambda name: {"model": name}),
        ({"grouping": "provider"}, lambda name: {"provider": name}),
        (
            {"grouping": "Tenant", "grouping_is_property": True},
            lambda name: {"properties": {"Tenant": name}},
        ),
    ],
    ids=["user", "model", "provider", "property"],
)
def test_each_group_is_judged_alone(
    organization: Tenant, grouping: dict[str, Any], of: Callable[[str], dict[str, Any]]
) -> None:
    alert = make_alert(organization, minimum_request_count=2, emails=OPS, **grouping)
    calls(organization, START, 2, status=500, **of("bad"))
    calls(organization, START, 1, status=500, **of("rare"))
    calls(organization, START, 20, **of("good"))
    judge_at(alert, START + MINUTE)
    calls(organization, START + 10 * MINUTE, 3, status=500, **of("worse"))
    judge_each_minute(alert, START + 11 * MINUTE, 2)
    found = [(one.group, one.is_open) for one in incidents_of(alert)]
    assert found == [("bad", False), ("worse", True)]
    assert (alert.last_group, alert.last_value) == ("worse", 100)
    assert sorted(notices_of(organization)) == [("firing", OPS[0]), ("firing", OPS[0]), ("resolved", OPS[0])]


def test_a_group_that_falls_silent_has_too_few_requests(organization: Tenant) -> None:
    alert = make_alert(organization, metric="count", condition="below", threshold=2, grouping="user")
    calls(organization, START, 2, user_id="ada")
    calls(organization, START + 10 * MINUTE, 5, user_id="ben")
    judge_at(alert, START + 12 * MINUTE)
    assert [incident.group for incident in incidents_of(alert)] == ["ada"]


def test_many_groups_that_go_wrong_together_are_told_in_one_notice(organization: Tenant) -> None:
    alert = make_alert(organization, grouping="user", emails=OPS)
    for number in range(8):
        calls(organization, START, status=500, user_id=f"user-{number}")
    judge_at(alert, START + MINUTE)
    assert len(incidents_of(alert)) == 8
    judge_each_minute(alert, START + 11 * MINUTE, 2)
    assert not Incident.objects.filter(alert=alert, ended_at=None).exists()
    assert notices_of(organization) == TOLD_TWICE


def test_silence_is_kept_and_what_still_goes_on_is_told_when_it_ends(organization: Tenant) -> None:
    alert = make_alert(organization, emails=OPS)
    Alert.objects.filter(pk=alert.pk).update(silenced_until=START + 10 * MINUTE)
    calls(organization, START, status=500)
    judge_each_minute(alert, START + MINUTE, 9)
    assert len(incidents_of(alert)) == 1
    assert notices_of(organization) == []
    judge_at(alert, START + 10 * MINUTE)
    assert notices_of(organization) == [("firing", OPS[0])]


def test_what_began_and_ended_in_silence_is_never_told(organization: Tenant) -> None:
    alert = make_alert(organization, emails=OPS)
    Alert.objects.filter(pk=alert.pk).update(silenced_until=START + HOUR)
    calls(organization, START, status=500)
    judge_at(alert, START + MINUTE)
    judge_each_minute(alert, START + 11 * MINUTE, 2)
    assert [incident.is_open for incident in incidents_of(alert)] == [False]
    assert notices_of(organization) == []


def test_an_end_in_silence_is_told_after_it_to_those_who_heard_of_the_beginning(organization: Tenant) -> None:
    alert = make_alert(organization, emails=OPS)
    calls(organization, START, status=500)
    judge_at(alert, START + MINUTE)
    Alert.objects.filter(pk=alert.pk).update(silenced_until=START + 20 * MINUTE)
    judge_at(alert, START + 11 * MINUTE)
    assert not incidents_of(alert)[0].is_open
    assert notices_of(organization) == TOLD_TWICE[:1]
    judge_at(alert, START + 20 * MINUTE)
    assert notices_of(organization) == TOLD_TWICE


def test_an_acknowledgement_is_of_who_came_first(organization: Tenant) -> None:
    alert = make_alert(organization)
    calls(organization, START, status=500)
    judge_at(alert, START + MINUTE)
    [incident] = incidents_of(alert)
    assert actions.acknowledge(incident=incident, actor=organization.owner)
    assert not actions.acknowledge(incident=incident, actor=None)
    incident.refresh_from_db()
    assert incident.acknowledged_by == organization.owner


def test_a_pause_ends_incidents_and_tells_nobody(organization: Tenant) -> None:
    alert = make_alert(organization, emails=OPS)
    calls(organization, START, status=500)
    judge_at(alert, START + MINUTE)
    actions.pause(alert=alert)
    assert [incident.end_reason for incident in incidents_of(alert)] == ["paused"]
    alert.refresh_from_db()
    assert alert.status == AlertStatus.RESOLVED
    assert not judge_at(alert, START + 2 * MINUTE)
    assert notices_of(organization) == [("firing", OPS[0])]


def test_a_service_that_keeps_its_own_list_hears_of_the_end_that_people_ordered(organization: Tenant) -> None:
    pager = notices.create_channel(
        organization=organization.organization,
        name="Pager",
        kind=ChannelKind.PAGERDUTY,
        config=Config(key="0" * 32),
    )
    alert = make_alert(organization, emails=OPS, channels=(pager,))
    calls(organization, START, status=500)
    judge_at(alert, START + MINUTE)
    actions.pause(alert=alert)
    assert sorted(notices_of(organization)) == [
        ("firing", "Pager"),
        ("firing", OPS[0]),
        ("resolved", "Pager"),
    ]


def test_helicones_slack_channels_are_channels_of_that_name(organization: Tenant) -> None:
    notices.create_channel(
        organization=organization.organization,
        name="ops",
        kind=ChannelKind.SLACK,
        config=Config(url="https://hooks.slack.com/services/T000/B000/abcdefghijklmnopqrstuvwx"),
    )
    alert = make_alert(organization, slack_channels=("#ops", "elsewhere"))
    calls(organization, START, status=500)
    judge_at(alert, START + MINUTE)
    assert notices_of(organization) == [("firing", "ops")]


def test_an_alert_that_watches_something_else_begins_anew(organization: Tenant) -> None:
    alert = make_alert(organization, emails=OPS)
    calls(organization, START, status=500)
    judge_at(alert, START + MINUTE)
    actions.update_alert(alert=alert, rule=rule(name="Other name", emails=OPS))
    assert incidents_of(alert)[0].is_open
    actions.update_alert(alert=alert, rule=rule(threshold=90, emails=OPS))
    judge_at(alert, START + 2 * MINUTE)
    assert [incident.end_reason for incident in incidents_of(alert)] == ["changed", ""]
    assert notices_of(organization) == [("firing", OPS[0])] * 2


def test_an_alert_that_cannot_be_judged_says_why_and_holds_up_nobody(organization: Tenant) -> None:
    broken, good = make_alert(organization), make_alert(organization, metric="error_count", threshold=1)
    Alert.objects.filter(pk=broken.pk).update(query="colour:red")
    calls(organization, START, status=500)
    # As far as the product's own rounds are concerned both are not due: see alerting.
    for alert in (broken, good):
        judge_at(alert, START + MINUTE)
    assert "colour" in broken.last_error
    assert incidents_of(broken) == []
    assert len(incidents_of(good)) == 1

    Alert.objects.filter(pk=broken.pk).update(query="")
    judge_at(broken, START + 2 * MINUTE)
    assert (broken.last_error, len(incidents_of(broken))) == ("", 1)


def test_requests_that_are_slow_do_not_make_a_rate_of_the_fast_ones_alone(organization: Tenant) -> None:
    alert = make_alert(organization, window_ms=60_000)
    calls(organization, START, 1, status=429, latency_ms=5)
    assert judge_at(alert, START + 10 * SECOND)
    # Twenty more that began then have ended meanwhile.
    calls(organization, START, 20, latency_ms=15_000)
    judge_at(alert, START + 40 * SECOND)
    assert incidents_of(alert) == []
    assert alert.last_value == pytest.approx(100 / 21)


def test_two_judgements_at_the_same_time_fire_once(organization: Tenant) -> None:
    alert = make_alert(organization, emails=OPS)
    calls(organization, START, status=500)
    barrier = threading.Barrier(4)

    def judge() -> None:
        mine = Alert.objects.get(pk=alert.pk)
        barrier.wait()
        judging.judge(mine, at=START + MINUTE)
        connection.close()

    threads = [threading.Thread(target=judge) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Incident.objects.filter(alert=alert).count() == 1
    assert len(notices_of(organization)) == 1


def test_incidents_of_long_ago_are_forgotten(organization: Tenant) -> None:
    # Before anything that other tests know: those of all organizations are forgotten.
    start = START - timedelta(days=500)
    alert = make_alert(organization)
    calls(organization, start, status=500)
    judge_at(alert, start + MINUTE)
    recording.forget_incidents(start + timedelta(days=401))
    assert len(incidents_of(alert)) == 1, "it goes on"
    judge_each_minute(alert, start + 11 * MINUTE, 2)
    recording.forget_incidents(start + timedelta(days=401))
    assert incidents_of(alert) == []


def test_only_what_is_due_is_judged(organization: Tenant) -> None:
    alert = make_alert(organization)
    now = timezone.now()
    due = queries.due_alerts(now, metrics=judging.OTHERS).filter(organization=organization.organization)
    assert not due.exists()
    assert due.model.objects.filter(pk=alert.pk, next_judged_at__gt=now).exists()
    later = queries.due_alerts(now + timedelta(minutes=4), metrics=judging.OTHERS)
    assert later.filter(pk=alert.pk).exists()


def test_chosen_groups_of_alerts_do_not_mix_organizations(
    organization: Tenant, make_tenant: Callable[[], Tenant]
) -> None:
    other = make_tenant()
    mine, theirs = make_alert(organization), make_alert(other)
    calls(other, START, status=500)
    for alert in (mine, theirs):
        judge_at(alert, START + MINUTE)
    assert (len(incidents_of(mine)), len(incidents_of(theirs))) == (0, 1)
    with pytest.raises(queries.IncidentNotFound):
        queries.incident_of(organization.id, incidents_of(theirs)[0].pk)
