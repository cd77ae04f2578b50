"""Alerts over REST: ours, and Helicone's."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts_app import actions as accounts
from alerts_app.models import Alert, ChannelKind, Incident
from alerts_app.notices import actions as notices
from alerts_app.notices.config import Config
from tests.alerting import MINUTE, START, calls, incidents_of, judge_at, make_alert
from tests.api import Api
from tests.live import Stack, Tenant

SLOW: dict[str, Any] = {
    "name": "Slow",
    "metric": "latency",
    "aggregation": "percentile",
    "percentile": 95,
    "threshold": 4000,
    "window_ms": 600_000,
    "query": "model:gpt-4o",
    "grouping": "Tenant",
    "grouping_is_property": True,
    "emails": ["oncall@example.com"],
}


@pytest.fixture
def api(stack: Stack, organization: Tenant) -> Api:
    return Api(stack.url, organization.api_key)


@pytest.fixture
def failing(organization: Tenant) -> Alert:
    """An alert with an open incident."""
    alert = make_alert(organization)
    calls(organization, START, 3, status=500)
    judge_at(alert, START + MINUTE)
    return alert


def test_an_alert_is_made_read_changed_and_deleted(api: Api, organization: Tenant) -> None:
    channel = notices.create_channel(
        organization=organization.organization,
        name="Ops",
        kind=ChannelKind.EMAIL,
        config=Config(emails=("ops@example.com",)),
    )
    made = api.send("POST", "/api/alerts/", {**SLOW, "channels": [str(channel.pk)]})
    assert (made.status, made.json["channels"], made.json["status"]) == (201, [str(channel.pk)], "resolved")
    assert {name: made.json[name] for name in SLOW} == SLOW
    path = f"/api/alerts/{made.json['id']}/"
    assert api.get("/api/alerts/").json == [api.get(path).json]

    changed = api.send("PATCH", path, {"threshold": 5000, "is_active": False})
    assert (changed.status, changed.json["threshold"], changed.json["is_active"]) == (200, 5000, False)
    assert changed.json["channels"] == [str(channel.pk)]
    assert api.send("PATCH", path, {"is_active": True}).json["is_active"]
    assert api.send("DELETE", path).status == 204
    assert api.get(path).status == 404


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"name": " "}, "name"),
        ({"metric": "weather"}, "metric"),
        ({"threshold": 0}, "threshold"),
        ({"threshold": "nan"}, "threshold"),
        (
            {"metric": "response.status", "aggregation": "sum", "percentile": None, "threshold": 101},
            "threshold",
        ),
        ({"window_ms": 59_999}, "window_ms"),
        ({"percentile": None}, "percentile"),
        ({"metric": "count"}, "aggregation"),
        ({"baseline": "last_week", "condition": "below", "threshold": 100}, "threshold"),
        ({"query": "colour:red"}, "query"),
        ({"query": '"words of a body"'}, "query"),
        ({"grouping": "weather", "grouping_is_property": False}, "grouping"),
        ({"grouping": ""}, "grouping"),
        ({"hysteresis_percent": 91}, "hysteresis_percent"),
        ({"quiet_judgements": 0}, "quiet_judgements"),
        ({"channels": ["00000000-0000-0000-0000-000000000000"]}, "channels"),
        ({"emails": ["nobody"]}, "emails"),
        (
            {
                "metric": "count",
                "aggregation": "sum",
                "percentile": None,
                "condition": "below",
                "minimum_request_count": 5,
            },
            "minimum_request_count",
        ),
    ],
)
def test_what_cannot_be_judged_is_refused_beside_its_field(
    api: Api, said: dict[str, Any], field: str
) -> None:
    answer = api.send("POST", "/api/alerts/", {**SLOW, **said})
    assert (answer.status, list(answer.json)) == (400, [field])


def test_incidents_are_paged_and_acknowledged(api: Api, organization: Tenant) -> None:
    alert = make_alert(organization, grouping="user")
    for name in ("ada", "ben", "cas"):
        calls(organization, START, status=500, user_id=name)
    judge_at(alert, START + MINUTE)
    path = f"/api/alerts/{alert.pk}/incidents/"
    first = api.get(path, limit=2, state="open").json
    rest = api.get(path, limit=2, state="open", cursor=first["next_cursor"]).json
    found = [one["group"] for one in [*first["results"], *rest["results"]]]
    assert (sorted(found), rest["next_cursor"]) == (["ada", "ben", "cas"], None)
    assert api.get(path, state="ended").json["results"] == []
    assert api.get(path, state="lost").status == 400
    assert api.get(path, cursor="x").status == 400

    one = f"/api/alerts/incidents/{first['results'][0]['id']}/"
    assert api.get(one).json["acknowledged_at"] is None
    told = api.send("POST", f"{one}acknowledge/").json
    assert told["acknowledged_at"] is not None
    assert api.send("POST", f"{one}acknowledge/").json == told
    assert told["snapshot"]["values"][-1] == 100


def test_a_silence_is_ordered_and_taken_back(api: Api, failing: Alert) -> None:
    path = f"/api/alerts/{failing.pk}/silence/"
    until = (timezone.now() + timedelta(hours=1)).isoformat()
    assert api.send("POST", path, {"until": until}).json["silenced_until"] is not None
    assert api.send("POST", path, {"until": None}).json["silenced_until"] is None
    assert api.send("POST", path, {"until": "tomorrow"}).status == 400


def test_a_test_tells_what_came_of_each_receiver(api: Api, organization: Tenant) -> None:
    alert = make_alert(organization, emails=("test@example.com", "refused@example.com"))
    path = f"/api/alerts/{alert.pk}/test/"
    answer = api.send("POST", path)
    assert [(one["receiver"], one["is_delivered"]) for one in answer.json] == [
        ("test@example.com", True),
        ("refused@example.com", False),
    ]
    [again] = api.send("POST", path).json
    assert not again["is_delivered"]
    assert "wait" in again["text"]


def test_a_key_that_may_only_read_changes_nothing(stack: Stack, organization: Tenant, failing: Alert) -> None:
    issued = accounts.issue_api_key(organization=organization.organization, name="Reads", scope="r")
    reader = Api(stack.url, issued.secret)
    incident = incidents_of(failing)[0].pk
    assert reader.get(f"/api/alerts/{failing.pk}/").status == 200
    for method, path in (
        ("POST", ""),
        ("PATCH", f"{failing.pk}/"),
        ("DELETE", f"{failing.pk}/"),
        ("POST", f"{failing.pk}/silence/"),
        ("POST", f"{failing.pk}/test/"),
        ("POST", f"incidents/{incident}/acknowledge/"),
    ):
        assert reader.send(method, f"/api/alerts/{path}", SLOW).status == 403, path


def test_what_is_of_another_organization_does_not_exist(
    stack: Stack, make_tenant: Callable[[], Tenant], failing: Alert
) -> None:
    stranger = Api(stack.url, make_tenant().api_key)
    incident = incidents_of(failing)[0].pk
    for method, path in (
        ("GET", f"{failing.pk}/"),
        ("PATCH", f"{failing.pk}/"),
        ("DELETE", f"{failing.pk}/"),
        ("GET", f"{failing.pk}/incidents/"),
        ("POST", f"{failing.pk}/silence/"),
        ("POST", f"{failing.pk}/test/"),
        ("GET", f"incidents/{incident}/"),
        ("POST", f"incidents/{incident}/acknowledge/"),
    ):
        assert stranger.send(method, f"/api/alerts/{path}", SLOW).status == 404, path
    assert Incident.objects.get(pk=incident).acknowledged_at is None


def test_helicones_history_has_what_happened(api: Api, organization: Tenant, failing: Alert) -> None:
    listed = api.get("/v1/alert/query").json["data"]
    assert [alert["status"] for alert in listed["alerts"]] == ["triggered"]
    [row] = listed["history"]
    assert (row["alert_id"], row["alert_name"], row["alert_metric"], row["org_id"]) == (
        str(failing.pk),
        "Errors",
        "response.status",
        str(organization.id),
    )
    assert (row["status"], row["triggered_value"], row["alert_end_time"]) == ("triggered", "100", None)
    assert row["alert_start_time"].startswith("2025-06-02T09:01:00")

    judge_at(failing, START + 11 * MINUTE)
    listed = api.get("/v1/alert/query").json["data"]
    assert [alert["status"] for alert in listed["alerts"]] == ["resolved"]
    [row] = listed["history"]
    assert (row["status"], row["alert_end_time"][:16]) == ("resolved", "2025-06-02T09:11")


def test_helicones_filter_tree_is_what_is_judged(api: Api, organization: Tenant) -> None:
    tree = {
        "left": {"request_response_rmt": {"properties": {"Environment": {"equals": "prod"}}}},
        "operator": "and",
        "right": {"request_response_rmt": {"model": {"contains": "gpt"}}},
    }
    made = api.send(
        "POST",
        "/v1/alert/create",
        {
            "name": "Errors",
            "metric": "count",
            "threshold": 1,
            "time_window": 600_000,
            "filter": tree,
            "grouping": "Tenant",
            "emails": [],
            "slack_channels": [],
        },
    )
    assert made.status == 200
    ours = api.get(f"/api/alerts/{made.json['data']}/").json
    assert ours["query"] == "property.Environment:prod model~gpt" or "Environment" in ours["query"]
    assert (ours["grouping"], ours["grouping_is_property"]) == ("Tenant", True)
    [theirs] = api.get("/v1/alert/query").json["data"]["alerts"]
    assert theirs["filter"] == tree
