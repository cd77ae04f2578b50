"""Reads of webhooks, each of one organization."""

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from accounts_app import secrets
from accounts_app.secrets import UndecryptableSecret
from alerts_app.webhooks.models import UNFINISHED, Attempt, Delivery, Webhook, WebhookHour
from alerts_app.webhooks.payload import encoded
from alerts_app.webhooks.signing import OVERLAP
from alerts_app.webhooks.told import told
from ingest_app.bodies import BodyKey
from requests_app.paging import Slice, Sort, page

LATELY_HOURS = 24
COUNTED_AT_MOST = 1000


class WebhookNotFound(Exception):
    """The organization has no such webhook."""


class DeliveryNotFound(Exception):
    """The webhook has no such delivery (any more)."""


def webhooks(organization_id: int) -> QuerySet[Webhook]:
    """Returns all webhooks, oldest first."""
    return Webhook.objects.filter(organization_id=organization_id).order_by("created_at", "id")


def webhook_of(organization_id: int, id: UUID) -> Webhook:
    """Returns one webhook. Raises WebhookNotFound."""
    try:
        return Webhook.objects.get(organization_id=organization_id, id=id)
    except Webhook.DoesNotExist as error:
        raise WebhookNotFound(str(id)) from error


def signing_key(webhook: Webhook) -> str:
    """Returns the key with which its calls are signed. Raises UndecryptableSecret."""
    return secrets.decrypt(webhook.signing_key_ciphertext)


def signing_keys(webhook: Webhook) -> list[str]:
    """Returns all keys that sign now, the present one first. Raises UndecryptableSecret for that one."""
    keys = [signing_key(webhook)]
    if webhook.previous_signing_key_ciphertext is not None and previous_key_ends_at(webhook) is not None:
        with suppress(UndecryptableSecret):
            keys.append(secrets.decrypt(webhook.previous_signing_key_ciphertext))
    return keys


def previous_key_ends_at(webhook: Webhook) -> datetime | None:
    """Returns until when the key before the last rotation signs, too; None when it does no more."""
    if webhook.rotated_at is None:
        return None
    ends_at = webhook.rotated_at + OVERLAP
    return ends_at if ends_at > timezone.now() else None


@dataclass(frozen=True, slots=True)
class Lately:
    """What came of a webhook's attempts in the last `LATELY_HOURS`; `course` is delivered and failed hour by hour."""

    delivered: int = 0
    failed: int = 0
    course: tuple[tuple[int, int], ...] = ((0, 0),) * LATELY_HOURS


@dataclass(frozen=True, slots=True)
class WebhookNow:
    """A webhook, and how it fares."""

    webhook: Webhook
    lately: Lately
    waiting: int  # deliveries, counted up to `COUNTED_AT_MOST`


def webhooks_now(organization_id: int, now: datetime) -> list[WebhookNow]:
    """Returns all webhooks with how they fare, oldest first."""
    found = list(webhooks(organization_id))
    lately = _lately([webhook.id for webhook in found], now)
    return [WebhookNow(webhook, lately[webhook.id], waiting_of(webhook)) for webhook in found]


def webhook_now(organization_id: int, id: UUID, now: datetime) -> WebhookNow:
    """Returns one webhook with how it fares. Raises WebhookNotFound."""
    webhook = webhook_of(organization_id, id)
    return WebhookNow(webhook, _lately([id], now)[id], waiting_of(webhook))


def waiting_of(webhook: Webhook) -> int:
    """Returns how many deliveries are still to be sent, counted up to `COUNTED_AT_MOST`."""
    waiting = Delivery.objects.filter(webhook=webhook, state__in=UNFINISHED)
    return waiting.order_by("next_attempt_at")[:COUNTED_AT_MOST].count()


def deliveries(
    webhook: Webhook, *, states: Collection[str] = (), cursor: str | None = None, limit: int = 50
) -> Slice[Delivery]:
    """Returns a page of deliveries, newest first, of some states or of all. Raises paging.BadCursor."""
    found = Delivery.objects.filter(webhook=webhook)
    if states:
        found = found.filter(state__in=states)
    return page(
        found,
        sort=Sort.parse(None),
        cursor_text=cursor,
        limit=limit,
        fetch=list,
        position=lambda one: (None, one.created_at, one.id),
    )


def delivery_of(webhook: Webhook, id: UUID) -> Delivery:
    """Returns one delivery. Raises DeliveryNotFound."""
    try:
        return Delivery.objects.get(webhook=webhook, id=id)
    except Delivery.DoesNotExist as error:
        raise DeliveryNotFound(str(id)) from error


def attempts_of(delivery: Delivery) -> list[Attempt]:
    """Returns what came of each attempt, the last first. Of one whose worker died nothing is known."""
    return list(Attempt.objects.filter(delivery=delivery).order_by("-number"))


def payload_of(delivery: Delivery) -> bytes | None:
    """Returns the body that would be sent now; None when the request is no longer kept. Raises UndecryptableSecret."""
    key = BodyKey(delivery.organization_id, delivery.request_created_at, delivery.request_row_id)
    for _, of_request in told([key]):
        return encoded(of_request, includes_data=delivery.webhook.includes_data)
    return None


def _lately(ids: Collection[UUID], now: datetime) -> dict[UUID, Lately]:
    first = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=LATELY_HOURS - 1)
    hours = [first + timedelta(hours=n) for n in range(LATELY_HOURS)]
    counts = {
        (webhook_id, hour): (delivered, failed)
        for webhook_id, hour, delivered, failed in WebhookHour.objects.filter(
            webhook_id__in=ids, hour__gte=first
        ).values_list("webhook_id", "hour", "delivered", "failed")
    }
    found = {}
    for id in ids:
        course = tuple(counts.get((id, hour), (0, 0)) for hour in hours)
        found[id] = Lately(sum(ok for ok, _ in course), sum(bad for _, bad in course), course)
    return found
