"""The Suggestions page and a suggestion's own: looking, reading, dismissing."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction
from django.urls import reverse
from playwright.sync_api import Page, expect

from accounts_app.models import Organization
from metrics_app.suggestions.models import Kind, Look, LookState, Suggestion
from tests.events import log
from tests.live import Stack, Tenant
from tests.made_calls import at, call, called, failure, filled, said
from tests.web_client import WebClient

pytest_plugins = ("tests.browser", "tests.looks")

REPEATED = "Answer repeated requests to gpt-4o from a cache"


def address(organization: Organization, name: str = "suggestions", **arguments: Any) -> str:
    return reverse(f"metrics:{name}", kwargs={"organization": organization.slug, **arguments})


@pytest.fixture
def traffic(organization: Tenant, wait_for_rows: Callable[..., Any]) -> None:
    """Four identical calls of which three need not have been, and four failures."""
    events = [
        call(organization.id, at(hours=n), {"messages": [said("How far is the moon?")]}) for n in range(4)
    ]
    events += [
        failure(organization.id, at(days=1, seconds=10 * n), {"messages": [said("No")]}) for n in range(4)
    ]
    log(*events)
    wait_for_rows(organization.id, len(events))


@pytest.fixture
def looked(traffic: None, organization: Tenant, have_looked: Callable[[Organization], Look]) -> Look:
    return have_looked(organization.organization)


def test_a_new_organization_is_told_what_is_looked_for(visitor: Page, organization: Tenant) -> None:
    visitor.goto(address(organization.organization))
    expect(visitor.get_by_role("heading", name="What could be saved?")).to_be_visible()
    expect(visitor.get_by_text("that a cache would have answered")).to_be_visible()


def test_look_now_has_a_worker_look_and_shows_what_it_found(
    visitor: Page, organization: Tenant, traffic: None
) -> None:
    visitor.goto(address(organization.organization))
    visitor.get_by_role("button", name="Look now").click()
    expect(visitor.get_by_role("link", name=REPEATED)).to_be_visible()
    expect(visitor.get_by_text("8 calls from")).to_be_visible()
    total = visitor.locator(".suggestion-total")
    expect(total).to_contain_text("$0.0014")  # three times 450,000 nano-dollars
    expect(total).to_contain_text("75 % of the $0.0018 that 8 calls cost")


def test_an_organization_without_calls_is_told_so(
    visitor: Page, organization: Tenant, have_looked: Callable[[Organization], Look]
) -> None:
    have_looked(organization.organization)
    visitor.goto(address(organization.organization))
    expect(visitor.get_by_role("heading", name="No calls in the last thirty days")).to_be_visible()


def test_a_suggestion_says_how_it_was_worked_out_and_opens_its_requests(
    visitor: Page, organization: Tenant, looked: Look
) -> None:
    visitor.goto(address(organization.organization))
    visitor.get_by_role("link", name=REPEATED).click()
    expect(visitor.get_by_role("heading", name="How this was worked out")).to_be_visible()
    rows = visitor.locator("[data-row]")
    expect(rows).to_have_count(3)
    expect(rows.first).to_contain_text("$0.00045")
    rows.first.click()
    expect(visitor.locator("#drawer")).to_contain_text("How far is the moon?")


def test_the_largest_saving_comes_first_and_waiting_is_told_where_nothing_was_charged(
    visitor: Page, organization: Tenant, looked: Look
) -> None:
    visitor.goto(address(organization.organization))
    shown = visitor.locator(".suggestion")
    expect(shown).to_have_count(2)
    expect(shown.nth(0)).to_contain_text(REPEATED)
    expect(shown.nth(1).locator(".suggestion-money")).to_have_text("30.0 s")


def test_a_dismissed_suggestion_stays_away_from_the_sum_and_from_later_looks_until_it_is_brought_back(
    visitor: Page, organization: Tenant, looked: Look, have_looked: Callable[[Organization], Look]
) -> None:
    visitor.goto(address(organization.organization))
    visitor.get_by_role("button", name=f"Dismiss: {REPEATED}").click()
    expect(visitor.get_by_role("status").filter(has_text="Dismissed:")).to_be_visible()
    have_looked(organization.organization)
    visitor.goto(address(organization.organization))
    expect(visitor.locator(".suggestion-total-sum")).to_have_text("$0")
    visitor.get_by_text("1 dismissed").click()
    visitor.get_by_role("button", name=f"Bring back: {REPEATED}").click()
    expect(visitor.locator(".suggestion-total-sum")).to_have_text("$0.0014")


def test_cancelled_answers_lead_to_the_list_of_requests(
    visitor: Page, organization: Tenant, look_at: Callable[..., dict[str, Suggestion]]
) -> None:
    events = [
        call(organization.id, at(hours=n), {"messages": [said(f"{n}")]}, tokens=(100, 70), status=-3)
        for n in range(3)
    ]
    events.append(call(organization.id, at(hours=4), {"messages": [said("Others")]}))
    found = look_at(events)["cut_off"]
    visitor.goto(address(organization.organization, "suggestion", id=found.id))
    visitor.get_by_role("link", name="All in the list of requests").click()
    expect(visitor.locator("[data-row]")).to_have_count(3)


def test_a_suggestion_of_each_kind_has_a_page_that_names_its_model(
    stack: Stack, organization: Tenant, look_at: Callable[..., dict[str, Suggestion]]
) -> None:
    def prompt(day: int, n: int, head: str) -> Any:
        messages = [filled("system", 3_000, head), said(f"Question {n}")]
        return call(organization.id, at(days=day, minutes=n), {"messages": messages}, tokens=(2_000, 60))

    def alike(n: int, **changes: Any) -> Any:
        return call(organization.id, at(days=4, hours=n), {"messages": [said(f"{n}")]}, **changes)

    tool = {"type": "function", "function": {"name": "weather", "description": "Rain?", "parameters": {}}}
    asked = {"messages": [said("How far is the moon?")]}
    events = [
        *(call(organization.id, at(hours=n), asked) for n in range(4)),
        *(failure(organization.id, at(days=1, seconds=n), asked) for n in range(5)),
        *(prompt(2, n, "Be kind. ") for n in range(4)),
        *(prompt(3, n, f"Today is day {n}. ") for n in range(4)),
        *(alike(n, tokens=(100, 70), status=-3) for n in range(3)),
        *(alike(n) for n in range(3, 13)),
        *(
            call(
                organization.id,
                at(days=5, minutes=n),
                {"messages": [said(f"Step {n}")], "tools": [tool]},
                said_back=called("search", {"q": "Oslo"}),
                session_id="run" if n < 6 else "",
            )
            for n in range(26)
        ),
    ]
    found = look_at(events)
    assert found.keys() == {*Kind.values}
    client = WebClient(stack.url, organization.owner)
    for suggestion in found.values():
        page = client.get(address(organization.organization, "suggestion", id=suggestion.id))
        assert page.status == 200
        assert "gpt-4o" in page.text


def test_a_look_that_runs_shows_how_far_it_is(visitor: Page, organization: Tenant, looked: Look) -> None:
    looked.state, looked.done, looked.total = LookState.RUNNING, 1_500, 6_000
    looked.save()
    with transaction.atomic():
        Look.objects.select_for_update().get(pk=looked.pk)  # a worker would take it up again
        visitor.goto(address(organization.organization))
        expect(visitor.get_by_text("Looking at your calls: 1,500 of 6,000")).to_be_visible()
        expect(visitor.get_by_role("link", name=REPEATED)).to_be_visible()


def test_the_reason_of_a_look_that_failed_is_shown_beside_what_was_found_before(
    visitor: Page, organization: Tenant, looked: Look
) -> None:
    looked.state, looked.error = LookState.FAILED, "The worker died."
    looked.save()
    visitor.goto(address(organization.organization))
    expect(visitor.get_by_role("alert")).to_contain_text("The worker died.")
    expect(visitor.get_by_role("link", name=REPEATED)).to_be_visible()


def test_the_pages_keep_nobody_out_and_fit_a_phone(
    visitor: Page,
    organization: Tenant,
    looked: Look,
    barriers_in_both_themes: Callable[[Page], list[str]],
) -> None:
    found = Suggestion.objects.get(organization=organization.organization, kind="repeated")
    for path in (
        address(organization.organization),
        address(organization.organization, "suggestion", id=found.id),
    ):
        visitor.goto(path)
        assert barriers_in_both_themes(visitor) == []
        visitor.set_viewport_size({"width": 390, "height": 844})
        assert visitor.evaluate("document.documentElement.scrollWidth") == 390


def test_a_suggestion_of_another_organization_is_not_found(
    stack: Stack, organization: Tenant, looked: Look, make_tenant: Callable[[], Tenant]
) -> None:
    found = Suggestion.objects.get(organization=organization.organization, kind="repeated")
    other = make_tenant()
    stranger = WebClient(stack.url, other.owner)
    assert stranger.get(address(other.organization, "suggestion", id=found.id)).status == 404
    for name in ("suggestion-dismiss", "suggestion-restore"):
        assert stranger.post(address(other.organization, name, id=found.id)).status == 404
    own = WebClient(stack.url, organization.owner)
    assert own.get(address(organization.organization, "suggestion", id=found.id)).status == 200
