"""What stands beside a request: neighbours, what changed since the one before, properties, scores and thumbs."""

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts_app import actions as accounts
from accounts_app.models import Membership, Role
from requests_app.models import Request
from tests.events import chat_event, log
from tests.live import Stack, Tenant
from tests.web_client import WebClient

pytest_plugins = ("tests.browser",)


def body(*words: str, **settings: object) -> dict[str, object]:
    """Returns the changes of an event whose messages are these, each speaker after the other."""
    roles = ("user", "assistant")
    messages = [{"role": roles[at % 2], "content": text} for at, text in enumerate(words)]
    raw = json.dumps({"model": "gpt-4o", "messages": messages, **settings}).encode()
    return {"request_body": raw, "request_bytes": len(raw)}


@pytest.fixture
def session(organization: Tenant, wait_for_rows: Callable[..., list[Request]]) -> list[str]:
    """Returns the addresses of the three requests of one session, by one user."""
    events = [
        chat_event(organization.id, session_id="s1", session_name="Vendors", user_id="ada", **changes)
        for changes in (
            body("Which vendor?", temperature=0),
            body("Which vendor?", "Hi", "Is it in the EU?", temperature=1),
            body("Which vendors are there?", "Hi", "Is it in the EU?", temperature=1),
        )
    ]
    log(*events)
    wait_for_rows(organization.id, len(events))
    return [f"/o/{organization.organization.slug}/requests/{event.id}/" for event in events]


def test_the_neighbours_of_a_session_are_a_click_away(visitor: Page, session: list[str]) -> None:
    visitor.goto(session[1])
    visitor.get_by_role("link", name="Next request in this session").click()
    visitor.wait_for_url(f"**{session[2]}")
    expect(visitor.get_by_role("link", name="Next request in this session")).to_have_count(0)
    visitor.get_by_role("link", name="Previous request by this user").click()
    visitor.wait_for_url(f"**{session[1]}")


def test_a_neighbour_opens_in_the_drawer(visitor: Page, session: list[str], organization: Tenant) -> None:
    visitor.goto(f"/o/{organization.organization.slug}/requests/")
    visitor.locator("[data-row]").nth(1).locator(".row-link").click()
    drawer = visitor.locator("#drawer")
    drawer.get_by_role("link", name="Previous request in this session").click()
    first = session[0].rsplit("/", 2)[1]
    expect(drawer.locator(f'[data-request="{first}"]')).to_be_visible()
    expect(visitor.locator("[data-row][aria-current]")).to_have_attribute("data-row", first)
    assert f"open={first}" in visitor.url


def test_the_diff_says_what_was_added(
    visitor: Page, session: list[str], barriers: Callable[[Page], list[str]]
) -> None:
    visitor.goto(session[1])
    visitor.get_by_role("link", name="Diff", exact=True).click()
    expect(visitor.locator(".diff-settings")).to_contain_text("temperature")
    expect(visitor.locator(".diff > li").first).to_have_text("1 message unchanged")
    added = visitor.locator(".diff-added")
    expect(added).to_have_count(2)
    expect(added.first).to_contain_text("the answer to the request before")
    expect(added.last).to_contain_text("Is it in the EU?")
    assert barriers(visitor) == []


def test_the_diff_marks_the_words_that_changed(visitor: Page, session: list[str]) -> None:
    visitor.goto(f"{session[2]}?tab=diff")
    changed = visitor.locator(".diff-changed")
    expect(changed.locator("del")).to_have_text("vendor")
    expect(changed.locator("ins")).to_have_text("vendors are there")


def test_the_first_of_a_session_has_no_diff(visitor: Page, session: list[str]) -> None:
    visitor.goto(session[0])
    expect(visitor.get_by_role("link", name="Diff", exact=True)).to_have_count(0)
    visitor.goto(f"{session[0]}?tab=diff")
    expect(visitor.locator(".panel")).to_contain_text("the first request of its session")


def test_a_property_is_added_changed_and_deleted(
    visitor: Page, session: list[str], barriers: Callable[[Page], list[str]]
) -> None:
    visitor.goto(f"{session[0]}?tab=properties")
    visitor.get_by_label("Property", exact=True).fill("Verdict")
    visitor.get_by_label("Value").first.fill("wrong <b>")
    visitor.get_by_role("button", name="Add property").click()
    row = visitor.get_by_role("row", name="Verdict")
    expect(row).to_contain_text("wrong <b>")
    row.get_by_label("Edit Verdict").click()
    row.get_by_label("Verdict", exact=True).fill("right")
    assert barriers(visitor) == []
    row.get_by_role("button", name="Save").click()
    expect(row).to_contain_text("right")
    row.get_by_label("Edit Verdict").click()
    row.get_by_role("button", name="Delete").click()
    expect(visitor.get_by_role("row", name="Verdict")).to_have_count(0)


def test_a_score_is_added(visitor: Page, session: list[str]) -> None:
    visitor.goto(f"{session[0]}?tab=properties")
    visitor.get_by_label("Score", exact=True).fill("quality")
    visitor.get_by_label("Value").last.fill("0.75")
    visitor.get_by_role("button", name="Add score").click()
    expect(visitor.get_by_role("row", name="quality")).to_contain_text("0.75")


def test_a_thumb_is_set_and_taken_back(visitor: Page, session: list[str]) -> None:
    visitor.goto(session[0])
    up = visitor.get_by_role("button", name="Good answer")
    up.click()
    expect(up).to_have_attribute("aria-pressed", "true")
    visitor.get_by_role("button", name="Bad answer").click()
    expect(up).to_have_attribute("aria-pressed", "false")
    down = visitor.get_by_role("button", name="Bad answer")
    expect(down).to_have_attribute("aria-pressed", "true")
    down.click()
    expect(down).to_have_attribute("aria-pressed", "false")


def test_forms_work_without_javascript(
    new_page: Callable[..., Page], organization: Tenant, session: list[str]
) -> None:
    page = new_page(organization.owner, java_script_enabled=False)
    page.goto(f"{session[0]}?tab=properties")
    page.get_by_label("Property", exact=True).fill("Verdict")
    page.get_by_label("Value").first.fill("wrong")
    page.get_by_role("button", name="Add property").click()
    expect(page.get_by_role("row", name="Verdict")).to_contain_text("wrong")
    page.get_by_role("button", name="Good answer").click()
    expect(page.get_by_role("button", name="Good answer")).to_have_attribute("aria-pressed", "true")


def test_a_wrong_value_is_refused_and_said(stack: Stack, organization: Tenant, session: list[str]) -> None:
    owner = WebClient(stack.url, organization.owner)
    answer = owner.post(f"{session[0]}scores/", {"name": "quality", "value": "high", "tab": "properties"})
    assert answer.status == 422
    assert "A score is a number." in answer.text


def test_a_viewer_sees_and_changes_nothing(stack: Stack, organization: Tenant, session: list[str]) -> None:
    owner = Membership.objects.get(organization=organization.organization, user=organization.owner)
    viewer = accounts.add_member(
        organization=organization.organization,
        email=f"viewer-{organization.id}@example.com",
        role=Role.VIEWER,
        actor=owner,
    )
    page = WebClient(stack.url, viewer.user)
    shown = page.get(f"{session[0]}?tab=properties").text
    assert "Add property" not in shown
    assert "/replay/" not in shown
    assert page.post(f"{session[0]}properties/", {"name": "a", "value": "b"}).status == 403


def test_another_organizations_request_is_not_there(
    stack: Stack, make_tenant: Callable[[], Tenant], session: list[str]
) -> None:
    stranger = make_tenant()
    id = session[0].rsplit("/", 2)[1]
    client = WebClient(stack.url, stranger.owner)
    base = f"/o/{stranger.organization.slug}/requests/{id}/"
    for path, data in (
        ("properties/", {"name": "a", "value": "b"}),
        ("properties/delete/", {"name": "a"}),
        ("scores/", {"name": "a", "value": "1"}),
        ("feedback/", {"thumb": "up"}),
        ("replay/send/", {}),
    ):
        assert client.post(base + path, data).status == 404
    for path in ("replay/", "code/?as=curl", "media/?part=0-0"):
        assert client.get(base + path).status == 404
