"""The Live page, and the running requests beside the live switch of the list."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.events import chat_event, log
from tests.live import Stack, Tenant
from tests.live_feed import under_way

pytest_plugins = ("tests.browser",)


@pytest.fixture
def live_page(organization: Tenant) -> str:
    return f"/o/{organization.organization.slug}/live/"


def log_chats(organization: Tenant, *texts: str, **changes: object) -> None:
    log(*(chat_event(organization.id, text=text, **changes) for text in texts))


def previews(page: Page) -> list[str]:
    return page.locator("#rows-body td.preview").all_inner_texts()


def test_requests_appear_while_they_run_and_stay_when_they_have_ended(
    visitor: Page,
    live_page: str,
    stack: Stack,
    organization: Tenant,
    scenario: Callable[..., dict[str, str]],
    barriers_in_both_themes: Callable[[Page], list[str]],
) -> None:
    visitor.goto(live_page)
    expect(visitor.get_by_role("heading", name="Waiting for requests")).to_be_visible()
    expect(visitor.locator("#live-state")).to_have_text("Live")
    with under_way(stack.url, organization.api_key, **scenario(first=2.5)):
        running = visitor.locator("#running-rows tr")
        expect(running).to_contain_text("Running")
        expect(running).to_contain_text("gpt-4o-mini")
        expect(running.locator("[data-runs-since]")).to_contain_text("s")
        expect(visitor.locator("#live-running")).to_have_text("1 running")
    ended = visitor.locator("#rows-body tr")
    expect(ended).to_contain_text("200")
    expect(running).to_have_count(0)
    expect(visitor.locator("#shown")).to_have_text("1")
    assert barriers_in_both_themes(visitor) == []


def test_rows_wait_while_one_reads_or_has_paused(
    visitor: Page, live_page: str, organization: Tenant, wait_for_rows: Callable[..., object]
) -> None:
    log_chats(organization, "first")
    wait_for_rows(organization.id)
    visitor.goto(live_page)
    state = visitor.locator("#live-state")
    expect(state).to_have_text("Live")
    visitor.locator("#rows-body td.preview").hover()
    expect(state).to_have_text("Paused while you read")
    log_chats(organization, "second", "third")
    expect(state).to_have_text("Paused while you read · 2 new")
    assert previews(visitor) == ["first"]
    visitor.locator("#rows-body td.preview").click()
    expect(visitor.get_by_role("complementary", name="Request")).to_contain_text("first")
    visitor.mouse.move(5, 5)
    expect(state).to_have_text("Paused while you read · 2 new")
    visitor.keyboard.press("Escape")
    # The row keeps the focus.
    visitor.get_by_role("button", name="2 new").click()
    expect(visitor.locator("#rows-body tr")).to_have_count(3)
    assert previews(visitor) == ["third", "second", "first"]
    visitor.locator("h1").click()
    expect(state).to_have_text("Live")
    visitor.get_by_role("button", name="Pause").click()
    log_chats(organization, "fourth")
    expect(state).to_have_text("Paused · 1 new")
    visitor.get_by_role("button", name="Go on").click()
    expect(visitor.locator("#rows-body tr")).to_have_count(4)
    visitor.keyboard.press("j")
    expect(visitor.locator("#rows-body .row-link").first).to_be_focused()


def test_a_filter_holds_for_what_comes_and_a_search_of_bodies_is_refused(
    visitor: Page, live_page: str, organization: Tenant
) -> None:
    visitor.goto(live_page)
    visitor.get_by_label("Filter live requests").fill("user:ada")
    visitor.keyboard.press("Enter")
    expect(visitor.get_by_role("heading", name="Nothing matches yet")).to_be_visible()
    expect(visitor.locator("#live-state")).to_have_text("Live")
    log_chats(organization, "of bob", user_id="bob")
    log_chats(organization, "of ada", user_id="ada")
    expect(visitor.locator("#rows-body td.preview")).to_have_text(["of ada"])
    visitor.goto(f"{live_page}?q=text:words")
    expect(visitor.get_by_role("alert")).to_contain_text("Bodies cannot be searched")


def test_a_narrow_page_keeps_at_most_200_rows(
    new_page: Callable[..., Page], live_page: str, organization: Tenant
) -> None:
    page = new_page(organization.owner, viewport={"width": 390, "height": 800})
    page.goto(live_page)
    expect(page.locator("#live-state")).to_have_text("Live")
    log_chats(organization, *(f"r{n}" for n in range(50)))
    expect(page.locator("#rows-body tr")).to_have_count(50)
    for shown in (95, 140, 185, 200):
        log_chats(organization, *(f"s{n}" for n in range(45)))
        expect(page.locator("#rows-body tr")).to_have_count(shown)
    expect(page.locator("#rows-body td.preview").first).to_have_text("s44")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_list_says_how_many_run(
    visitor: Page,
    stack: Stack,
    organization: Tenant,
    scenario: Callable[..., dict[str, str]],
    wait_for_rows: Callable[..., object],
) -> None:
    log_chats(organization, "first")
    wait_for_rows(organization.id)
    visitor.goto(f"/o/{organization.organization.slug}/requests/")
    visitor.get_by_role("switch", name="Live").check(force=True)
    with under_way(stack.url, organization.api_key, **scenario(first=2)):
        expect(visitor.locator("#live-running")).to_have_text("1 running")
    expect(visitor.locator("#live-running")).to_have_count(0)
    expect(visitor.locator("#rows-body tr")).to_have_count(2)
