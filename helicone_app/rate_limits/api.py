"""`/v1/rate-limits`: how often may be asked, by requests without a policy of their own."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request as ApiRequest
from rest_framework.response import Response

from alerts_app.budgets.choices import PROPERTY_IN_POLICY
from helicone_app.caller import caller_of
from helicone_app.managing import ManagingView
from helicone_app.times import iso
from helicone_app.view import CREATED, NotFound, asked, ok, result
from limits_app import actions, queries
from limits_app.models import MAX_WINDOW_S, MIN_WINDOW_S, RateLimit
from limits_app.policy import MAX_QUOTA
from limits_app.rules import RatePolicy, Unit
from requests_app.api_parameters import organization_id

NO_CONTENT = 204
_ID = OpenApiParameter("rule_id", OpenApiTypes.STR, OpenApiParameter.PATH)
_UNITS = {"requests": Unit.REQUEST, "cents": Unit.CENTS}
UNITS = [*_UNITS]
_OUR_UNITS = {unit: name for name, unit in _UNITS.items()}
_MAX_ID_DIGITS = 18


class RateLimitRuleSerializer(serializers.Serializer[Any]):
    """A rule to store."""

    name = serializers.CharField(max_length=RateLimit._meta.get_field("name").max_length)
    quota = serializers.IntegerField(min_value=1, max_value=MAX_QUOTA)
    window_seconds = serializers.IntegerField(min_value=MIN_WINDOW_S, max_value=MAX_WINDOW_S)
    unit = serializers.ChoiceField(UNITS)
    segment = serializers.RegexField(
        PROPERTY_IN_POLICY,
        max_length=RateLimit._meta.get_field("segment").max_length,
        allow_blank=True,
        help_text="Empty: all together; `user`; or the name of a property.",
    )


class RateLimitRuleViewSerializer(RateLimitRuleSerializer):
    """A stored rule."""

    id = serializers.CharField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField(help_text="When it was made: later changes are not noted.")


class RateLimitsView(ManagingView):
    """The rate limits of the organization."""

    @extend_schema(
        operation_id="helicone_rate_limits",
        responses=result("HeliconeRateLimits", RateLimitRuleViewSerializer(many=True)),
    )
    def get(self, request: ApiRequest) -> Response:
        """All, oldest first."""
        return ok([_shown(rate) for rate in queries.rate_limits(organization_id(request))])

    @extend_schema(
        operation_id="helicone_rate_limit_create",
        request=RateLimitRuleSerializer,
        responses={CREATED: result("HeliconeRateLimitCreated", RateLimitRuleViewSerializer())},
        examples=[
            OpenApiExample(
                "A thousand requests an hour for each user",
                {
                    "name": "Users",
                    "quota": 1000,
                    "window_seconds": 3600,
                    "unit": "requests",
                    "segment": "user",
                },
                request_only=True,
            )
        ],
    )
    def post(self, request: ApiRequest) -> Response:
        """Make one."""
        said = asked(RateLimitRuleSerializer, request)
        rate = actions.create_rate_limit(
            organization=caller_of(request).organization, name=said["name"], policy=_policy(said)
        )
        return ok(_shown(rate), CREATED)


class RateLimitView(ManagingView):
    """One rate limit."""

    @extend_schema(
        operation_id="helicone_rate_limit",
        parameters=[_ID],
        responses=result("HeliconeRateLimit", RateLimitRuleViewSerializer()),
    )
    def get(self, request: ApiRequest, rule_id: str) -> Response:
        """One."""
        return ok(_shown(_rate(request, rule_id)))

    @extend_schema(
        operation_id="helicone_rate_limit_update",
        parameters=[_ID],
        request=RateLimitRuleSerializer(partial=True),
        responses=result("HeliconeRateLimitUpdated", RateLimitRuleViewSerializer()),
    )
    def put(self, request: ApiRequest, rule_id: str) -> Response:
        """Change what is given; the rest stays."""
        rate = _rate(request, rule_id)
        reader = RateLimitRuleSerializer(data=request.data, partial=True)
        reader.is_valid(raise_exception=True)
        said = _shown(rate) | reader.validated_data
        actions.change_rate_limit(rate=rate, name=said["name"], policy=_policy(said))
        return ok(_shown(rate))

    @extend_schema(
        operation_id="helicone_rate_limit_delete",
        parameters=[_ID],
        responses={NO_CONTENT: OpenApiResponse(description="It is gone.")},
    )
    def delete(self, request: ApiRequest, rule_id: str) -> Response:
        """Delete it."""
        actions.delete_rate_limit(rate=_rate(request, rule_id))
        return Response(status=NO_CONTENT)


def _policy(said: dict[str, Any]) -> RatePolicy:
    return RatePolicy(said["quota"], said["window_seconds"], _UNITS[said["unit"]], said["segment"])


def _rate(request: ApiRequest, rule_id: str) -> RateLimit:
    try:
        if not (rule_id.isascii() and rule_id.isdecimal() and len(rule_id) <= _MAX_ID_DIGITS):
            raise queries.RateLimitNotFound(rule_id)
        return queries.rate_limit_of(organization_id(request), int(rule_id))
    except queries.RateLimitNotFound as error:
        raise NotFound("Rate limit rule not found") from error


def _shown(rate: RateLimit) -> dict[str, Any]:
    return {
        "id": str(rate.pk),
        "name": rate.name,
        "quota": rate.quota,
        "window_seconds": rate.window_s,
        "unit": _OUR_UNITS[Unit(rate.unit)],
        "segment": rate.segment,
        "created_at": iso(rate.created_at),
        "updated_at": iso(rate.created_at),
    }
