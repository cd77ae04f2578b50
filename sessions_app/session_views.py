"""Pages of one session: its tree and timeline, what their script asks for, and the export."""

from typing import Any
from uuid import UUID

import msgspec
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET

from accounts_app.access import MemberRequest, organization_view
from accounts_app.models import Organization, Role
from requests_app.detail import DetailPage
from requests_app.export.streaming import streamed
from requests_app.views import PageRequest, detail_page
from sessions_app.models import Session
from sessions_app.queries import SessionNotFound, get_session
from sessions_app.session_export import export_chunks, export_filename
from sessions_app.shown_session import shown_session, version_of

NO_CONTENT = 204
VIEWS = ("tree", "timeline")
NIL_ID = UUID(int=0)
# Characters that could end the element in which JSON stands, or begin another.
_ESCAPES = {b"<": rb"\u003c", b">": rb"\u003e", b"&": rb"\u0026"}


@require_GET
@cache_control(private=True, no_cache=True)
@organization_view(role=Role.VIEWER)
def session_detail(request: PageRequest, *, organization: Organization, session_id: str) -> HttpResponse:
    """The tree, or with `?view=timeline` the timeline; `?span=` a request's id opens it beside."""
    session = get_session_or_404(organization, session_id)
    shown = shown_session(session)
    view = request.GET.get("view", "")
    context = {
        "organization": organization,
        "session": session,
        "shown": shown,
        "view": view if view in VIEWS else VIEWS[0],
        "data": _inside_html(shown.drawn()),
        "open_page": _open_page(request, organization, session_id),
        "nil_id": NIL_ID,
        "page_keys": "sessions_app/_session_keys.html",
        "may_edit": request.membership.role >= Role.MEMBER,
    }
    return render(request, "sessions_app/session.html", context)


@require_GET
@cache_control(private=True, no_cache=True)
@organization_view(role=Role.VIEWER)
def session_tree(request: MemberRequest, *, organization: Organization, session_id: str) -> HttpResponse:
    """All rows for the page's script; 204 when `?known=` is the version that there still is."""
    session = get_session_or_404(organization, session_id)
    if request.GET.get("known") == version_of(session):
        return HttpResponse(status=NO_CONTENT)
    rows = msgspec.json.encode(shown_session(session).drawn())
    return HttpResponse(rows, content_type="application/json")


@require_GET
@organization_view(role=Role.VIEWER)
def session_export(
    request: MemberRequest, *, organization: Organization, session_id: str
) -> HttpResponseBase:
    """The session and its requests as one JSON file; with `?bodies=1` with their bodies."""
    session = get_session_or_404(organization, session_id)
    chunks = export_chunks(session, with_bodies=request.GET.get("bodies") == "1")
    return streamed(chunks, content_type="application/json", filename=export_filename(session))


def get_session_or_404(organization: Organization, session_id: str) -> Session:
    """Returns the session. Raises Http404."""
    try:
        return get_session(organization_id=organization.pk, session_id=session_id)
    except SessionNotFound as error:
        raise Http404 from error


def _open_page(request: PageRequest, organization: Organization, session_id: str) -> DetailPage | None:
    """The step in the drawer. A stale or mistyped id leaves the session as it is, and so does one of another."""
    try:
        page = detail_page(request, organization, UUID(request.GET["span"]))
    except (KeyError, ValueError, Http404):
        return None
    return page if page.row.session_id == session_id else None


def _inside_html(value: Any) -> SafeString:
    """Returns the JSON of `value` for a script element that holds data."""
    text = msgspec.json.encode(value)
    for character, escaped in _ESCAPES.items():
        text = text.replace(character, escaped)
    return mark_safe(text.decode())  # noqa: S308 - nothing in it can end the element
