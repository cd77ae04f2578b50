"""What is around the rows of the list of requests: counts over time, columns, selection, the live switch."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from ingest_app.events import now_us
from tests.live import Tenant
from tests.request_list import previews

pytest_plugins = ("tests.browser", "tests.request_pages")

HOUR_US = 3_600_000_000
# On a busy machine the chart's library takes its time.
DRAWN_MS = 20_000


def test_counts_over_time_are_drawn_and_listed(
    visitor: Page, address: str, logged_chats: Callable[..., None]
) -> None:
    ago = now_us() - 5 * HOUR_US
    logged_chats({"at_us": ago}, {"at_us": ago + 1, "status": 500}, {"status": 429})
    visitor.goto(f"{address}?range=24h")
    chart = visitor.get_by_role("region", name="Requests over time", exact=True)
    expect(chart).to_contain_text("3 requests")
    expect(chart).to_contain_text("success 33.3 %")
    expect(chart.locator(".plot svg .bars .point").first).to_be_attached(timeout=DRAWN_MS)
    visitor.get_by_text("Show as a table").click()
    rows = chart.locator("tbody tr")
    expect(rows).to_have_count(2)
    rows.first.get_by_role("link").press("Enter")
    expect(visitor.locator("[data-row]")).to_have_count(2)
    assert re.search(r"start=.*Z.*end=.*Z", visitor.url)
    assert "range=" not in visitor.url


def test_dragging_over_bars_narrows_the_period(
    visitor: Page, address: str, logged_chats: Callable[..., None]
) -> None:
    logged_chats({"text": "early", "at_us": now_us() - 20 * HOUR_US}, {"text": "late"})
    visitor.goto(f"{address}?range=24h")
    expect(visitor.locator(".plot svg .bars .point").first).to_be_attached(timeout=DRAWN_MS)
    area = visitor.locator(".plot .nsewdrag").bounding_box()
    assert area is not None
    middle = area["y"] + area["height"] / 2
    visitor.mouse.move(area["x"] + 2, middle)
    visitor.mouse.down()
    visitor.mouse.move(area["x"] + area["width"] * 0.3, middle, steps=5)
    visitor.mouse.move(area["x"] + area["width"] * 0.5, middle, steps=5)
    visitor.mouse.up()
    expect(visitor.locator("[data-row]")).to_have_count(1)
    assert previews(visitor) == ["early"]


def test_counts_are_split_by_model_on_demand(
    visitor: Page, address: str, logged_chats: Callable[..., None]
) -> None:
    logged_chats(*({"model": f"model-{n}"} for n in range(8)))
    visitor.goto(address)
    visitor.get_by_role("link", name="Model", exact=True).click()
    expect(visitor.locator(".chart-legend li")).to_have_count(7)
    expect(visitor.locator(".chart-legend")).to_contain_text("other 25.0 %")


def test_columns_are_chosen_ordered_and_remembered(
    visitor: Page, address: str, logged_chats: Callable[..., None]
) -> None:
    logged_chats({"properties": {"Team, or so": "red"}, "user_id": "ada"})
    visitor.goto(address)
    visitor.locator("#columns-menu summary").click()
    for label in ("Time", "Status", "Tokens", "Cost", "Latency", "First token", "Properties", "Request"):
        visitor.locator("#columns-panel").get_by_label(label, exact=True).uncheck()
    visitor.locator("#columns-panel").get_by_label("Team, or so").check()
    user = visitor.locator("#columns-panel").get_by_label("User", exact=True)
    user.press("Alt+ArrowUp")
    for _ in range(2):
        user.press("Alt+ArrowUp")
    visitor.get_by_role("button", name="Show these").click()
    heads = visitor.locator("#rows thead th:not(.select)")
    expect(heads).to_have_count(3)
    assert [text.strip() for text in heads.all_text_contents()] == ["User", "Model", "Team, or so"]
    assert "columns=" in visitor.url
    expect(visitor.locator("[data-row]")).to_contain_text("red")
    visitor.goto(address)
    expect(heads).to_have_count(3)
    visitor.locator("[data-row] .cell-text").click()
    expect(visitor.get_by_role("complementary", name="Request")).to_be_visible()


def test_rows_are_selected_and_given_a_property(
    visitor: Page, address: str, logged_chats: Callable[..., None]
) -> None:
    logged_chats(*({"text": f"number {n}"} for n in range(4)))
    visitor.goto(address)
    boxes = visitor.locator("[data-select]")
    boxes.nth(0).check()
    boxes.nth(2).click(modifiers=["Shift"])
    expect(visitor.locator("#selection-count")).to_have_text("3 selected")
    assert visitor.locator("#drawer > *").count() == 0
    visitor.get_by_text("Add a property").click()
    visitor.locator("#selected-name").fill("Reviewed")
    visitor.locator("#selected-value").fill("yes")
    visitor.get_by_role("button", name="Add to the selected").click()
    expect(visitor.get_by_text("Property added to 3 requests.")).to_be_visible()
    visitor.goto(f"{address}?property.Reviewed=yes")
    expect(visitor.locator("[data-row]")).to_have_count(3)


def test_all_that_match_are_given_a_property_beyond_the_page(
    visitor: Page, address: str, logged_chats: Callable[..., None]
) -> None:
    logged_chats({"user_id": "bob"}, *({"user_id": "ada"} for _ in range(3)))
    visitor.goto(f"{address}?q=user%3Aada&limit=2")
    visitor.get_by_label("Select all on this page").check()
    visitor.get_by_role("button", name="Select all 3 that match").click()
    visitor.get_by_text("Add a property").click()
    visitor.locator("#selected-name").fill("Seen")
    visitor.get_by_role("button", name="Add to the selected").click()
    expect(visitor.get_by_text("Property added to 3 requests.")).to_be_visible()


def test_x_selects_the_row_of_the_keyboard_and_the_selection_is_exported(
    visitor: Page, address: str, logged_chats: Callable[..., None]
) -> None:
    logged_chats({}, {})
    visitor.goto(address)
    visitor.keyboard.press("j")
    visitor.keyboard.press("x")
    expect(visitor.locator("#selection-count")).to_have_text("1 selected")
    chosen = visitor.locator("[data-row]").first.get_attribute("data-row")
    visitor.locator("#export-selected").click()
    visitor.wait_for_url(f"**/exports/?q=id%3A{chosen}")


def test_the_live_switch_follows_and_waits_while_one_reads(
    visitor: Page, address: str, logged_chats: Callable[..., None]
) -> None:
    logged_chats({"text": "first"})
    visitor.goto(address)
    visitor.get_by_role("switch", name="Live").check(force=True)
    logged_chats({"text": "second"})
    expect(visitor.locator("td.preview").first).to_have_text("second")
    visitor.locator("td.preview").first.click()
    drawer = visitor.get_by_role("complementary", name="Request")
    expect(drawer).to_contain_text("second")
    logged_chats({"text": "third"})
    expect(visitor.get_by_role("button", name="1 new")).to_be_visible()
    expect(visitor.locator("td.preview").first).to_have_text("second")
    visitor.keyboard.press("Escape")
    expect(visitor.locator("td.preview").first).to_have_text("third")
    visitor.reload()
    expect(visitor.get_by_role("switch", name="Live")).to_be_checked()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_chart_menus_and_suggestions_keep_nobody_out(
    new_page: Callable[..., Page],
    organization: Tenant,
    address: str,
    logged_chats: Callable[..., None],
    theme: str,
    barriers: Callable[[Page], list[str]],
) -> None:
    logged_chats(*({"status": status, "properties": {"Team": "red"}} for status in (200, 429, 500, -3)))
    page = new_page(organization.owner, color_scheme=theme)
    page.goto(f"{address}?q=model%3Agpt-4o")
    expect(page.locator(".plot svg .bars .point").first).to_be_attached(timeout=DRAWN_MS)
    page.get_by_text("Show as a table").click()
    page.get_by_label("Select all on this page").check()
    assert barriers(page) == []
    page.locator("#columns-menu summary").click()
    expect(page.get_by_role("button", name="Show these")).to_be_visible()
    assert barriers(page) == []
    page.locator("#views-menu summary").click()
    assert barriers(page) == []
    page.keyboard.press("Escape")
    page.get_by_role("combobox", name="Filter requests").fill("mo")
    expect(page.get_by_role("option").first).to_be_visible()
    page.keyboard.press("ArrowDown")
    assert barriers(page) == []
