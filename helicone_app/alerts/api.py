"""`/v1/alert/`: when people are told that something is wrong (contract 5.2)."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request as ApiRequest
from rest_framework.response import Response

from alerts_app.rules import actions, queries
from alerts_app.rules.actions import BadRule, Rule, TooManyAlerts
from alerts_app.rules.models import (
    COUNTS,
    MAX_WINDOW_MS,
    MIN_WINDOW_MS,
    Aggregation,
    Alert,
    AlertStatus,
    Incident,
    Metric,
)
from alerts_app.rules.rule import GROUPINGS, MAX_RECIPIENTS, MAX_THRESHOLD
from helicone_app.caller import caller_of
from helicone_app.fields import NumberField, StoredJsonField, id_parameter, uuid_of
from helicone_app.managing import ManagingView
from helicone_app.requests.annotations import NOTHING
from helicone_app.requests.query import filters_of
from helicone_app.requests.serializers import AnyField
from helicone_app.times import iso
from helicone_app.view import NotFound, Refused, asked, ok, result
from requests_app.api_parameters import organization_id
from requests_app.filter_language.helicone import parse_tree
from requests_app.filter_language.printing import print_filter

HISTORY = 500
_LEAST_COST_USD = 0.01
_MAX_COUNT = 2**31 - 1


class _FilterTreeField(StoredJsonField):
    """Helicone's filter tree, checked and kept as it came."""

    def to_internal_value(self, data: Any) -> Any:
        tree = super().to_internal_value(data)
        filters_of(tree)
        return tree


class NewAlertSerializer(serializers.Serializer[Any]):
    """A new alert."""

    name = serializers.CharField(max_length=Alert._meta.get_field("name").max_length)
    metric = serializers.ChoiceField(Metric.choices)
    threshold = NumberField(
        max_value=MAX_THRESHOLD, help_text="Percent of `response.status`, US dollars of `cost`, ms, tokens."
    )
    time_window = serializers.IntegerField(
        min_value=MIN_WINDOW_MS, max_value=MAX_WINDOW_MS, help_text="ms: a minute to 30 days."
    )
    aggregation = serializers.ChoiceField(
        Aggregation.choices, allow_null=True, default=None, help_text="The sum when not given."
    )
    percentile = NumberField(
        allow_null=True, default=None, help_text="Above 0 and below 100, with that aggregation only."
    )
    minimum_request_count = serializers.IntegerField(
        allow_null=True, default=None, min_value=0, max_value=_MAX_COUNT
    )
    filter = _FilterTreeField(allow_null=True, default=None, help_text="As queries of requests take it.")
    grouping = serializers.CharField(
        allow_null=True,
        default=None,
        max_length=Alert._meta.get_field("grouping").max_length,
        help_text="`user`, `model`, `provider`, or the name of a property.",
    )
    grouping_is_property = serializers.BooleanField(allow_null=True, default=None)
    emails = serializers.ListField(child=serializers.EmailField(), max_length=MAX_RECIPIENTS, default=list)
    slack_channels = serializers.ListField(
        child=serializers.CharField(max_length=200), max_length=MAX_RECIPIENTS, default=list
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        threshold, metric = attrs["threshold"], attrs["metric"]
        least = _LEAST_COST_USD if metric == Metric.COST else 0
        if threshold <= 0 or threshold < least:
            raise serializers.ValidationError({"threshold": f"Choose more than {least}."})
        if metric == Metric.ERROR_RATE and threshold > 100:
            raise serializers.ValidationError({"threshold": "An error rate is 100 percent at most."})
        percentile = attrs["percentile"]
        if attrs["aggregation"] == Aggregation.PERCENTILE:
            if percentile is None or not 0 < percentile < 100:
                raise serializers.ValidationError({"percentile": "Choose one above 0 and below 100."})
        elif percentile is not None:
            raise serializers.ValidationError(
                {"percentile": "This goes with the aggregation percentile only."}
            )
        if attrs["grouping"] is None and attrs["grouping_is_property"]:
            raise serializers.ValidationError({"grouping": "Name the property."})
        return attrs


class AlertSerializer(serializers.Serializer[Any]):
    """An alert."""

    id = serializers.UUIDField()
    org_id = serializers.CharField()
    name = serializers.CharField()
    metric = serializers.ChoiceField(Metric.choices)
    threshold = serializers.FloatField()
    aggregation = serializers.ChoiceField(Aggregation.choices)
    percentile = serializers.FloatField(allow_null=True)
    time_window = serializers.IntegerField(help_text="ms")
    time_block_duration = serializers.IntegerField(help_text="Always 0.")
    minimum_request_count = serializers.IntegerField(allow_null=True)
    filter = AnyField(allow_null=True)
    grouping = serializers.CharField(allow_null=True)
    grouping_is_property = serializers.BooleanField()
    emails = serializers.ListField(child=serializers.CharField())
    slack_channels = serializers.ListField(child=serializers.CharField())
    status = serializers.ChoiceField(AlertStatus.choices)
    soft_delete = serializers.BooleanField(help_text="Always false.")
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class AlertHistorySerializer(serializers.Serializer[Any]):
    """Something was wrong: of an alert, or of one of the groups that it judges."""

    id = serializers.UUIDField()
    org_id = serializers.CharField()
    alert_id = serializers.UUIDField()
    alert_name = serializers.CharField()
    alert_metric = serializers.ChoiceField(Metric.choices)
    alert_start_time = serializers.DateTimeField()
    alert_end_time = serializers.DateTimeField(allow_null=True, help_text="null while it goes on.")
    triggered_value = serializers.CharField(help_text="The value it began with, in the metric's unit.")
    status = serializers.ChoiceField(AlertStatus.choices)
    soft_delete = serializers.BooleanField(help_text="Always false.")
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class AlertsSerializer(serializers.Serializer[Any]):
    """What there is to watch, and what happened."""

    alerts = AlertSerializer(many=True)
    history = AlertHistorySerializer(many=True, help_text=f"The newest {HISTORY}.")


class AlertsView(ManagingView):
    """The alerts of the organization."""

    @extend_schema(
        operation_id="helicone_alerts", responses=result("HeliconeAlertsAnswer", AlertsSerializer())
    )
    def get(self, request: ApiRequest) -> Response:
        """All alerts, oldest first; and what happened, newest first."""
        id = organization_id(request)
        history = queries.incidents(id, limit=HISTORY).rows
        return ok(
            {
                "alerts": [_shown(alert) for alert in queries.alerts(id)],
                "history": [_shown_incident(incident) for incident in history],
            }
        )


class CreateAlertView(ManagingView):
    """A new alert."""

    @extend_schema(
        operation_id="helicone_alert_create",
        request=NewAlertSerializer,
        responses=result("HeliconeAlertCreated", serializers.UUIDField()),
        examples=[
            OpenApiExample(
                "More than 5 % errors in ten minutes",
                {
                    "name": "Errors",
                    "metric": "response.status",
                    "threshold": 5,
                    "time_window": 600_000,
                    "minimum_request_count": 20,
                    "emails": ["oncall@example.com"],
                    "slack_channels": [],
                },
                request_only=True,
            )
        ],
    )
    def post(self, request: ApiRequest) -> Response:
        """Make one. Answers its id."""
        rule = _rule(asked(NewAlertSerializer, request))
        try:
            alert = actions.create_alert(organization=caller_of(request).organization, rule=rule)
        except BadRule as error:
            raise serializers.ValidationError({_NAMES.get(error.field, error.field): str(error)}) from error
        except TooManyAlerts as error:
            raise Refused(str(error)) from error
        return ok(str(alert.id))


class AlertView(ManagingView):
    """One alert."""

    @extend_schema(
        operation_id="helicone_alert_delete", parameters=[id_parameter("alert_id")], responses={200: NOTHING}
    )
    def delete(self, request: ApiRequest, alert_id: str) -> Response:
        """Delete it."""
        try:
            alert = queries.alert_of(organization_id(request), uuid_of(alert_id, "alert"))
        except queries.AlertNotFound as error:
            raise NotFound("There is no alert with this id.") from error
        actions.delete_alert(alert=alert)
        return ok()


_NAMES = {"window_ms": "time_window", "query": "filter"}


def _rule(said: dict[str, Any]) -> Rule:
    """Returns the rule that Helicone's names and habits mean."""
    aggregation, percentile = said["aggregation"] or Aggregation.SUM, said["percentile"]
    if said["metric"] in {*COUNTS, Metric.ERROR_RATE}:
        aggregation, percentile = Aggregation.SUM, None  # they have no other
    grouping = said["grouping"] or ""
    return Rule(
        name=said["name"],
        metric=said["metric"],
        threshold=said["threshold"],
        window_ms=said["time_window"],
        aggregation=aggregation,
        percentile=percentile,
        minimum_request_count=said["minimum_request_count"],
        query=print_filter(parse_tree(said["filter"])) if said["filter"] is not None else "",
        filter=said["filter"],
        grouping=grouping,
        grouping_is_property=bool(grouping)
        and (bool(said["grouping_is_property"]) or grouping not in GROUPINGS),
        emails=said["emails"],
        slack_channels=said["slack_channels"],
    )


def _shown(alert: Alert) -> dict[str, Any]:
    return {
        "id": str(alert.id),
        "org_id": str(alert.organization_id),
        "name": alert.name,
        "metric": alert.metric,
        "threshold": alert.threshold,
        "aggregation": alert.aggregation,
        "percentile": alert.percentile,
        "time_window": alert.window_ms,
        "time_block_duration": 0,
        "minimum_request_count": alert.minimum_request_count,
        "filter": alert.filter,
        "grouping": alert.grouping or None,
        "grouping_is_property": alert.grouping_is_property,
        "emails": alert.emails,
        "slack_channels": alert.slack_channels,
        "status": alert.status,
        "soft_delete": False,
        "created_at": iso(alert.created_at),
        "updated_at": iso(alert.updated_at),
    }


def _shown_incident(incident: Incident) -> dict[str, Any]:
    alert = incident.alert
    return {
        "id": str(incident.id),
        "org_id": str(incident.organization_id),
        "alert_id": str(alert.id),
        "alert_name": alert.name,
        "alert_metric": alert.metric,
        "alert_start_time": iso(incident.started_at),
        "alert_end_time": iso(incident.ended_at) if incident.ended_at else None,
        "triggered_value": f"{incident.start_value:.12g}",
        "status": AlertStatus.TRIGGERED if incident.is_open else AlertStatus.RESOLVED,
        "soft_delete": False,
        "created_at": iso(incident.started_at),
        "updated_at": iso(incident.ended_at or incident.started_at),
    }
