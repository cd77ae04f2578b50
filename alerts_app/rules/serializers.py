"""How REST writes alerts and incidents, and what it takes."""

import math
from collections.abc import Sequence
from typing import Any

from rest_framework import serializers

from alerts_app.notices.models import Channel
from alerts_app.rules.models import (
    MAX_HYSTERESIS_PERCENT,
    MAX_QUIET_JUDGEMENTS,
    MAX_WINDOW_MS,
    MIN_WINDOW_MS,
    Aggregation,
    Alert,
    AlertStatus,
    Baseline,
    Condition,
    EndReason,
    Metric,
)
from alerts_app.rules.rule import MAX_RECIPIENTS, MAX_THRESHOLD, Rule
from requests_app.filter_language.text import MAX_CHARACTERS

_MAX_COUNT = 2**31 - 1
_LONGEST_REASON = 1000


class _FiniteField(serializers.FloatField):
    def to_internal_value(self, data: Any) -> float:
        try:
            number: float = super().to_internal_value(data)
        except OverflowError as error:
            raise serializers.ValidationError("This number is too large.") from error
        if isinstance(data, bool) or not math.isfinite(number):
            raise serializers.ValidationError("Give a number.")
        return number


class _ChannelsField(serializers.ListField):
    """Ids; of a stored alert, those of its channels."""

    child = serializers.UUIDField()

    def to_representation(self, data: Any) -> Any:
        return [str(channel.pk) for channel in data.all()]


class AlertRuleOrderSerializer(serializers.Serializer[Any]):
    """What an alert watches and whom it tells."""

    name = serializers.CharField(max_length=Alert._meta.get_field("name").max_length)
    metric = serializers.ChoiceField(Metric.choices)
    aggregation = serializers.ChoiceField(
        Aggregation.choices,
        default=str(Aggregation.SUM),
        help_text="Of no use to numbers and rates of requests.",
    )
    percentile = _FiniteField(
        allow_null=True, default=None, help_text="Above 0 and below 100, with that aggregation only."
    )
    condition = serializers.ChoiceField(Condition.choices, default=str(Condition.ABOVE))
    baseline = serializers.ChoiceField(
        Baseline.choices,
        default=str(Baseline.FIXED),
        help_text="last_week: the threshold is by how many percent the value is off that of a week ago.",
    )
    threshold = _FiniteField(
        min_value=0,
        max_value=MAX_THRESHOLD,
        help_text="Percent of `response.status`, US dollars of `cost`, ms, tokens, requests.",
    )
    window_ms = serializers.IntegerField(min_value=MIN_WINDOW_MS, max_value=MAX_WINDOW_MS)
    minimum_request_count = serializers.IntegerField(
        allow_null=True,
        default=None,
        min_value=0,
        max_value=_MAX_COUNT,
        help_text="A window with fewer requests says nothing.",
    )
    query = serializers.CharField(
        default="",
        allow_blank=True,
        trim_whitespace=False,
        max_length=MAX_CHARACTERS,
        help_text="Which requests, such as `model:gpt-4o* -status:200`; empty: all.",
    )
    grouping = serializers.CharField(
        default="",
        allow_blank=True,
        max_length=Alert._meta.get_field("grouping").max_length,
        help_text="`user`, `model` or `provider`, or the name of a property: each is judged alone.",
    )
    grouping_is_property = serializers.BooleanField(default=False)
    hysteresis_percent = _FiniteField(
        default=10,
        min_value=0,
        max_value=MAX_HYSTERESIS_PERCENT,
        help_text="By so much of the bound the value must come back before all is well.",
    )
    quiet_judgements = serializers.IntegerField(
        default=2,
        min_value=1,
        max_value=MAX_QUIET_JUDGEMENTS,
        help_text="So often in a row it must have come back.",
    )
    is_active = serializers.BooleanField(default=True, help_text="false: paused.")
    channels = _ChannelsField(max_length=MAX_RECIPIENTS, default=list, help_text="Who is told: ids.")
    emails = serializers.ListField(child=serializers.EmailField(), max_length=MAX_RECIPIENTS, default=list)


def rule_from(said: dict[str, Any], channels: Sequence[Channel]) -> Rule:
    """Returns the rule that validated data of AlertRuleOrderSerializer say."""
    of_rule = {name: value for name, value in said.items() if name not in {"is_active", "channels"}}
    return Rule(**of_rule, channels=channels)


class AlertRuleSerializer(AlertRuleOrderSerializer):
    """An alert, and what its last judgement saw."""

    id = serializers.UUIDField()
    status = serializers.ChoiceField(AlertStatus.choices, help_text="triggered while an incident is open.")
    silenced_until = serializers.DateTimeField(allow_null=True)
    last_judged_at = serializers.DateTimeField(allow_null=True)
    last_value = serializers.FloatField(
        allow_null=True, help_text="Of groups the worst; null: nothing can be said."
    )
    last_bound = serializers.FloatField(allow_null=True, help_text="What it was compared with.")
    last_group = serializers.CharField(allow_blank=True)
    last_requests = serializers.IntegerField()
    last_error = serializers.CharField(allow_blank=True, help_text="Why it cannot be judged, else empty.")
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class AlertSilenceSerializer(serializers.Serializer[Any]):
    """How long nobody is told."""

    until = serializers.DateTimeField(allow_null=True, help_text="null: from now on people are told.")


class AlertOutcomeSerializer(serializers.Serializer[Any]):
    """What came of a test for one receiver."""

    receiver = serializers.CharField()
    is_delivered = serializers.BooleanField()
    text = serializers.CharField(max_length=_LONGEST_REASON)


class AlertIncidentSerializer(serializers.Serializer[Any]):
    """Something was wrong: of an alert, or of one of the groups that it judges. Values are in the metric's unit."""

    id = serializers.UUIDField()
    alert_id = serializers.UUIDField()
    group = serializers.CharField(allow_blank=True)
    started_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    end_reason = serializers.ChoiceField(EndReason.choices, allow_blank=True)
    start_value = serializers.FloatField()
    worst_value = serializers.FloatField()
    last_value = serializers.FloatField(allow_null=True)
    bound = serializers.FloatField()
    baseline_value = serializers.FloatField(allow_null=True)
    requests = serializers.IntegerField()
    requests_query = serializers.CharField(help_text="Of `/api/requests/`, or of the page Requests.")
    snapshot = serializers.JSONField(
        allow_null=True, help_text="The windows before it: `edges` in Unix seconds, `values` and `bounds`."
    )
    acknowledged_at = serializers.DateTimeField(allow_null=True)
    acknowledged_by = serializers.EmailField(source="acknowledged_by.email", allow_null=True, default=None)


class AlertIncidentPageSerializer(serializers.Serializer[Any]):
    """A page of incidents, newest first: pass `next_cursor` as `cursor` for the next."""

    next_cursor = serializers.CharField(allow_null=True)
    previous_cursor = serializers.CharField(allow_null=True)
    results = AlertIncidentSerializer(many=True, source="rows")
