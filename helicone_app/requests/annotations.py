"""What is said of a request after it was logged: feedback, properties and scores."""

from abc import abstractmethod
from typing import Any, ClassVar
from uuid import UUID

from django.db import transaction
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request as ApiRequest
from rest_framework.response import Response

from helicone_app.view import CREATED, ValidationError, WritingView, asked, ok, result
from helicone_app.waiting import awaited
from requests_app import actions
from requests_app.api_parameters import organization_id
from requests_app.queries import RequestNotFound, has_request, id_of

_MAX_SCORES = 100
# What Helicone puts behind the name of a score that is true or false.
BOOLEAN_SUFFIX = "-hcone-bool"
_REQUEST_ID = OpenApiParameter("request_id", OpenApiTypes.STR, OpenApiParameter.PATH)
NOTHING = result("HeliconeNothing", serializers.JSONField(allow_null=True, help_text="null"))


class RatingSerializer(serializers.Serializer[Any]):
    rating = serializers.BooleanField(help_text="true: up, false: down.")


class NamedPropertySerializer(serializers.Serializer[Any]):
    key = serializers.CharField(max_length=actions.MAX_NAME_CHARACTERS)
    value = serializers.CharField(
        max_length=actions.MAX_VALUE_CHARACTERS, allow_blank=True, trim_whitespace=False
    )


@extend_schema_field({"oneOf": [{"type": "number"}, {"type": "boolean"}]})
class ScoreField(serializers.Field[Any, Any, Any, Any]):
    """A number, or true or false."""

    def to_internal_value(self, data: Any) -> float | bool:
        if not isinstance(data, int | float):
            raise serializers.ValidationError("A score is a number, or true or false.")
        return data


class NamedScoresSerializer(serializers.Serializer[Any]):
    scores = serializers.DictField(child=ScoreField(), help_text="Numbers, or true and false, by name.")

    def validate_scores(self, scores: dict[str, Any]) -> dict[str, Any]:
        if len(scores) > _MAX_SCORES:
            raise serializers.ValidationError(f"Send at most {_MAX_SCORES}.")
        return scores


class OldFeedbackSerializer(RatingSerializer):
    def get_fields(self) -> dict[str, Any]:
        # A name that Python cannot have.
        return {**super().get_fields(), "helicone-id": serializers.CharField()}


class _Annotation(WritingView):
    """All of it or nothing; 201 with no data."""

    asks: ClassVar[type[serializers.Serializer[Any]]]

    def post(self, request: ApiRequest, request_id: str) -> Response:
        said, organization = asked(self.asks, request), organization_id(request)
        id = awaited_id(organization, request_id)
        with transaction.atomic():
            self.apply(organization, id, said)
        return ok(status=CREATED)

    @abstractmethod
    def apply(self, organization_id: int, id: UUID, said: dict[str, Any]) -> None:
        """Change the request. Raises actions.BadAnnotation, RequestNotFound."""


def _documented(name: str, asks: Any) -> Any:
    return extend_schema(
        operation_id=name, parameters=[_REQUEST_ID], request=asks, responses={CREATED: NOTHING}
    )


class FeedbackView(_Annotation):
    """A thumb up or down."""

    asks = RatingSerializer

    @_documented("helicone_request_feedback", RatingSerializer)
    def post(self, request: ApiRequest, request_id: str) -> Response:
        """Set the thumb."""
        return super().post(request, request_id)

    def apply(self, organization_id: int, id: UUID, said: dict[str, Any]) -> None:
        actions.set_feedback(organization_id=organization_id, id=id, is_positive=said["rating"])


class PropertyView(_Annotation):
    """A custom property."""

    asks = NamedPropertySerializer

    @_documented("helicone_request_property_post", NamedPropertySerializer)
    def post(self, request: ApiRequest, request_id: str) -> Response:
        """As PUT: documentation has both."""
        return super().post(request, request_id)

    @_documented("helicone_request_property", NamedPropertySerializer)
    def put(self, request: ApiRequest, request_id: str) -> Response:
        """Set the property, or change it."""
        return super().post(request, request_id)

    def apply(self, organization_id: int, id: UUID, said: dict[str, Any]) -> None:
        actions.set_property(organization_id=organization_id, id=id, name=said["key"], value=said["value"])


class ScoreView(_Annotation):
    """Scores."""

    asks = NamedScoresSerializer

    @_documented("helicone_request_score", NamedScoresSerializer)
    def post(self, request: ApiRequest, request_id: str) -> Response:
        """Set scores; others stay."""
        return super().post(request, request_id)

    def apply(self, organization_id: int, id: UUID, said: dict[str, Any]) -> None:
        for name, value in said["scores"].items():
            set_score(organization_id, id, name, value)


class OldFeedbackView(WritingView):
    """Feedback at the proxies' host, as older scripts send it."""

    @extend_schema(
        operation_id="helicone_feedback",
        request=OldFeedbackSerializer,
        responses=inline_serializer(
            "HeliconeFeedbackAdded",
            {"message": serializers.CharField(), "helicone_id": serializers.CharField()},
        ),
    )
    def post(self, request: ApiRequest) -> Response:
        """Set the thumb of the request that is named in the body."""
        said, organization = asked(OldFeedbackSerializer, request), organization_id(request)
        name = said["helicone-id"]
        id = awaited_id(organization, name)
        actions.set_feedback(organization_id=organization, id=id, is_positive=said["rating"])
        return Response({"message": "Feedback added successfully.", "helicone_id": name})


def set_score(organization_id: int, id: UUID, name: str, value: float | bool) -> None:
    """Set one score under the name that Helicone gives it. Raises actions.BadAnnotation, RequestNotFound."""
    if not name:
        raise ValidationError({"scores": ["A score has a name."]})
    stored = name + BOOLEAN_SUFFIX if isinstance(value, bool) and not name.endswith(BOOLEAN_SUFFIX) else name
    actions.set_score(organization_id=organization_id, id=id, name=stored, value=value)


def awaited_id(organization_id: int, request_id: str) -> UUID:
    """Returns our id of the request, which may come within a moment. Raises RequestNotFound."""

    def look() -> UUID:
        id = id_of(organization_id=organization_id, request_id=request_id)
        if not has_request(organization_id=organization_id, id=id):
            raise RequestNotFound(request_id)
        return id

    return awaited(look, RequestNotFound)
