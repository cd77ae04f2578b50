"""Addresses that are told of requests, and what became of it. Written by `actions`, `taking` and `outcomes` only."""

import uuid
from typing import ClassVar
from urllib.parse import urlsplit

from django.db import models
from django.utils import timezone

from accounts_app.models import Organization

WEBHOOK_VERSION = "2024-10-22"
"""The form of what is sent, as Helicone numbers it."""


class Webhook(models.Model):
    """An address that is told of each logged request, or of a share of them."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="webhooks", db_index=False
    )
    destination = models.CharField(max_length=2000)
    version = models.CharField(max_length=10, default=WEBHOOK_VERSION)
    sample_rate_percent = models.FloatField(default=100)
    property_filters = models.JSONField(
        default=list, help_text='All must hold: [{"key": a property, "value": what it equals}, …].'
    )
    includes_data = models.BooleanField(
        default=True, help_text="Sends the model, costs and the bodies' address, too."
    )
    signing_key_ciphertext = models.BinaryField()
    previous_signing_key_ciphertext = models.BinaryField(null=True)
    rotated_at = models.DateTimeField(null=True, help_text="When the previous key was replaced.")
    is_paused = models.BooleanField(default=False, help_text="Somebody switched it off.")
    disabled_at = models.DateTimeField(null=True, help_text="When lasting failure switched it off.")
    disabled_reason = models.TextField(default="", help_text="What came of the last attempt, for people.")
    failing_since = models.DateTimeField(
        null=True, help_text="The first failure since anything was delivered."
    )
    failures_in_a_row = models.IntegerField(default=0)
    last_delivered_at = models.DateTimeField(null=True)
    dropped = models.BigIntegerField(
        default=0, help_text="Requests that it was never told of, since too many were waiting."
    )
    dropped_at = models.DateTimeField(null=True, help_text="The last time.")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "webhook"
        indexes: ClassVar = [
            models.Index(fields=["organization", "created_at"], name="webhook_list"),  # queries.webhooks
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(sample_rate_percent__range=(0, 100)), name="webhook_sample_rate"
            ),
            models.CheckConstraint(
                condition=models.Q(destination__startswith="http"), name="webhook_destination_is_url"
            ),
            models.CheckConstraint(
                condition=models.Q(previous_signing_key_ciphertext=None) | models.Q(rotated_at__isnull=False),
                name="webhook_rotation_has_a_time",
            ),
        ]

    def __str__(self) -> str:
        return self.destination

    @property
    def is_active(self) -> bool:
        """Returns whether anything is sent."""
        return not self.is_paused and self.disabled_at is None

    @property
    def host(self) -> str:
        """Returns host and port of the destination: the rest of it may hold a secret."""
        return urlsplit(self.destination).netloc.rpartition("@")[2]


class DeliveryState(models.TextChoices):
    """pending -> delivered; or pending -> failed -> … -> delivered or given up; or gone, from the first or failed."""

    PENDING = "pending", "Waiting"
    FAILED = "failed", "Retrying"
    DELIVERED = "delivered", "Delivered"
    GIVEN_UP = "given up", "Given up"
    GONE = "gone", "Request is gone"


UNFINISHED = (DeliveryState.PENDING, DeliveryState.FAILED)


class Delivery(models.Model):
    """One request that one webhook is told of. The id is the pair's (`delivery_id`), so that there are no two.

    There may be millions. So a webhook is deleted without looking for them: what nobody can come to any more is never
    sent, and goes when it is old (`actions.clear_deliveries`).
    """

    id = models.UUIDField(primary_key=True)
    organization = models.ForeignKey(
        Organization, on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    webhook = models.ForeignKey(
        Webhook, on_delete=models.DO_NOTHING, related_name="deliveries", db_index=False, db_constraint=False
    )
    request_created_at = models.DateTimeField(help_text="With the next the key of the request.")
    request_row_id = models.UUIDField()
    created_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=9, choices=DeliveryState.choices, default=DeliveryState.PENDING)
    attempts = models.IntegerField(default=0, help_text="How often a worker began.")
    attempts_before = models.IntegerField(default=0, help_text="Those until it was last sent again by hand.")
    next_attempt_at = models.DateTimeField(
        default=timezone.now, help_text="While a worker is at it, when it counts as dead."
    )
    retried_until = models.DateTimeField(help_text="No other attempt begins later.")
    last_status = models.SmallIntegerField(null=True, help_text="HTTP, where an answer came.")
    last_outcome = models.TextField(default="", help_text="What came of the last attempt, for people.")
    last_duration_ms = models.IntegerField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "webhook_delivery"
        indexes: ClassVar = [
            models.Index(  # queries.deliveries, and its filter by state
                fields=["webhook", "-created_at", "-id"], name="webhook_delivery_list"
            ),
            models.Index(  # claim_deliveries.sql, taking.backlogs
                fields=["webhook", "next_attempt_at"],
                condition=models.Q(state__in=UNFINISHED),
                name="webhook_delivery_due",
            ),
            models.Index(fields=["created_at"], name="webhook_delivery_age"),  # clearing
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(state__in=DeliveryState.values), name="webhook_delivery_state_known"
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=UNFINISHED, finished_at=None)
                | (~models.Q(state__in=UNFINISHED) & models.Q(finished_at__isnull=False)),
                name="webhook_delivery_finished_at_its_end",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def is_unfinished(self) -> bool:
        """Returns whether it is still to be sent."""
        return self.state in UNFINISHED


class Attempt(models.Model):
    """What came of one attempt. One whose worker died has none."""

    delivery = models.ForeignKey(
        Delivery,
        on_delete=models.DO_NOTHING,
        related_name="attempt_rows",
        db_index=False,
        db_constraint=False,
    )
    number = models.IntegerField(help_text="From 1.")
    began_at = models.DateTimeField()
    duration_ms = models.IntegerField()
    status = models.SmallIntegerField(null=True, help_text="HTTP, where an answer came.")
    outcome = models.TextField(help_text="For people.")
    is_delivered = models.BooleanField()
    answer = models.TextField(help_text="How the answer's body begins.")

    class Meta:
        db_table = "webhook_attempt"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["delivery", "number"], name="webhook_attempt_once"),
        ]

    def __str__(self) -> str:
        return f"{self.delivery_id} {self.number}"


class WebhookHour(models.Model):
    """How many attempts of an hour brought something to a webhook's destination, and how many did not."""

    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="hours", db_index=False)
    hour = models.DateTimeField()
    delivered = models.BigIntegerField(default=0)
    failed = models.BigIntegerField(default=0)

    class Meta:
        db_table = "webhook_hour"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["webhook", "hour"], name="webhook_hour_once"),
        ]

    def __str__(self) -> str:
        return f"{self.webhook_id} {self.hour}"


def delivery_id(webhook_id: uuid.UUID, request_row_id: uuid.UUID) -> uuid.UUID:
    """Returns the id of the delivery of a request to a webhook: the same whenever it is worked out."""
    return uuid.uuid5(webhook_id, str(request_row_id))
