"""Who is told of a budget, and the warnings that were given. Written by `actions` and `warning` only."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from accounts_app.models import Organization
from alerts_app.notices.models import Channel
from limits_app.models import Budget


class BudgetReceivers(models.Model):
    """Who is told when a share of a budget is used."""

    budget = models.OneToOneField(
        Budget, on_delete=models.CASCADE, primary_key=True, related_name="receivers"
    )
    channels = models.ManyToManyField(Channel, related_name="+")
    emails = ArrayField(models.TextField(), default=list)

    class Meta:
        db_table = "budget_receivers"

    def __str__(self) -> str:
        return f"receivers of budget {self.budget_id}"


class BudgetWarning(models.Model):
    """A share of a budget that one subject had used in a period: each is told once, and again of another amount."""

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="budget_warnings", db_index=False
    )
    budget = models.ForeignKey(Budget, on_delete=models.CASCADE, related_name="warnings")
    value = models.CharField(
        max_length=500, default="", help_text="Whose, where each has the amount for itself."
    )
    period_start = models.DateTimeField(help_text="Of a rolling window: the last multiple of its length.")
    percent = models.PositiveSmallIntegerField(help_text="The share; 100: used up.")
    spent_nanodollars = models.BigIntegerField()
    amount_nanodollars = models.BigIntegerField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "budget_warning"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organization", "budget", "value", "period_start", "amount_nanodollars", "percent"],
                name="budget_warning_once",
            ),
        ]
        indexes: ClassVar = [
            models.Index(  # queries.warnings_of
                fields=["organization", "budget", "-created_at"], name="budget_warning_list"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.percent} % of budget {self.budget_id} {self.value}".strip()
