"""`/api/webhooks/<id>/deliveries/`: what became of telling, over REST. Webhooks themselves are at `/v1/webhooks`."""

from typing import Any
from uuid import UUID

from drf_spectacular.helpers import forced_singular_serializer
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request as ApiRequest
from rest_framework.response import Response

from alerts_app.managed import ManagedViewSet
from alerts_app.webhooks import actions, queries
from alerts_app.webhooks.models import Delivery, DeliveryState, Webhook
from requests_app.api_parameters import limit, organization_id, page_url, refusals

ACCEPTED, CONFLICT = 202, 409
DEFAULT_LIMIT, MAX_LIMIT = 50, 200
_WEBHOOK = OpenApiParameter("id", OpenApiTypes.UUID, OpenApiParameter.PATH)
_DELIVERY = OpenApiParameter("delivery_id", OpenApiTypes.UUID, OpenApiParameter.PATH)


class WebhookDeliverySerializer(serializers.Serializer[Any]):
    """A request that a webhook is told of."""

    id = serializers.UUIDField(help_text="Sent as Helicone-Delivery-Id, the same in all attempts.")
    request_id = serializers.UUIDField(source="request_row_id", help_text="Our id of the request.")
    created_at = serializers.DateTimeField()
    state = serializers.ChoiceField(choices=DeliveryState.choices)
    attempts = serializers.IntegerField()
    next_attempt_at = serializers.DateTimeField(allow_null=True, help_text="null: none is planned.")
    last_status = serializers.IntegerField(allow_null=True, help_text="null: no answer came, or none yet.")
    last_outcome = serializers.CharField(help_text="For people; empty before the first attempt.")
    last_duration_ms = serializers.IntegerField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)

    def to_representation(self, instance: Delivery) -> dict[str, Any]:
        """A delivery at its end has a next attempt in the table, and none in fact."""
        shown = super().to_representation(instance)
        return shown if instance.is_unfinished else {**shown, "next_attempt_at": None}


class WebhookDeliveryPageSerializer(serializers.Serializer[Any]):
    """A page: follow `next` until it is null."""

    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = WebhookDeliverySerializer(many=True)


class WebhookDeliveryViewSet(ManagedViewSet):
    """Deliveries of one webhook of the caller's organization."""

    @extend_schema(
        operation_id="webhook_deliveries_list",
        parameters=[
            _WEBHOOK,
            OpenApiParameter("state", OpenApiTypes.STR, enum=DeliveryState.values),
            OpenApiParameter("cursor", OpenApiTypes.STR, description="Where the page begins."),
            OpenApiParameter(
                "limit", OpenApiTypes.INT, description=f"1 to {MAX_LIMIT}.", default=DEFAULT_LIMIT
            ),
        ],
        responses=forced_singular_serializer(WebhookDeliveryPageSerializer),
    )
    def list(self, request: ApiRequest, id: UUID) -> Response:
        """Those of the last seven days, newest first."""
        state = request.query_params.get("state")
        if state and state not in DeliveryState.values:
            raise ValidationError({"state": [f"Choose one of {', '.join(DeliveryState.values)}."]})
        webhook = _webhook(request, id)
        with refusals():
            page = queries.deliveries(
                webhook,
                states=[state] if state else (),
                cursor=request.query_params.get("cursor"),
                limit=limit(request, default=DEFAULT_LIMIT, at_most=MAX_LIMIT),
            )
        return Response(
            {
                "next": page_url(request, page.next_cursor),
                "previous": page_url(request, page.previous_cursor),
                "results": WebhookDeliverySerializer(page.rows, many=True).data,
            }
        )

    @extend_schema(
        operation_id="webhook_delivery_send",
        parameters=[_WEBHOOK, _DELIVERY],
        request=None,
        responses={
            ACCEPTED: WebhookDeliverySerializer,
            CONFLICT: OpenApiResponse(OpenApiTypes.OBJECT, description="The request is no longer kept."),
        },
    )
    def send(self, request: ApiRequest, id: UUID, delivery_id: UUID) -> Response:
        """Send it once more, under the same id, and for a day if that fails."""
        webhook = _webhook(request, id)
        try:
            delivery = queries.delivery_of(webhook, delivery_id)
        except queries.DeliveryNotFound as error:
            raise NotFound("There is no delivery with this id.") from error
        if not actions.send_again(delivery=delivery):
            return Response({"detail": "The request is no longer kept."}, status=CONFLICT)
        delivery.refresh_from_db()
        return Response(WebhookDeliverySerializer(delivery).data, status=ACCEPTED)


def _webhook(request: ApiRequest, id: UUID) -> Webhook:
    try:
        return queries.webhook_of(organization_id(request), id)
    except queries.WebhookNotFound as error:
        raise NotFound("There is no webhook with this id.") from error
