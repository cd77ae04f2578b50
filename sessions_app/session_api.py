"""`/api/sessions/<id>/tree/` and `/export/`: one session over REST."""

from typing import Any
from uuid import UUID

import msgspec
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers, viewsets
from rest_framework.exceptions import NotFound
from rest_framework.request import Request as ApiRequest

from requests_app.api_parameters import BODIES, flag, organization_id
from requests_app.export.api import AnyContent
from requests_app.export.streaming import streamed
from sessions_app.api import SESSION_ID
from sessions_app.labels import label_of
from sessions_app.models import Session
from sessions_app.queries import SessionNotFound, get_session
from sessions_app.session_export import export_chunks, export_filename
from sessions_app.shown_session import ShownSession, shown_session
from sessions_app.tree import Node, Role

_FILE = {(200, "application/json"): OpenApiResponse(OpenApiTypes.BINARY, description="The file.")}


class TreeNodeSerializer(serializers.Serializer[Any]):
    """A node, directly before all that is below it. Fields from `model` on are null where it is no single request."""

    parent_place = serializers.IntegerField(
        allow_null=True, help_text="Where in `nodes` its parent is, from 0; null at the top."
    )
    depth = serializers.IntegerField(help_text="From 0.")
    role = serializers.ChoiceField(
        choices=[role.value for role in Role],
        help_text="`step`: a request. `folder`: a path without a request of its own, or with several. "
        "`attempts`: a step that failed and was repeated; its children are the attempts.",
    )
    name = serializers.CharField()
    path = serializers.CharField(help_text="With a slash before each part; empty at the top.")
    start_ms = serializers.FloatField(help_text="Milliseconds after `started_at` of the session.")
    duration_ms = serializers.FloatField()
    steps = serializers.IntegerField(help_text="Requests here and below.")
    errors = serializers.IntegerField(  # type: ignore[assignment] # fields are taken out of the class
        help_text="Those of them that failed."
    )
    cost_nanodollars = serializers.IntegerField(
        allow_null=True, help_text="Here and below; null: none is known."
    )
    tokens = serializers.IntegerField(allow_null=True, help_text="Here and below, in and out.")
    is_critical = serializers.BooleanField(help_text="Without it the session would have ended earlier.")
    id = serializers.UUIDField(allow_null=True, help_text="The request's.")
    kind = serializers.CharField(allow_null=True, help_text="Empty: a call of a model.")
    model = serializers.CharField(allow_null=True)
    status = serializers.IntegerField(allow_null=True)
    time_to_first_token_ms = serializers.IntegerField(allow_null=True)


class TreeSerializer(serializers.Serializer[Any]):
    """The steps of a session, as a tree."""

    session_id = serializers.CharField()
    started_at = serializers.DateTimeField()
    duration_ms = serializers.FloatField(help_text="From the first start to the last end.")
    idle_ms = serializers.FloatField(help_text="Of these, when no step ran.")
    nodes = TreeNodeSerializer(many=True)


class SessionTreeViewSet(viewsets.ViewSet):
    """How a session's requests hang together."""

    serializer_class = TreeSerializer

    @extend_schema(operation_id="sessions_tree", parameters=[SESSION_ID], responses=TreeSerializer)
    def retrieve(self, request: ApiRequest, session_id: str) -> HttpResponse:
        """By parent spans where the session has them, else by paths; siblings in the order of their start."""
        shown = shown_session(_session(request, session_id))
        return HttpResponse(msgspec.json.encode(_described(shown)), content_type="application/json")


class SessionExportViewSet(viewsets.ViewSet):
    """A session as a file."""

    content_negotiation_class = AnyContent

    @extend_schema(operation_id="sessions_export", parameters=[SESSION_ID, BODIES], responses=_FILE)
    def retrieve(self, request: ApiRequest, session_id: str) -> HttpResponseBase:
        """`session` and its `requests`, in the order of their start, sent while they are read."""
        session = _session(request, session_id)
        chunks = export_chunks(session, with_bodies=flag(request.query_params, "bodies"))
        return streamed(chunks, content_type="application/json", filename=export_filename(session))


def _session(request: ApiRequest, session_id: str) -> Session:
    try:
        return get_session(organization_id=organization_id(request), session_id=session_id)
    except SessionNotFound as error:
        raise NotFound("There is no session with this id.") from error


def _described(shown: ShownSession) -> dict[str, Any]:
    places: dict[int, int] = {}  # of the last node of each depth
    nodes = []
    for place, node in enumerate(shown.tree.nodes):
        places[node.depth] = place
        nodes.append(_node(node, places.get(node.depth - 1), shown.axis.start_us))
    return {
        "session_id": shown.session.session_id,
        "started_at": shown.session.first_at,
        "duration_ms": shown.length_ms,
        "idle_ms": sum(end - start for start, end in shown.idle) / 1000,
        "nodes": nodes,
    }


def _node(node: Node, parent_place: int | None, start_us: int) -> dict[str, Any]:
    step = node.step
    return {
        "parent_place": parent_place,
        "depth": node.depth,
        "role": node.role,
        "name": label_of(node),
        "path": node.path,
        "start_ms": (node.start_us - start_us) / 1000,
        "duration_ms": (node.end_us - node.start_us) / 1000,
        "steps": node.steps,
        "errors": node.errors,
        "cost_nanodollars": node.cost_nanodollars,
        "tokens": node.tokens,
        "is_critical": node.is_critical,
        "id": step and UUID(step.id),
        "kind": step and step.kind,
        "model": step and step.model,
        "status": step and step.status,
        "time_to_first_token_ms": step and step.first_token_ms,
    }
