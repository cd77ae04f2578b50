"""`/v1/webhooks`: who is told of requests (contract 5.1)."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request as ApiRequest
from rest_framework.response import Response

from accounts_app.secrets import UndecryptableSecret
from alerts_app.webhooks import actions, queries
from alerts_app.webhooks.delivery import deliver
from alerts_app.webhooks.models import Webhook
from alerts_app.webhooks.payload import EXAMPLE, encoded
from alerts_app.webhooks.targets import BadTarget
from helicone_app.caller import caller_of
from helicone_app.fields import NumberField, id_parameter, uuid_of
from helicone_app.managing import ManagingView
from helicone_app.requests.annotations import NOTHING
from helicone_app.times import iso
from helicone_app.view import CREATED, NotFound, Refused, asked, ok, result
from requests_app.actions import MAX_NAME_CHARACTERS, MAX_VALUE_CHARACTERS
from requests_app.api_parameters import organization_id

MAX_FILTERS = 20
_ID = id_parameter("webhook_id")


class WebhookFilterSerializer(serializers.Serializer[Any]):
    """A property, and what it has to equal."""

    key = serializers.CharField(max_length=MAX_NAME_CHARACTERS)
    value = serializers.CharField(max_length=MAX_VALUE_CHARACTERS, allow_blank=True, trim_whitespace=False)


class WebhookConfigSerializer(serializers.Serializer[Any]):
    """Of which requests a webhook is told."""

    sampleRate = NumberField(default=100, min_value=0, max_value=100, help_text="Percent.")
    propertyFilters = serializers.ListField(
        child=WebhookFilterSerializer(), default=list, max_length=MAX_FILTERS
    )


class NewWebhookSerializer(serializers.Serializer[Any]):
    """A new webhook."""

    destination = serializers.CharField(
        max_length=Webhook._meta.get_field("destination").max_length,
        help_text="https, and on the public internet unless the operator allows the host.",
    )
    config = WebhookConfigSerializer(default=dict)
    includeData = serializers.BooleanField(
        default=True, help_text="With the model, tokens and costs, and an address of the bodies."
    )


class ShownWebhookConfigSerializer(WebhookConfigSerializer):
    """As it is stored."""

    includeData = serializers.BooleanField()


class WebhookSerializer(serializers.Serializer[Any]):
    """A webhook."""

    id = serializers.UUIDField()
    created_at = serializers.DateTimeField()
    destination = serializers.CharField()
    version = serializers.CharField()
    config = ShownWebhookConfigSerializer()
    hmac_key = serializers.CharField(
        allow_null=True, help_text="What signatures are made with; null for keys that may only read."
    )


class WebhookTestSerializer(serializers.Serializer[Any]):
    """What came of a test."""

    success = serializers.BooleanField()
    message = serializers.CharField()


class _WebhooksView(ManagingView):
    """404 for a webhook that the organization does not have; 400 for a destination that is refused."""

    def handle_exception(self, exc: Exception) -> Response:
        match exc:
            case queries.WebhookNotFound():
                exc = NotFound("There is no webhook with this id.")
            case BadTarget():
                exc = Refused(str(exc))
        return super().handle_exception(exc)


class WebhooksView(_WebhooksView):
    """The webhooks of the organization."""

    @extend_schema(
        operation_id="helicone_webhooks", responses=result("HeliconeWebhooks", WebhookSerializer(many=True))
    )
    def get(self, request: ApiRequest) -> Response:
        """All, oldest first."""
        may_sign = "w" in caller_of(request).scope
        return ok([_shown(webhook, may_sign) for webhook in queries.webhooks(organization_id(request))])

    @extend_schema(
        operation_id="helicone_webhook_create",
        request=NewWebhookSerializer,
        responses=result("HeliconeWebhook", WebhookSerializer()),
        examples=[
            OpenApiExample(
                "A tenth of production",
                {
                    "destination": "https://hooks.example.com/helicone",
                    "config": {
                        "sampleRate": 10,
                        "propertyFilters": [{"key": "Environment", "value": "production"}],
                    },
                    "includeData": True,
                },
                request_only=True,
            )
        ],
    )
    def post(self, request: ApiRequest) -> Response:
        """Make one; the server makes its `hmac_key`."""
        said = asked(NewWebhookSerializer, request)
        webhook = actions.create_webhook(
            organization=caller_of(request).organization,
            destination=said["destination"],
            sample_rate_percent=said["config"].get("sampleRate", 100),
            property_filters=said["config"].get("propertyFilters", []),
            includes_data=said["includeData"],
        )
        return ok(_shown(webhook, may_sign=True))


class WebhookView(_WebhooksView):
    """One webhook."""

    @extend_schema(operation_id="helicone_webhook_delete", parameters=[_ID], responses={CREATED: NOTHING})
    def delete(self, request: ApiRequest, webhook_id: str) -> Response:
        """Delete it."""
        actions.delete_webhook(webhook=_webhook(request, webhook_id))
        return ok(status=CREATED)


class WebhookTestView(_WebhooksView):
    """Trying a webhook out."""

    @extend_schema(
        operation_id="helicone_webhook_test",
        parameters=[_ID],
        request=None,
        responses=result("HeliconeWebhookTest", WebhookTestSerializer()),
    )
    def post(self, request: ApiRequest, webhook_id: str) -> Response:
        """Send an invented request at once, and say what came of it within ten seconds."""
        webhook = _webhook(request, webhook_id)
        outcome = deliver(webhook, encoded(EXAMPLE, includes_data=webhook.includes_data))
        return ok({"success": outcome.is_delivered, "message": outcome.text})


def _webhook(request: ApiRequest, webhook_id: str) -> Webhook:
    return queries.webhook_of(organization_id(request), uuid_of(webhook_id, "webhook"))


def _shown(webhook: Webhook, may_sign: bool) -> dict[str, Any]:
    return {
        "id": str(webhook.id),
        "created_at": iso(webhook.created_at),
        "destination": webhook.destination,
        "version": webhook.version,
        "config": {
            "sampleRate": webhook.sample_rate_percent,
            "propertyFilters": webhook.property_filters,
            "includeData": webhook.includes_data,
        },
        "hmac_key": _signing_key(webhook) if may_sign else None,
    }


def _signing_key(webhook: Webhook) -> str | None:
    try:
        return queries.signing_key(webhook)
    except UndecryptableSecret:
        return None
