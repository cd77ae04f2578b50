"""Addresses that are told of requests. Written by `actions` only."""

import uuid
from typing import ClassVar

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
        ]

    def __str__(self) -> str:
        return self.destination
