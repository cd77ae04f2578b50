"""What queries of users ask for."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rest_framework import serializers

from helicone_app.histograms import CutSerializer
from helicone_app.query_fields import (
    MAX_OFFSET,
    MAX_TEXT,
    METRIC_TABLES,
    MinutesField,
    TreeField,
    UnixSecondsField,
)
from metrics_app.users.conditions import USERS
from requests_app.filter_language.errors import FilterError
from requests_app.filter_language.helicone import Tables
from requests_app.filter_language.helicone.columns import field
from requests_app.filter_language.helicone.rows import of_any_request
from requests_app.filter_language.tree import (
    EVERYTHING,
    And,
    AnyRequest,
    Node,
    Not,
    Or,
    conjunction,
    top_parts,
)
from requests_app.queries import MAX_LIMIT

_USERS_VIEW = "users_view"
_COLUMNS = {
    "user_user_id": "user",
    "user_active_for": "active_days",
    "user_first_active": "first_seen",
    "user_last_active": "last_seen",
    "user_total_requests": "requests",
    "user_average_requests_per_day_active": "requests_per_day",
    "user_average_tokens_per_request": "tokens_per_request",
    "user_total_prompt_tokens": "prompt_tokens",
    "user_total_completion_tokens": "completion_tokens",
    "user_cost": "cost",
}
USER_TABLES = Tables(
    "users",
    {
        **of_any_request(METRIC_TABLES.by_name),
        _USERS_VIEW: {column: field(USERS.fields[ours]) for column, ours in _COLUMNS.items()},
    },
)
_MIXED = "What is said of users cannot be joined by 'or' with what is said of their requests: these are added up first."
# Their name of a key, and ours.
_SORTS = {
    "id": "user",
    "user_id": "user",
    "active_for": "active_days",
    "first_active": "first_seen",
    "last_active": "last_seen",
    "total_requests": "requests",
    "average_requests_per_day_active": "requests_per_day",
    "average_tokens_per_request": "tokens_per_request",
    "total_prompt_tokens": "prompt_tokens",
    "total_completion_tokens": "completion_tokens",
    "cost": "cost",
    "rate_limited_count": "last_seen",  # nobody is
}
_DIRECTIONS = {"asc": "", "desc": "-"}
_DEFAULT_SORT = "-last_seen"


@dataclass(frozen=True, slots=True)
class Narrowing:
    """Which requests are added up, and of which users the sums are wanted."""

    requests: Node = EVERYTHING
    users: Node = EVERYTHING


class NarrowingField(TreeField):
    """Helicone's filter tree of users; its Narrowing."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(USER_TABLES, **kwargs)

    def to_internal_value(self, data: Any) -> Any:
        parts = top_parts(super().to_internal_value(data))
        of_requests = [part.part for part in parts if isinstance(part, AnyRequest)]
        of_users = [part for part in parts if not isinstance(part, AnyRequest)]
        if any(map(_says_of_requests, of_users)):
            raise FilterError(_MIXED, path=next(_mixed_places(data)))
        return Narrowing(conjunction(of_requests), conjunction(of_users))


class UserSortField(serializers.JSONField):
    """`{"<name>": "asc" | "desc"}`; how the list of users calls that."""

    def to_internal_value(self, data: Any) -> Any:
        if data == {}:
            return _DEFAULT_SORT
        if not isinstance(data, dict) or len(data) != 1:
            raise serializers.ValidationError('Sort by one key, such as {"cost": "desc"}.')
        [(name, direction)] = data.items()
        if name not in _SORTS:
            raise serializers.ValidationError(f"Cannot sort by {name!r}: choose one of {', '.join(_SORTS)}.")
        if not isinstance(direction, str) or direction not in _DIRECTIONS:
            raise serializers.ValidationError(f"{direction!r} is neither 'asc' nor 'desc'.")
        return _DIRECTIONS[direction] + _SORTS[name]


class UserPeriodSerializer(serializers.Serializer[Any]):
    """Both ends count."""

    startTimeUnixSeconds = UnixSecondsField()
    endTimeUnixSeconds = UnixSecondsField()


class UsersAskedSerializer(serializers.Serializer[Any]):
    """Which users."""

    userIds = serializers.ListField(
        child=serializers.CharField(max_length=MAX_TEXT, trim_whitespace=False),
        required=False,
        allow_null=True,
        max_length=MAX_LIMIT,
        help_text="Without them, the hundred with most requests.",
    )
    timeFilter = UserPeriodSerializer(required=False, allow_null=True)


class UserMetricsAskedSerializer(serializers.Serializer[Any]):
    """Which users, in which order, and which part of them."""

    filter = NarrowingField()
    offset = serializers.IntegerField(default=0, min_value=0, max_value=MAX_OFFSET)
    limit = serializers.IntegerField(default=10, min_value=1, max_value=MAX_LIMIT)
    timeFilter = UserPeriodSerializer(required=False, allow_null=True)
    timeZoneDifferenceMinutes = MinutesField()
    sort = UserSortField(required=False, allow_null=True, help_text="One key. Who was seen last comes first.")


class UserOverviewAskedSerializer(CutSerializer):
    """Which users, and which of their figures."""

    filter = NarrowingField()


def period(asked: dict[str, Any]) -> dict[str, Any]:
    """Returns `start` and `end` of the period that one of the bodies asks for, None for any time."""
    said = asked.get("timeFilter") or {}
    return {"start": said.get("startTimeUnixSeconds"), "end": said.get("endTimeUnixSeconds")}


def order(asked: dict[str, Any]) -> str:
    """Returns how the list of users calls the order that the body asks for."""
    return asked.get("sort") or _DEFAULT_SORT


def _says_of_requests(node: Node) -> bool:
    match node:
        case And() | Or():
            return any(map(_says_of_requests, node.parts))
        case Not():
            return _says_of_requests(node.part)
    return isinstance(node, AnyRequest)


def _mixed_places(tree: Any) -> Iterator[str]:
    """Yields the paths of the branches that join what cannot be joined, the outermost first."""
    waiting = [(tree, "filter")]
    while waiting:
        one, path = waiting.pop(0)
        if "operator" in one:
            if one["operator"] == "or" and len({name == _USERS_VIEW for name in _tables(one)}) == 2:
                yield path
            waiting += [(one[side], f"{path}.{side}") for side in ("left", "right")]


def _tables(tree: Any) -> Iterator[str]:
    waiting = [tree]
    while waiting:
        one = waiting.pop()
        if "operator" in one:
            waiting += [one["left"], one["right"]]
        elif one != "all":
            yield from one
