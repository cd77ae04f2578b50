"""`/api/requests/`: the log over REST."""

from typing import Any, ClassVar

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers, viewsets
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request as ApiRequest
from rest_framework.response import Response

from requests_app import queries
from requests_app.filters import RequestFilter
from requests_app.paging import DEFAULT_SORT, SORTS, BadCursor, BadSort
from requests_app.serializers import RequestDetailSerializer, RequestSerializer


class RequestPageSerializer(serializers.Serializer[Any]):
    """A page: follow `next` (or pass `next_cursor` as `cursor`) until it is null."""

    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    next_cursor = serializers.CharField(allow_null=True)
    previous_cursor = serializers.CharField(allow_null=True)
    results = RequestSerializer(many=True)


def _parameters() -> list[OpenApiParameter]:
    filters = [
        OpenApiParameter(name, OpenApiTypes.STR, description=str(declared.label))
        for name, declared in RequestFilter.base_filters.items()
    ]
    return [
        *filters,
        OpenApiParameter(
            "property.<Name>",
            OpenApiTypes.STR,
            description="The custom property has this value; may be given for several properties.",
            examples=[OpenApiExample("property.Environment", value="production")],
        ),
        OpenApiParameter(
            "sort",
            OpenApiTypes.STR,
            enum=[sign + name for name in SORTS for sign in ("-", "")],
            default=DEFAULT_SORT,
        ),
        OpenApiParameter("cursor", OpenApiTypes.STR, description="Where the page begins."),
        OpenApiParameter(
            "limit", OpenApiTypes.INT, description=f"1 to {queries.MAX_LIMIT}.", default=queries.DEFAULT_LIMIT
        ),
    ]


class RequestViewSet(viewsets.ViewSet):
    """Logged requests of the caller's organization."""

    serializer_class: ClassVar = RequestSerializer

    @extend_schema(operation_id="requests_list", parameters=_parameters(), responses=RequestPageSerializer)
    def list(self, request: ApiRequest) -> Response:
        """Newest first, thirty days back unless `range`, `start` or `end` say otherwise."""
        filters = RequestFilter(request.query_params)
        if not filters.is_valid():
            raise ValidationError(filters.errors)
        try:
            page = queries.list_requests(
                organization_id=_organization_id(request),
                filters=filters,
                sort=request.query_params.get("sort"),
                cursor=request.query_params.get("cursor"),
                limit=_limit(request),
            )
        except BadCursor as error:
            raise ValidationError({"cursor": [str(error)]}) from error
        except BadSort as error:
            raise ValidationError({"sort": [str(error)]}) from error
        return Response(
            {
                "next": _url(request, page.next_cursor),
                "previous": _url(request, page.previous_cursor),
                "next_cursor": page.next_cursor,
                "previous_cursor": page.previous_cursor,
                "results": RequestSerializer(page.rows, many=True).data,
            }
        )

    @extend_schema(
        operation_id="requests_retrieve",
        parameters=[
            OpenApiParameter(
                "id",
                OpenApiTypes.STR,
                OpenApiParameter.PATH,
                description="Our id, or the client's own Helicone-Request-Id (then the newest with it).",
            )
        ],
        responses=RequestDetailSerializer,
    )
    def retrieve(self, request: ApiRequest, id: str) -> Response:
        """One request with its bodies and its bill."""
        try:
            detail = queries.find_request(organization_id=_organization_id(request), request_id=id)
        except queries.RequestNotFound as error:
            raise NotFound("There is no request with this id.") from error
        return Response(RequestDetailSerializer(detail).data)


def _organization_id(request: ApiRequest) -> int:
    caller: Any = request.user  # an accounts_app.authentication.ApiCaller: the permission saw to it
    return int(caller.organization.id)


def _limit(request: ApiRequest) -> int:
    text = request.query_params.get("limit", str(queries.DEFAULT_LIMIT))
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= queries.MAX_LIMIT:
        raise ValidationError({"limit": [f"Give a number from 1 to {queries.MAX_LIMIT}."]})
    return int(text)


def _url(request: ApiRequest, cursor: str | None) -> str | None:
    if cursor is None:
        return None
    parameters = request.query_params.copy()
    parameters["cursor"] = cursor
    return request.build_absolute_uri(f"{request.path}?{parameters.urlencode()}")
