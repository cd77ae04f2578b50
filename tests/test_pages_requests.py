"""The list of requests and its drawer, in a browser."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from accounts_app import actions
from tests.live import Tenant
from tests.request_list import open_id, previews

pytest_plugins = ("tests.browser", "tests.request_pages")

HOSTILE = "<script>window.hacked = 1</script><img src=x onerror='window.hacked = 2'>"


def test_it_shows_the_newest_request_first(
    visitor: Page, address: str, logged_chats: Callable[..., None]
) -> None:
    logged_chats({"text": "older"}, {"text": "newer", "user_id": "ada", "latency_ms": 1420})
    visitor.goto(address)
    assert previews(visitor) == ["newer", "older"]
    first = visitor.locator("[data-row]").first
    for shown in ("200", "gpt-4o", "ada", "100", "20", "$0.00045", "1.42 s"):
        expect(first).to_contain_text(shown)


def test_a_head_sorts_and_turns_round(visitor: Page, address: str, logged_chats: Callable[..., None]) -> None:
    logged_chats(*({"text": f"{ms} ms", "latency_ms": ms} for ms in (20, 30, 10)))
    visitor.goto(address)
    head = visitor.get_by_role("columnheader", name="Latency")
    head.get_by_role("link").click()
    expect(head).to_have_attribute("aria-sort", "descending")
    assert previews(visitor) == ["30 ms", "20 ms", "10 ms"]
    expect(head.get_by_role("link")).to_be_focused()
    head.get_by_role("link").click()
    expect(head).to_have_attribute("aria-sort", "ascending")
    assert previews(visitor) == ["10 ms", "20 ms", "30 ms"]


def test_pages_neither_skip_nor_repeat_while_requests_arrive(
    visitor: Page, address: str, logged_chats: Callable[..., None]
) -> None:
    logged_chats(*({"text": f"number {n}"} for n in range(5)))
    visitor.goto(f"{address}?limit=2")
    assert previews(visitor) == ["number 4", "number 3"]
    logged_chats(*({"text": f"late {n}"} for n in range(3)))
    visitor.get_by_role("link", name="Next").click()
    expect(visitor.locator("td.preview").first).to_have_text("number 2")
    assert previews(visitor) == ["number 2", "number 1"]
    visitor.get_by_role("link", name="Previous").click()
    expect(visitor.locator("td.preview").first).to_have_text("number 4")
    visitor.go_back()
    expect(visitor.locator("td.preview").first).to_have_text("number 2")


def test_the_drawer_follows_keys_and_the_address(
    visitor: Page, address: str, logged_chats: Callable[..., None]
) -> None:
    logged_chats({"text": "oldest"}, {"text": "middle"}, {"text": "newest"})
    visitor.goto(address)
    visitor.locator("td.preview").first.click()
    drawer = visitor.get_by_role("complementary", name="Request")
    expect(drawer).to_contain_text("newest")
    first_id = open_id(visitor)
    assert first_id
    visitor.keyboard.press("j")
    expect(drawer).to_contain_text("middle")
    assert open_id(visitor) not in {"", first_id}
    visitor.keyboard.press("k")
    expect(drawer).to_contain_text("newest")
    visitor.keyboard.press("Escape")
    expect(drawer).to_be_hidden()
    assert open_id(visitor) == ""
    expect(visitor.locator(f"#open-{first_id}")).to_be_focused()


def test_back_closes_the_drawer_and_forward_opens_it(
    visitor: Page, address: str, logged_chats: Callable[..., None]
) -> None:
    logged_chats({"text": "one"}, {"text": "two"})
    visitor.goto(f"{address}?model=gpt-4o")
    visitor.keyboard.press("j")
    visitor.keyboard.press("Enter")
    drawer = visitor.get_by_role("complementary", name="Request")
    expect(drawer).to_contain_text("two")
    assert "model=gpt-4o" in visitor.url
    visitor.go_back()
    expect(drawer).to_be_hidden()
    visitor.go_forward()
    expect(drawer).to_contain_text("two")


def test_a_link_to_a_tab_in_the_drawer_shows_it_again(
    visitor: Page, address: str, logged_chats: Callable[..., None]
) -> None:
    logged_chats({"properties": {"Feature": "search"}})
    visitor.goto(address)
    visitor.locator("[data-row]").first.click()
    visitor.locator(".tabs").get_by_role("link", name="Properties").click()
    expect(visitor.locator("#drawer .panel")).to_contain_text("search")
    visitor.goto(visitor.url)
    expect(visitor.locator("#drawer .panel")).to_contain_text("search")
    expect(visitor.locator(".tabs").get_by_role("link", name="Properties")).to_have_attribute(
        "aria-current", "page"
    )


def test_the_empty_state_turns_into_the_list(
    visitor: Page, address: str, logged_chats: Callable[..., None], barriers: Callable[[Page], list[str]]
) -> None:
    visitor.goto(address)
    expect(visitor.get_by_role("heading", name="Send the first request")).to_be_visible()
    visitor.get_by_text("LiteLLM", exact=True).click()
    expect(visitor.locator("#snippet-litellm")).to_contain_text("api_base=")
    assert barriers(visitor) == []
    logged_chats({"text": "the first one"})
    expect(visitor.locator("td.preview")).to_have_text("the first one")


def test_a_list_without_a_match_offers_a_way_out(
    visitor: Page, address: str, logged_chats: Callable[..., None]
) -> None:
    logged_chats({"text": "here"})
    visitor.goto(f"{address}?model=nothing&range=24h")
    visitor.get_by_role("link", name="Clear filters").click()
    expect(visitor.locator("td.preview")).to_have_text("here")
    visitor.goto(f"{address}?status=banana")
    expect(visitor.get_by_role("alert")).to_contain_text("not a status")


def test_hostile_content_is_text(visitor: Page, address: str, logged_chats: Callable[..., None]) -> None:
    logged_chats(
        {
            "text": HOSTILE,
            "user_id": HOSTILE,
            "session_id": HOSTILE,
            "properties": {HOSTILE: HOSTILE},
            "model": HOSTILE,
            "request_id": HOSTILE,
        }
    )
    visitor.goto(address)
    assert previews(visitor) == [HOSTILE]
    visitor.locator("td.preview").click()
    for tab in ("Request", "Properties", "Timing", "Conversation"):
        visitor.locator("#drawer").get_by_role("link", name=tab, exact=tab != "Properties").click()
        expect(visitor.locator("#drawer .panel")).to_contain_text("window.hacked = 1")
    assert visitor.evaluate("window.hacked") is None
    assert visitor.locator("#main script, #main img").count() == 0


def test_list_and_drawer_keep_nobody_out(
    visitor: Page,
    address: str,
    logged_chats: Callable[..., None],
    barriers_in_both_themes: Callable[[Page], list[str]],
) -> None:
    page, barriers = visitor, barriers_in_both_themes
    statuses = (200, 302, 429, 500, -3, -2, -100)
    logged_chats(*({"status": status, "properties": {"Feature": "search"}} for status in statuses))
    page.goto(f"{address}?provider=openai")
    assert barriers(page) == []
    for row in page.locator("[data-row]").all()[:4]:
        row.locator(".row-link").press("Enter")
        expect(page.locator("#detail-title")).to_be_focused()
    assert barriers(page) == []


def test_the_chosen_theme_stays(visitor: Page, address: str, logged_chats: Callable[..., None]) -> None:
    logged_chats({})
    visitor.goto(address)
    background = "getComputedStyle(document.body).backgroundColor"
    light = visitor.evaluate(background)
    visitor.get_by_role("radio", name="Dark").check(force=True)
    dark = visitor.evaluate(background)
    assert dark != light
    visitor.reload()
    assert visitor.evaluate(background) == dark


def test_a_narrow_screen_folds_the_navigation(
    new_page: Callable[..., Page],
    organization: Tenant,
    address: str,
    logged_chats: Callable[..., None],
    barriers: Callable[[Page], list[str]],
) -> None:
    logged_chats({"text": "hello"})
    page = new_page(organization.owner, viewport={"width": 390, "height": 844})
    page.goto(address)
    keys = page.get_by_role("link", name="API keys")
    expect(keys).to_be_hidden()
    page.get_by_role("button", name="Navigation").click()
    expect(keys).to_be_visible()
    page.keyboard.press("Escape")
    expect(keys).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert barriers(page) == []


def test_single_keys_lead_around(visitor: Page, address: str, logged_chats: Callable[..., None]) -> None:
    logged_chats({})
    visitor.goto(address)
    visitor.keyboard.press("/")
    field = visitor.get_by_role("combobox", name="Filter requests")
    expect(field).to_be_focused()
    visitor.keyboard.type("g?")
    expect(field).to_have_value("g?")
    field.blur()
    visitor.keyboard.press("?")
    expect(visitor.get_by_role("dialog", name="Keyboard")).to_be_visible()
    visitor.keyboard.press("Escape")
    visitor.keyboard.type("gk")
    visitor.wait_for_url("**/api-keys/")


def test_times_are_in_the_visitors_zone(
    new_page: Callable[..., Page], organization: Tenant, address: str, logged_chats: Callable[..., None]
) -> None:
    logged_chats({})
    page = new_page(organization.owner, timezone_id="Asia/Tokyo")
    page.goto(address)
    page.reload()
    expect(page.locator("td time")).to_have_attribute("title", re.compile("JST$"))


def test_whoever_was_logged_out_is_led_to_the_log_in_page(
    visitor: Page, address: str, logged_chats: Callable[..., None]
) -> None:
    logged_chats({})
    visitor.goto(address)
    visitor.wait_for_load_state("networkidle")  # an answer on its way would bring the cookie back
    visitor.context.clear_cookies(name="helicone_session")
    visitor.locator("#rows").get_by_role("link", name="Cost").click()
    visitor.wait_for_url(re.compile(r"/accounts/login/\?next="))


def test_the_head_stays_in_sight(visitor: Page, address: str, logged_chats: Callable[..., None]) -> None:
    logged_chats(*({} for _ in range(40)))
    visitor.goto(address)
    visitor.set_viewport_size({"width": 1440, "height": 600})
    visitor.evaluate("scrollTo(0, 700)")
    expect(visitor.get_by_role("link", name="Latency")).to_be_in_viewport()


def test_a_second_organization_can_be_switched_to(
    visitor: Page, organization: Tenant, address: str, logged_chats: Callable[..., None]
) -> None:
    other = actions.create_organization(name="The other one", owner=organization.owner)
    logged_chats({})
    visitor.goto(address)
    visitor.locator(".org-switch summary").click()
    visitor.get_by_role("link", name="The other one").click()
    visitor.wait_for_url(f"**/o/{other.slug}/requests/")
