"""What a query of requests asks for: the body of `/v1/request/query-clickhouse` and its like."""

from typing import Any

import msgspec
from rest_framework import serializers

from requests_app.filter_language.errors import FilterError
from requests_app.filter_language.helicone import parse_tree
from requests_app.filters import RequestFilter
from requests_app.list_filter import CUSTOM_RANGE
from requests_app.positions import RANDOM, Order
from requests_app.queries import MAX_LIMIT

_MAX_OFFSET = 2**53
_FIRST = "1970-01-01T00:00:00Z"
# Their name of a column, and ours. Nothing is told apart by what no row has, so there the order is that of time.
_SORTS = {
    "created_at": "created_at",
    "cache_created_at": "created_at",
    "last_active": "created_at",
    "is_cached": "created_at",
    "latency": "latency_ms",
    "time_to_first_token": "time_to_first_token_ms",
    "total_tokens": "total_tokens",
    "prompt_tokens": "prompt_tokens",
    "completion_tokens": "completion_tokens",
    "cost": "cost",
    "user_id": "user_id",
    "body_model": "model",
}
_DIRECTIONS = {"asc": False, "desc": True}


class SortField(serializers.JSONField):
    """`{"<name>": "asc" | "desc"}`, `{"properties": {"<name>": …}}` or `{"random": true}`; its Order."""

    def to_internal_value(self, data: Any) -> Any:
        if data in (None, {}):
            return Order()
        if not isinstance(data, dict) or len(data) != 1:
            raise serializers.ValidationError('Sort by one key, such as {"created_at": "desc"}.')
        [(name, direction)] = data.items()
        if name == RANDOM:
            return Order(RANDOM)
        if name == "properties" and isinstance(direction, dict) and len(direction) == 1:
            [(key, inner)] = direction.items()
            return Order(descending=_descending(inner), property_name=key.replace("\x00", ""))
        if name not in _SORTS:
            known = ", ".join([*_SORTS, "properties", RANDOM])
            raise serializers.ValidationError(f"Cannot sort by {name!r}: choose one of {known}.")
        return Order(_SORTS[name], descending=_descending(direction))


class FilterField(serializers.JSONField):
    """Helicone's filter tree; the valid filter of it."""

    def to_internal_value(self, data: Any) -> Any:
        return filters_of(data)


class CountQuerySerializer(serializers.Serializer[Any]):
    """Which requests."""

    filter = FilterField(help_text='Helicone\'s filter tree; "all" or {} for all requests.')
    isCached = serializers.BooleanField(required=False, allow_null=True)
    isScored = serializers.BooleanField(
        required=False,
        allow_null=True,
        help_text="true: only requests with a score or a thumb; false: only those without; not given: all.",
    )
    isPartOfExperiment = serializers.BooleanField(required=False, allow_null=True)
    includeInputs = serializers.BooleanField(required=False, allow_null=True)


class QuerySerializer(CountQuerySerializer):
    """Which requests, in which order, and which part of them."""

    offset = serializers.IntegerField(default=0, min_value=0, max_value=_MAX_OFFSET)
    limit = serializers.IntegerField(default=10, min_value=1, max_value=MAX_LIMIT)
    sort = SortField(required=False, help_text="One key. Newest first when it is not given.")
    includeBodies = serializers.BooleanField(
        default=False,
        help_text="Not Helicone's: put the bodies into the rows, 64 MiB at most; the rest stay at signed_body_url.",
    )


def filters_of(tree: Any) -> RequestFilter:
    """Returns the filter that a tree of JSON means, of all times unless it says one. Raises FilterError."""
    parse_tree(tree)  # its errors say where
    data = {"filter": msgspec.json.encode(tree).decode()}
    filters = RequestFilter(data)
    if filters.is_valid() and filters.period.key != CUSTOM_RANGE:
        filters = RequestFilter({**data, "start": _FIRST})
    if not filters.is_valid():
        raise FilterError(str(filters.errors))
    return filters


def _descending(direction: Any) -> bool:
    if not isinstance(direction, str) or direction not in _DIRECTIONS:
        raise serializers.ValidationError(f"{direction!r} is neither 'asc' nor 'desc'.")
    return _DIRECTIONS[direction]
