"""Prices: those that were used, those that organizations set themselves, and orders to work costs out anew.

Bodies have no model: only `ingest_app.bodies` knows how they are kept.
"""

from typing import ClassVar

from django.db import models
from django.utils import timezone

from accounts_app.models import Organization, User
from ingest_app.rollups.models import Rollup, RollupSpread, RollupValue

__all__ = [
    "CostRecompute",
    "Price",
    "PriceOverride",
    "RecomputeState",
    "Rollup",
    "RollupSpread",
    "RollupValue",
]


class Price(models.Model):
    """Unit prices as applied to requests; immutable. The schema is `sql/0001_price.sql`."""

    provider = models.TextField()
    model = models.TextField()
    source = models.TextField()
    usd_per_mtok = models.JSONField()

    class Meta:
        managed = False
        db_table = "price"

    def __str__(self) -> str:
        return f"{self.provider} {self.model} ({self.source})"


class PriceOverride(models.Model):
    """What an organization pays for a model, in place of the price list. Written by `price_overrides`.

    Never changed but for being removed, so that the rows say who set which price when.
    """

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="price_overrides")
    provider = models.TextField(help_text="As requests have it; empty for any.")
    model = models.TextField(help_text="A model's name, or how names begin and * at the end.")
    usd_per_mtok = models.JSONField(help_text="US dollars per million of each kind (pricing), as text.")
    valid_from = models.DateTimeField(null=True, help_text="Requests from then on; NULL: all.")
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    removed_at = models.DateTimeField(null=True)
    removed_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        db_table = "price_override"
        indexes: ClassVar = [
            models.Index(  # price_overrides.refresh
                fields=["id"], condition=models.Q(removed_at=None), name="price_override_valid"
            ),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organization", "provider", "model", "valid_from"],
                condition=models.Q(removed_at=None),
                nulls_distinct=False,
                name="price_override_once",
            ),
            models.CheckConstraint(condition=~models.Q(model=""), name="price_override_model_given"),
            models.CheckConstraint(condition=~models.Q(usd_per_mtok={}), name="price_override_price_given"),
        ]

    def __str__(self) -> str:
        models = "all models" if self.model == "*" else self.model
        return f"{models} at {self.provider}" if self.provider else models


class RecomputeState(models.TextChoices):
    """queued -> running -> done; or failed or cancelled, from the first two."""

    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


UNFINISHED = (RecomputeState.QUEUED, RecomputeState.RUNNING)


class CostRecompute(models.Model):
    """An order to work the costs of logged requests out anew, and how far it is. Written by `recompute`."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="cost_recomputes")
    requested_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, related_name="+", help_text="None: by the command."
    )
    provider = models.TextField(help_text="As in PriceOverride.")
    model = models.TextField(help_text="As in PriceOverride; * for all.")
    since = models.DateTimeField(null=True, help_text="NULL: from the first request on.")
    until = models.DateTimeField(help_text="Requests before that.")
    state = models.CharField(max_length=9, choices=RecomputeState.choices, default=RecomputeState.QUEUED)
    error = models.TextField(help_text="Why it failed, for people; else empty.")
    rows_about = models.BigIntegerField(null=True, help_text="How many requests the period had at the start.")
    rows_done = models.BigIntegerField(default=0, help_text="How many of them were looked at.")
    rows_changed = models.BigIntegerField(default=0, help_text="How many of these have another cost now.")
    # The key of the last row that was looked at: where to go on after a worker's death.
    after_at = models.DateTimeField(null=True)
    after_id = models.UUIDField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "cost_recompute"
        indexes: ClassVar = [
            models.Index(  # recompute.recomputes_of
                fields=["organization", "-created_at"], name="cost_recompute_list"
            ),
            models.Index(  # recompute.run_unfinished
                fields=["created_at"],
                condition=models.Q(state__in=UNFINISHED),
                name="cost_recompute_unfinished",
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(state__in=RecomputeState.values), name="cost_recompute_state_known"
            ),
            models.CheckConstraint(
                condition=models.Q(after_at=None, after_id=None)
                | models.Q(after_at__isnull=False, after_id__isnull=False),
                name="cost_recompute_place_whole",
            ),
        ]

    def __str__(self) -> str:
        models = "all models" if self.model == "*" else self.model
        return f"{models} at {self.provider}" if self.provider else models

    @property
    def is_unfinished(self) -> bool:
        """Whether a worker has it before it."""
        return self.state in UNFINISHED

    @property
    def percent(self) -> int:
        """How far it is, 0 to 100; below 100 until it is done, since rows may have gone or come meanwhile."""
        if self.state == RecomputeState.DONE:
            return 100
        return min(99, 100 * self.rows_done // self.rows_about) if self.rows_about else 0
