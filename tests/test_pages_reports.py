"""The Channels and the Reports page in a browser: made, tried out, deleted; read and printed, in both themes."""

import secrets
from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from alerts_app.models import Channel, ChannelKind
from alerts_app.notices import actions
from alerts_app.notices.config import Config
from tests.live import Tenant
from tests.metric_rows import write_all
from tests.sinks import wait_for_mails
from tests.test_reports import traffic

pytest_plugins = ("tests.browser",)

WEEK = "?every=week&date=2025-03-10&zone=UTC"


@pytest.fixture
def channels_path(organization: Tenant) -> str:
    return reverse("alerts:channels", args=[organization.organization.slug])


def test_a_channel_is_made_tried_out_and_deleted(visitor: Page, channels_path: str) -> None:
    address = f"browser-{secrets.token_hex(6)}@example.com"
    visitor.goto(channels_path)
    visitor.get_by_role("link", name="E-mail").first.click()
    visitor.get_by_label("Name").fill("Everybody")
    visitor.get_by_label("E-mail addresses").fill(address)
    visitor.get_by_role("button", name="Create channel").click()

    expect(visitor.get_by_role("cell", name="Everybody", exact=True)).to_be_visible()
    visitor.get_by_role("button", name="Test Everybody").click()
    expect(visitor.get_by_text(f"The mail server took it for {address}.")).to_be_visible()
    wait_for_mails(address)

    visitor.get_by_role("button", name="Delete Everybody").click()
    dialog = visitor.get_by_role("dialog")
    expect(dialog).to_contain_text("No alert or budget tells it.")
    dialog.get_by_role("button", name="Delete channel").click()
    expect(visitor.get_by_text("No channel yet")).to_be_visible()


def test_channels_can_be_read_by_everybody(
    new_page: Callable[..., Page],
    organization: Tenant,
    channels_path: str,
    barriers_in_both_themes: Callable[[Page], list[str]],
) -> None:
    channel = actions.create_channel(
        organization=organization.organization,
        name="#oncall",
        kind=ChannelKind.SLACK,
        config=Config(url="https://hooks.slack.com/services/T0/B0/x"),
    )
    message = actions.Message(kind=actions.Kind.FIRING, title="Errors", text="", path=channels_path)
    actions.post(
        organization=organization.organization,
        key="k",
        message=message,
        channels=Channel.objects.filter(pk=channel.pk),
    )
    phone = new_page(organization.owner, viewport={"width": 390, "height": 800})
    for path in (channels_path, f"{channels_path}{channel.pk}/", f"{channels_path}new/apprise/"):
        phone.goto(path)
        assert phone.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        assert barriers_in_both_themes(phone) == []


def test_a_report_can_be_read_by_everybody_and_leads_on(
    new_page: Callable[..., Page], organization: Tenant, barriers_in_both_themes: Callable[[Page], list[str]]
) -> None:
    write_all(traffic(organization.id))
    path = reverse("alerts:reports", args=[organization.organization.slug])
    phone = new_page(organization.owner, viewport={"width": 390, "height": 800})
    phone.goto(path + WEEK)
    expect(phone.get_by_role("heading", name="Mar 10 – 16, 2025")).to_be_visible()
    assert phone.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert barriers_in_both_themes(phone) == []

    page = new_page(organization.owner)
    page.goto(path + WEEK)
    page.get_by_role("link", name="Previous").click()
    expect(page.get_by_role("heading", name="Mar 3 – 9, 2025")).to_be_visible()
    page.get_by_role("link", name="Day", exact=True).click()
    expect(page.get_by_role("heading", name="Sunday, Mar 9, 2025")).to_be_visible()
    page.get_by_label("Models that cost most").get_by_role("link", name="gpt-4o").click()
    expect(page.locator("#count")).to_have_text("2 requests")
