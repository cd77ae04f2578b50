"""Parameters that several REST routes take, read and described in one place."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

from django.http import QueryDict
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request as ApiRequest

from helicone_site.time_limit import TooSlow
from requests_app.filter_language.fields import FIELDS
from requests_app.filter_language.lookups import LOOKUPS, PROPERTY_LOOKUPS
from requests_app.filters import FilterError, RequestFilter
from requests_app.list_filter import ListFilter
from requests_app.paging import BadCursor, BadSort

TRUE = {"1", "true", "yes"}
FALSE = {"", "0", "false", "no"}
_Filters = TypeVar("_Filters", bound=ListFilter)

FILTERS = [
    *(
        OpenApiParameter(name, OpenApiTypes.STR, description=str(declared.label))
        for name, declared in RequestFilter.base_filters.items()
    ),
    OpenApiParameter(
        "property.<Name>",
        OpenApiTypes.STR,
        description="The custom property has this value; may be given for several properties.",
        examples=[OpenApiExample("property.Environment", value="production")],
    ),
    OpenApiParameter(
        "property.<Name>__<lookup>",
        OpenApiTypes.STR,
        description=f"Compares the property; a lookup is one of {', '.join(PROPERTY_LOOKUPS)}.",
        examples=[OpenApiExample("property.Environment__not", value="production")],
    ),
    OpenApiParameter(
        "<field>__<lookup>",
        OpenApiTypes.STR,
        description=f"Compares a field: one of {', '.join(FIELDS)}. A lookup is one of {', '.join(LOOKUPS)}.",
        examples=[
            OpenApiExample("cost__gt", value="0.01"),
            OpenApiExample("model__contains", value="mini"),
        ],
    ),
]
BODIES = OpenApiParameter(
    "bodies", OpenApiTypes.BOOL, description="1: with request_body and response_body.", default=False
)
REQUEST_ID = OpenApiParameter(
    "id",
    OpenApiTypes.STR,
    OpenApiParameter.PATH,
    description="Our id, or the client's own Helicone-Request-Id (then the newest with it).",
)


def organization_id(request: ApiRequest) -> int:
    """Returns the id of the caller's organization."""
    caller: Any = request.user  # an accounts_app.authentication.ApiCaller: the permission saw to it
    return int(caller.organization.id)


def filters_of(request: ApiRequest) -> RequestFilter:
    """Returns the valid filter of the query string. Raises ValidationError."""
    return valid(RequestFilter(request.query_params))


def valid(filters: _Filters) -> _Filters:
    """Returns `filters`. Raises ValidationError unless every parameter can be read."""
    if not filters.is_valid():
        raise ValidationError(filters.errors)
    return filters


def flag(parameters: Mapping[str, Any], name: str) -> bool:
    """Returns whether the parameter is on. Raises ValidationError for what is neither yes nor no."""
    text = str(parameters.get(name, "")).lower()
    if text not in TRUE | FALSE:
        raise ValidationError({name: ["Give 1 or 0."]})
    return text in TRUE


def limit(request: ApiRequest, *, default: int, at_most: int) -> int:
    """Returns how many rows are wanted. Raises ValidationError beyond 1 and `at_most`."""
    return limit_in(request.query_params, default=default, at_most=at_most)


def limit_in(parameters: QueryDict, *, default: int, at_most: int) -> int:
    """Returns how many rows `parameters` ask for. Raises ValidationError beyond 1 and `at_most`."""
    text = str(parameters.get("limit", min(default, at_most)))
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= at_most:
        raise ValidationError({"limit": [f"Give a number from 1 to {at_most}."]})
    return int(text)


def chosen_fields(request: ApiRequest, known: Iterable[str]) -> list[str] | None:
    """Returns the names in `fields`, None when it is not given. Raises ValidationError for a name not in `known`."""
    names = [name.strip() for name in request.query_params.get("fields", "").split(",") if name.strip()]
    known = list(known)
    if unknown := [name for name in names if name not in known]:
        raise ValidationError(
            {"fields": [f"There is no {', '.join(unknown)}: choose from {', '.join(known)}."]}
        )
    return names or None


def page_url(request: ApiRequest, cursor: str | None) -> str | None:
    """Returns the address of the page that begins at `cursor`, with all other parameters as they are."""
    if cursor is None:
        return None
    parameters = request.query_params.copy()
    parameters["cursor"] = cursor
    return request.build_absolute_uri(f"{request.path}?{parameters.urlencode()}")


@contextmanager
def refusals() -> Iterator[None]:
    """Answer 400 to what turns out to be wrong with a valid-looking query only while it runs."""
    try:
        yield
    except BadCursor as error:
        raise ValidationError({"cursor": [str(error)]}) from error
    except BadSort as error:
        raise ValidationError({"sort": [str(error)]}) from error
    except FilterError as error:
        raise ValidationError({"q": [str(error)]}) from error
    except TooSlow as error:
        raise ValidationError(
            {"q": ["This takes too long: ask for a shorter period, or for less."]}
        ) from error
