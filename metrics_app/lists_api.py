"""`/api/users/`, `/api/models/` and the values of a property: lists of what requests add up to, over REST."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.request import Request as ApiRequest
from rest_framework.response import Response
from rest_framework.views import APIView

from metrics_app.api_parameters import ZONE, scope_of_request, zone_of
from metrics_app.measures import Numbers, measure_named, told
from metrics_app.properties import values
from metrics_app.reading import Spread, Sums, spreads
from metrics_app.scope import Scope
from metrics_app.serializers import (
    PropertyValuePageSerializer,
    UsedModelPageSerializer,
    UserPageSerializer,
)
from metrics_app.used_models import table
from metrics_app.users import listing
from requests_app.api_parameters import FILTERS, refusals

_TOTALS = [
    measure_named(name)
    for name in (
        "requests", "errors", "error_rate", "cost_nanodollars", "cost_usd", "unpriced_requests", "prompt_tokens",
        "completion_tokens", "total_tokens", "latency_ms_avg",
    )
]  # fmt: skip
_OF_MODELS = [
    *_TOTALS,
    *map(
        measure_named,
        (
            "cost_usd_per_mtok", "cache_hit_rate", "tokens_per_s", "latency_ms_p50", "latency_ms_p95",
            "latency_ms_p99", "time_to_first_token_ms_p50",
        ),
    ),
]  # fmt: skip
_MODEL_PAGE = 50
_MOST_BESIDE = 50
_FIND = OpenApiParameter("find", OpenApiTypes.STR, description="Those with this text in them, in any case.")
_NAME = OpenApiParameter("name", OpenApiTypes.STR, OpenApiParameter.PATH, description="The property's name.")
_EXAMPLE = {
    "requests": 812,
    "errors": 9,
    "error_rate": 0.011083744,
    "cost_nanodollars": 4_203_175_000,
    "cost_usd": 4.203175,
    "unpriced_requests": 0,
    "prompt_tokens": 1_204_500,
    "completion_tokens": 119_192,
    "total_tokens": 1_323_692,
    "latency_ms_avg": 1711.4,
}


class Page(NamedTuple):
    """Rows as REST tells them, how many all pages have, and where the neighbouring pages begin."""

    rows: list[dict[str, Any]]
    count: int
    next_cursor: str | None
    previous_cursor: str | None


def _sort(names: Sequence[str], default: str) -> OpenApiParameter:
    signed = [sign + name for name in names for sign in ("-", "")]
    return OpenApiParameter("sort", OpenApiTypes.STR, enum=signed, default=default)


def _parameters(*own: OpenApiParameter) -> list[OpenApiParameter]:
    cursor = OpenApiParameter("cursor", OpenApiTypes.STR, description="Where the page begins.")
    return [*own, cursor, ZONE, *FILTERS]


def _example(**own: Any) -> list[OpenApiExample]:
    page = {"next": None, "previous": None, "next_cursor": None, "previous_cursor": None, "count": 1}
    return [OpenApiExample("A page", {**page, "results": [{**own, **_EXAMPLE}]}, response_only=True)]


class _ListView(APIView):
    """A list of what the requests that match add up to, a page of fifty rows at a time."""

    def answer(self, request: ApiRequest, **own: str) -> Response:
        """Returns the page that is asked for. `next` and `previous` are of the same period, also as time goes on."""
        with timezone.override(zone_of(request)), refusals():
            scope = scope_of_request(request)
            page = self.page(request, scope, **own)
        return Response(
            {
                "next": _url(request, scope, page.next_cursor),
                "previous": _url(request, scope, page.previous_cursor),
                "next_cursor": page.next_cursor,
                "previous_cursor": page.previous_cursor,
                "count": page.count,
                "results": page.rows,
            }
        )

    def page(self, request: ApiRequest, scope: Scope, **own: str) -> Page:
        """Returns the page. Raises BadSort, BadCursor, FilterError, TooSlow."""
        raise NotImplementedError


class UserListView(_ListView):
    """Users of the caller's organization."""

    @extend_schema(
        operation_id="users_list",
        parameters=_parameters(_sort(listing.SORTS, listing.DEFAULT_SORT), _FIND),
        responses=UserPageSerializer,
        examples=_example(
            user_id="ann",
            active_days=12,
            sessions=31,
            first_seen_at="2026-08-02T08:11:00Z",
            last_seen_at="2026-11-29T09:12:04Z",
        ),
    )
    def get(self, request: ApiRequest) -> Response:
        """Users by cost, with what their requests of the last thirty days add up to unless a period is given."""
        return self.answer(request)

    def page(self, request: ApiRequest, scope: Scope, **own: str) -> Page:
        parameters = request.query_params
        found = listing.list_users(
            scope=scope,
            sort=parameters.get("sort"),
            find=parameters.get("find", ""),
            cursor=parameters.get("cursor"),
        )
        rows = [
            {
                "user_id": row.user_id,
                "active_days": row.active_days,
                "sessions": row.sessions,
                "first_seen_at": row.first_at,
                "last_seen_at": row.last_at,
                **_totals(row.sums, scope),
            }
            for row in found.rows
        ]
        return Page(rows, found.whole.users, found.next_cursor, found.previous_cursor)


class PropertyValueListView(_ListView):
    """Values of one custom property."""

    @extend_schema(
        operation_id="properties_values_list",
        parameters=_parameters(_NAME, _sort(values.SORTS, values.DEFAULT_SORT), _FIND),
        responses=PropertyValuePageSerializer,
        examples=_example(value="production"),
    )
    def get(self, request: ApiRequest, name: str) -> Response:
        """Values by cost, with what their requests of the last thirty days add up to unless a period is given."""
        return self.answer(request, name=name)

    def page(self, request: ApiRequest, scope: Scope, **own: str) -> Page:
        parameters = request.query_params
        found = values.list_values(
            scope,
            own["name"],
            sort=parameters.get("sort", ""),
            find=parameters.get("find", ""),
            cursor=parameters.get("cursor", ""),
        )
        rows = [{"value": value, **_totals(sums, scope)} for value, sums in found.rows]
        return Page(rows, found.count, found.next_cursor or None, found.previous_cursor or None)
