"""The pages of alerts in a browser: one made with its preview, what goes on looked after, all of it for everybody."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from alerts_app.models import Alert, Incident
from tests.alerting import MINUTE, calls, incidents_of, judge_at, make_alert
from tests.live import Tenant

pytest_plugins = ("tests.browser",)


@pytest.fixture
def at(organization: Tenant) -> Callable[..., str]:
    """Returns a function that gives the address of one of the pages."""

    def address(name: str = "alerts", **arguments: Any) -> str:
        return reverse(f"alerts:{name}", kwargs={"organization": organization.organization.slug, **arguments})

    return address


@pytest.fixture
def incident(organization: Tenant) -> Incident:
    """All calls of a minute ago failed; it goes on."""
    now = timezone.now()
    alert = make_alert(organization, name="Failing", emails=("ops@example.com",))
    calls(organization, now - MINUTE, 3, status=500)
    judge_at(alert, now)
    [found] = incidents_of(alert)
    return found


def test_an_alert_is_made_from_the_list_of_requests_with_a_preview_that_follows_the_form(
    visitor: Page, organization: Tenant, at: Callable[..., str]
) -> None:
    now = timezone.now()
    calls(organization, now - timedelta(hours=2), 4, model="gpt-4o", status=500)
    calls(organization, now - timedelta(hours=3), 4, model="o3")
    visitor.goto(reverse("requests:list", args=[organization.organization.slug]) + "?q=model%3Agpt-4o")
    visitor.get_by_role("link", name="New alert on requests like these").click()
    query = visitor.get_by_label("Only requests that match")
    expect(query).to_have_value("model:gpt-4o")
    visitor.get_by_label("Threshold").fill("50")
    preview = visitor.get_by_label("What it would have said")
    expect(preview).to_contain_text("Would have fired 1 time in the last 33 hours.")
    expect(preview.locator(".js-plotly-plot")).to_be_visible()
    # What is offered is chosen, and neither sends the form nor leaves it.
    query.fill("model:o")
    visitor.get_by_role("option").filter(has_text="o3").first.click()
    expect(query).to_have_value("model:o3")
    expect(preview).to_contain_text("Would not have fired in the last 33 hours.")
    visitor.get_by_role("combobox", name="Watch", exact=True).select_option("latency")
    expect(visitor.get_by_label("Percentile")).to_be_visible()
    expect(preview).to_contain_text("Latency p95 at or above 50 ms over 10 minutes")
    visitor.get_by_label("Name").fill("Slow o3")
    visitor.get_by_role("button", name="Create alert").click()
    expect(visitor.get_by_role("heading", name="Slow o3")).to_be_visible()
    expect(visitor.locator(".js-plotly-plot")).to_be_visible()
    alert = Alert.objects.get(organization=organization.organization)
    assert (alert.query, alert.threshold, alert.percentile) == ("model:o3", 50, 95)
    assert alert.emails == [organization.owner.email]


def test_what_goes_on_appears_on_the_open_list_is_looked_after_and_leads_to_its_requests(
    visitor: Page, organization: Tenant, at: Callable[..., str]
) -> None:
    alert = make_alert(organization, name="Failing", grouping="model")
    visitor.goto(at())
    expect(visitor.get_by_role("link", name="Failing")).to_be_visible()
    expect(visitor.get_by_text("open incident")).to_have_count(0)
    now = timezone.now()
    calls(organization, now - MINUTE, 3, status=500)
    judge_at(alert, now)
    # Without a reload: the list asks for itself.
    expect(visitor.get_by_role("heading", name="1 open incident")).to_be_visible()
    visitor.keyboard.press("j")
    expect(visitor.locator(".alerts-table .row-link")).to_be_focused()
    visitor.get_by_role("button", name="Acknowledge Failing model gpt-4o").click()
    expect(visitor.get_by_text("You look after Failing.")).to_be_visible()
    going_on = visitor.get_by_role("listitem").filter(has_text="model gpt-4o")
    expect(going_on).to_contain_text(organization.owner.email)
    going_on.get_by_role("link", name="Failing").click()
    rows = visitor.get_by_role("region", name="Requests behind this incident").locator("[data-row]")
    expect(rows).to_have_count(3)
    rows.first.click()
    expect(visitor.locator("#drawer")).to_contain_text("gpt-4o")


def test_the_pages_keep_nobody_out(
    visitor: Page,
    at: Callable[..., str],
    incident: Incident,
    barriers_in_both_themes: Callable[[Page], list[str]],
) -> None:
    judge_at(incident.alert, timezone.now())  # which draws the chart
    for path, drawn in (
        (at(), ".alerts-table"),
        (at("alert-create"), ".alert-preview-words"),
        (at("incident", id=incident.pk), ".js-plotly-plot"),
    ):
        visitor.goto(path)
        expect(visitor.locator(drawn)).to_be_visible()
        assert barriers_in_both_themes(visitor) == [], path


def test_the_pages_fit_a_phone(visitor: Page, at: Callable[..., str], incident: Incident) -> None:
    visitor.set_viewport_size({"width": 390, "height": 844})
    for path in (
        at(),
        at("alert-create"),
        at("alert-history"),
        at("alert", id=incident.alert_id),
        at("incident", id=incident.pk),
    ):
        visitor.goto(path)
        assert visitor.evaluate("document.documentElement.scrollWidth") == 390, path
