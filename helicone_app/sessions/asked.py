"""What queries of sessions ask for."""

from datetime import datetime, timedelta
from typing import Any

from rest_framework import serializers

from helicone_app.histograms import CutSerializer
from helicone_app.query_fields import MAX_OFFSET, MAX_TEXT, MinutesField, TreeField, UnixMsField
from requests_app.filter_language.conditions import field_condition
from requests_app.filter_language.helicone import REQUEST_TABLES, Tables
from requests_app.filter_language.helicone.columns import field
from requests_app.filter_language.helicone.rows import of_any_request
from requests_app.filter_language.tree import EVERYTHING, Node, Operator, conjunction, disjunction
from sessions_app.filters import SESSIONS
from sessions_app.positions import Wanted
from sessions_app.queries import DEFAULT_LIMIT, MAX_LIMIT

_COLUMNS = {
    "session_session_id": "id",
    "session_session_name": "name",
    "session_total_cost": "cost",
    "session_total_tokens": "tokens",
    "session_prompt_tokens": "prompt_tokens",
    "session_completion_tokens": "completion_tokens",
    "session_total_requests": "requests",
    "session_created_at": "started",
    "session_latest_request_created_at": "active",
    "session_tag": "tag",
}
SESSION_TABLES = Tables(
    "sessions",
    {
        **of_any_request(REQUEST_TABLES.by_name),
        "sessions_request_response_rmt": {
            column: field(SESSIONS.fields[ours]) for column, ours in _COLUMNS.items()
        },
    },
)


def _text(help_text: str) -> serializers.CharField:
    return serializers.CharField(
        required=False,
        allow_blank=True,
        allow_null=True,
        trim_whitespace=False,
        max_length=MAX_TEXT,
        help_text=help_text,
    )


class SessionPeriodSerializer(serializers.Serializer[Any]):
    """Those at work in it."""

    startTimeUnixMs = UnixMsField()
    endTimeUnixMs = UnixMsField()


class _WhichSerializer(serializers.Serializer[Any]):
    filter = TreeField(SESSION_TABLES)
    timeFilter = SessionPeriodSerializer(required=False, allow_null=True)
    timezoneDifference = MinutesField()


class SessionCountAskedSerializer(_WhichSerializer):
    """Which sessions."""

    search = _text("In the id or the name, in any case.")
    nameEquals = _text("The session's name.")
    sessionIdContains = _text("As `search`, of the id; from older clients.")
    sessionName = _text("As `nameEquals`; from older clients.")


class SessionsAskedSerializer(SessionCountAskedSerializer):
    """Which sessions, and which part of them."""

    offset = serializers.IntegerField(default=0, min_value=0, max_value=MAX_OFFSET)
    limit = serializers.IntegerField(default=DEFAULT_LIMIT, min_value=1, max_value=MAX_LIMIT)


class SessionNamesAskedSerializer(CutSerializer, _WhichSerializer):
    """Which sessions, by name."""

    nameContains = _text("The whole name, despite what this is called.")


def wanted(organization_id: int, asked: dict[str, Any]) -> Wanted:
    """Returns the sessions that one of the bodies asks for. Raises FilterError."""
    period = asked.get("timeFilter") or {}
    return Wanted(
        organization_id,
        conjunction(_conditions(asked)),
        period.get("startTimeUnixMs"),
        period.get("endTimeUnixMs"),
    )


def shifted(moment: datetime, minutes: float) -> datetime:
    """Returns the moment so many minutes later."""
    return moment + timedelta(minutes=minutes)


def _conditions(asked: dict[str, Any]) -> list[Node]:
    found = [asked.get("filter") or EVERYTHING]
    for name, operator, values in (
        ("name", Operator.EQUALS, ("nameEquals", "sessionName", "nameContains")),
        ("id", Operator.CONTAINS, ("sessionIdContains",)),
    ):
        found += [_condition(name, operator, asked[value]) for value in values if asked.get(value)]
    if search := asked.get("search"):
        found.append(disjunction(_condition(name, Operator.CONTAINS, search) for name in ("id", "name")))
    return found


def _condition(name: str, operator: Operator, value: str) -> Node:
    return field_condition(SESSIONS.fields[name], operator, value)
