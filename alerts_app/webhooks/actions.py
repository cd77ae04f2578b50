"""Every write to webhooks by people, and to their deliveries by hand."""

import secrets as randomness
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

import structlog
from celery.exceptions import CeleryError
from django.db import connection, transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from kombu.exceptions import OperationalError

from accounts_app import secrets
from accounts_app.models import Organization
from accounts_app.rewrapping import Rewrapped, rewrap
from alerts_app.webhooks.models import Delivery, DeliveryState, Webhook, WebhookHour
from alerts_app.webhooks.schedule import RETRIED_FOR
from alerts_app.webhooks.taking import READER
from alerts_app.webhooks.targets import check_target
from helicone_site.celery import app
from helicone_site.sql import load
from ingest_app.new_rows import follow, unfollow

log = structlog.get_logger(__name__)

SQL = Path(__file__).parent.parent / "sql"
_SIGNING_KEY_BYTES = 32
_CLEARED_AT_ONCE = 5000
_SENT_AGAIN = (DeliveryState.FAILED, DeliveryState.GIVEN_UP)


def create_webhook(
    *,
    organization: Organization,
    destination: str,
    sample_rate_percent: float = 100,
    property_filters: Sequence[Mapping[str, str]] = (),
    includes_data: bool = True,
) -> Webhook:
    """Returns the new webhook, with a signing key of its own. Raises targets.BadTarget.

    It is told of what is stored from then on. Looks the destination's name up, for some seconds at most.
    """
    check_target(destination)
    with transaction.atomic():
        webhook = Webhook.objects.create(
            organization=organization,
            destination=destination,
            sample_rate_percent=sample_rate_percent,
            property_filters=_plain(property_filters),
            includes_data=includes_data,
            signing_key_ciphertext=_new_key(),
        )
        _follow_if_any(organization.pk)
    return webhook


def change_webhook(
    *,
    webhook: Webhook,
    destination: str,
    sample_rate_percent: float,
    property_filters: Sequence[Mapping[str, str]],
    includes_data: bool,
) -> None:
    """Change where it leads and what it is told of. What waits goes to the new address. Raises targets.BadTarget."""
    if destination != webhook.destination:
        check_target(destination)
    Webhook.objects.filter(pk=webhook.pk).update(
        destination=destination,
        sample_rate_percent=sample_rate_percent,
        property_filters=_plain(property_filters),
        includes_data=includes_data,
    )


def delete_webhook(*, webhook: Webhook) -> None:
    """Tell the destination of nothing more."""
    with transaction.atomic():
        # Whoever notes an outcome holds the row, too.
        Webhook.objects.select_for_update().filter(pk=webhook.pk).first()
        webhook.delete()
        _follow_if_any(webhook.organization_id)


def pause_webhook(*, webhook: Webhook) -> None:
    """Send nothing until it is resumed. Of what is logged meanwhile it is never told; what waits already stays."""
    with transaction.atomic():
        Webhook.objects.filter(pk=webhook.pk).update(is_paused=True)
        _follow_if_any(webhook.organization_id)


def resume_webhook(*, webhook: Webhook, sends_failed_again: bool = False) -> None:
    """Send again, whether somebody paused it or lasting failure switched it off."""
    with transaction.atomic():
        Webhook.objects.filter(pk=webhook.pk).update(
            is_paused=False, disabled_at=None, disabled_reason="", failing_since=None, failures_in_a_row=0
        )
        _follow_if_any(webhook.organization_id)
        if sends_failed_again:
            send_failed_again(webhook=webhook)
    transaction.on_commit(wake_worker)


def rotate_signing_key(*, webhook: Webhook) -> str:
    """Returns the new key. The old one signs besides it for signing.OVERLAP."""
    key = randomness.token_hex(_SIGNING_KEY_BYTES)
    Webhook.objects.filter(pk=webhook.pk).update(
        previous_signing_key_ciphertext=F("signing_key_ciphertext"),
        signing_key_ciphertext=secrets.encrypt(key),
        rotated_at=timezone.now(),
    )
    return key


def send_again(*, delivery: Delivery) -> bool:
    """Send a delivery once more, now, under the same id, and for a day if that fails.

    Returns False for one whose request is gone.
    """
    sent = _send_again(Delivery.objects.filter(pk=delivery.pk).exclude(state=DeliveryState.GONE))
    return bool(sent)


def send_failed_again(*, webhook: Webhook) -> int:
    """Send all again that failed or was given up. Returns how many."""
    return _send_again(Delivery.objects.filter(webhook=webhook, state__in=_SENT_AGAIN))


def clear_deliveries(*, before: datetime) -> int:
    """Forget some deliveries that are older, and counts. Returns how many deliveries; 0 when none is left."""
    WebhookHour.objects.filter(hour__lt=before).delete()
    with connection.cursor() as cursor:
        cursor.execute(load(SQL, "clear_deliveries"), {"before": before, "most": _CLEARED_AT_ONCE})
        return int(cursor.fetchone()[0])


def rewrap_signing_keys(previous: Sequence[str]) -> Rewrapped:
    """Encrypt the signing keys of all webhooks anew, under HELICONE_SECRET_KEY."""
    present = rewrap(Webhook.objects.all(), "signing_key_ciphertext", previous)
    replaced = rewrap(Webhook.objects.all(), "previous_signing_key_ciphertext", previous)
    return Rewrapped(present.all + replaced.all, present.unreadable + replaced.unreadable)


def wake_worker() -> None:
    """Have a worker send what is due."""
    try:
        app.send_task("webhooks.deliver", expires=10)
    except (CeleryError, OperationalError) as error:
        # Beat has it looked for every second.
        log.warning("deliveries wait for beat", error=str(error))


def _send_again(deliveries: QuerySet[Delivery]) -> int:
    now = timezone.now()
    number = deliveries.update(
        state=DeliveryState.PENDING,
        attempts_before=F("attempts"),
        next_attempt_at=now,
        retried_until=now + RETRIED_FOR,
        finished_at=None,
    )
    if number:
        transaction.on_commit(wake_worker)
    return number


def _new_key() -> bytes:
    return secrets.encrypt(randomness.token_hex(_SIGNING_KEY_BYTES))


def _plain(property_filters: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    return [{"key": each["key"], "value": each["value"]} for each in property_filters]


def _follow_if_any(organization_id: int) -> None:
    """Have new requests noted if any webhook is told of them, in the caller's transaction."""
    # One at a time: of two at once, each might see what the other is about to change.
    Organization.objects.select_for_update().get(pk=organization_id)
    active = Webhook.objects.filter(organization_id=organization_id, is_paused=False, disabled_at=None)
    if active.exists():
        follow(organization_id, READER)
    else:
        unfollow(organization_id, READER)
