"""Spending limits and rate limits. Written by `actions` only."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from accounts_app.models import Organization
from limits_app.rules import Period, Subject, Then, Unit

MIN_WINDOW_S = 60
MAX_WINDOW_S = 31_536_000
"""Of the contract (1.4), in seconds."""


def _choices(labels: dict[str, str]) -> list[tuple[str, str]]:
    return [(str(value), label) for value, label in labels.items()]


SUBJECTS = _choices(
    {
        Subject.ORGANIZATION: "Everything",
        Subject.API_KEY: "API key",
        Subject.USER: "User",
        Subject.PROPERTY: "Property",
        Subject.MODEL: "Model",
    }
)
PERIODS = _choices(
    {Period.DAY: "Day", Period.WEEK: "Week", Period.MONTH: "Month", Period.ROLLING: "Rolling window"}
)
THENS = _choices({Then.WARN: "Only warn", Then.BLOCK: "Block", Then.CHEAPER: "Switch to a cheaper model"})
UNITS = _choices({Unit.REQUEST: "Requests", Unit.CENTS: "US cents"})


class Budget(models.Model):
    """How much may be spent in a period; `limits_app.rules.Budget` says what each column means."""

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="budgets", db_index=False
    )
    name = models.CharField(max_length=200)
    subject = models.CharField(max_length=12, choices=SUBJECTS)
    property_name = models.CharField(max_length=200, default="", blank=True)
    value = models.CharField(max_length=500, null=True, blank=True)  # noqa: DJ001 - NULL: each alone
    amount_nanodollars = models.BigIntegerField()
    period = models.CharField(max_length=7, choices=PERIODS)
    window_s = models.PositiveIntegerField(null=True, blank=True)
    zone = models.CharField(max_length=64, default="UTC")
    warn_percents = ArrayField(models.PositiveSmallIntegerField(), default=list, blank=True)
    then = models.CharField(max_length=7, choices=THENS)
    cheaper_model = models.CharField(max_length=200, default="", blank=True)
    is_closed_when_unknown = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "budget"
        indexes: ClassVar = [models.Index(fields=["organization", "created_at"], name="budget_list")]
        constraints: ClassVar = [
            models.CheckConstraint(condition=~models.Q(name=""), name="budget_name_given"),
            models.CheckConstraint(condition=models.Q(amount_nanodollars__gt=0), name="budget_amount"),
            models.CheckConstraint(
                condition=models.Q(subject__in=[value for value, _ in SUBJECTS]), name="budget_subject_known"
            ),
            models.CheckConstraint(
                condition=models.Q(then__in=[value for value, _ in THENS]), name="budget_then_known"
            ),
            models.CheckConstraint(
                condition=models.Q(period=Period.ROLLING, window_s__range=(MIN_WINDOW_S, MAX_WINDOW_S))
                | models.Q(period__in=[Period.DAY, Period.WEEK, Period.MONTH], window_s=None),
                name="budget_window_of_rolling",
            ),
            models.CheckConstraint(
                condition=(models.Q(subject=Subject.PROPERTY) & ~models.Q(property_name=""))
                | (~models.Q(subject=Subject.PROPERTY) & models.Q(property_name="")),
                name="budget_property_named",
            ),
            models.CheckConstraint(
                condition=(models.Q(then=Then.CHEAPER) & ~models.Q(cheaper_model=""))
                | (~models.Q(then=Then.CHEAPER) & models.Q(cheaper_model="")),
                name="budget_cheaper_model_named",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class RateLimit(models.Model):
    """How often may be asked, by requests without a policy of their own (contract 1.4)."""

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="rate_limits", db_index=False
    )
    name = models.CharField(max_length=200)
    quota = models.PositiveIntegerField()
    window_s = models.PositiveIntegerField()
    unit = models.CharField(max_length=7, choices=UNITS, default=Unit.REQUEST)
    segment = models.CharField(max_length=200, default="", blank=True)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "rate_limit"
        indexes: ClassVar = [models.Index(fields=["organization", "created_at"], name="rate_limit_list")]
        constraints: ClassVar = [
            models.CheckConstraint(condition=~models.Q(name=""), name="rate_limit_name_given"),
            models.CheckConstraint(condition=models.Q(quota__gt=0), name="rate_limit_quota"),
            models.CheckConstraint(
                condition=models.Q(window_s__range=(MIN_WINDOW_S, MAX_WINDOW_S)), name="rate_limit_window_s"
            ),
            models.CheckConstraint(
                condition=models.Q(unit__in=[value for value, _ in UNITS]), name="rate_limit_unit_known"
            ),
        ]

    def __str__(self) -> str:
        return self.name
