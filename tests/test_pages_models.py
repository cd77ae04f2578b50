"""The page of models and providers in a browser."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.live import Tenant
from tests.logged_days import asking, days_ago, store

pytest_plugins = ("tests.browser",)

NOTE_SHIFTS = """
    window.shifts = [];
    new PerformanceObserver((seen) => {
        for (const { value, hadRecentInput } of seen.getEntries()) if (!hadRecentInput) shifts.push(value);
    }).observe({ type: "layout-shift", buffered: true });
"""


@pytest.fixture
def address(organization: Tenant) -> str:
    return f"/o/{organization.organization.slug}/models/"


@pytest.fixture
def traffic(organization: Tenant) -> None:
    """Calls of two models at three providers; of the first, one was limited and one failed."""
    store(
        asking(organization.id, days_ago(2)),
        asking(organization.id, days_ago(3), provider="azure"),
        asking(organization.id, days_ago(2), status=429, error="rate_limit_exceeded", usage=None),
        asking(organization.id, days_ago(2), status=503, error="overloaded", usage=None),
        asking(organization.id, days_ago(4), provider="custom", model="nobody-knows"),
    )


def test_a_new_organization_is_helped_to_its_first_call(visitor: Page, address: str) -> None:
    visitor.goto(address)
    expect(visitor.get_by_role("heading", name="Send the first request")).to_be_visible()


def test_a_model_has_its_costs_times_and_failures(visitor: Page, address: str, traffic: None) -> None:
    visitor.goto(address)
    known, unknown = visitor.locator("#rows tbody tr").all()
    expect(known).to_contain_text("gpt-4o")
    expect(known).to_contain_text("openai, azure")
    expect(known).to_contain_text("$2.50 in · $10.00 out")
    expect(known.get_by_role("link", name="429 × 1")).to_be_visible()
    expect(known).to_contain_text("50 %")
    expect(unknown.locator("td").nth(2)).to_have_text("–")
    known.get_by_role("link", name="429 × 1").click()
    visitor.wait_for_url(re.compile(r"/requests/\?"))
    expect(visitor.locator("[data-row]")).to_have_count(1)


def test_a_model_leads_to_its_dashboard(visitor: Page, address: str, traffic: None) -> None:
    visitor.goto(f"{address}?range=7d&sort=-cost")
    visitor.get_by_role("link", name="gpt-4o", exact=True).click()
    visitor.wait_for_url(re.compile(r"/dashboard/\?"))
    assert "range=7d" in visitor.url
    assert "sort" not in visitor.url
    expect(visitor.locator(".chip")).to_contain_text("gpt-4o")


def test_providers_are_listed_and_sorted(visitor: Page, address: str, traffic: None) -> None:
    visitor.goto(address)
    visitor.get_by_role("link", name="Providers").last.click()
    names = visitor.locator("#rows tbody .row-link")
    expect(names).to_have_text(["openai", "azure", "custom"])
    visitor.locator("#sort-name").click()
    expect(names).to_have_text(["openai", "custom", "azure"])
    expect(visitor.locator("th[aria-sort=descending]")).to_contain_text("Provider")
    assert "by=provider" in visitor.url


def test_availability_is_drawn_and_told(visitor: Page, address: str, traffic: None) -> None:
    visitor.goto(address)
    row = visitor.locator(".up-row").first
    expect(row).to_contain_text("gpt-4o")
    expect(row.locator("rect.up-1")).to_have_count(1)
    expect(row.get_by_role("link")).to_have_text("75 %")
    visitor.get_by_text("Show as a table").click()
    table = visitor.get_by_role("region", name="Availability, as a table")
    expect(table.locator("tbody tr")).to_have_count(3)
    row.get_by_role("link").click()
    visitor.wait_for_url(re.compile(r"/requests/\?"))
    expect(visitor.locator("[data-row]")).to_have_count(1)


def test_a_period_without_calls_is_said_to_be_empty(visitor: Page, address: str, traffic: None) -> None:
    visitor.goto(f"{address}?range=1h")
    expect(visitor.get_by_role("heading", name="No calls")).to_be_visible()
    visitor.get_by_role("link", name="Look at the last 90 days").click()
    expect(visitor.locator("#rows tbody tr")).to_have_count(2)


def test_nothing_keeps_people_out(
    visitor: Page, address: str, traffic: None, barriers_in_both_themes: Callable[[Page], list[str]]
) -> None:
    visitor.goto(address)
    visitor.get_by_text("Show as a table").click()
    expect(visitor.locator("#rows tbody tr")).to_have_count(2)
    assert barriers_in_both_themes(visitor) == []


def test_a_phone_shows_it_and_nothing_moves(
    new_page: Callable[..., Page], organization: Tenant, address: str, traffic: None
) -> None:
    page = new_page(organization.owner, viewport={"width": 390, "height": 800})
    page.add_init_script(NOTE_SHIFTS)
    page.goto(address)
    expect(page.locator("#rows tbody tr")).to_have_count(2)
    page.wait_for_load_state("networkidle")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert page.evaluate("shifts") == []
