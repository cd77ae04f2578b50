"""`/api/requests/<id>/properties/`, `/scores/` and `/feedback/`: what is said of a request after it was logged."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request as ApiRequest
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts_app.authentication import CanWrite
from requests_app import actions
from requests_app.api_parameters import REQUEST_ID, organization_id
from requests_app.queries import RequestNotFound, id_of

MAX_NAMES = 100
NO_CONTENT = 204
_DONE = OpenApiResponse(description="Done.")


class FeedbackSerializer(serializers.Serializer[Any]):
    """A thumb up, a thumb down, or none."""

    rating = serializers.BooleanField(allow_null=True, help_text="true up, false down, null takes it back.")


class _Annotation(APIView, ABC):
    """A change of one request, all of it or nothing."""

    permission_classes = (CanWrite,)

    def change(self, request: ApiRequest, id: str) -> Response:
        """Answers 204; 404 without such a request, 400 for what cannot be stored."""
        organization = organization_id(request)
        try:
            with transaction.atomic():
                found = id_of(organization_id=organization, request_id=id)
                self.apply(organization, found, request.data)
        except RequestNotFound as error:
            raise NotFound("There is no request with this id.") from error
        except actions.BadAnnotation as error:
            raise ValidationError({"detail": str(error)}) from error
        return Response(status=NO_CONTENT)

    @abstractmethod
    def apply(self, organization_id: int, id: UUID, data: Any) -> None:
        """Change the request as the JSON `data` says. Raises ValidationError, actions.BadAnnotation."""


class PropertiesView(_Annotation):
    """Custom properties."""

    @extend_schema(
        operation_id="requests_properties_update",
        parameters=[REQUEST_ID],
        request={
            "application/json": {
                "type": "object",
                "additionalProperties": {"type": "string", "nullable": True},
            }
        },
        responses={NO_CONTENT: _DONE},
        examples=[OpenApiExample("One set, one deleted", {"Environment": "staging", "Old": None})],
    )
    def patch(self, request: ApiRequest, id: str) -> Response:
        """Set properties; null deletes one. Others stay."""
        return self.change(request, id)

    def apply(self, organization_id: int, id: UUID, data: Any) -> None:
        for name, value in _object(data).items():
            if value is None:
                actions.delete_property(organization_id=organization_id, id=id, name=name)
            elif isinstance(value, str):
                actions.set_property(organization_id=organization_id, id=id, name=name, value=value)
            else:
                raise ValidationError({name: ["A property is a text, or null to delete it."]})


class ScoresView(_Annotation):
    """Scores."""

    @extend_schema(
        operation_id="requests_scores_update",
        parameters=[REQUEST_ID],
        request={"application/json": {"type": "object", "additionalProperties": {"type": "number"}}},
        responses={NO_CONTENT: _DONE},
        examples=[OpenApiExample("Two scores", {"accuracy": 0.92, "is_polite": True})],
    )
    def put(self, request: ApiRequest, id: str) -> Response:
        """Set scores: numbers, or true and false for 1 and 0. Others stay."""
        return self.change(request, id)

    def apply(self, organization_id: int, id: UUID, data: Any) -> None:
        for name, value in _object(data).items():
            if not isinstance(value, int | float):
                raise ValidationError({name: ["A score is a number, or true or false."]})
            actions.set_score(organization_id=organization_id, id=id, name=name, value=value)


class FeedbackView(_Annotation):
    """A thumb up or down."""

    @extend_schema(
        operation_id="requests_feedback_update",
        parameters=[REQUEST_ID],
        request=FeedbackSerializer,
        responses={NO_CONTENT: _DONE},
        examples=[
            OpenApiExample("Up", {"rating": True}),
            OpenApiExample("Taken back", {"rating": None}),
        ],
    )
    def put(self, request: ApiRequest, id: str) -> Response:
        """Set the thumb, or take it back."""
        return self.change(request, id)

    def apply(self, organization_id: int, id: UUID, data: Any) -> None:
        rating = _object(data).get("rating", "")
        if rating not in (True, False, None):
            raise ValidationError({"rating": ["Give true, false or null."]})
        actions.set_feedback(organization_id=organization_id, id=id, is_positive=rating)


def _object(data: Any) -> Mapping[str, Any]:
    if not isinstance(data, dict) or len(data) > MAX_NAMES:
        raise ValidationError({"detail": f"Send a JSON object of at most {MAX_NAMES} names."})
    return data
