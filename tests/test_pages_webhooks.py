"""The Webhooks pages: made, tried out, watched and sent again."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from accounts_app.models import Role
from alerts_app.models import Delivery, DeliveryState, Webhook
from alerts_app.webhooks import queries
from tests.api import Api
from tests.cast import make_cast
from tests.events import wait_until
from tests.live import Stack, Tenant
from tests.web_client import WebClient
from tests.webhook_receivers import Receiver, settled

pytest_plugins = ("tests.browser", "tests.webhook_fixtures")

FORM = {
    "sample_rate_percent": "50",
    "includes_data": "on",
    "filters-TOTAL_FORMS": "2",
    "filters-INITIAL_FORMS": "0",
    "filters-0-key": "Environment",
    "filters-0-value": "production",
    "filters-1-key": "",
    "filters-1-value": "",
}


def address(tenant: Tenant, name: str = "webhooks", **arguments: Any) -> str:
    return reverse(f"alerts:{name}", kwargs={"organization": tenant.organization.slug, **arguments})


@pytest.fixture
def owner(stack: Stack, organization: Tenant) -> WebClient:
    return WebClient(stack.url, organization.owner)


def test_a_webhook_is_made_tried_out_and_watched(
    visitor: Page,
    organization: Tenant,
    receiver: Receiver,
    log_requests: Callable[..., list[str]],
    barriers_in_both_themes: Callable[[Page], list[str]],
) -> None:
    destination = receiver.address("200", "500", "200")
    visitor.goto(address(organization))
    expect(visitor.get_by_role("heading", name="Nothing is told yet")).to_be_visible()
    visitor.get_by_role("link", name="New webhook").first.click()
    visitor.get_by_label("Address").fill(destination)
    row = visitor.get_by_role("group", name="Property 1")
    row.get_by_label("Property").fill("Environment")
    row.get_by_label("Value").fill("production")
    visitor.get_by_role("button", name="Create webhook").click()
    expect(visitor.get_by_text("Environment = production")).to_be_visible()

    visitor.get_by_role("button", name="Send a test").click()
    expect(visitor.get_by_text("Test: Delivered; it answered 200.")).to_be_visible()

    log_requests(properties={"Environment": "production"})
    expect(visitor.locator("#deliveries tbody tr")).to_have_count(0)
    visitor.reload()
    retrying = visitor.locator("#deliveries").get_by_text("Retrying")
    wait_until(lambda: Delivery.objects.filter(webhook__destination=destination, attempts=1).exists())
    visitor.reload()
    expect(retrying).to_be_visible()
    assert barriers_in_both_themes(visitor) == []

    visitor.get_by_role("link", name=re.compile("^Delivery")).click()
    expect(visitor.get_by_text("It answered 500.")).to_be_visible()
    expect(visitor.locator("#payload-json, [data-json]").first).to_contain_text("gpt-4o")
    assert barriers_in_both_themes(visitor) == []
    visitor.get_by_role("button", name="Send again").click()
    wait_until(
        lambda: Delivery.objects.get(webhook__destination=destination).state == DeliveryState.DELIVERED
    )
    visitor.reload()
    expect(visitor.get_by_text("Delivered; it answered 200.")).to_be_visible()


def test_the_signing_key_is_shown_when_asked_for_and_changed(
    visitor: Page, organization: Tenant, subscribe: Callable[..., Webhook]
) -> None:
    webhook = subscribe()
    visitor.goto(address(organization, "webhook", id=webhook.id))
    key = queries.signing_key(webhook)
    assert key not in visitor.content()
    visitor.get_by_role("button", name="Show").click()
    visitor.get_by_role("dialog").get_by_role("button", name="Show key").click()
    expect(visitor.locator("#signing-key")).to_have_text(key)
    visitor.get_by_role("button", name="Rotate").click()
    visitor.get_by_role("dialog").get_by_role("button", name="Make a new key").click()
    expect(visitor.get_by_text("There is a new signing key.")).to_be_visible()
    expect(visitor.get_by_text("The signing key was changed just now.")).to_be_visible()
    webhook.refresh_from_db()
    new_key, old_key = queries.signing_keys(webhook)
    assert new_key != old_key == key


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        ({"destination": "https://10.0.0.1/"}, "This address is on a private network."),
        ({"destination": "http://example.com/"}, "The address has to begin with https://."),
        ({"destination": ""}, "This field is required."),
        ({"sample_rate_percent": "101"}, "less than or equal to 100"),
        ({"filters-0-key": ""}, "Name the property that has this value."),
    ],
)
def test_what_makes_no_sense_is_said_beside_it(
    owner: WebClient, organization: Tenant, said: dict[str, str], complaint: str
) -> None:
    form = {**FORM, "destination": "https://93.184.215.14/hook", **said}
    answer = owner.post(address(organization, "webhook-create"), form)
    assert answer.status == 422
    assert complaint in answer.text
    assert not Webhook.objects.filter(organization=organization.organization).exists()


def test_a_webhook_is_changed(
    owner: WebClient, organization: Tenant, subscribe: Callable[..., Webhook]
) -> None:
    webhook = subscribe()
    url = address(organization, "webhook-edit", id=webhook.id)
    assert webhook.destination in owner.get(url).text
    answer = owner.post(url, {**FORM, "destination": "https://93.184.215.14/hook?token=x"})
    assert answer.status == 302
    webhook.refresh_from_db()
    assert webhook.destination == "https://93.184.215.14/hook?token=x"
    assert webhook.sample_rate_percent == 50
    assert webhook.property_filters == [{"key": "Environment", "value": "production"}]


def test_what_failed_is_sent_again_all_at_once(
    owner: WebClient,
    organization: Tenant,
    receiver: Receiver,
    subscribe: Callable[..., Webhook],
    log_requests: Callable[..., list[str]],
) -> None:
    webhook = subscribe("500", "500", "200")
    log_requests(2)
    deliveries = settled(webhook, 2)
    assert "Retrying" in owner.get(address(organization, "webhook", id=webhook.id) + "?state=failed").text
    owner.post(address(organization, "webhook-send-failed", id=webhook.id))
    wait_until(lambda: {one.state for one in settled(webhook, 2)} == {DeliveryState.DELIVERED})
    ids = [one.delivery_id for one in receiver.at(webhook.destination)]
    assert sorted(ids) == sorted(2 * [one.id for one in deliveries])


def test_a_webhook_that_was_switched_off_says_so_and_is_switched_on(
    owner: WebClient, organization: Tenant, subscribe: Callable[..., Webhook]
) -> None:
    webhook = subscribe()
    Webhook.objects.filter(pk=webhook.pk).update(
        disabled_at=webhook.created_at,
        disabled_reason="It answered 500.",
        dropped=3,
        dropped_at=webhook.created_at,
    )
    url = address(organization, "webhook", id=webhook.id)
    text = owner.get(url).text
    assert "nothing could be delivered for a day" in text
    assert "3 requests were never told of" in text
    owner.post(address(organization, "webhook-resume", id=webhook.id), {"failed": "1"})
    assert "nothing could be delivered for a day" not in owner.get(url).text


def test_pages_of_deliveries_follow_each_other(
    owner: WebClient,
    organization: Tenant,
    subscribe: Callable[..., Webhook],
    log_requests: Callable[..., Any],
) -> None:
    webhook = subscribe()
    log_requests(60)
    ids = {str(one.id) for one in settled(webhook, 60)}
    url = address(organization, "webhook", id=webhook.id)
    first = owner.get(url).text
    following = re.search(r'rel="next" href="([^"]+)"', first)
    assert following
    second = owner.get(url + following[1].replace("&amp;", "&")).text
    seen = [set(re.findall(r'aria-label="Delivery ([0-9a-f-]+)"', text)) for text in (first, second)]
    assert [len(page) for page in seen] == [50, 10]
    assert seen[0] | seen[1] == ids
    assert owner.get(url + "?cursor=none").status == 404


def test_viewers_see_what_was_told_and_no_secret(stack: Stack, subscribe: Callable[..., Webhook]) -> None:
    cast = make_cast()
    webhook = subscribe()
    Webhook.objects.filter(pk=webhook.pk).update(organization=cast.organization)
    for role in (Role.VIEWER, Role.MEMBER):
        client = WebClient(stack.url, cast.people[role])
        url = reverse("alerts:webhook", args=[cast.organization.slug, webhook.id])
        text = client.get(url).text
        assert webhook.host in text
        assert webhook.destination not in text
        for name in ("key", "rotate", "test", "pause", "resume", "send-failed", "delete"):
            refused = reverse(f"alerts:webhook-{name}", args=[cast.organization.slug, webhook.id])
            assert client.post(refused).status == 403


def test_a_deleted_webhook_is_gone_with_its_deliveries(
    owner: WebClient,
    organization: Tenant,
    subscribe: Callable[..., Webhook],
    log_requests: Callable[..., Any],
) -> None:
    webhook = subscribe("500")
    log_requests()
    [delivery] = settled(webhook)
    assert owner.post(address(organization, "webhook-delete", id=webhook.id)).status == 302
    for name, more in (("webhook", {}), ("webhook-delivery", {"delivery_id": delivery.id})):
        assert owner.get(address(organization, name, id=webhook.id, **more)).status == 404


def test_deliveries_over_rest(
    stack: Stack,
    organization: Tenant,
    make_tenant: Callable[[], Tenant],
    subscribe: Callable[..., Webhook],
    log_requests: Callable[..., Any],
) -> None:
    webhook = subscribe("500", "200")
    [id] = log_requests()
    [delivery] = settled(webhook)
    api = Api(stack.url, organization.api_key)
    path = f"/api/webhooks/{webhook.id}/deliveries/"
    [shown] = api.get(path, state="failed").json["results"]
    assert (shown["id"], shown["request_id"], shown["last_status"]) == (str(delivery.id), id, 500)
    assert shown["next_attempt_at"]
    assert api.get(path, state="delivered").json["results"] == []
    assert api.get(path, state="lost").status == 400
    assert api.send("POST", f"{path}{delivery.id}/send/").status == 202
    wait_until(lambda: api.get(path).json["results"][0]["state"] == "delivered")
    assert api.get(path).json["results"][0]["next_attempt_at"] is None
    other = Api(stack.url, make_tenant().api_key)
    assert other.get(path).status == 404
    assert other.send("POST", f"{path}{delivery.id}/send/").status == 404
