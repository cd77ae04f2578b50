"""`/api/sessions/`: sessions over REST."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

from drf_spectacular.helpers import forced_singular_serializer
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import viewsets
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request as ApiRequest
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts_app.authentication import CanWrite
from requests_app.annotations_api import FeedbackSerializer
from requests_app.api_parameters import limit, organization_id, page_url, refusals, valid
from requests_app.filter_language.lookups import LOOKUPS
from requests_app.paging import DEFAULT_SORT
from sessions_app import actions, names, queries
from sessions_app.filters import SESSIONS, SessionFilter
from sessions_app.serializers import (
    NamesSerializer,
    RequestsOfSessionSerializer,
    SessionDetailSerializer,
    SessionPageSerializer,
    SessionSerializer,
    TagSerializer,
)

NO_CONTENT = 204
DEFAULT_STEPS = 100
_DONE = OpenApiResponse(description="Done.")

SESSION_ID = OpenApiParameter(
    "session_id",
    OpenApiTypes.STR,
    OpenApiParameter.PATH,
    description="Helicone-Session-Id, percent-encoded; in it `~S` stands for a slash and `~~` for a tilde.",
)
_FILTERS = [
    *(
        OpenApiParameter(name, OpenApiTypes.STR, description=str(declared.label))
        for name, declared in SessionFilter.base_filters.items()
    ),
    OpenApiParameter(
        "<field>__<lookup>",
        OpenApiTypes.STR,
        description=f"Compares a field: one of {', '.join(SESSIONS.fields)}. A lookup is one of {', '.join(LOOKUPS)}.",
        examples=[
            OpenApiExample("cost__gt", value="0.5"),
            OpenApiExample("duration__gte", value="1m"),
            OpenApiExample("name__contains", value="checkout"),
        ],
    ),
    OpenApiParameter(
        "property.<Name>",
        OpenApiTypes.STR,
        description="A request of the session has this value of the custom property.",
        examples=[OpenApiExample("property.Environment", value="production")],
    ),
]
_PAGE = [
    OpenApiParameter("cursor", OpenApiTypes.STR, description="Where the page begins."),
    OpenApiParameter(
        "limit", OpenApiTypes.INT, description=f"1 to {queries.MAX_LIMIT}.", default=queries.DEFAULT_LIMIT
    ),
]
_EXAMPLE = {
    "session_id": "trip-1",
    "name": "Trip planner",
    "created_at": "2026-11-29T09:12:04.120000Z",
    "last_active_at": "2026-11-29T09:12:50.004000Z",
    "ended_at": "2026-11-29T09:12:52.318000Z",
    "duration_ms": 48198,
    "requests": 16,
    "model_calls": 9,
    "errors": 1,
    "last_status": 200,
    "cost_nanodollars": 412_000_000,
    "cost_usd": 0.412,
    "unpriced_requests": 0,
    "prompt_tokens": 88_100,
    "completion_tokens": 8_300,
    "total_tokens": 96_400,
    "average_latency_ms": 3120.5,
    "user_ids": ["user-12"],
    "models": ["claude-sonnet-4-5", "gpt-4o-mini"],
    "tag": "",
    "feedback": None,
}

_NAME_EXAMPLE = {
    "name": "Trip planner",
    "sessions": 214,
    "requests": 3120,
    "errors": 18,
    "cost_nanodollars": 61_200_000_000,
    "cost_usd": 61.2,
    "unpriced_requests": 0,
    "duration_p50_ms": 41_200,
    "duration_p95_ms": 97_000,
    "duration_p99_ms": 131_000,
    "last_seen_at": "2026-11-29T09:12:50.004000Z",
}


class SessionViewSet(viewsets.ViewSet):
    """Sessions of the caller's organization."""

    serializer_class: ClassVar = SessionSerializer

    @extend_schema(
        operation_id="sessions_list",
        parameters=[
            *_FILTERS,
            OpenApiParameter(
                "sort",
                OpenApiTypes.STR,
                enum=[sign + name for name in queries.SORTS for sign in ("-", "")],
                default=DEFAULT_SORT,
            ),
            *_PAGE,
        ],
        responses=forced_singular_serializer(SessionPageSerializer),
        examples=[
            OpenApiExample(
                "A page",
                {
                    "next": None,
                    "previous": None,
                    "next_cursor": None,
                    "previous_cursor": None,
                    "results": [_EXAMPLE],
                },
                response_only=True,
            )
        ],
    )
    def list(self, request: ApiRequest) -> Response:
        """Newest first, those at work in the last thirty days unless `range`, `start` or `end` say otherwise."""
        filters = valid(SessionFilter(request.query_params))
        with refusals():
            page = queries.list_sessions(
                organization_id=organization_id(request),
                filters=filters,
                sort=request.query_params.get("sort"),
                cursor=request.query_params.get("cursor"),
                limit=limit(request, default=queries.DEFAULT_LIMIT, at_most=queries.MAX_LIMIT),
            )
        return Response(
            {
                "next": page_url(request, page.next_cursor),
                "previous": page_url(request, page.previous_cursor),
                "next_cursor": page.next_cursor,
                "previous_cursor": page.previous_cursor,
                "results": SessionSerializer(page.rows, many=True).data,
            }
        )

    @extend_schema(
        operation_id="sessions_names",
        parameters=[
            *_FILTERS,
            OpenApiParameter(
                "sort",
                OpenApiTypes.STR,
                enum=[sign + name for name in names.SORTS for sign in ("-", "")],
                default=names.DEFAULT_SORT,
            ),
        ],
        responses=NamesSerializer,
        examples=[OpenApiExample("Names", {"is_cut": False, "results": [_NAME_EXAMPLE]}, response_only=True)],
    )
    def names(self, request: ApiRequest) -> Response:
        """What the sessions of each name add up to; a percentile is one session's duration."""
        filters = valid(SessionFilter(request.query_params))
        with refusals():
            found = names.list_names(
                organization_id=organization_id(request),
                filters=filters,
                sort=request.query_params.get("sort"),
            )
        return Response(NamesSerializer({"is_cut": found.is_cut, "results": found.rows}).data)

    @extend_schema(
        operation_id="sessions_retrieve",
        parameters=[SESSION_ID, *_PAGE],
        responses=SessionDetailSerializer,
    )
    def retrieve(self, request: ApiRequest, session_id: str) -> Response:
        """One session and its requests, oldest first, a hundred of them unless `limit` says otherwise."""
        try:
            with refusals():
                found = queries.session_with_requests(
                    organization_id=organization_id(request),
                    session_id=session_id,
                    cursor=request.query_params.get("cursor"),
                    limit=limit(request, default=DEFAULT_STEPS, at_most=queries.MAX_LIMIT),
                )
        except queries.SessionNotFound as error:
            raise NotFound("There is no session with this id.") from error
        steps = RequestsOfSessionSerializer(found.steps).data
        return Response({**SessionSerializer(found.session).data, "steps": steps})


class _SayView(APIView):
    """What people say of one session."""

    permission_classes = (CanWrite,)

    @contextmanager
    def refusals(self) -> Iterator[None]:
        """Answer 404 without such a session, 400 to what cannot be stored."""
        try:
            yield
        except queries.SessionNotFound as error:
            raise NotFound("There is no session with this id.") from error
        except actions.BadTag as error:
            raise ValidationError({"tag": [str(error)]}) from error


class TagView(_SayView):
    """A tag."""

    @extend_schema(
        operation_id="sessions_tag_update",
        parameters=[SESSION_ID],
        request=TagSerializer,
        responses={NO_CONTENT: _DONE},
        examples=[OpenApiExample("Given", {"tag": "to look at"}), OpenApiExample("Taken off", {"tag": ""})],
    )
    def put(self, request: ApiRequest, session_id: str) -> Response:
        """Set the tag, or take it off."""
        tag = _member(request, "tag")
        if not isinstance(tag, str):
            raise ValidationError({"tag": ["Give a text."]})
        with self.refusals():
            actions.set_tag(organization_id=organization_id(request), session_id=session_id, tag=tag)
        return Response(status=NO_CONTENT)


class FeedbackView(_SayView):
    """A thumb up or down."""

    @extend_schema(
        operation_id="sessions_feedback_update",
        parameters=[SESSION_ID],
        request=FeedbackSerializer,
        responses={NO_CONTENT: _DONE},
        examples=[OpenApiExample("Up", {"rating": True}), OpenApiExample("Taken back", {"rating": None})],
    )
    def put(self, request: ApiRequest, session_id: str) -> Response:
        """Set the thumb, or take it back."""
        rating = _member(request, "rating")
        if rating not in (True, False, None):
            raise ValidationError({"rating": ["Give true, false or null."]})
        with self.refusals():
            actions.set_feedback(
                organization_id=organization_id(request), session_id=session_id, is_positive=rating
            )
        return Response(status=NO_CONTENT)


def _member(request: ApiRequest, name: str) -> Any:
    """Returns a member of the JSON object that was sent. Raises ValidationError without it."""
    if not isinstance(request.data, dict) or name not in request.data:
        raise ValidationError({name: ["This is missing."]})
    return request.data[name]
