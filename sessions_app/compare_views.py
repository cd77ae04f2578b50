"""Pages that compare two sessions, and two of their steps."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET
from django.views.decorators.vary import vary_on_headers

from accounts_app.access import organization_view
from accounts_app.models import Organization, Role
from helicone_site.time_limit import TooSlow
from requests_app.filter_language.errors import FilterError
from requests_app.queries import RequestNotFound
from requests_app.views import PageRequest
from sessions_app.compare_reading import BadFilter, candidates, found_candidates, step_diff
from sessions_app.models import Session
from sessions_app.queries import SessionNotFound, get_session
from sessions_app.shown_compare import ShownComparison


@require_GET
@cache_control(private=True, no_cache=True)
@organization_view(role=Role.VIEWER)
def session_compare(request: PageRequest, *, organization: Organization) -> HttpResponse:
    """`?a=` and `?b=` side by side; without one of them, or when it does not exist, a choice."""
    wanted = {side: request.GET.get(side, "") for side in ("a", "b")}
    found = {side: _session(organization, session_id) for side, session_id in wanted.items() if session_id}
    a, b = found.get("a"), found.get("b")
    context: dict[str, Any] = {
        "organization": organization,
        "a": a,
        "b": b,
        "wanted": wanted,
        "missing": [wanted[side] for side, session in found.items() if session is None],
    }
    if a is None or b is None:
        known = a or b
        context |= {"known": known, "side": "b" if a else "a"}
        if known is not None:
            context |= _choice(known, request.GET.get("q", "").strip())
        return render(request, "sessions_app/compare_choice.html", context)
    context["comparison"] = ShownComparison(a, b)
    return render(request, "sessions_app/compare.html", context)


@require_GET
@cache_control(private=True, no_cache=True)
@vary_on_headers("HX-Request")
@organization_view(role=Role.VIEWER)
def step_compare(request: PageRequest, *, organization: Organization, id: UUID) -> HttpResponse:
    """What the request says that the one in `?with=` does not; for htmx alone, else as a page."""
    try:
        a, b, diff = step_diff(organization.pk, UUID(request.GET.get("with", "")), id)
    except (ValueError, RequestNotFound) as error:
        raise Http404 from error
    context = {"organization": organization, "a": a.row, "b": b.row, "diff": diff}
    is_partial = request.htmx and not request.htmx.history_restore_request
    return render(
        request,
        "sessions_app/_compare_step.html" if is_partial else "sessions_app/compare_step.html",
        context,
    )


def _choice(known: Session, words: str) -> dict[str, Any]:
    """Returns what there is to choose from: what matches the filter `words`, or else the latest."""
    if not words:
        alike, others = candidates(known)
        return {"lists": [("Of the same name", alike), ("Of other names", others)]}
    try:
        return {"words": words, "lists": [("Found", found_candidates(known, words))]}
    except (BadFilter, FilterError, TooSlow) as error:
        return {"words": words, "lists": [], "problem": str(error) or "This took too long to find."}


def _session(organization: Organization, session_id: str) -> Session | None:
    try:
        return get_session(organization_id=organization.pk, session_id=session_id)
    except SessionNotFound:
        return None
