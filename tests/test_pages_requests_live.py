"""The live switch of the list of requests."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

pytest_plugins = ("tests.browser", "tests.request_pages")

# The page's clock is put forward: counts and chart follow every ten seconds.
COUNTED_MS = 10_000


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


def test_counts_and_chart_follow_without_being_drawn_anew(
    visitor: Page, address: str, logged_chats: Callable[..., None]
) -> None:
    logged_chats({"text": "first"}, {"text": "second", "status": 500})
    visitor.clock.install()
    visitor.goto(f"{address}?range=24h")
    visitor.get_by_role("switch", name="Live").check(force=True)
    chart = visitor.get_by_role("region", name="Requests over time", exact=True)
    expect(chart.locator(".plot svg .bars .point").first).to_be_attached(timeout=20_000)
    visitor.get_by_text("Show as a table").click()
    area = chart.locator(".nsewdrag").bounding_box()
    assert area is not None
    visitor.mouse.move(area["x"] + area["width"] - 4, area["y"] + area["height"] / 2)
    expect(chart.locator(".hoverlayer text").first).to_be_visible()
    chart.locator(".plot").evaluate("plot => { plot.wasThere = true }")
    logged_chats({"text": "third"})
    expect(visitor.locator("td.preview").first).to_have_text("third")
    expect(visitor.locator("#shown")).to_have_text("3")
    visitor.clock.fast_forward(COUNTED_MS)
    expect(chart).to_contain_text("3 requests")
    expect(visitor.locator("#count")).to_have_text("3 requests")
    expect(chart.locator("tbody tr td").last).to_have_text("3")
    assert chart.locator(".plot").evaluate("plot => plot.wasThere")
    expect(chart.locator(".hoverlayer text").first).to_be_visible()


def test_counts_are_not_asked_for_while_nothing_comes(
    visitor: Page, address: str, logged_chats: Callable[..., None]
) -> None:
    logged_chats({})
    visitor.clock.install()
    visitor.goto(address)
    asked: list[str] = []
    visitor.on("request", lambda request: asked.append(request.url))
    visitor.get_by_role("switch", name="Live").check(force=True)
    with visitor.expect_response("**/requests/rows/**"):
        visitor.clock.fast_forward(COUNTED_MS)
    with visitor.expect_response("**/requests/rows/**"):
        visitor.clock.fast_forward(COUNTED_MS)
    assert not [url for url in asked if "/count/" in url or "/histogram/" in url]
