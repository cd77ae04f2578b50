"""The Properties page in a browser."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.events import chat_event
from tests.live import Tenant
from tests.logged_days import asking, days_ago, store

pytest_plugins = ("tests.browser",)

DRAWN_MS = 20_000
NOTE_SHIFTS = """
    window.shifts = [];
    new PerformanceObserver((seen) => {
        for (const { value, hadRecentInput } of seen.getEntries()) if (!hadRecentInput) shifts.push(value);
    }).observe({ type: "layout-shift", buffered: true });
"""


@pytest.fixture
def address(organization: Tenant) -> str:
    return f"/o/{organization.organization.slug}/properties/"


@pytest.fixture
def traffic(organization: Tenant) -> None:
    """Six requests of three features in two tiers, one of which failed, and one without any property."""
    seen: list[tuple[str, str, dict[str, Any]]] = [
        ("chat", "pro", {}),
        ("chat", "pro", {"status": 500}),
        ("chat", "free", {}),
        ("search/ü & co", "free", {}),
        ("", "free", {}),
        ("support", "pro", {"model": "nobody-knows"}),
    ]
    store(
        *(
            asking(
                organization.id,
                days_ago(1 + n),
                properties={"Feature": feature, "Tier": tier},
                user_id="ann",
                **more,
            )
            for n, (feature, tier, more) in enumerate(seen)
        ),
        asking(organization.id, days_ago(1)),
    )


def test_a_new_organization_learns_what_properties_are(
    visitor: Page, address: str, organization: Tenant
) -> None:
    store(chat_event(organization.id))
    visitor.goto(address)
    expect(visitor.get_by_role("heading", name="Say what a request is for")).to_be_visible()
    expect(visitor.locator("#snippet-property")).to_contain_text("Helicone-Property-Feature")


def test_every_property_gets_its_numbers(visitor: Page, address: str, traffic: None) -> None:
    visitor.goto(address)
    row = visitor.locator("[data-row=Feature]")
    expect(row.locator("td")).to_have_text(["Feature", "4", "6", "85.7 %", "$0.0022+", "83.3 %"])
    row.get_by_role("link", name="6", exact=True).click()
    visitor.wait_for_url(re.compile(r"/requests/\?"))
    expect(visitor.locator("[data-row]")).to_have_count(6)


def test_the_values_of_a_property_are_sorted_and_lead_to_their_requests(
    visitor: Page, address: str, traffic: None
) -> None:
    visitor.goto(address)
    visitor.get_by_role("link", name="Feature", exact=True).click()
    rows = visitor.locator("#rows tbody tr")
    expect(rows.first).to_contain_text("chat")
    expect(rows.first.locator("td").nth(6)).to_have_text("1")  # users
    expect(visitor.locator("#rows tfoot tr").first).to_contain_text("Without Feature")
    visitor.get_by_role("link", name="Failures").click()
    expect(visitor.locator("th[aria-sort=descending]")).to_contain_text("Failures")
    expect(rows.first).to_contain_text("33.3 %")
    visitor.get_by_role("link", name="search/ü & co").click()
    visitor.wait_for_url(re.compile(r"/requests/\?"))
    expect(visitor.locator("[data-row]")).to_have_count(1)


def test_a_value_is_found_by_a_part(visitor: Page, address: str, traffic: None) -> None:
    visitor.goto(f"{address}?property=Feature")
    visitor.get_by_label("Find values of Feature").fill("SEAR")
    visitor.get_by_role("button", name="Find", exact=True).click()
    expect(visitor.locator("#rows tbody tr")).to_have_count(1)
    expect(visitor.get_by_text("1–1 of 1 value with “SEAR”")).to_be_visible()
    assert "find=SEAR" in visitor.url


def test_the_chart_shows_costs_or_requests(visitor: Page, address: str, traffic: None) -> None:
    visitor.goto(f"{address}?property=Feature")
    expect(visitor.get_by_role("heading", name="Cost by Feature")).to_be_visible()
    expect(visitor.locator(".plot .bars .point").first).to_be_attached(timeout=DRAWN_MS)
    visitor.locator("#show-requests").click()
    expect(visitor.get_by_role("heading", name="Requests by Feature")).to_be_visible()
    expect(visitor.locator(".chart-legend")).to_contain_text("(empty)")


def test_two_properties_are_crossed_and_a_cell_leads_to_its_requests(
    visitor: Page, address: str, traffic: None
) -> None:
    visitor.goto(f"{address}?property=Feature")
    visitor.get_by_label("Crossed with").select_option("Tier")
    visitor.get_by_role("button", name="Cross").click()
    table = visitor.get_by_role("region", name="Feature crossed with Tier")
    expect(table).to_be_visible()
    visitor.locator("#show-requests").click()
    expect(table.locator("thead th")).to_have_text(["Feature × Tier", "free", "pro", "no Tier", "All"])
    expect(table.locator("tbody tr").first.locator("th, td")).to_have_text(["chat", "1", "2", "", "3"])
    expect(table.locator("tfoot tr").locator("th, td")).to_have_text(["All", "3", "3", "1", "7"])
    assert table.locator("tbody tr").first.locator("td").nth(1).get_attribute("class") == "num heat-5"
    table.get_by_role("link", name="2", exact=True).click()
    visitor.wait_for_url(re.compile(r"/requests/\?"))
    expect(visitor.locator("[data-row]")).to_have_count(2)


def test_a_property_becomes_the_breakdown_of_the_dashboard(
    visitor: Page, address: str, traffic: None
) -> None:
    visitor.goto(f"{address}?property=Feature&range=7d")
    visitor.get_by_role("link", name="Dashboard by Feature").click()
    visitor.wait_for_url(re.compile(r"/dashboard/\?by=properties\.Feature&range=7d"))
    expect(visitor.get_by_role("heading", name="Cost by feature")).to_be_visible()


def test_the_period_is_kept_from_the_list_to_a_value(visitor: Page, address: str, traffic: None) -> None:
    visitor.goto(f"{address}?range=24h")
    visitor.get_by_role("link", name="Tier", exact=True).click()
    visitor.wait_for_url(re.compile("property=Tier"))
    expect(visitor.locator("#range-24h")).to_have_attribute("aria-current", "true")
    visitor.locator("#range-7d").click()
    expect(visitor.locator("#rows tbody tr").first).to_contain_text("free")


def test_rows_are_walked_by_keys(visitor: Page, address: str, traffic: None) -> None:
    visitor.goto(f"{address}?property=Tier")
    visitor.keyboard.press("j")
    expect(visitor.locator("#open-1")).to_be_focused()
    visitor.keyboard.press("j")
    expect(visitor.locator("#open-2")).to_be_focused()
    visitor.keyboard.press("Enter")
    visitor.wait_for_url(re.compile(r"/requests/\?"))


@pytest.mark.parametrize("query", ["", "?property=Feature", "?property=Feature&cross=Tier"])
def test_nothing_keeps_people_out(
    visitor: Page,
    address: str,
    traffic: None,
    barriers_in_both_themes: Callable[[Page], list[str]],
    query: str,
) -> None:
    visitor.goto(address + query)
    expect(visitor.locator("#rows, .crossed")).to_be_visible()
    visitor.wait_for_load_state("networkidle")
    assert barriers_in_both_themes(visitor) == []


@pytest.mark.parametrize("query", ["", "?property=Feature", "?property=Feature&cross=Tier"])
def test_a_phone_shows_it_and_nothing_moves(
    new_page: Callable[..., Page], organization: Tenant, address: str, traffic: None, query: str
) -> None:
    page = new_page(organization.owner, viewport={"width": 390, "height": 800})
    page.add_init_script(NOTE_SHIFTS)
    page.goto(address + query)
    expect(page.locator("#rows, .crossed")).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert page.evaluate("shifts") == []
