"""Charts and panels of the dashboard in a browser."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import FloatRect, Locator, Page, expect

from helicone_site import formats
from tests.live import Tenant

pytest_plugins = ("tests.browser", "tests.request_pages")

DRAWN_MS = 20_000
PANEL = "Requests by status"
NOTE_SHIFTS = """
    window.shifts = [];
    new PerformanceObserver((seen) => {
        for (const entry of seen.getEntries()) {
            shifts.push(`${entry.value} ${entry.sources.map(({ node }) => node?.className ?? node?.nodeName)}`);
        }
    }).observe({ type: "layout-shift", buffered: true });
"""


@pytest.fixture
def dashboard(organization: Tenant, logged_chats: Callable[..., None]) -> str:
    """Returns the address of the dashboard of an organization with some traffic."""
    logged_chats(*({"status": status} for status in (200, 200, 200, 429, 500)))
    return f"/o/{organization.organization.slug}/dashboard/?range=24h"


@pytest.fixture
def drawn(visitor: Page, dashboard: str) -> Page:
    """The owner's dashboard, its first chart drawn."""
    visitor.goto(dashboard)
    expect(points_of(panel(visitor)).first).to_be_attached(timeout=DRAWN_MS)
    return visitor


def panel(page: Page, title: str = PANEL) -> Locator:
    return page.get_by_role("article", name=title, exact=True)


def points_of(panel: Locator) -> Locator:
    return panel.locator(".plot .bars .point path")


def box_of(locator: Locator) -> FloatRect:
    locator.scroll_into_view_if_needed()
    found = locator.bounding_box()
    assert found is not None
    return found


def highest(points: Locator) -> Locator:
    """Returns the highest part of a bar."""
    heights: list[float] = points.evaluate_all("all => all.map(one => one.getBoundingClientRect().height)")
    return points.nth(heights.index(max(heights)))


def names(page: Page) -> list[str]:
    """Returns the panels in their order."""
    return [str(one.get_attribute("aria-label")) for one in page.locator("[data-panel]").all()]


def test_a_click_on_a_part_of_a_bar_leads_to_its_requests(drawn: Page) -> None:
    area = box_of(highest(points_of(panel(drawn))))
    x, y = area["x"] + area["width"] / 2, area["y"] + area["height"] / 2
    drawn.mouse.move(x, y)
    expect(panel(drawn).locator(".hoverlayer text").first).to_be_visible()
    drawn.mouse.click(x, y)
    drawn.wait_for_url(re.compile(r"/requests/\?.*start=.*&end="))
    assert "range=" not in drawn.url
    assert "status" in drawn.url


def test_a_drag_over_a_chart_narrows_the_period(drawn: Page) -> None:
    area = box_of(panel(drawn).locator(".plot .nsewdrag"))
    middle = area["y"] + area["height"] / 2
    drawn.mouse.move(area["x"] + area["width"] * 0.2, middle)
    drawn.mouse.down()
    for share in (0.3, 0.5):
        drawn.mouse.move(area["x"] + area["width"] * share, middle, steps=5)
    drawn.mouse.up()
    drawn.wait_for_url(re.compile(r"/dashboard/\?.*start=.*&end="))
    assert "range=" not in drawn.url


def test_nothing_moves_when_charts_come(visitor: Page, dashboard: str) -> None:
    visitor.add_init_script(NOTE_SHIFTS)
    visitor.goto(dashboard)
    expect(points_of(panel(visitor)).first).to_be_attached(timeout=DRAWN_MS)
    assert visitor.evaluate("shifts") == []


def test_a_table_covers_its_chart_and_leads_to_the_requests_of_a_row(drawn: Page) -> None:
    below = box_of(panel(drawn))
    panel(drawn).get_by_text("Show as a table").click()
    table = panel(drawn).get_by_role("region", name=f"{PANEL}, as a table")
    expect(table.locator("tbody tr").first).to_be_visible()
    assert panel(drawn).bounding_box() == below
    table.get_by_role("link").first.click()
    drawn.wait_for_url(re.compile(r"/requests/\?.*start=.*&end="))


def test_a_chart_is_drawn_again_in_the_colours_of_the_other_theme(drawn: Page) -> None:
    part = highest(points_of(panel(drawn)))
    colour = part.evaluate("part => part.style.fill")
    drawn.emulate_media(color_scheme="dark")
    expect(part).not_to_have_css("fill", colour)


def test_a_panel_is_moved_and_resized_by_keys_and_stays_so(drawn: Page) -> None:
    before = names(drawn)
    drawn.get_by_role("button", name="Customize").click()
    handle = drawn.get_by_role("button", name=f"Move: {before[0]}", exact=True)
    handle.press("ArrowRight")
    expect(handle).to_be_focused()
    expect(drawn.locator("#customize-said")).to_have_text(f"{before[0]}: place 2 of {len(before)}.")
    drawn.get_by_role("button", name=f"Wider: {before[0]}", exact=True).press("Enter")
    drawn.get_by_role("button", name=f"Taller: {before[0]}", exact=True).press("Enter")
    drawn.get_by_role("button", name="Done").click()
    expect(drawn.get_by_role("button", name="Done")).to_be_hidden()
    assert names(drawn) == [before[1], before[0], *before[2:]]
    moved = panel(drawn, before[0])
    assert (moved.get_attribute("data-width"), moved.get_attribute("data-height")) == ("4", "m")


def test_a_panel_is_dragged_to_another_place(drawn: Page) -> None:
    before = names(drawn)
    drawn.get_by_role("button", name="Customize").click()
    handle = box_of(drawn.get_by_role("button", name=f"Move: {before[2]}", exact=True))
    over = box_of(panel(drawn, before[0]))
    drawn.mouse.move(handle["x"] + 8, handle["y"] + 8)
    drawn.mouse.down()
    drawn.mouse.move(over["x"] + 40, over["y"] + 60, steps=12)
    drawn.mouse.up()
    assert names(drawn)[:3] == [before[2], before[0], before[1]]


def test_a_hidden_panel_can_be_added_again(drawn: Page) -> None:
    before = names(drawn)
    drawn.get_by_role("button", name="Customize").click()
    drawn.get_by_role("button", name=f"Hide: {before[0]}", exact=True).click()
    drawn.get_by_role("button", name="Done").click()
    expect(panel(drawn, before[0])).to_have_count(0)
    drawn.get_by_role("button", name="Customize").click()
    drawn.get_by_text("Add a panel").click()
    drawn.get_by_role("button", name=before[0], exact=True).click()
    # One goes on where one was, with the period that was looked at.
    expect(drawn.get_by_role("button", name=f"Move: {before[0]}", exact=True)).to_be_focused()
    assert drawn.url.endswith("/dashboard/?range=24h")
    assert names(drawn) == [*before[1:], before[0]]


def test_what_is_cancelled_or_reset_is_as_before(drawn: Page) -> None:
    before = names(drawn)
    for button in (drawn.get_by_role("link", name="Cancel"), drawn.get_by_role("button", name="Reset")):
        drawn.get_by_role("button", name="Customize").click()
        drawn.get_by_role("button", name=f"Hide: {before[0]}", exact=True).click()
        button.click()
        expect(panel(drawn, before[0])).to_be_visible()
        assert names(drawn) == before


def test_panels_stand_in_order_without_a_script(
    new_page: Callable[..., Page], organization: Tenant, dashboard: str
) -> None:
    page = new_page(organization.owner, java_script_enabled=False)
    page.goto(dashboard)
    expect(panel(page)).to_be_visible()
    expect(page.get_by_role("button", name="Customize")).to_be_hidden()


def test_charts_and_their_customizing_keep_nobody_out(
    drawn: Page, barriers_in_both_themes: Callable[[Page], list[str]]
) -> None:
    assert barriers_in_both_themes(drawn) == []
    drawn.get_by_role("button", name="Customize").click()
    assert barriers_in_both_themes(drawn) == []


def test_a_narrow_screen_shows_all_of_it(
    new_page: Callable[..., Page], organization: Tenant, dashboard: str
) -> None:
    page = new_page(organization.owner, viewport={"width": 390, "height": 844}, has_touch=True)
    page.goto(dashboard)
    panel(page).scroll_into_view_if_needed()
    expect(points_of(panel(page)).first).to_be_attached(timeout=DRAWN_MS)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.get_by_role("button", name="Customize").click()
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_the_link_of_a_chart_is_copied(drawn: Page) -> None:
    drawn.context.grant_permissions(["clipboard-read", "clipboard-write"])
    panel(drawn).get_by_role("button", name=f"Copy the link of {PANEL}").click()
    expect(panel(drawn).get_by_role("button", name="Copied")).to_be_visible()
    copied = drawn.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(drawn.url.split("?")[0])
    drawn.goto(copied)
    expect(panel(drawn)).to_be_in_viewport()


def test_scripts_write_numbers_as_the_server_does(drawn: Page) -> None:
    numbers = [None, 0, 0.25, 9.999, 12.34, 99.96, 100.4, 1_204, 9_999.6, 12_400, 999_960, 3_100_000_000]
    shares = [None, 0, 0.0001, 0.94, 9.996, 12.44, 100]
    written = drawn.evaluate(
        """async ([numbers, shares]) => {
            const loaded = performance.getEntriesByType("resource").map(({ name }) => name);
            const { written } = await import(loaded.find((name) => /formats[.\\w]*\\.js$/.test(name)));
            const all = (values, unit) => values.map((value) => written(value, unit));
            return [all(numbers, "count"), all(shares, "percent"), all(numbers, "tokens_per_s")];
        }""",
        [numbers, shares],
    )
    assert written == [
        [formats.number(value) for value in numbers],
        [formats.percent(value) for value in shares],
        [formats.token_rate(value) for value in numbers],
    ]


def test_a_scale_has_a_few_lines_at_round_numbers(drawn: Page) -> None:
    scales: list[tuple[float, str, int, list[str]]] = [
        (0, "count", 3, ["0", "1"]),
        (2.2, "count", 3, ["0", "1", "2"]),
        (9, "count", 3, ["0", "5"]),
        (7, "count", 3, ["0", "2", "4", "6"]),
        (0.009e9, "money", 3, ["0", "$0.0025", "$0.005", "$0.0075"]),
        (12e9, "money", 3, ["0", "$5", "$10"]),
        (800_000, "tokens", 3, ["0", "250 k", "500 k", "750 k"]),
        (90_000, "ms", 3, ["0", "30 s", "1 m 00 s", "1 m 30 s"]),
        (1_400, "ms", 3, ["0", "500 ms", "1 s"]),
        (2, "tokens", 4, ["0", "1", "2"]),
        (3.2, "percent", 3, ["0", "1 %", "2 %", "3 %"]),
    ]
    found = drawn.evaluate(
        """async (scales) => {
            const loaded = performance.getEntriesByType("resource").map(({ name }) => name);
            const { scaleOf } = await import(loaded.find((name) => /chart-scale[.\\w]*\\.js$/.test(name)));
            return scales.map(([top, unit, most]) => scaleOf(top, unit, most).texts);
        }""",
        [[top, unit, most] for top, unit, most, _ in scales],
    )
    assert found == [texts for *_, texts in scales]
