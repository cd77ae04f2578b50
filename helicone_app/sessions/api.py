"""`/v1/session/`: sessions queried and counted, their names, histograms, thumbs and tags."""

from django.db import transaction
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request as ApiRequest
from rest_framework.response import Response

from helicone_app.histograms import SQL, cut, histogram_rows, histograms
from helicone_app.requests.annotations import NOTHING, RatingSerializer
from helicone_app.sessions.asked import (
    SessionCountAskedSerializer,
    SessionNamesAskedSerializer,
    SessionsAskedSerializer,
    shifted,
    wanted,
)
from helicone_app.sessions.serializers import (
    HeliconeSessionCountSerializer,
    HeliconeSessionMetricsSerializer,
    HeliconeSessionNameSerializer,
    HeliconeSessionSerializer,
    SessionTagSaidSerializer,
)
from helicone_app.times import iso
from helicone_app.view import HeliconeView, WritingView, asked, ok, result
from helicone_app.waiting import awaited
from helicone_site.formats import usd
from helicone_site.sql import load
from metrics_app.reading.sums import Part, compiled
from requests_app.actions import set_property
from requests_app.api_parameters import organization_id
from requests_app.queries import requests_of
from sessions_app import actions, positions
from sessions_app.queries import SessionNotFound, get_session

MOST_NAMES = 50
FEEDBACK_PROPERTY = "Helicone-Session-Feedback"
_SPREADING = ("session_count", "session_duration", "session_cost")
_SESSION_ID = OpenApiParameter(
    "session_id", OpenApiTypes.STR, OpenApiParameter.PATH, description="Helicone-Session-Id."
)


class SessionQueryView(HeliconeView):
    """Sessions."""

    @extend_schema(
        operation_id="helicone_session_query",
        request=SessionsAskedSerializer,
        responses=result("HeliconeSessions", HeliconeSessionSerializer(many=True)),
    )
    def post(self, request: ApiRequest) -> Response:
        """Newest first."""
        said = asked(SessionsAskedSerializer, request)
        minutes = said["timezoneDifference"]
        rows = positions.sessions_at(
            wanted(organization_id(request), said), offset=said["offset"], limit=said["limit"]
        )
        return ok(
            [
                {
                    "session_id": row.session_id,
                    "session": row.session_id,
                    "session_name": row.name,
                    "created_at": iso(shifted(row.first_at, minutes)),
                    "latest_request_created_at": iso(shifted(row.last_at, minutes)),
                    "total_cost": usd(row.cost_nanodollars),
                    "total_requests": row.requests,
                    "prompt_tokens": row.prompt_tokens,
                    "completion_tokens": row.completion_tokens,
                    "total_tokens": row.tokens,
                    "avg_latency": row.latency_sum_ms / row.requests,
                    "user_ids": row.user_ids,
                }
                for row in rows
            ]
        )


class SessionCountView(HeliconeView):
    """What sessions add up to."""

    @extend_schema(
        operation_id="helicone_session_count",
        request=SessionCountAskedSerializer,
        responses=result("HeliconeSessionTotals", HeliconeSessionCountSerializer()),
    )
    def post(self, request: ApiRequest) -> Response:
        """How many there are, and what they cost."""
        said = asked(SessionCountAskedSerializer, request)
        totals = positions.totals_of(wanted(organization_id(request), said))
        return ok(
            {
                "count": totals.sessions,
                "total_cost": usd(totals.cost_nanodollars),
                "avg_cost": usd(totals.average_cost_nanodollars),
                "avg_latency": totals.average_latency_ms,
                "avg_requests": totals.average_requests,
            }
        )


class SessionNameQueryView(HeliconeView):
    """Names of sessions."""

    @extend_schema(
        operation_id="helicone_session_names",
        request=SessionNamesAskedSerializer,
        responses=result("HeliconeSessionNames", HeliconeSessionNameSerializer(many=True)),
    )
    def post(self, request: ApiRequest) -> Response:
        """The fifty with most sessions."""
        said = asked(SessionNamesAskedSerializer, request)
        # Here Helicone takes away what it adds to the times of sessions.
        minutes = -said["timezoneDifference"]
        names = positions.names_of(wanted(organization_id(request), said), at_most=MOST_NAMES)
        return ok(
            [
                {
                    "name": row.name,
                    "created_at": iso(shifted(row.first_at, minutes)),
                    "first_used": iso(shifted(row.first_at, minutes)),
                    "last_used": iso(shifted(row.last_at, minutes)),
                    "session_count": row.sessions,
                    "total_cost": usd(row.cost_nanodollars),
                    "avg_latency": row.average_latency_ms,
                }
                for row in names
            ]
        )


class SessionMetricsView(HeliconeView):
    """How sessions spread."""

    @extend_schema(
        operation_id="helicone_session_metrics",
        request=SessionNamesAskedSerializer,
        responses=result("HeliconeSessionSpread", HeliconeSessionMetricsSerializer()),
    )
    def post(self, request: ApiRequest) -> Response:
        """Histograms of their requests, durations and costs."""
        said = asked(SessionNamesAskedSerializer, request)
        lower, upper = cut(said)
        values = _values(wanted(organization_id(request), said))
        found = histograms(values, lower=lower, upper=upper)
        averages = {name: found[name].average if name in found else 0 for name in _SPREADING}
        return ok(
            {
                **{name: histogram_rows(found.get(name)) for name in _SPREADING},
                "average": {name: [{"average": average}] for name, average in averages.items()},
            }
        )


class SessionFeedbackView(WritingView):
    """A thumb up or down."""

    @extend_schema(
        operation_id="helicone_session_feedback",
        parameters=[_SESSION_ID],
        request=RatingSerializer,
        responses=NOTHING,
    )
    def post(self, request: ApiRequest, session_id: str) -> Response:
        """Set the thumb; its first request gets the property `Helicone-Session-Feedback`, 1 or 0, as well."""
        is_positive = asked(RatingSerializer, request)["rating"]
        organization = organization_id(request)
        with transaction.atomic():
            actions.set_feedback(organization_id=organization, session_id=session_id, is_positive=is_positive)
            first = (
                requests_of(organization).filter(session_id=session_id).order_by("created_at", "id").first()
            )
            if first is not None:
                set_property(
                    organization_id=organization,
                    id=first.id,
                    name=FEEDBACK_PROPERTY,
                    value="1" if is_positive else "0",
                )
        return ok()


class SessionTagView(HeliconeView):
    """The tag of a session."""

    writing = frozenset({"post"})

    @extend_schema(
        operation_id="helicone_session_tag",
        parameters=[_SESSION_ID],
        responses=result("HeliconeSessionTag", serializers.CharField(allow_null=True)),
    )
    def get(self, request: ApiRequest, session_id: str) -> Response:
        """The tag, null without one."""
        session = get_session(organization_id=organization_id(request), session_id=session_id)
        return ok(session.tag or None)

    @extend_schema(
        operation_id="helicone_session_tag_set",
        parameters=[_SESSION_ID],
        request=SessionTagSaidSerializer,
        responses=NOTHING,
    )
    def post(self, request: ApiRequest, session_id: str) -> Response:
        """Set the tag in place of the one before."""
        tag = asked(SessionTagSaidSerializer, request)["tag"]
        organization = organization_id(request)
        awaited(
            lambda: actions.set_tag(organization_id=organization, session_id=session_id, tag=tag),
            SessionNotFound,
        )
        return ok()


@transaction.atomic
def _rate(organization_id: int, session_id: str, *, is_positive: bool) -> None:
    actions.set_feedback(organization_id=organization_id, session_id=session_id, is_positive=is_positive)
    rows = requests_of(organization_id).filter(session_id=session_id)
    first = rows.order_by("created_at", "id").values_list("id", flat=True).first()
    if first is not None:
        value = "1" if is_positive else "0"
        set_property(organization_id=organization_id, id=first, name=FEEDBACK_PROPERTY, value=value)


def _values(which: positions.Wanted) -> Part | None:
    rows = compiled(which.sessions.values("requests", "first_at", "last_at", "cost_nanodollars"))
    return rows and (load(SQL, "values_of_sessions").format(rows=rows[0]), rows[1])
