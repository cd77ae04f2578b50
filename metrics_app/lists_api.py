"""`/api/users/`, `/api/models/` and the values of a property: lists of what requests add up to, over REST."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request as ApiRequest
from rest_framework.response import Response
from rest_framework.views import APIView

from metrics_app.api_parameters import ZONE, one_of, scope_of_request, zone_of
from metrics_app.measures import Numbers, measure_named, told
from metrics_app.properties import values
from metrics_app.reading import Sums, spreads
from metrics_app.reading.moment import at_one_moment
from metrics_app.scope import Scope
from metrics_app.serializers import (
    PropertyValuePageSerializer,
    UsedModelPageSerializer,
    UserPageSerializer,
)
from metrics_app.used_models import table
from metrics_app.users import listing
from requests_app import queries
from requests_app.api_parameters import FILTERS, limit, refusals
from requests_app.paging import BadSort

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
_BY = ("model", "provider")
_BESIDE = {"model": "providers", "provider": "models"}
_MOST_BESIDE = 50
_MODEL_SORTS = ("name", *(measure.name for measure in _OF_MODELS))
_DEFAULT_MODEL_SORT = "-requests"
_FIND = OpenApiParameter("find", OpenApiTypes.STR, description="Those with this text in them, in any case.")
_NAME = OpenApiParameter("name", OpenApiTypes.STR, OpenApiParameter.PATH, description="The property's name.")
_PAGE = [
    OpenApiParameter("cursor", OpenApiTypes.STR, description="How many rows come before the page."),
    OpenApiParameter(
        "limit", OpenApiTypes.INT, description=f"1 to {queries.MAX_LIMIT}.", default=queries.DEFAULT_LIMIT
    ),
]
_EXAMPLE = {
    "requests": 812,
    "errors": 9,
    "error_rate": 0.011084,
    "cost_nanodollars": 4_203_175_000,
    "cost_usd": 4.203175,
    "unpriced_requests": 0,
    "prompt_tokens": 1_204_500,
    "completion_tokens": 119_192,
    "total_tokens": 1_323_692,
    "latency_ms_avg": 1711.4,
}


@dataclass(frozen=True, slots=True)
class Page:
    """Rows as REST tells them, and how many there are that can be turned to; `count` are all."""

    rows: list[dict[str, Any]]
    count: int
    reachable: int


def _sort(names: Sequence[str], default: str) -> OpenApiParameter:
    signed = [sign + name for name in names for sign in ("-", "")]
    return OpenApiParameter("sort", OpenApiTypes.STR, enum=signed, default=default)


def _parameters(*own: OpenApiParameter) -> list[OpenApiParameter]:
    return [*own, *_PAGE, ZONE, *FILTERS]


def _example(**own: Any) -> list[OpenApiExample]:
    page = {"next": None, "previous": None, "next_cursor": None, "previous_cursor": None, "count": 1}
    return [OpenApiExample("A page", {**page, "results": [{**own, **_EXAMPLE}]}, response_only=True)]


class _ListView(ABC, APIView):
    """A list of what the requests that match add up to, a page at a time."""

    def answer(self, request: ApiRequest, **own: str) -> Response:
        """Returns the page that is asked for. `next` and `previous` are of the same period, also as time goes on."""
        at_most = limit(request, default=queries.DEFAULT_LIMIT, at_most=queries.MAX_LIMIT)
        first = _place(request)
        with timezone.override(zone_of(request.query_params)), refusals():
            scope = scope_of_request(request)
            page = self.page(request, scope, first=first, at_most=at_most, **own)
        last = first + len(page.rows)
        cursors = {
            "next": str(last) if page.rows and last < page.reachable else None,
            "previous": str(max(first - at_most, 0)) if first else None,
        }
        return Response(
            {
                **{name: _url(request, scope, cursor) for name, cursor in cursors.items()},
                **{f"{name}_cursor": cursor for name, cursor in cursors.items()},
                "count": page.count,
                "results": page.rows,
            }
        )

    @abstractmethod
    def page(self, request: ApiRequest, scope: Scope, *, first: int, at_most: int, **own: str) -> Page:
        """Returns the rows from the place `first` on. Raises BadSort, BadCursor, FilterError, TooSlow."""


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

    def page(self, request: ApiRequest, scope: Scope, *, first: int, at_most: int, **own: str) -> Page:
        parameters = request.query_params
        found = listing.list_users(
            scope=scope,
            sort=parameters.get("sort"),
            find=_text("find", parameters.get("find", "")),
            cursor=str(first),
            at_most=at_most,
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
        return Page(rows, found.whole.users, found.whole.users)


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

    def page(self, request: ApiRequest, scope: Scope, *, first: int, at_most: int, **own: str) -> Page:
        parameters = request.query_params
        found = values.list_values(
            scope,
            _text("name", own["name"]),
            sort=parameters.get("sort", ""),
            find=_text("find", parameters.get("find", "")),
            cursor=str(first),
            at_most=at_most,
        )
        rows = [{"value": value, **_totals(sums, scope)} for value, sums in found.rows]
        return Page(rows, found.count, min(found.count, values.MOST_ROWS))


class UsedModelListView(_ListView):
    """Models and providers that the caller's organization used."""

    @extend_schema(
        operation_id="models_list",
        parameters=_parameters(
            OpenApiParameter(
                "by", OpenApiTypes.STR, enum=_BY, default="model", description="What a row is of."
            ),
            _sort(_MODEL_SORTS, _DEFAULT_MODEL_SORT),
        ),
        responses=UsedModelPageSerializer,
        examples=_example(
            model="gpt-4o",
            providers=["openai", "azure"],
            share=0.264,
            cost_usd_per_mtok=3.175341,
            cache_hit_rate=0.31,
            tokens_per_s=71.2,
            latency_ms_p50=1450.3,
            latency_ms_p95=3120.7,
            latency_ms_p99=5210.9,
            time_to_first_token_ms_p50=412.0,
        ),
    )
    def get(self, request: ApiRequest) -> Response:
        """Models by requests, with what their calls of the last thirty days add up to unless a period is given."""
        return self.answer(request)

    @at_one_moment()
    def page(self, request: ApiRequest, scope: Scope, *, first: int, at_most: int, **own: str) -> Page:
        by: table.By = (
            "provider"
            if one_of("by", request.query_params.get("by") or "model", _BY) == "provider"
            else "model"
        )
        found = table.used(table.cells_of(scope), by)
        spread = {str(name): one for (_, name), one in spreads(scope.total(by)).items()}
        requests = sum(one.sums.requests for one in found)
        rows = [
            {
                by: one.name,
                _BESIDE[by]: [name for name, _ in one.beside[:_MOST_BESIDE]],
                "share": round(one.sums.requests / requests, 6),
                **told(_OF_MODELS, Numbers(one.sums, _seconds(scope), spread.get(one.name))),
            }
            for one in found
        ]
        rows = _in_order(rows, request.query_params.get("sort") or _DEFAULT_MODEL_SORT, by)
        return Page(rows[first : first + at_most], len(rows), len(rows))


def _in_order(rows: list[dict[str, Any]], sort: str, by: str) -> list[dict[str, Any]]:
    """Returns `rows` sorted; what is not known stands at the end, in either direction. Raises BadSort."""
    name = sort.removeprefix("-")
    if name not in _MODEL_SORTS:
        raise BadSort(f"Cannot sort by {name!r}: choose one of {', '.join(_MODEL_SORTS)}.")
    by_name = sorted(rows, key=lambda row: str(row[by]))
    key = by if name == "name" else name
    known = [row for row in by_name if row[key] is not None]
    known.sort(key=lambda row: row[key], reverse=sort.startswith("-"))
    return [*known, *(row for row in by_name if row[key] is None)]


def _totals(sums: Sums, scope: Scope) -> dict[str, Any]:
    return told(_TOTALS, Numbers(sums, _seconds(scope)))


def _seconds(scope: Scope) -> float:
    return (scope.end - scope.start).total_seconds()


def _text(parameter: str, text: str) -> str:
    """Returns `text`. Raises ValidationError for what nothing is called, since the database has no such character."""
    if "\x00" in text:
        raise ValidationError({parameter: ["Nothing has a NUL character in its name."]})
    return text


def _place(request: ApiRequest) -> int:
    text = request.query_params.get("cursor") or "0"
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise ValidationError({"cursor": ["This cursor is not one of ours."]})
    return int(text)


def _url(request: ApiRequest, scope: Scope, cursor: str | None) -> str | None:
    """Returns the address of the page at `cursor`, of exactly the period of `scope`."""
    if cursor is None:
        return None
    parameters = request.query_params.copy()
    parameters.pop("range", None)
    for name, value in (
        ("start", scope.start.isoformat()),
        ("end", scope.end.isoformat()),
        ("cursor", cursor),
    ):
        parameters[name] = value
    return request.build_absolute_uri(f"{request.path}?{parameters.urlencode()}")
