"""The pages of alerts: what they say, what their forms do, and who may send them."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts_app.models import Role
from alerts_app.models import Alert, ChannelKind, Incident
from alerts_app.notices import actions as notices
from alerts_app.notices.config import Config
from alerts_app.rules import actions
from alerts_app.rules.course_shown import spans_between
from tests.alerting import MINUTE, START, calls, incidents_of, judge_at, make_alert
from tests.cast import Cast, make_cast
from tests.live import Stack, Tenant
from tests.web_client import Page, WebClient

FORM: dict[str, Any] = {
    "metric": "response.status",
    "aggregation": "sum",
    "aggregation_of_times": "percentile",
    "percentile": "95",
    "condition": "above",
    "threshold": "20",
    "baseline": "fixed",
    "window": "600000",
    "group": "",
    "query": "",
    "emails": "ops@example.com",
}


@pytest.fixture
def client(stack: Stack, organization: Tenant) -> WebClient:
    return WebClient(stack.url, organization.owner)


@pytest.fixture
def at(organization: Tenant) -> Callable[..., str]:
    """Returns a function that gives the address of one of the pages."""

    def address(name: str = "alerts", **arguments: Any) -> str:
        return reverse(f"alerts:{name}", kwargs={"organization": organization.organization.slug, **arguments})

    return address


@pytest.fixture
def incident(organization: Tenant) -> Incident:
    """Three of five calls failed; it goes on."""
    alert = make_alert(
        organization, name="Failing", emails=("ops@example.com",), query="user:ann", minimum_request_count=5
    )
    calls(organization, START, 2, user_id="ann")
    calls(organization, START, 3, user_id="ann", status=500)
    judge_at(alert, START + MINUTE)
    [found] = incidents_of(alert)
    return found


def only_alert(organization: Tenant) -> Alert:
    return Alert.objects.get(organization=organization.organization)


# The list


def test_an_organization_without_alerts_is_offered_three_that_can_be_made_at_once(
    client: WebClient, at: Callable[..., str]
) -> None:
    text = client.get(at()).text
    assert "Nothing is watched yet" in text
    for start in ("metric=response.status", "metric=cost", "metric=count"):
        assert f"{at('alert-create')}?name=" in text
        assert start in text


def test_the_list_says_of_each_alert_how_it_is_and_what_it_watches(
    client: WebClient, organization: Tenant, at: Callable[..., str], incident: Incident
) -> None:
    paused = make_alert(organization, name="Resting", metric="cost", threshold=12.5, window_ms=86_400_000)
    actions.pause(alert=paused)
    silenced = make_alert(organization, name="Hushed", metric="count", condition="below", threshold=1)
    actions.silence(alert=silenced, until=timezone.now() + timedelta(hours=1))
    broken = make_alert(organization, name="Broken")
    Alert.objects.filter(pk=broken.pk).update(last_error="Adding these up takes too long.")
    text = client.get(at()).text
    for said in (
        "Firing", "Paused", "Silenced", "Cannot be judged", "1 open incident",
        "Error rate at or above 10 % over 10 minutes", "Cost at or above $12.50 over 1 day",
        "Requests below 1 over 10 minutes", "Adding these up takes too long.", "60 %",
        '<span class="nav-count">1<span class="visually-hidden"> open</span></span>',
    ):  # fmt: skip
        assert said in text, said


def test_the_list_can_be_narrowed_to_a_state(
    client: WebClient, organization: Tenant, at: Callable[..., str], incident: Incident
) -> None:
    make_alert(organization, name="All is well")
    assert "All is well" in client.get(at() + "?state=ok").text
    assert "All is well" not in client.get(at() + "?state=firing").text


# Making and changing


def test_an_alert_is_made_of_what_the_form_says(
    client: WebClient, organization: Tenant, at: Callable[..., str]
) -> None:
    channel = notices.create_channel(
        organization=organization.organization,
        name="Ops",
        kind=ChannelKind.EMAIL,
        config=Config(emails=("ops@example.com",)),
    )
    data = FORM | {
        "metric": "latency",
        "threshold": "4000",
        "query": "model:gpt-4o*  status:200",
        "group": "model",
        "window": "other",
        "window_number": "90",
        "window_unit": "1000",
        "minimum_request_count": "10",
        "hysteresis_percent": "25",
        "quiet_judgements": "3",
        "channels": str(channel.pk),
    }
    answer = client.post(at("alert-create"), data)
    alert = only_alert(organization)
    assert (answer.status, answer.location) == (302, at("alert", id=alert.pk))
    assert alert.name == "Latency p95 at or above 4.00 s over 90 seconds, by model"
    assert (alert.aggregation, alert.percentile, alert.window_ms) == ("percentile", 95, 90_000)
    assert (alert.query, alert.grouping) == ("model:gpt-4o* status:200", "model")
    assert (alert.minimum_request_count, alert.hysteresis_percent, alert.quiet_judgements) == (10, 25, 3)
    assert (alert.emails, list(alert.channels.all())) == (["ops@example.com"], [channel])
    assert alert.created_by == organization.owner


def test_what_the_chosen_metric_has_no_use_for_is_left_out(
    client: WebClient, organization: Tenant, at: Callable[..., str]
) -> None:
    client.post(at("alert-create"), FORM | {"aggregation": "percentile", "metric": "count", "name": "Many"})
    alert = only_alert(organization)
    assert (alert.name, alert.aggregation, alert.percentile) == ("Many", "sum", None)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"threshold": ""}, "This field is required."),
        ({"threshold": "0"}, "Choose more than 0."),
        ({"threshold": "nan"}, "Enter a number."),
        ({"threshold": "101"}, "An error rate is 100 percent at most."),
        ({"query": "model:((", "threshold": "0"}, "id_query_error"),
        ({"query": "refund"}, "Metrics cannot be narrowed by words in bodies"),
        ({"window": "other"}, "Say how long."),
        (
            {"window": "other", "window_number": "90", "window_unit": "86400000"},
            "Choose a minute to 30 days.",
        ),
        ({"metric": "weather"}, "is not one of the available choices"),
        ({"group": "moon"}, "is not one of the available choices"),
        ({"emails": "nobody"}, "is not an e-mail address"),
        ({"channels": "3f6c1a52-2c2c-4a8e-9c55-0a8d4e6e2d11"}, "is not one of the available choices"),
        ({"metric": "latency", "percentile": "100"}, "Choose one above 0 and below 100."),
    ],
)
def test_what_cannot_be_judged_is_refused_with_the_reason_beside_its_field(
    client: WebClient, organization: Tenant, at: Callable[..., str], changes: dict[str, str], said: str
) -> None:
    answer = client.post(at("alert-create"), FORM | changes)
    assert answer.status == 422
    assert said in answer.text
    assert "field-invalid" in answer.text
    assert not Alert.objects.filter(organization=organization.organization).exists()


def test_the_address_fills_the_form_in_and_brings_the_filter_of_another_page(
    client: WebClient, organization: Tenant, at: Callable[..., str]
) -> None:
    query = "?metric=cost&threshold=50&window=86400000&q=" + quote('user:"ann b"') + "&model=gpt-4o&range=7d"
    text = client.get(at("alert-create") + query).text
    assert '<option value="cost" selected>' in text
    assert 'value="50"' in text
    assert '<option value="86400000" selected>' in text
    assert "user:&quot;ann b&quot; model:gpt-4o" in text
    assert organization.owner.email in text


def test_lists_of_requests_and_dashboards_lead_to_an_alert_on_what_they_show(
    client: WebClient, organization: Tenant, at: Callable[..., str]
) -> None:
    calls(organization, timezone.now() - MINUTE)
    slug = organization.organization.slug
    for page in ("requests:list", "metrics:dashboard"):
        text = client.get(reverse(page, args=[slug]) + "?q=model%3Agpt-4o").text
        assert f'href="{at("alert-create")}?q=model%3Agpt-4o"' in text


def test_the_form_of_an_alert_holds_what_it_is_and_saves_what_it_becomes(
    client: WebClient, organization: Tenant, at: Callable[..., str]
) -> None:
    alert = make_alert(
        organization,
        metric="cost",
        threshold=0.25,
        window_ms=90_000,
        query="model:o3",
        grouping="Team",
        grouping_is_property=True,
    )
    text = client.get(at("alert-edit", id=alert.pk)).text
    for held in (
        'value="0.25"', 'value="model:o3"', '<option value="properties.Team" selected>',
        '<option value="other" selected>', 'value="90"', '<option value="1000" selected>',
    ):  # fmt: skip
        assert held in text, held
    data = FORM | {"metric": "cost", "threshold": "0.5", "group": "properties.Team", "name": "Dear"}
    assert client.post(at("alert-edit", id=alert.pk), data).status == 302
    alert.refresh_from_db()
    assert (alert.name, alert.threshold, alert.grouping, alert.grouping_is_property) == (
        "Dear", 0.5, "Team", True,
    )  # fmt: skip


def test_the_preview_says_how_often_it_would_have_fired(
    client: WebClient, organization: Tenant, at: Callable[..., str]
) -> None:
    now = timezone.now()
    for hours in (2, 5):
        calls(organization, now - timedelta(hours=hours), 3, status=500)
    calls(organization, now - timedelta(hours=3), 3)
    text = client.post(at("alert-preview"), FORM).text
    assert "Would have fired <strong>2 times</strong> in the last 33 hours." in text
    assert "data-plot=" in text
    assert (
        "It is drawn when these are put right"
        in client.post(at("alert-preview"), FORM | {"threshold": ""}).text
    )
    by_model = client.post(at("alert-preview"), FORM | {"group": "model"}).text
    assert "Of 1 model." in by_model
    nobody = client.post(at("alert-preview"), FORM | {"group": "user"}).text
    assert "There were no requests of this kind in the last 33 hours." in nobody


def test_without_scripts_a_button_shows_the_preview_and_saves_nothing(
    client: WebClient, organization: Tenant, at: Callable[..., str]
) -> None:
    answer = client.post(at("alert-create"), FORM | {"preview": "1"})
    assert answer.status == 200
    assert "Would <strong>not have fired</strong> in the last 33 hours." in answer.text
    assert not Alert.objects.filter(organization=organization.organization).exists()


# One alert


def test_an_alert_shows_its_incidents_and_the_chart_of_its_value(
    client: WebClient, at: Callable[..., str], incident: Incident
) -> None:
    text = client.get(at("alert", id=incident.alert_id) + "?wait=1").text
    assert at("incident", id=incident.pk) in text
    assert "data-plot=" in text
    assert "ops@example.com" in text
    assert "user:ann" in text


def test_an_alert_is_silenced_for_a_while_or_until_a_moment_and_told_again(
    client: WebClient, organization: Tenant, at: Callable[..., str]
) -> None:
    alert = make_alert(organization)
    address = at("alert-silence", id=alert.pk)

    def hours_after(**data: str) -> float | None:
        client.post(address, data)
        alert.refresh_from_db()
        until = alert.silenced_until
        return None if until is None else round((until - timezone.now()) / timedelta(hours=1), 1)

    assert hours_after(**{"for": "4h"}) == 4
    moment = timezone.now() + timedelta(hours=10)
    assert hours_after(until=f"{moment:%Y-%m-%dT%H:%M:%S}") == 10
    for nonsense in ("yesterday", "2001-01-01T00:00", "9999-12-31T23:59", ""):
        assert hours_after(until=nonsense) == 10
    assert "Say until when" in client.get(at("alert", id=alert.pk)).text
    assert hours_after(**{"for": "none"}) is None


def test_an_alert_is_paused_and_resumed(
    client: WebClient, at: Callable[..., str], incident: Incident
) -> None:
    address = at("alert-pause", id=incident.alert_id)
    client.post(address)
    incident.refresh_from_db()
    assert (incident.is_open, incident.end_reason) == (False, "paused")
    assert "is paused" in client.get(at("alert", id=incident.alert_id)).text
    client.post(address, {"active": "1"})
    assert Alert.objects.get(pk=incident.alert_id).is_active


def test_a_test_shows_what_came_of_it_for_each_that_is_told(
    client: WebClient, organization: Tenant, at: Callable[..., str]
) -> None:
    alert = make_alert(organization, emails=("ops@example.com",))
    text = client.post(at("alert-test", id=alert.pk)).text
    assert "What came of the test" in text
    assert "ops@example.com" in text


def test_a_test_of_an_alert_that_tells_nobody_says_so(
    client: WebClient, organization: Tenant, at: Callable[..., str]
) -> None:
    nobody = make_alert(organization)
    assert "This alert tells nobody" in client.post(at("alert-test", id=nobody.pk)).text


def test_a_deleted_alert_is_gone_with_its_incidents(
    client: WebClient, at: Callable[..., str], incident: Incident
) -> None:
    assert client.post(at("alert-delete", id=incident.alert_id)).location == at()
    for name, id in (("alert", incident.alert_id), ("incident", incident.pk)):
        assert client.get(at(name, id=id)).status == 404


# Incidents


def test_an_incident_shows_its_values_its_chart_its_requests_and_who_was_told(
    client: WebClient, at: Callable[..., str], incident: Incident
) -> None:
    judge_at(incident.alert, START + 2 * MINUTE)
    text = client.get(at("incident", id=incident.pk)).text
    for said in (
        "60 %",
        "10 %",
        "ops@example.com",
        "data-plot=",
        "Requests behind it",
        "All in the list of requests",
    ):
        assert said in text, said
    assert text.count("data-row=") == 3  # those that failed


def test_somebody_acknowledges_an_incident_once(
    client: WebClient, organization: Tenant, at: Callable[..., str], incident: Incident
) -> None:
    address = at("incident-acknowledge", id=incident.pk)
    assert client.post(address, {"from": "list"}).location == at()
    assert client.post(address).location == at("incident", id=incident.pk)
    incident.refresh_from_db()
    assert incident.acknowledged_by == organization.owner
    page = client.get(at("incident", id=incident.pk)).text
    assert "Somebody looks after it already." in page
    assert organization.owner.email in page


def test_the_history_pages_through_all_incidents_once_and_knows_alerts_and_states(
    client: WebClient, organization: Tenant, at: Callable[..., str], incident: Incident
) -> None:
    other = make_alert(organization, name="Another")
    Incident.objects.bulk_create(
        Incident(
            organization=organization.organization,
            alert=other,
            started_at=START - number * MINUTE,
            ended_at=START,
            end_reason="recovered",
            start_value=50,
            worst_value=50,
            bound=10,
            requests=4,
            requests_query="",
        )
        for number in range(1, 61)
    )
    seen: list[str] = []
    address = at("alert-history")
    pages = 0
    while address:
        text = client.get(address).text
        seen += [piece.split('"')[0] for piece in text.split('data-row="')[1:]]
        following = text.split('id="page-next"')
        address = at("alert-history") + _href(following[1]) if len(following) > 1 else ""
        pages += 1
    assert (pages, len(seen), len(set(seen))) == (2, 61, 61)
    assert client.get(at("alert-history") + "?state=open").text.count("data-row=") == 1
    assert client.get(at("alert-history") + f"?alert={incident.alert_id}").text.count("data-row=") == 1
    assert "This cursor is not one of ours." in client.get(at("alert-history") + "?cursor=nonsense").text


def _href(text: str) -> str:
    return text.split('href="')[1].split('"')[0].replace("&amp;", "&")


# Who may


def test_a_viewer_sees_all_and_changes_nothing(stack: Stack) -> None:
    cast: Cast = make_cast()
    tenant = Tenant(cast.organization, cast.people[Role.OWNER], "")
    alert = make_alert(tenant)
    calls(tenant, START, 3, status=500)
    judge_at(alert, START + MINUTE)
    [found] = incidents_of(alert)
    viewer = WebClient(stack.url, cast.people[Role.VIEWER])

    def address(name: str, **arguments: Any) -> str:
        return reverse(f"alerts:{name}", kwargs={"organization": cast.organization.slug, **arguments})

    seen: list[Page] = [
        viewer.get(address("alerts")),
        viewer.get(address("alert-history")),
        viewer.get(address("alert", id=alert.pk)),
        viewer.get(address("incident", id=found.pk)),
    ]
    for page in seen:
        assert page.status == 200
        for word in ("Acknowledge<", "New alert", "Delete", ">Edit<"):
            assert word not in page.text
    for name in ("edit", "pause", "silence", "test", "delete"):
        assert viewer.post(address(f"alert-{name}", id=alert.pk)).status == 403
    assert viewer.post(address("incident-acknowledge", id=found.pk)).status == 403
    member = WebClient(stack.url, cast.people[Role.MEMBER])
    assert member.post(address("incident-acknowledge", id=found.pk)).status == 302


def test_alerts_and_incidents_of_another_organization_are_not_found(
    stack: Stack, make_tenant: Callable[[], Tenant], incident: Incident
) -> None:
    other = make_tenant()
    stranger = WebClient(stack.url, other.owner)
    for name, id in (
        ("alert", incident.alert_id),
        ("incident", incident.pk),
        ("alert-edit", incident.alert_id),
    ):
        arguments = {"organization": other.organization.slug, "id": id}
        assert stranger.get(reverse(f"alerts:{name}", kwargs=arguments)).status == 404


# Charts


def test_incidents_are_marked_on_the_windows_that_they_were_found_in_and_those_that_touch_as_one() -> None:
    edges = [START + number * MINUTE for number in range(7)]

    def marked(*minutes: tuple[float, float]) -> list[tuple[int, int]]:
        return spans_between(
            edges, [(START + first * MINUTE, START + last * MINUTE) for first, last in minutes]
        )

    assert marked((2, 2)) == [(1, 1)]  # a window is judged when it is over
    assert marked((1.5, 3.5)) == [(1, 3)]
    assert marked((1.5, 1.6), (2.5, 2.6), (5.5, 5.6)) == [(1, 2), (5, 5)]
    assert marked((-5, -1)) == []
    assert marked((7, 9)) == [(5, 5)]  # nothing later is drawn
