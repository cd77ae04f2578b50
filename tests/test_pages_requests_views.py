"""Saved views of the list of requests."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts_app import actions
from accounts_app.models import Membership, Role
from requests_app import saved_views
from requests_app.models import SavedView
from tests.live import Stack, Tenant
from tests.web_client import WebClient

pytest_plugins = ("tests.browser", "tests.request_pages")


@pytest.fixture
def own(organization: Tenant) -> Membership:
    return Membership.objects.get(organization_id=organization.id, user=organization.owner)


@pytest.fixture
def colleague(organization: Tenant) -> Membership:
    """A plain member of the same organization."""
    user = actions.create_user(email=f"colleague-of-{organization.owner.email}", password=None)
    return Membership.objects.create(organization=organization.organization, user=user, role=Role.MEMBER)


def test_a_view_is_saved_changed_updated_renamed_and_deleted(
    visitor: Page, address: str, logged_chats: Callable[..., None]
) -> None:
    logged_chats({"user_id": "ada"}, {"user_id": "bob"})
    visitor.goto(f"{address}?q=user%3Aada&sort=-cost")
    menu = visitor.locator("#views-menu")
    menu.locator("summary").click()
    menu.get_by_label("Save this view as").fill("Ada's dearest")
    menu.get_by_role("button", name="Save view").click()
    expect(menu.locator("summary")).to_contain_text("Ada's dearest")
    expect(menu.locator("summary .badge")).to_have_count(0)

    visitor.get_by_role("link", name="Latency").click()
    expect(menu.locator("summary .badge")).to_have_text("changed")
    menu.locator("summary").click()
    menu.get_by_role("link", name="Ada's dearest").click()
    expect(visitor.get_by_role("columnheader", name="Cost")).to_have_attribute("aria-sort", "descending")
    expect(menu.locator("summary .badge")).to_have_count(0)

    visitor.get_by_role("link", name="Latency").click()
    expect(menu.locator("summary .badge")).to_have_text("changed")
    menu.locator("summary").click()
    menu.get_by_role("button", name="Update").click()
    expect(menu.locator("summary .badge")).to_have_count(0)
    menu.locator("summary").click()
    menu.get_by_label("Name", exact=True).fill("Ada's slowest")
    menu.get_by_role("button", name="Rename").click()
    expect(menu.locator("summary")).to_contain_text("Ada's slowest")

    menu.locator("summary").click()
    menu.get_by_role("button", name="Delete").click()
    visitor.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(menu.locator("summary")).to_contain_text("Views")
    expect(visitor.locator("[data-row]")).to_have_count(1)


def test_a_name_is_taken_once(
    visitor: Page, address: str, logged_chats: Callable[..., None], own: Membership
) -> None:
    logged_chats({})
    saved_views.save_view(own, name="Mine", query="", is_shared=False)
    visitor.goto(address)
    visitor.locator("#views-menu summary").click()
    visitor.get_by_label("Save this view as").fill("Mine")
    visitor.get_by_role("button", name="Save view").click()
    expect(visitor.get_by_text("You have a view called Mine already.")).to_be_visible()


def test_colleagues_see_shared_views_only(
    new_page: Callable[..., Page],
    address: str,
    logged_chats: Callable[..., None],
    own: Membership,
    colleague: Membership,
) -> None:
    logged_chats({})
    saved_views.save_view(own, name="Private", query="q=user%3Aada", is_shared=False)
    shared = saved_views.save_view(own, name="For all", query="q=user%3Abob", is_shared=True)
    page = new_page(colleague.user)
    page.goto(f"{address}?q=user%3Abob&view={shared.pk}")
    page.locator("#views-menu summary").click()
    assert page.locator(".views-list .views-name").all_text_contents() == ["For all"]
    expect(page.get_by_role("button", name="Rename")).to_have_count(0)


@pytest.mark.parametrize("path", ["{id}/", "{id}/delete/"])
def test_a_view_is_changed_by_its_owner_and_admins_only(
    stack: Stack,
    address: str,
    own: Membership,
    colleague: Membership,
    make_tenant: Callable[[], Tenant],
    path: str,
) -> None:
    view = saved_views.save_view(own, name="Shared", query="", is_shared=True)
    theirs = saved_views.save_view(colleague, name="Shared", query="", is_shared=True)
    place = f"{address}views/{path.format(id=view.pk)}"
    assert WebClient(stack.url, colleague.user).post(place, {"name": "Taken"}).status == 404
    assert WebClient(stack.url, make_tenant().owner).post(place, {"name": "Taken"}).status == 404
    assert SavedView.objects.get(pk=view.pk).name == "Shared"
    admin_place = f"{address}views/{path.format(id=theirs.pk)}"
    assert WebClient(stack.url, own.user).post(admin_place, {"name": "Tidied"}).status == 302
