"""`/api/requests/`: the log over REST."""

from typing import Any, ClassVar

from drf_spectacular.helpers import forced_singular_serializer
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import viewsets
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request as ApiRequest
from rest_framework.response import Response

from ingest_app.bodies import body_store
from requests_app import queries
from requests_app.api_parameters import (
    BODIES,
    FILTERS,
    REQUEST_ID,
    chosen_fields,
    filters_of,
    flag,
    limit,
    organization_id,
    page_url,
    refusals,
)
from requests_app.body_value import json_or_text
from requests_app.paging import DEFAULT_SORT, SORTS
from requests_app.queries import RequestRow
from requests_app.serializers import (
    CountSerializer,
    RequestDetailSerializer,
    RequestPageSerializer,
    RequestSerializer,
)

MAX_LIMIT_WITH_BODIES = 100
MAX_BODY_BYTES = 64 << 20  # of one page: they are all held at once
FIELDS = RequestSerializer().fields

_LIST_PARAMETERS = [
    *FILTERS,
    OpenApiParameter(
        "sort",
        OpenApiTypes.STR,
        enum=[sign + name for name in SORTS for sign in ("-", "")],
        default=DEFAULT_SORT,
    ),
    OpenApiParameter("cursor", OpenApiTypes.STR, description="Where the page begins."),
    OpenApiParameter(
        "limit",
        OpenApiTypes.INT,
        description=f"1 to {queries.MAX_LIMIT}; with bodies to {MAX_LIMIT_WITH_BODIES}.",
        default=queries.DEFAULT_LIMIT,
    ),
    OpenApiParameter(
        "fields",
        OpenApiTypes.STR,
        description="Names of fields, separated by commas; all when it is not given.",
        examples=[OpenApiExample("Three", value="id,created_at,cost_usd")],
    ),
    BODIES,
]


class RequestViewSet(viewsets.ViewSet):
    """Logged requests of the caller's organization."""

    serializer_class: ClassVar = RequestSerializer

    @extend_schema(
        operation_id="requests_list",
        parameters=_LIST_PARAMETERS,
        responses=forced_singular_serializer(RequestPageSerializer),
    )
    def list(self, request: ApiRequest) -> Response:
        """Newest first, thirty days back unless `range`, `start` or `end` say otherwise."""
        filters = filters_of(request)
        with_bodies = flag(request.query_params, "bodies")
        fields = chosen_fields(request, FIELDS)
        at_most = MAX_LIMIT_WITH_BODIES if with_bodies else queries.MAX_LIMIT
        with refusals():
            page = queries.list_requests(
                organization_id=organization_id(request),
                filters=filters,
                sort=request.query_params.get("sort"),
                cursor=request.query_params.get("cursor"),
                limit=limit(request, default=queries.DEFAULT_LIMIT, at_most=at_most),
            )
        results: Any = RequestSerializer(page.rows, many=True, only=fields).data
        if with_bodies:
            _add_bodies(page.rows, results)
        return Response(
            {
                "next": page_url(request, page.next_cursor),
                "previous": page_url(request, page.previous_cursor),
                "next_cursor": page.next_cursor,
                "previous_cursor": page.previous_cursor,
                "results": results,
            }
        )

    @extend_schema(operation_id="requests_count", parameters=FILTERS, responses=CountSerializer)
    def count(self, request: ApiRequest) -> Response:
        """How many requests match, exactly."""
        with refusals():
            count = queries.count_exactly(
                organization_id=organization_id(request), filters=filters_of(request)
            )
        return Response({"count": count})

    @extend_schema(
        operation_id="requests_retrieve", parameters=[REQUEST_ID], responses=RequestDetailSerializer
    )
    def retrieve(self, request: ApiRequest, id: str) -> Response:
        """One request with its bodies and its bill."""
        try:
            detail = queries.find_request(organization_id=organization_id(request), request_id=id)
        except queries.RequestNotFound as error:
            raise NotFound("There is no request with this id.") from error
        return Response(RequestDetailSerializer(detail).data)


def _add_bodies(rows: list[RequestRow], results: list[dict[str, Any]]) -> None:
    """Put the bodies into `results`. Raises ValidationError when they are too much for one answer."""
    size = sum(row.request_bytes + row.response_bytes for row in rows)
    if size > MAX_BODY_BYTES:
        text = f"The bodies of these rows are {size >> 20} MiB, and an answer holds {MAX_BODY_BYTES >> 20}: ask for "
        raise ValidationError({"limit": [f"{text}fewer rows, or take /api/requests/export/."]})
    found = {key.id: bodies for key, bodies in body_store().get_many([row.key for row in rows])}
    for row, result in zip(rows, results, strict=True):
        bodies = found.get(row.id)
        result["request_body"] = json_or_text(bodies.request) if bodies else None
        result["response_body"] = json_or_text(bodies.response) if bodies else None
