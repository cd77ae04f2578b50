"""Quick keys in the drawer of the list of requests, quicker than its answers come."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, Route, expect

from tests.request_list import open_id

pytest_plugins = ("tests.browser", "tests.request_pages")

DETAIL = re.compile("/requests/[0-9a-f-]{36}/")


class HeldAnswers:
    """The drawer's requests of a page, each of which waits until it is let through."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._waiting: list[Route] = []
        page.route(DETAIL, lambda route: self._waiting.append(route))

    def wait_for(self, number: int) -> None:
        """Wait until so many are waiting."""
        for _ in range(300):
            if len(self._waiting) >= number:
                return
            self._page.wait_for_timeout(50)
        raise AssertionError(f"{len(self._waiting)} of {number} came")

    def let_through(self) -> None:
        """Have all of them answered, and wait for what the page makes of it."""
        waiting, self._waiting = self._waiting, []
        for route in waiting:
            route.continue_()
        self._page.unroute(DETAIL)
        self._page.wait_for_load_state("networkidle")


@pytest.fixture
def three_rows(visitor: Page, address: str, logged_chats: Callable[..., None]) -> Iterator[Page]:
    """The list of three requests, newest first."""
    logged_chats({"text": "oldest"}, {"text": "middle"}, {"text": "newest"})
    visitor.goto(address)
    visitor.wait_for_load_state("networkidle")
    yield visitor


def current(page: Page) -> list[str]:
    """Returns the previews of the rows that are marked as open."""
    return [text.strip() for text in page.locator("[data-row][aria-current] td.preview").all_text_contents()]


def test_the_last_of_quick_keys_is_what_the_drawer_shows(three_rows: Page) -> None:
    page = three_rows
    page.locator("td.preview").first.click()
    drawer = page.get_by_role("complementary", name="Request")
    expect(drawer).to_contain_text("newest")
    expect(page.locator("#detail-title")).to_be_focused()
    held = HeldAnswers(page)
    page.keyboard.press("j")
    held.wait_for(1)
    page.keyboard.press("j")
    held.wait_for(2)
    assert current(page) == ["oldest"]
    held.let_through()
    expect(drawer).to_contain_text("oldest")
    assert current(page) == ["oldest"]
    row = page.locator("[data-row]").nth(2)
    assert open_id(page) == row.get_attribute("data-row")


def test_an_answer_that_comes_after_escape_opens_nothing(three_rows: Page) -> None:
    page = three_rows
    page.locator("td.preview").first.click()
    drawer = page.get_by_role("complementary", name="Request")
    expect(drawer).to_contain_text("newest")
    expect(page.locator("#detail-title")).to_be_focused()
    held = HeldAnswers(page)
    page.keyboard.press("j")
    held.wait_for(1)
    page.keyboard.press("Escape")
    expect(drawer).to_be_hidden()
    held.let_through()
    expect(drawer).to_be_hidden()
    assert current(page) == []
    assert open_id(page) == ""


def test_escape_before_the_first_answer_leaves_it_closed(three_rows: Page) -> None:
    page = three_rows
    held = HeldAnswers(page)
    page.locator("td.preview").first.click()
    held.wait_for(1)
    page.keyboard.press("Escape")
    held.let_through()
    expect(page.get_by_role("complementary", name="Request")).to_be_hidden()
    assert current(page) == []
    assert open_id(page) == ""
