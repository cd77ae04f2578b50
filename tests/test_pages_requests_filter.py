"""The filter bar of the list of requests: chips, suggestions, errors, keys."""

import json
import re
from collections.abc import Callable
from urllib.parse import urlencode

from playwright.sync_api import Locator, Page, expect

from ingest_app.events import now_us
from tests.live import Stack, Tenant
from tests.request_list import previews
from tests.web_client import WebClient

pytest_plugins = ("tests.browser", "tests.request_pages")


def field(page: Page) -> Locator:
    return page.get_by_role("combobox", name="Filter requests")


def options(page: Page) -> list[str]:
    return page.locator("#filter-options code").all_text_contents()


def test_what_one_types_becomes_a_chip_and_narrows(
    visitor: Page, address: str, logged_chats: Callable[..., None]
) -> None:
    logged_chats(
        {"text": "in test", "properties": {"Environment": "test"}},
        {"text": "live", "properties": {"Environment": "live"}},
    )
    visitor.goto(address)
    field(visitor).fill("property.Environment=live status:success")
    field(visitor).press("Enter")
    expect(visitor.locator("[data-row]")).to_have_count(1)
    assert previews(visitor) == ["live"]
    assert "q=property.Environment%3Alive+status%3Asuccess" in visitor.url
    expect(visitor.locator(".chip")).to_have_count(2)
    expect(field(visitor)).to_have_value("")
    visitor.get_by_role("link", name="Remove filter property.Environment live").click()
    expect(visitor.locator("[data-row]")).to_have_count(2)


def test_it_filters_by_user_without_javascript(
    new_page: Callable[..., Page], organization: Tenant, address: str, logged_chats: Callable[..., None]
) -> None:
    logged_chats({"text": "hers", "user_id": "ada & co"}, {"text": "his", "user_id": "bob"})
    page = new_page(organization.owner, java_script_enabled=False)
    page.goto(address)
    page.get_by_label("Filter requests").fill('user:"ada & co"')
    page.get_by_role("button", name="Filter", exact=True).click()
    assert previews(page) == ["hers"]
    expect(page.locator(".chip")).to_contain_text("ada & co")


def test_conditions_are_added_to_those_there_are(
    visitor: Page, address: str, logged_chats: Callable[..., None]
) -> None:
    logged_chats({"user_id": "ada", "model": "m1"}, {"user_id": "bob", "model": "m2"})
    visitor.goto(f"{address}?{urlencode({'q': 'user:ada OR user:bob'})}")
    expect(visitor.locator("[data-row]")).to_have_count(2)
    field(visitor).fill("model:m2")
    field(visitor).press("Enter")
    expect(visitor.locator("[data-row]")).to_have_count(1)
    expect(visitor.locator(".chip")).to_have_count(2)


def test_an_error_is_shown_where_it_is_and_can_be_put_right(
    visitor: Page, address: str, logged_chats: Callable[..., None]
) -> None:
    logged_chats({"text": "here"})
    visitor.goto(address)
    field(visitor).fill("model:gpt-4o modle:x")
    field(visitor).press("Enter")
    fault = visitor.get_by_role("alert")
    expect(fault).to_contain_text("Did you mean model?")
    expect(fault.locator("mark")).to_have_text("modle:x")
    expect(field(visitor)).to_have_value("model:gpt-4o modle:x")
    field(visitor).fill("model:gpt-4o")
    field(visitor).press("Enter")
    expect(visitor.locator("td.preview")).to_have_text("here")
    expect(fault).to_have_count(0)


def test_fields_operators_and_values_are_chosen_by_keyboard(
    visitor: Page, address: str, logged_chats: Callable[..., None]
) -> None:
    logged_chats({"text": "hers", "user_id": "ada"}, {"text": "his", "user_id": "bob"})
    visitor.goto(address)
    visitor.keyboard.press("/")
    visitor.keyboard.type("us")
    expect(visitor.locator("#filter-options code").first).to_have_text("user:")
    visitor.keyboard.press("ArrowDown")
    expect(field(visitor)).to_have_attribute("aria-activedescendant", "filter-option-0")
    visitor.keyboard.press("Enter")
    expect(field(visitor)).to_have_value("user:")
    expect(visitor.get_by_role("option", name="user:ada")).to_be_visible()
    visitor.keyboard.type("ad")
    expect(visitor.get_by_role("option")).to_have_count(1)
    visitor.keyboard.press("ArrowDown")
    visitor.keyboard.press("Enter")
    expect(visitor.locator("[data-row]")).to_have_count(1)
    assert previews(visitor) == ["hers"]


def test_escape_closes_the_suggestions_and_then_leaves_the_field(
    visitor: Page, address: str, logged_chats: Callable[..., None]
) -> None:
    logged_chats({})
    visitor.goto(address)
    field(visitor).press_sequentially("mod")
    expect(field(visitor)).to_have_attribute("aria-expanded", "true")
    visitor.keyboard.press("Escape")
    expect(field(visitor)).to_have_attribute("aria-expanded", "false")
    expect(field(visitor)).to_be_focused()
    visitor.keyboard.press("Escape")
    expect(field(visitor)).not_to_be_focused()


def test_backspace_in_the_empty_field_removes_the_last_chip(
    visitor: Page, address: str, logged_chats: Callable[..., None]
) -> None:
    logged_chats({})
    visitor.goto(f"{address}?q=model%3Agpt-4o+status%3A200")
    field(visitor).focus()
    visitor.keyboard.press("Backspace")
    visitor.wait_for_url(re.compile(r"q=model%3Agpt-4o$"))
    expect(visitor.locator(".chip")).to_have_count(1)
    expect(field(visitor)).to_be_focused()


def test_a_chip_is_put_back_into_the_field_to_be_changed(
    visitor: Page, address: str, logged_chats: Callable[..., None]
) -> None:
    logged_chats({})
    visitor.goto(f"{address}?q=cost%3E0.01+model%3Agpt-4o")
    visitor.get_by_role("button", name="Change filter cost > 0.01").click()
    expect(field(visitor)).to_have_value("cost>0.01")
    expect(visitor.locator(".chip")).to_have_count(1)


def test_a_pasted_link_shows_its_view(
    visitor: Page, address: str, logged_chats: Callable[..., None], stack: Stack
) -> None:
    logged_chats({"text": "hers", "user_id": "ada"}, {"text": "his", "user_id": "bob"})
    visitor.goto(address)
    field(visitor).evaluate(
        """(box, text) => {
          const data = new DataTransfer();
          data.setData("text", text);
          box.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
        }""",
        f"{stack.url}{address}?q=user%3Abob",
    )
    expect(visitor.locator("[data-row]")).to_have_count(1)
    assert previews(visitor) == ["his"]


def test_suggestions_are_of_the_own_organization(
    stack: Stack,
    make_tenant: Callable[[], Tenant],
    organization: Tenant,
    logged_chats: Callable[..., None],
) -> None:
    logged_chats({"user_id": "ada", "properties": {"Team": "red one"}})
    path = f"/o/{organization.organization.slug}/requests/suggest/?{urlencode({'q': 'property.Team:'})}"
    own = json.loads(WebClient(stack.url, organization.owner).get(path).text)
    assert [option["insert"] for option in own["options"]] == ['property.Team:"red one"']
    assert WebClient(stack.url, make_tenant().owner).get(path).status == 404


def test_the_piece_at_the_cursor_is_completed(
    stack: Stack, organization: Tenant, logged_chats: Callable[..., None]
) -> None:
    logged_chats({"user_id": "ada", "session_id": "s one"})
    client = WebClient(stack.url, organization.owner)

    def offered(text: str, at: int | None = None) -> list[str]:
        query = urlencode({"q": text, "at": len(text) if at is None else at})
        answer = client.get(f"/o/{organization.organization.slug}/requests/suggest/?{query}")
        return [option["insert"] for option in json.loads(answer.text)["options"]]

    assert "user:ada" in offered("model:x ada")
    assert offered("(-user:a model:x", at=8) == ["-user:ada"]
    assert offered("session:") == ['session:"s one"']
    assert "status:4xx" in offered("status:4")
    assert "cost>0.01" in offered("cost>")
    assert offered('"user:') == []


def test_words_found_in_bodies_are_marked_in_the_list(
    visitor: Page, address: str, logged_chats: Callable[..., None]
) -> None:
    logged_chats({"text": "the invoice was refunded twice"}, {"text": "nothing of that kind"})
    for _ in range(20):
        visitor.goto(f"{address}?q=refunded")
        if visitor.locator("td.preview mark").count():
            break
        visitor.wait_for_timeout(500)
    expect(visitor.locator("td.preview mark")).to_have_text("refunded")


def test_values_that_no_row_of_the_period_has_are_offered_too(
    stack: Stack, organization: Tenant, logged_chats: Callable[..., None]
) -> None:
    logged_chats({"properties": {"Team": "red pandas"}, "at_us": now_us() - 2 * 86_400_000_000})
    client = WebClient(stack.url, organization.owner)

    def offered(text: str) -> list[str]:
        query = urlencode({"q": text, "at": len(text), "range": "1h"})
        answer = client.get(f"/o/{organization.organization.slug}/requests/suggest/?{query}")
        return [option["insert"] for option in json.loads(answer.text)["options"]]

    assert offered("property.team:pand") == ['property.team:"red pandas"']
    assert "property.Team:" in offered("tea")
