"""What is done with ticked rows of the list of requests, or with all that match."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.api import Api
from tests.exports import csv_rows, fetch, unpacked
from tests.live import Stack, Tenant
from tests.searching import Searches, said

pytest_plugins = ("tests.browser", "tests.request_pages")


@pytest.fixture
def api(stack: Stack, organization: Tenant) -> Api:
    return Api(stack.url, organization.api_key)


def exported(api: Api, page: Page) -> list[dict[str, str]]:
    """Returns the rows of the CSV file that was just ordered on `page`."""
    page.wait_for_url("**/exports/")
    expect(page.get_by_role("link", name="Download")).to_be_visible(timeout=40_000)
    [export] = api.get("/api/exports/").json
    return csv_rows(unpacked(fetch(api, f"/api/exports/{export['id']}/download/")))


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


def test_all_that_match_a_phrase_are_those_that_have_it(
    visitor: Page, address: str, organization: Tenant, api: Api
) -> None:
    searches = Searches(api, organization.id)
    searches.log(
        phrase=said(organization.id, "a red apple for everyone"),
        words=said(organization.id, "an apple is red"),
        again=said(organization.id, "the Red Apple again"),
    )
    visitor.goto(f"{address}?q=%22red+apple%22&limit=1")
    expect(visitor.locator("#count")).to_have_text("about 3 requests")
    visitor.get_by_label("Select all on this page").check()
    visitor.get_by_role("button", name="Select all about 3 that match").click()
    visitor.get_by_text("Add a property").click()
    visitor.locator("#selected-name").fill("Fruit")
    visitor.get_by_role("button", name="Add to the selected").click()
    expect(visitor.get_by_text("Property added to 2 requests.")).to_be_visible()
    assert searches.found("has:property.Fruit") == ["again", "phrase"]


def test_one_page_of_a_search_knows_how_many_there_are(
    visitor: Page, address: str, organization: Tenant, api: Api
) -> None:
    searches = Searches(api, organization.id)
    searches.log(
        phrase=said(organization.id, "a red apple for everyone"),
        words=said(organization.id, "an apple is red"),
    )
    visitor.goto(f"{address}?q=%22red+apple%22")
    expect(visitor.locator("#count")).to_have_text("1 request")


def test_x_selects_the_row_of_the_keyboard(
    visitor: Page, address: str, logged_chats: Callable[..., None]
) -> None:
    logged_chats({}, {})
    visitor.goto(address)
    visitor.keyboard.press("j")
    visitor.keyboard.press("x")
    expect(visitor.locator("#selection-count")).to_have_text("1 selected")


def test_every_ticked_row_is_exported_however_many(
    visitor: Page, address: str, logged_chats: Callable[..., None], api: Api
) -> None:
    logged_chats(*({"text": f"number {n}"} for n in range(301)))
    visitor.goto(f"{address}?limit=301")
    visitor.get_by_label("Select all on this page").check()
    visitor.locator("[data-select]").nth(300).uncheck()
    expect(visitor.locator("#selection-count")).to_have_text("300 selected")
    visitor.locator("#export-selected").click()
    visitor.get_by_role("button", name="Export the selected").click()
    rows = exported(api, visitor)
    assert [row["preview"] for row in rows] == [f"number {n}" for n in range(1, 301)]
    expect(visitor.get_by_role("row", name="CSV, 300 picked")).to_be_visible()


def test_all_that_match_are_exported_beyond_the_page(
    visitor: Page, address: str, logged_chats: Callable[..., None], api: Api
) -> None:
    logged_chats({"user_id": "bob"}, *({"user_id": "ada"} for _ in range(3)))
    visitor.goto(f"{address}?q=user%3Aada&limit=2")
    visitor.get_by_label("Select all on this page").check()
    visitor.get_by_role("button", name="Select all 3 that match").click()
    visitor.locator("#export-selected").click()
    visitor.get_by_role("button", name="Export the selected").click()
    assert [row["user_id"] for row in exported(api, visitor)] == ["ada"] * 3
