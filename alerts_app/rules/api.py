"""`/api/alerts/`: what is watched, and what was found, over REST."""

from typing import Any

from django.db import transaction
from drf_spectacular.helpers import forced_singular_serializer
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request as ApiRequest
from rest_framework.response import Response

from accounts_app.models import Organization
from alerts_app.managed import CREATED, GONE, NO_CONTENT, ManagedViewSet
from alerts_app.notices.models import Channel
from alerts_app.notices.queries import channels
from alerts_app.rules import actions, queries
from alerts_app.rules.models import Alert, Incident
from alerts_app.rules.rule import BadRule
from alerts_app.rules.serializers import (
    AlertIncidentPageSerializer,
    AlertIncidentSerializer,
    AlertOutcomeSerializer,
    AlertRuleOrderSerializer,
    AlertRuleSerializer,
    AlertSilenceSerializer,
    rule_from,
)
from requests_app.api_parameters import limit, organization_id, refusals

MAX_LIMIT = 200
_ID = OpenApiParameter("id", OpenApiTypes.UUID, OpenApiParameter.PATH)
_PAGE = [
    _ID,
    OpenApiParameter("state", OpenApiTypes.STR, enum=queries.INCIDENT_STATES, default="all"),
    OpenApiParameter("cursor", OpenApiTypes.STR, description="Where the page begins."),
    OpenApiParameter(
        "limit", OpenApiTypes.INT, description=f"1 to {MAX_LIMIT}.", default=queries.DEFAULT_LIMIT
    ),
]


class AlertViewSet(ManagedViewSet):
    """Alerts of the caller's organization."""

    @extend_schema(operation_id="alerts_list", responses=AlertRuleSerializer(many=True))
    def list(self, request: ApiRequest) -> Response:
        """All, oldest first, with what the last judgement of each saw."""
        found = queries.alerts(organization_id(request)).prefetch_related("channels")
        return Response([_told(alert) for alert in found])

    @extend_schema(
        operation_id="alerts_create",
        request=AlertRuleOrderSerializer,
        responses={CREATED: AlertRuleSerializer},
        examples=[
            OpenApiExample(
                "Slow answers, by model",
                {
                    "name": "Slow",
                    "metric": "latency",
                    "aggregation": "percentile",
                    "percentile": 95,
                    "threshold": 4000,
                    "window_ms": 600_000,
                    "minimum_request_count": 20,
                    "grouping": "model",
                    "emails": ["oncall@example.com"],
                },
                request_only=True,
            )
        ],
    )
    def create(self, request: ApiRequest) -> Response:
        """Make one. It is judged within seconds."""
        said, chosen = _said(request, request.data)
        try:
            with transaction.atomic():
                alert = actions.create_alert(
                    organization=_organization(request), rule=rule_from(said, chosen)
                )
                if not said["is_active"]:
                    actions.pause(alert=alert)
        except actions.TooManyAlerts as error:
            raise ValidationError({"detail": str(error)}) from error
        except BadRule as error:
            raise ValidationError({error.field: [str(error)]}) from error
        return Response(_told_again(alert), status=CREATED)

    @extend_schema(operation_id="alerts_retrieve", parameters=[_ID], responses=AlertRuleSerializer)
    def retrieve(self, request: ApiRequest, id: str) -> Response:
        """One alert."""
        return Response(_told(_alert(request, id)))

    @extend_schema(
        operation_id="alerts_update",
        parameters=[_ID],
        request=AlertRuleOrderSerializer(partial=True),
        responses=AlertRuleSerializer,
    )
    def partial_update(self, request: ApiRequest, id: str) -> Response:
        """Change what is given of one. Where it watches something else than before, its incidents end."""
        alert = _alert(request, id)
        given = request.data
        said, chosen = _said(request, {**_ordered(alert), **given} if isinstance(given, dict) else given)
        try:
            with transaction.atomic():
                alert = actions.update_alert(alert=alert, rule=rule_from(said, chosen))
                if said["is_active"] != alert.is_active:
                    (actions.resume if said["is_active"] else actions.pause)(alert=alert)
        except BadRule as error:
            raise ValidationError({error.field: [str(error)]}) from error
        return Response(_told_again(alert))

    @extend_schema(operation_id="alerts_delete", parameters=[_ID], responses={NO_CONTENT: GONE})
    def destroy(self, request: ApiRequest, id: str) -> Response:
        """Delete one, and what happened."""
        actions.delete_alert(alert=_alert(request, id))
        return Response(status=NO_CONTENT)

    @extend_schema(
        operation_id="alerts_silence",
        parameters=[_ID],
        request=AlertSilenceSerializer,
        responses=AlertRuleSerializer,
    )
    def silence(self, request: ApiRequest, id: str) -> Response:
        """Tell nobody until then. Incidents are noted; of those that still go on people are told then."""
        alert = _alert(request, id)
        reader = AlertSilenceSerializer(data=request.data)
        reader.is_valid(raise_exception=True)
        actions.silence(alert=alert, until=reader.validated_data["until"])
        return Response(_told_again(alert))

    @extend_schema(
        operation_id="alerts_test",
        parameters=[_ID],
        request=None,
        responses=AlertOutcomeSerializer(many=True),
    )
    def test(self, request: ApiRequest, id: str) -> Response:
        """Send a test to all whom the alert tells, at once. Answers what came of each."""
        outcomes = actions.test_alert(alert=_alert(request, id))
        return Response(
            [
                {"receiver": receiver, "is_delivered": outcome.is_delivered, "text": outcome.text}
                for receiver, outcome in outcomes
            ]
        )

    @extend_schema(
        operation_id="alerts_incidents",
        parameters=_PAGE,
        responses=forced_singular_serializer(AlertIncidentPageSerializer),
    )
    def incidents(self, request: ApiRequest, id: str) -> Response:
        """When something was wrong, newest first."""
        state = request.query_params.get("state", "all")
        if state not in queries.INCIDENT_STATES:
            raise ValidationError({"state": [f"Choose one of {', '.join(queries.INCIDENT_STATES)}."]})
        with refusals():
            page = queries.incidents(
                organization_id(request),
                alert=_alert(request, id),
                state=state,
                cursor=request.query_params.get("cursor"),
                limit=limit(request, default=queries.DEFAULT_LIMIT, at_most=MAX_LIMIT),
            )
        return Response(AlertIncidentPageSerializer(page).data)


class AlertIncidentViewSet(ManagedViewSet):
    """Incidents of all alerts of the caller's organization."""

    @extend_schema(
        operation_id="alerts_incident_retrieve", parameters=[_ID], responses=AlertIncidentSerializer
    )
    def retrieve(self, request: ApiRequest, id: str) -> Response:
        """One incident."""
        return Response(AlertIncidentSerializer(_incident(request, id)).data)

    @extend_schema(
        operation_id="alerts_incident_acknowledge",
        parameters=[_ID],
        request=None,
        responses=AlertIncidentSerializer,
    )
    def acknowledge(self, request: ApiRequest, id: str) -> Response:
        """Note that somebody looks after it. Whoever did so first stays."""
        caller: Any = request.user
        actions.acknowledge(incident=_incident(request, id), actor=caller.user)
        return Response(AlertIncidentSerializer(_incident(request, id)).data)


def _told(alert: Alert) -> dict[str, Any]:
    return dict(AlertRuleSerializer(alert).data)


def _told_again(alert: Alert) -> dict[str, Any]:
    return _told(queries.alert_of(alert.organization_id, alert.pk))


def _ordered(alert: Alert) -> dict[str, Any]:
    """Returns an alert as AlertRuleOrderSerializer takes one."""
    return dict(AlertRuleOrderSerializer(alert).data)


def _said(request: ApiRequest, data: Any) -> tuple[dict[str, Any], list[Channel]]:
    reader = AlertRuleOrderSerializer(data=data)
    reader.is_valid(raise_exception=True)
    said: dict[str, Any] = reader.validated_data
    found = list(channels(organization_id(request)).filter(pk__in=said["channels"]))
    if len(found) < len({*said["channels"]}):
        raise ValidationError({"channels": ["There is no channel with one of these ids."]})
    return said, found


def _organization(request: ApiRequest) -> Organization:
    caller: Any = request.user  # an accounts_app.authentication.ApiCaller: the permission saw to it
    organization: Organization = caller.organization
    return organization


def _alert(request: ApiRequest, id: Any) -> Alert:
    try:
        return queries.alert_of(organization_id(request), id)
    except queries.AlertNotFound as error:
        raise NotFound("There is no alert with this id.") from error


def _incident(request: ApiRequest, id: Any) -> Incident:
    try:
        return queries.incident_of(organization_id(request), id)
    except queries.IncidentNotFound as error:
        raise NotFound("There is no incident with this id.") from error
