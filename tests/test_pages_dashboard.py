"""The dashboard in a browser: its menus and lists, by mouse and by keyboard, while traffic comes."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.events import chat_event, log
from tests.live import Tenant

pytest_plugins = ("tests.browser", "tests.request_pages")

TITLES = ("Requests", "Cost", "Error rate", "Tokens")


@pytest.fixture
def dashboard(organization: Tenant, logged_chats: Callable[..., None]) -> str:
    """Returns the address of the dashboard of an organization with traffic of two models, users and features."""
    logged_chats(
        {"user_id": "ann", "properties": {"Feature": "chat"}},
        {"user_id": "ann", "properties": {"Feature": "chat"}},
        {"user_id": "bob", "properties": {"Feature": "search"}, "model": "gpt-4o-mini"},
        {"user_id": "bob", "properties": {"Feature": "search"}, "status": 429, "error": "rate_limit"},
    )
    return f"/o/{organization.organization.slug}/dashboard/?range=24h"


@pytest.fixture
def shown(visitor: Page, dashboard: str) -> Page:
    """The owner's dashboard."""
    visitor.goto(dashboard)
    expect(number(visitor, "Requests")).to_have_text("4")
    return visitor


def number(page: Page, label: str) -> Locator:
    """Returns the number of a card."""
    card = page.get_by_role("article", name=label, exact=True)
    return card.locator(".stat-value")


def ranked(page: Page, title: str) -> Locator:
    """Returns the rows of a ranked list."""
    return page.get_by_role("article", name=title, exact=True).get_by_role("listitem").get_by_role("link")


def menu(page: Page, name: str | re.Pattern[str]) -> Locator:
    return page.locator("summary").filter(has_text=name)


def test_two_keys_lead_to_the_dashboard(visitor: Page, organization: Tenant, dashboard: str) -> None:
    visitor.goto(f"/o/{organization.organization.slug}/requests/")
    visitor.keyboard.press("g")
    visitor.keyboard.press("d")
    visitor.wait_for_url(re.compile(r"/dashboard/"))
    expect(visitor.get_by_role("heading", name="Dashboard", level=1)).to_be_visible()
    current = visitor.get_by_role("navigation", name="Main").locator("[aria-current=page]")
    expect(current).to_have_text(re.compile("Dashboard"))


def test_a_card_leads_to_the_list_of_its_requests(shown: Page) -> None:
    shown.get_by_role("article", name="Cost", exact=True).get_by_role("link").click()
    shown.wait_for_url(re.compile(r"/requests/"))
    expect(shown.get_by_role("heading", name="Requests", level=1)).to_be_visible()
    expect(shown.locator("[data-row]")).to_have_count(4)
    expect(shown.locator("#metrics")).to_have_count(0)


def test_a_breakdown_is_chosen_by_keys(shown: Page) -> None:
    summary = menu(shown, "By model")
    summary.focus()
    shown.keyboard.press("Enter")
    choices = shown.locator("#by-menu").get_by_role("link")
    expect(choices.first).to_be_visible()
    shown.keyboard.press("Tab")
    expect(choices.first).to_be_focused()
    choices.filter(has_text="Feature").press("Enter")
    expect(menu(shown, "By feature")).to_be_visible()
    expect(shown).to_have_url(re.compile(r"by=properties\.Feature"))
    expect(shown.get_by_role("heading", name="Cost by feature")).to_be_visible()
    assert "range=24h" in shown.url


def test_escape_closes_a_menu_and_goes_back_to_its_button(shown: Page) -> None:
    summary = menu(shown, "Compare:")
    summary.press("Enter")
    expect(shown.get_by_label("Another filter, same period")).to_be_visible()
    shown.keyboard.press("Escape")
    expect(shown.get_by_label("Another filter, same period")).to_be_hidden()
    expect(summary).to_be_focused()


def test_another_filter_to_compare_with_is_typed_in(shown: Page) -> None:
    menu(shown, "Compare:").click()
    field = shown.get_by_label("Another filter, same period")
    field.fill("user:ann")
    field.press("Enter")
    expect(menu(shown, "Compare: user:ann")).to_be_visible()
    card = shown.get_by_role("article", name="Requests", exact=True)
    expect(card).to_contain_text("+100.0 % vs user:ann")  # four against two


def test_a_row_of_a_list_narrows_all_of_the_view(shown: Page) -> None:
    row = ranked(shown, "Top users").filter(has_text="bob")
    row.click()
    expect(number(shown, "Requests")).to_have_text("2")
    expect(number(shown, "Error rate")).to_have_text("50 %")
    expect(shown).to_have_url(re.compile("user%3Abob"))
    expect(ranked(shown, "Top users")).to_have_count(1)
    shown.get_by_role("link", name=re.compile("^Remove .*bob")).click()
    expect(number(shown, "Requests")).to_have_text("4")
    shown.go_back()
    expect(number(shown, "Requests")).to_have_text("2")


def test_the_list_of_the_dearest_is_of_what_the_viewer_chooses(shown: Page) -> None:
    expect(ranked(shown, "Top by cost").filter(has_text="chat")).to_be_visible()
    shown.locator("#top-menu summary").click()
    shown.locator("#top-menu").get_by_role("link", name="Model", exact=True).click()
    expect(ranked(shown, "Top by cost").filter(has_text="gpt-4o-mini")).to_be_visible()


def test_a_number_leads_to_the_requests_behind_it(shown: Page) -> None:
    number(shown, "Cost").click()
    shown.wait_for_url(re.compile(r"/requests/\?"))
    expect(shown.locator("#count")).to_have_text("4 requests")


def test_numbers_follow_the_traffic_when_they_are_asked_for_again(
    visitor: Page, organization: Tenant, dashboard: str
) -> None:
    visitor.clock.install()
    visitor.goto(f"{dashboard}&refresh=10s")
    expect(menu(visitor, "Refreshes 10s")).to_be_visible()
    expect(number(visitor, "Requests")).to_have_text("4")
    log(chat_event(organization.id, user_id="cem"), chat_event(organization.id, user_id="dan"))
    visitor.wait_for_timeout(500)
    expect_after_some_refreshes(visitor, "6")
    expect(number(visitor, "Active users")).to_have_text("4")
    assert visitor.url.endswith("&refresh=10s")


def expect_after_some_refreshes(page: Page, requests: str) -> None:
    """Wait until the card says so; rows are written a little after they were logged."""
    for _ in range(20):
        with page.expect_response(re.compile("/dashboard/")):
            page.clock.fast_forward(10_100)
        page.clock.run_for(1_000)
        if number(page, "Requests").text_content() == requests:
            return
    expect(number(page, "Requests")).to_have_text(requests)


def test_a_filter_that_cannot_be_read_is_shown_where_it_is_wrong(shown: Page, dashboard: str) -> None:
    shown.goto(f"{dashboard}&q=cost%3Emuch")
    expect(shown.get_by_role("alert")).to_contain_text("much")
    expect(shown.get_by_role("navigation", name="Period")).to_be_visible()
    expect(number(shown, "Requests")).to_have_count(0)


def test_open_menus_and_empty_panels_keep_nobody_out(
    shown: Page, dashboard: str, barriers_in_both_themes: Callable[[Page], list[str]]
) -> None:
    for name in ("By model", "Compare:", "Refresh"):
        menu(shown, re.compile(f"^{name}")).click()
        assert barriers_in_both_themes(shown) == []
    shown.goto(f"{dashboard}&q=model%3Anobody")
    expect(shown.get_by_text("Nothing in this period.").first).to_be_visible()
    assert barriers_in_both_themes(shown) == []


def test_a_narrow_screen_needs_no_scrolling_to_the_side(
    new_page: Callable[..., Page], organization: Tenant, dashboard: str
) -> None:
    page = new_page(organization.owner, viewport={"width": 390, "height": 844}, has_touch=True)
    page.goto(dashboard)
    expect(number(page, "Requests")).to_have_text("4")
    for name in ("By model", "Compare:", "Refresh"):
        summary = menu(page, re.compile(f"^{name}"))
        summary.tap()
        box = page.locator("details.menu[open] > :not(summary)").bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        summary.tap()
    ranked(page, "Top users").first.tap()
    expect(number(page, "Requests")).to_have_text("2")
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_without_a_script_all_but_the_charts_is_there(
    new_page: Callable[..., Page], organization: Tenant, dashboard: str
) -> None:
    page = new_page(organization.owner, java_script_enabled=False)
    page.goto(dashboard)
    for title in TITLES:
        expect(number(page, title)).to_be_visible()
    ranked(page, "Top users").filter(has_text="bob").click()
    expect(number(page, "Requests")).to_have_text("2")
    expect(menu(page, "Refresh")).to_be_hidden()
