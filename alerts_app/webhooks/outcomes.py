"""What came of attempts: noted with their deliveries, counted, and in the end a reason to switch a webhook off."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Coalesce
from django.urls import reverse

from accounts_app.models import Role
from accounts_app.queries import members
from alerts_app.notices.actions import post
from alerts_app.notices.message import Kind, Message
from alerts_app.webhooks.delivery import Outcome
from alerts_app.webhooks.models import UNFINISHED, Delivery, DeliveryState, Webhook
from alerts_app.webhooks.schedule import next_attempt_at
from helicone_site.sql import load

SQL = Path(__file__).parent.parent / "sql"
FAILING_FOR = timedelta(hours=24)
"""A webhook that delivered nothing for so long is switched off,"""
LEAST_FAILURES = 5
"""after at least so many attempts: one that is seldom asked has to have its chances."""
_GONE = "The request is no longer kept."


@dataclass(frozen=True, slots=True)
class Claim:
    """A delivery that this process sends now. Rows of claim_deliveries.sql."""

    id: UUID
    webhook_id: UUID
    organization_id: int
    request_created_at: datetime
    request_row_id: UUID
    attempt: int  # from 1
    attempts_before: int
    retried_until: datetime


@dataclass(frozen=True, slots=True)
class Tried:
    """An attempt, and what came of it."""

    claim: Claim
    began_at: datetime
    outcome: Outcome


def note_gone(claims: Sequence[Claim], now: datetime) -> None:
    """Note that the requests of these deliveries are no longer kept, so that nothing can be told of them."""
    Delivery.objects.filter(id__in=[claim.id for claim in claims], state__in=UNFINISHED).update(
        state=DeliveryState.GONE, finished_at=now, last_outcome=_GONE
    )


def note_attempts(tried: Sequence[Tried], now: datetime) -> None:
    """Note attempts, and when each that failed is made again; switch webhooks off that only fail."""
    planned = [_planned(one, now) for one in tried]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            load(SQL, "note_attempts"),
            {
                "delivery_ids": [one.claim.id for one in tried],
                "numbers": [one.claim.attempt for one in tried],
                "states": [state for state, _ in planned],
                "next_attempt_ats": [at for _, at in planned],
                "began_ats": [one.began_at for one in tried],
                "duration_mss": [one.outcome.duration_ms for one in tried],
                "statuses": [one.outcome.status for one in tried],
                "outcomes": [one.outcome.text for one in tried],
                "answers": [one.outcome.answer for one in tried],
                "are_delivered": [one.outcome.is_delivered for one in tried],
                "now": now,
            },
        )
        noted = {id for (id,) in cursor.fetchall()}
        _note_on_webhooks([one for one in tried if one.claim.id in noted], now)


def _planned(tried: Tried, now: datetime) -> tuple[DeliveryState, datetime | None]:
    """Returns what the delivery is then, and when it is sent again."""
    if tried.outcome.is_delivered:
        return DeliveryState.DELIVERED, None
    claim = tried.claim
    attempts = claim.attempt - claim.attempts_before
    at = next_attempt_at(attempts=attempts, now=now, until=claim.retried_until)
    return (DeliveryState.FAILED, at) if at else (DeliveryState.GIVEN_UP, None)


def _note_on_webhooks(tried: Sequence[Tried], now: datetime) -> None:
    delivered = Counter(one.claim.webhook_id for one in tried if one.outcome.is_delivered)
    failed = Counter(one.claim.webhook_id for one in tried if not one.outcome.is_delivered)
    reasons = {one.claim.webhook_id: one.outcome.text for one in tried if not one.outcome.is_delivered}
    # In the order of the key: two processes that note attempts wait for each other and do not deadlock.
    for webhook_id in sorted(delivered.keys() | failed.keys()):
        webhook = Webhook.objects.filter(pk=webhook_id)
        if delivered[webhook_id]:
            is_there = webhook.update(failing_since=None, failures_in_a_row=0, last_delivered_at=now)
        else:
            is_there = webhook.update(
                failing_since=Coalesce("failing_since", now),
                failures_in_a_row=F("failures_in_a_row") + failed[webhook_id],
            )
            _switch_off_if_lasting(webhook_id, reasons[webhook_id], now)
        if is_there:  # and stays, now that we hold its row
            _count(webhook_id, delivered[webhook_id], failed[webhook_id], now)


def _count(webhook_id: UUID, delivered: int, failed: int, now: datetime) -> None:
    hour = now.replace(minute=0, second=0, microsecond=0)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO webhook_hour (webhook_id, hour, delivered, failed) VALUES (%s, %s, %s, %s)"
            " ON CONFLICT (webhook_id, hour) DO UPDATE SET"
            " delivered = webhook_hour.delivered + excluded.delivered, failed = webhook_hour.failed + excluded.failed",
            [webhook_id, hour, delivered, failed],
        )


def _switch_off_if_lasting(webhook_id: UUID, reason: str, now: datetime) -> None:
    lasting = Webhook.objects.filter(
        pk=webhook_id,
        disabled_at=None,
        failing_since__lte=now - FAILING_FOR,
        failures_in_a_row__gte=LEAST_FAILURES,
    )
    if lasting.update(disabled_at=now, disabled_reason=reason):
        _tell(Webhook.objects.select_related("organization").get(pk=webhook_id))


def _tell(webhook: Webhook) -> None:
    organization = webhook.organization
    admins = members(organization).filter(role__gte=Role.ADMIN)
    message = Message(
        kind=Kind.INFO,
        title=f"A webhook of {organization.name} was switched off",
        text=(
            f"Nothing could be delivered to {webhook.host} for a day, so nothing more is sent there."
            " Requests that are logged meanwhile are not told of later."
            " When the address answers again, switch the webhook on; what failed can be sent again then."
        ),
        path=reverse("alerts:webhook", args=[organization.slug, webhook.id]),
        facts=(
            ("Destination", webhook.host),
            ("Failing since", f"{webhook.failing_since:%Y-%m-%d %H:%M} UTC"),
            ("Attempts since", str(webhook.failures_in_a_row)),
            ("Last attempt", webhook.disabled_reason),
        ),
    )
    key = f"webhook {webhook.id} switched off at {webhook.disabled_at:%Y-%m-%dT%H:%M:%S}"
    post(organization=organization, key=key, message=message, emails=[one.user.email for one in admins])
