"""`/v1/request/`: requests queried, counted and read one by one."""

from collections.abc import Sequence
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request as ApiRequest
from rest_framework.response import Response

from helicone_app.requests.assets import with_assets
from helicone_app.requests.bodies import as_json, inline
from helicone_app.requests.query import CountQuerySerializer, QuerySerializer
from helicone_app.requests.rows import helicone_row, key_names
from helicone_app.requests.serializers import HeliconeRequestSerializer
from helicone_app.signed import SignedUrls
from helicone_app.view import HeliconeView, asked, ok, result
from ingest_app.bodies import Bodies
from requests_app.api_parameters import flag, organization_id
from requests_app.positions import Order, count_of, rows_at
from requests_app.queries import MAX_LIMIT, RequestRow, find_request, requests_named

REQUEST_ID = OpenApiParameter(
    "request_id",
    OpenApiTypes.STR,
    OpenApiParameter.PATH,
    description="Helicone-Id, or the client's own Helicone-Request-Id (then the newest with it).",
)
ROWS = result("HeliconeRequests", HeliconeRequestSerializer(many=True))


class QueryView(HeliconeView):
    """Requests by a filter."""

    @extend_schema(
        operation_id="helicone_request_query",
        request=QuerySerializer,
        responses=ROWS,
        examples=[
            OpenApiExample(
                "What Helicone's export sends",
                {
                    "filter": {"properties": {"Environment": {"equals": "production"}}},
                    "isCached": False,
                    "limit": 100,
                    "offset": 0,
                    "sort": {"created_at": "desc"},
                    "includeInputs": False,
                    "isScored": False,
                    "isPartOfExperiment": False,
                },
                request_only=True,
            )
        ],
    )
    def post(self, request: ApiRequest) -> Response:
        """Newest first, unless `sort` says otherwise."""
        wanted = asked(QuerySerializer, request)
        rows = rows_at(
            organization_id=organization_id(request),
            filters=wanted["filter"],
            order=wanted.get("sort", Order()),
            offset=wanted["offset"],
            limit=wanted["limit"],
            scored=wanted.get("isScored"),
        )
        shown = shown_rows(request, rows)
        if wanted["includeBodies"]:
            inline(rows, shown)
        return ok(shown)


@extend_schema_view(post=extend_schema(operation_id="helicone_request_query_clickhouse"))
class ClickhouseQueryView(QueryView):
    """The same by its usual address: over here all rows are in one table."""


class CountView(HeliconeView):
    """How many requests a filter finds."""

    @extend_schema(
        operation_id="helicone_request_count",
        request=CountQuerySerializer,
        responses=result("HeliconeRequestCount", serializers.IntegerField()),
    )
    def post(self, request: ApiRequest) -> Response:
        """Exactly."""
        wanted = asked(CountQuerySerializer, request)
        return ok(
            count_of(
                organization_id=organization_id(request),
                filters=wanted["filter"],
                scored=wanted.get("isScored"),
            )
        )


class IdsSerializer(serializers.Serializer[Any]):
    """Requests by their ids."""

    requestIds = serializers.ListField(child=serializers.CharField(max_length=2000), max_length=MAX_LIMIT)


class QueryIdsView(HeliconeView):
    """Requests by their ids."""

    @extend_schema(operation_id="helicone_request_query_ids", request=IdsSerializer, responses=ROWS)
    def post(self, request: ApiRequest) -> Response:
        """Those that there are, newest first."""
        names = asked(IdsSerializer, request)["requestIds"]
        return ok(shown_rows(request, requests_named(organization_id=organization_id(request), names=names)))


class RequestView(HeliconeView):
    """One request."""

    @extend_schema(
        operation_id="helicone_request",
        parameters=[
            REQUEST_ID,
            OpenApiParameter("includeBody", OpenApiTypes.BOOL, description="With its bodies.", default=False),
        ],
        responses=result("HeliconeRequestOne", HeliconeRequestSerializer()),
    )
    def get(self, request: ApiRequest, request_id: str) -> Response:
        """One request, with its assets; with its bodies when `includeBody=true`."""
        with_bodies = flag(request.query_params, "includeBody")
        detail = find_request(organization_id=organization_id(request), request_id=request_id)
        [shown] = shown_rows(request, [detail.row])
        bodies = Bodies(detail.request_body, detail.response_body)
        with_assets(request, detail.row, bodies, shown)
        if with_bodies:
            found = as_json(bodies)
            shown["request_body"], shown["response_body"] = found["request"], found["response"]
        return ok(shown)


def shown_rows(request: ApiRequest, rows: Sequence[RequestRow]) -> list[dict[str, Any]]:
    """Returns `rows` as Helicone's API has them."""
    urls, names = SignedUrls(request, "bodies"), key_names(rows)
    return [helicone_row(row, body_urls=urls, key_name=names.get(row.api_key_id or 0, "")) for row in rows]
