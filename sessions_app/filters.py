"""Which sessions: the query string, checked and turned into one filter for the list, the names and REST.

The language is that of requests (requests_app.filter_language), with the fields of sessions; `request:` leads to what
is said of one of a session's requests. A period means the sessions that were at work in it.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, ClassVar

import django_filters
from django.db.models import F, Q, QuerySet

from requests_app.filter_language.compiling import compile_filter
from requests_app.filter_language.fields import REQUESTS, Field, Kind, Vocabulary
from requests_app.list_filter import ListFilter, TextFormFilter
from sessions_app.models import Session


def _column(name: str, kind: Kind, label: str, column: str = "", *aliases: str, **more: Any) -> Field:
    others = (column, *aliases) if column and column != name else aliases
    return Field(name, kind, label, F(column or name), others, **more)


_ALL: Iterable[Field] = (
    _column("name", Kind.TEXT, "Name", is_known=True, known_as="session_name"),
    _column("id", Kind.TEXT, "ID", "session_id", "session"),
    _column("started", Kind.TIME, "Started", "first_at", "created_at", "time"),
    _column("active", Kind.TIME, "Last active", "last_at", "last_active_at"),
    _column("duration", Kind.DURATION, "Duration", "duration_ms"),
    _column("requests", Kind.NUMBER, "Requests"),
    _column("calls", Kind.NUMBER, "Model calls", "model_calls"),
    _column("errors", Kind.NUMBER, "Errors"),
    _column("status", Kind.STATUS, "Last status", "last_status"),
    _column("cost", Kind.COST, "Cost", "cost_nanodollars", "cost_usd"),
    _column("tokens", Kind.NUMBER, "Tokens", "", "total_tokens"),
    _column("prompt_tokens", Kind.NUMBER, "Tokens in", "", "input_tokens"),
    _column("completion_tokens", Kind.NUMBER, "Tokens out", "", "output_tokens"),
    _column(
        "user", Kind.TEXT, "User", "user_ids", "user_id", is_known=True, known_as="user_id", is_list=True
    ),
    _column("model", Kind.TEXT, "Model", "models", is_known=True, known_as="model", is_list=True),
    _column("tag", Kind.TEXT, "Tag", has_partial_index=True),
    _column("feedback", Kind.FEEDBACK, "Feedback"),
)
SESSIONS = Vocabulary(
    "session", {field.name: field for field in _ALL}, of_requests=REQUESTS, text_fields=("name", "id")
)


class SessionFilter(ListFilter):
    """The filter of one request for a list of sessions. Give it the query string; ask `is_valid()` first."""

    q = TextFormFilter(
        label="A filter in text form, such as `name:checkout cost>0.5 errors>0 request:status:429`",
        strip=False,
        vocabulary=SESSIONS,
    )
    name = django_filters.CharFilter(label="Helicone-Session-Name, the latest of the session", strip=False)
    user_id = django_filters.CharFilter(label="One of the session's users", strip=False)
    model = django_filters.CharFilter(label="One of the models that were called", strip=False)
    tag = django_filters.CharFilter(label="The tag that somebody gave it", strip=False)

    vocabulary = SESSIONS
    FIELDS: ClassVar = ("name", "user_id", "model", "tag")
    TIME = "started"

    class Meta:
        model = Session
        fields: ClassVar[list[str]] = []

    def narrow(self, queryset: QuerySet[Session], *, organization_id: int) -> QuerySet[Session]:
        """Returns the sessions of `queryset`, all of one organization, that match. The filter must be valid.

        Raises FilterError for a search of bodies that cannot be done where it stands.
        """
        return queryset.filter(
            in_period(self.period.start, self.period.end),
            compile_filter(self.tree, organization_id=organization_id, vocabulary=SESSIONS),
        )


def in_period(start: datetime | None, end: datetime | None) -> Q:
    """Returns the condition that a session was at work from `start` to before `end`."""
    found = Q()
    if start is not None:
        found &= Q(last_at__gte=start)
    if end is not None:
        found &= Q(first_at__lt=end)
    return found
