"""Rules that watch what requests add up to, and what they found. Written by `actions` and `recording` only."""

import uuid
from datetime import datetime, timedelta
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from accounts_app.models import Organization, User
from alerts_app.notices.models import Channel

MIN_WINDOW_MS = 60_000
MAX_WINDOW_MS = 30 * 24 * 60 * 60 * 1000
MAX_HYSTERESIS_PERCENT = 90
MAX_QUIET_JUDGEMENTS = 60
MAX_RECENT = 60
MAX_GROUPS = 100


class Metric(models.TextChoices):
    """What is watched: by Helicone's names what Helicone knows."""

    ERROR_RATE = "response.status", "Error rate, percent"
    COST = "cost", "Cost, US dollars"
    LATENCY = "latency", "Latency, ms"
    TOTAL_TOKENS = "total_tokens", "Tokens"
    PROMPT_TOKENS = "prompt_tokens", "Prompt tokens"
    COMPLETION_TOKENS = "completion_tokens", "Completion tokens"
    CACHE_READ_TOKENS = "prompt_cache_read_tokens", "Tokens read from caches"
    CACHE_WRITE_TOKENS = "prompt_cache_write_tokens", "Tokens written to caches"
    COUNT = "count", "Requests"
    ERROR_COUNT = "error_count", "Errors"
    RATE_LIMIT_HITS = "rate_limit_hits", "Answers of status 429"
    TIME_TO_FIRST_TOKEN = "time_to_first_token", "Time to first token, ms"


COUNTS = (Metric.COUNT, Metric.ERROR_COUNT, Metric.RATE_LIMIT_HITS)
"""They are numbers of requests: how requests become one value is not chosen."""


class Aggregation(models.TextChoices):
    """How the requests of a window become one value."""

    SUM = "sum", "Sum"
    AVERAGE = "avg", "Average"
    LEAST = "min", "Least"
    MOST = "max", "Most"
    PERCENTILE = "percentile", "Percentile"


class Condition(models.TextChoices):
    """On which side of the bound something is wrong. The bound itself is above."""

    ABOVE = "above", "At or above"
    BELOW = "below", "Below"


class Baseline(models.TextChoices):
    """What the threshold is: the bound itself, or by how many percent the bound is off the value a week ago."""

    FIXED = "fixed", "A fixed value"
    LAST_WEEK = "last_week", "The same time last week"


class EndReason(models.TextChoices):
    """Why an incident is over."""

    RECOVERED = "recovered", "Back to normal"
    PAUSED = "paused", "The alert was paused"
    CHANGED = "changed", "The alert was changed"


class AlertStatus(models.TextChoices):
    """triggered <-> resolved."""

    RESOLVED = "resolved", "Resolved"
    TRIGGERED = "triggered", "Triggered"


class Alert(models.Model):
    """A rule: when `metric` of the requests of the last `window_ms` passes its bound, people are told."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="alerts", db_index=False
    )
    name = models.CharField(max_length=200)
    metric = models.CharField(max_length=32, choices=Metric.choices)
    aggregation = models.CharField(
        max_length=10,
        choices=Aggregation.choices,
        default=Aggregation.SUM,
        help_text="Of no use to `COUNTS`.",
    )
    percentile = models.FloatField(null=True, help_text="Of the aggregation of that name, such as 95.")
    condition = models.CharField(max_length=5, choices=Condition.choices, default=Condition.ABOVE)
    baseline = models.CharField(max_length=9, choices=Baseline.choices, default=Baseline.FIXED)
    threshold = models.FloatField(help_text="In the metric's unit; of the baseline last_week percent.")
    window_ms = models.BigIntegerField()
    minimum_request_count = models.PositiveIntegerField(
        null=True, help_text="A window with fewer requests says nothing."
    )
    query = models.TextField(default="", help_text="Which requests, in our filter language; empty: all.")
    filter = models.JSONField(null=True, help_text="Helicone's filter tree, where `query` was made from one.")
    grouping = models.CharField(
        max_length=200,
        default="",
        help_text="Each user, model or provider is judged alone, or each value of a property; empty: all together.",
    )
    grouping_is_property = models.BooleanField(default=False)
    hysteresis_percent = models.FloatField(
        default=10, help_text="By so much of the bound the value must come back before all is well."
    )
    quiet_judgements = models.PositiveSmallIntegerField(
        default=2, help_text="So often in a row it must have come back."
    )
    channels = models.ManyToManyField(Channel, related_name="alerts", db_table="alert_channel")
    emails = ArrayField(models.TextField(), default=list)
    slack_channels = ArrayField(
        models.TextField(), default=list, help_text="Helicone's: channels of these names."
    )
    is_active = models.BooleanField(default=True, help_text="Else it is paused.")
    silenced_until = models.DateTimeField(null=True, help_text="Until then nobody is told.")
    status = models.CharField(max_length=9, choices=AlertStatus.choices, default=AlertStatus.RESOLVED)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    # What the last judgement saw; of groups, the worst. All times are the database's.
    last_judged_at = models.DateTimeField(null=True)
    last_value = models.FloatField(null=True, help_text="In the metric's unit. NULL: nothing can be said.")
    last_bound = models.FloatField(null=True, help_text="What that was compared with.")
    last_group = models.TextField(default="")
    last_requests = models.BigIntegerField(default=0)
    last_error = models.TextField(default="", help_text="Why it cannot be judged, for people; else empty.")
    recent = models.JSONField(
        default=list, help_text="[[Unix seconds, value or null], …] of the last judgements, a minute apart."
    )
    next_judged_at = models.DateTimeField(null=True, help_text="NULL: at once.")
    # After the clock jumped: see `judging.clock`.
    absence_trusted_from = models.DateTimeField(null=True)
    presence_trusted_from = models.DateTimeField(null=True)

    class Meta:
        db_table = "alert"
        indexes: ClassVar = [
            models.Index(fields=["organization", "created_at"], name="alert_list"),  # queries.alerts
            models.Index(  # queries.due_alerts
                fields=["next_judged_at"], condition=models.Q(is_active=True), name="alert_due"
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=~models.Q(name=""), name="alert_name_given"),
            models.CheckConstraint(condition=models.Q(metric__in=Metric.values), name="alert_metric_known"),
            models.CheckConstraint(
                condition=models.Q(aggregation__in=Aggregation.values), name="alert_aggregation_known"
            ),
            models.CheckConstraint(
                condition=models.Q(condition__in=Condition.values), name="alert_condition_known"
            ),
            models.CheckConstraint(
                condition=models.Q(baseline__in=Baseline.values), name="alert_baseline_known"
            ),
            models.CheckConstraint(
                condition=models.Q(aggregation=Aggregation.PERCENTILE, percentile__gt=0, percentile__lt=100)
                | (~models.Q(aggregation=Aggregation.PERCENTILE) & models.Q(percentile=None)),
                name="alert_percentile_with_its_aggregation",
            ),
            models.CheckConstraint(
                condition=models.Q(threshold__gt=0)
                & (
                    ~models.Q(metric=Metric.ERROR_RATE)
                    | ~models.Q(baseline=Baseline.FIXED)
                    | models.Q(threshold__lte=100)
                ),
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
                condition=models.Q(hysteresis_percent__range=(0, MAX_HYSTERESIS_PERCENT)),
                name="alert_hysteresis_percent",
            ),
            models.CheckConstraint(
                condition=models.Q(quiet_judgements__range=(1, MAX_QUIET_JUDGEMENTS)),
                name="alert_quiet_judgements",
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=AlertStatus.values), name="alert_status_known"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def window(self) -> timedelta:
        """Returns how long the stretch of time is that it looks at."""
        return timedelta(milliseconds=self.window_ms)

    @property
    def is_firing(self) -> bool:
        """Returns whether any incident of it is open."""
        return self.status == AlertStatus.TRIGGERED

    def is_silenced(self, at: datetime) -> bool:
        """Returns whether nobody is told of anything at that time."""
        return self.silenced_until is not None and at < self.silenced_until


class Incident(models.Model):
    """Something was wrong, from `started_at` until `ended_at`: of an alert, or of one of its groups.

    Values are in the metric's unit, as `bound` is, which is what the value passed.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="incidents", db_index=False
    )
    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="incidents")
    group = models.TextField(default="", help_text="The user, model, … that was judged; empty: all together.")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    end_reason = models.CharField(max_length=9, choices=EndReason.choices, default="")
    start_value = models.FloatField()
    worst_value = models.FloatField()
    last_value = models.FloatField(null=True, help_text="NULL: nothing could be said.")
    bound = models.FloatField(help_text="What was passed when it started.")
    baseline_value = models.FloatField(null=True, help_text="The value a week before, where that was asked.")
    requests = models.BigIntegerField(help_text="In the window in which it started.")
    requests_query = models.TextField(help_text="Query string of the list of the requests behind it.")
    quiet_judgements = models.PositiveSmallIntegerField(default=0, help_text="In a row, up to now.")
    snapshot = models.JSONField(
        null=True,
        help_text='The windows before it: {"edges": [Unix seconds, …], "values": [value or null, …]}; NULL: not yet '
        "drawn, {}: cannot be.",
    )
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    # Of its notices; several incidents that start together are told in one thread.
    thread_key = models.TextField(default="", help_text="Empty: nobody was told (yet).")
    end_is_told = models.BooleanField(default=False)

    class Meta:
        db_table = "alert_incident"
        indexes: ClassVar = [
            models.Index(  # queries.incidents: of the organization
                fields=["organization", "-started_at", "-id"], name="incident_list"
            ),
            models.Index(  # queries.incidents: of an alert
                fields=["organization", "alert", "-started_at", "-id"], name="incident_of_alert"
            ),
            models.Index(  # recording: whose end is to be told
                fields=["organization", "alert"],
                condition=~models.Q(thread_key="") & models.Q(end_is_told=False),
                name="incident_end_untold",
            ),
        ]
        constraints: ClassVar = [
            # Firing exactly once.
            models.UniqueConstraint(
                fields=["organization", "alert", "group"],
                condition=models.Q(ended_at=None),
                name="incident_open_once",
            ),
            models.CheckConstraint(
                condition=models.Q(ended_at=None, end_reason="")
                | models.Q(ended_at__gte=models.F("started_at"), end_reason__in=EndReason.values),
                name="incident_end_has_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.alert_id} {self.group}"

    @property
    def is_open(self) -> bool:
        return self.ended_at is None

    @property
    def is_acknowledged(self) -> bool:
        return self.acknowledged_at is not None
