"""Rules that watch what requests add up to. Written by `actions` only."""

import uuid
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from accounts_app.models import Organization

MIN_WINDOW_MS = 60_000
MAX_WINDOW_MS = 30 * 24 * 60 * 60 * 1000


class Metric(models.TextChoices):
    """What is watched, by Helicone's names."""

    ERROR_RATE = "response.status", "Error rate, percent"
    COST = "cost", "Cost, US dollars"
    LATENCY = "latency", "Latency, ms"
    TOTAL_TOKENS = "total_tokens", "Tokens"
    PROMPT_TOKENS = "prompt_tokens", "Prompt tokens"
    COMPLETION_TOKENS = "completion_tokens", "Completion tokens"
    CACHE_READ_TOKENS = "prompt_cache_read_tokens", "Tokens read from caches"
    CACHE_WRITE_TOKENS = "prompt_cache_write_tokens", "Tokens written to caches"
    COUNT = "count", "Requests"


class Aggregation(models.TextChoices):
    """How the requests of a window become one value."""

    SUM = "sum", "Sum"
    AVERAGE = "avg", "Average"
    LEAST = "min", "Least"
    MOST = "max", "Most"
    PERCENTILE = "percentile", "Percentile"


class AlertStatus(models.TextChoices):
    """triggered <-> resolved."""

    RESOLVED = "resolved", "Resolved"
    TRIGGERED = "triggered", "Triggered"


class Alert(models.Model):
    """A rule: when `metric` of the requests of the last `window_ms` passes `threshold`, people are told."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="alerts", db_index=False
    )
    name = models.CharField(max_length=200)
    metric = models.CharField(max_length=32, choices=Metric.choices)
    aggregation = models.CharField(max_length=10, choices=Aggregation.choices, default=Aggregation.SUM)
    percentile = models.FloatField(null=True, help_text="Of the aggregation of that name, such as 95.")
    threshold = models.FloatField(help_text="In the metric's unit.")
    window_ms = models.BigIntegerField()
    minimum_request_count = models.PositiveIntegerField(
        null=True, help_text="A window with fewer requests says nothing."
    )
    filter = models.JSONField(null=True, help_text="Helicone's filter tree; NULL: all requests.")
    grouping = models.CharField(
        max_length=200,
        default="",
        help_text="Each user, model or provider is judged alone, or each value of a property; empty: all together.",
    )
    grouping_is_property = models.BooleanField(default=False)
    emails = ArrayField(models.TextField(), default=list)
    slack_channels = ArrayField(models.TextField(), default=list)
    status = models.CharField(max_length=9, choices=AlertStatus.choices, default=AlertStatus.RESOLVED)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "alert"
        indexes: ClassVar = [
            models.Index(fields=["organization", "created_at"], name="alert_list"),  # queries.alerts
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=~models.Q(name=""), name="alert_name_given"),
            models.CheckConstraint(condition=models.Q(metric__in=Metric.values), name="alert_metric_known"),
            models.CheckConstraint(
                condition=models.Q(aggregation__in=Aggregation.values), name="alert_aggregation_known"
            ),
            models.CheckConstraint(
                condition=models.Q(aggregation=Aggregation.PERCENTILE, percentile__gt=0, percentile__lt=100)
                | (~models.Q(aggregation=Aggregation.PERCENTILE) & models.Q(percentile=None)),
                name="alert_percentile_with_its_aggregation",
            ),
            models.CheckConstraint(
                condition=models.Q(threshold__gt=0)
                & (~models.Q(metric=Metric.ERROR_RATE) | models.Q(threshold__lte=100)),
                name="alert_threshold_possible",
            ),
            models.CheckConstraint(
                condition=models.Q(window_ms__range=(MIN_WINDOW_MS, MAX_WINDOW_MS)), name="alert_window_ms"
            ),
            models.CheckConstraint(
                condition=models.Q(grouping_is_property=False) | ~models.Q(grouping=""),
                name="alert_property_named",
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=AlertStatus.values), name="alert_status_known"
            ),
        ]

    def __str__(self) -> str:
        return self.name
