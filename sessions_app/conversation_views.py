"""The page of a session's conversation, loaded in parts."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET
from django.views.decorators.vary import vary_on_headers

from accounts_app.access import organization_view
from accounts_app.models import Organization, Role
from requests_app.views import PageRequest
from sessions_app.conversation_reading import BadCursor, read_part
from sessions_app.session_views import get_session_or_404
from sessions_app.shown_conversation import ShownTurn


@require_GET
@cache_control(private=True, no_cache=True)
@vary_on_headers("HX-Request", "HX-Target")
@organization_view(role=Role.VIEWER)
def session_conversation(
    request: PageRequest, *, organization: Organization, session_id: str
) -> HttpResponse:
    """The part of the conversation at `?from=`, by default its beginning; for htmx its turns alone."""
    session = get_session_or_404(organization, session_id)
    try:
        part = read_part(
            organization_id=organization.pk, session_id=session_id, cursor=request.GET.get("from", "")
        )
    except BadCursor as error:
        raise Http404 from error
    start_us = round(session.first_at.timestamp() * 1_000_000)
    context = {
        "organization": organization,
        "session": session,
        "view": "conversation",
        "may_edit": request.membership.role >= Role.MEMBER,
        "turns": [ShownTurn(turn, session_start_us=start_us) for turn in part.turns],
        "cursor": part.cursor,
        "is_first": "from" not in request.GET,
    }
    is_more = (request.htmx.target or "").startswith("flow-more")
    return render(
        request, "sessions_app/_flow.html" if is_more else "sessions_app/conversation.html", context
    )
