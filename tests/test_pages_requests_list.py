"""The counts over time above the list of requests, and what of the list keeps people out."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from ingest_app.events import now_us
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


def test_chart_menus_and_suggestions_keep_nobody_out(
    visitor: Page,
    address: str,
    logged_chats: Callable[..., None],
    barriers_in_both_themes: Callable[[Page], list[str]],
) -> None:
    page, barriers = visitor, barriers_in_both_themes
    logged_chats(*({"status": status, "properties": {"Team": "red"}} for status in (200, 429, 500, -3)))
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
