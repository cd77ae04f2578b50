"""The zone that times are shown in: the browser's, until somebody chooses another one."""

from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

from tests.events import chat_event, log
from tests.live import Tenant

pytest_plugins = ("tests.browser",)


def test_another_zone_can_be_chosen_and_taken_back(
    new_page: Callable[..., Page], organization: Tenant, wait_for_rows: Callable[..., object]
) -> None:
    log(chat_event(organization.id))
    wait_for_rows(organization.id, 1)
    page = new_page(organization.owner, timezone_id="Europe/Berlin")
    page.goto(f"/o/{organization.organization.slug}/dashboard/")
    page.reload()  # the first page is in UTC
    choose(page, "Asia/Kathmandu")
    expect(zone_field(page)).to_have_value("Asia/Kathmandu")
    choose(page, "Europe/Berlin")
    expect(zone_field(page)).to_have_value("Europe/Berlin")


def test_a_zone_that_does_not_exist_is_refused(
    new_page: Callable[..., Page], organization: Tenant, wait_for_rows: Callable[..., object]
) -> None:
    log(chat_event(organization.id))
    wait_for_rows(organization.id, 1)
    page = new_page(organization.owner, timezone_id="Europe/Berlin")
    page.goto(f"/o/{organization.organization.slug}/dashboard/")
    page.reload()
    choose(page, "Europe/Nowhere")
    expect(page.get_by_text("There is no time zone called Europe/Nowhere.")).to_be_visible()


def choose(page: Page, zone: str) -> None:
    page.locator("#range-custom summary").click()
    zone_field(page).fill(zone)
    zone_field(page).press("Tab")


def zone_field(page: Page) -> Locator:
    return page.locator("#range-zone")
