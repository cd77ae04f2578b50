"""The Suggestions page of an organization, and each suggestion's own, below /o/<organization>/suggestions/."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET, require_POST
from django.views.decorators.vary import vary_on_headers

from accounts_app.access import MemberRequest, organization_view
from accounts_app.models import Organization, Role
from metrics_app.suggestions import actions, queries
from metrics_app.suggestions.models import Kind, Look
from metrics_app.suggestions.tally import EVIDENCE
from requests_app import columns
from requests_app.views import PageRequest

# Of the list of requests: those that have to do with the suggestion.
_COLUMNS = ("time", "status", "request", "user", "tokens", "cost")
_COLUMNS_OF = {
    Kind.LOOPS: ("time", "session", "request", "tokens", "cost"),
    Kind.RETRIES: ("time", "status", "request", "latency", "cost"),
}


@require_GET
@cache_control(private=True, no_cache=True)
@vary_on_headers("HX-Request")
@organization_view(role=Role.VIEWER)
def suggestion_list(request: PageRequest, *, organization: Organization) -> HttpResponse:
    """All suggestions; for htmx without the page around them."""
    context = _context(request, organization) | {"overview": queries.overview(organization)}
    is_partial = request.htmx and not request.htmx.boosted and not request.htmx.history_restore_request
    name = "_list" if is_partial else "list"
    return render(request, f"metrics_app/suggestions/{name}.html", context)


@require_GET
@cache_control(private=True, no_cache=True)
@organization_view(role=Role.VIEWER)
def suggestion_detail(request: PageRequest, *, organization: Organization, id: UUID) -> HttpResponse:
    """How one suggestion was worked out, and the requests behind it."""
    shown = _suggestion_or_404(organization, id)
    look = queries.look_of(organization)
    names = _COLUMNS_OF.get(Kind(shown.suggestion.kind), _COLUMNS)
    context = _context(request, organization) | {
        "shown": shown,
        "look": look,
        "evidence": queries.evidence_of(shown.suggestion),
        "columns": [columns.COLUMNS[name] for name in names],
        "requests_query": _requests_query(shown.words.query, look) if shown.words.query else "",
    }
    return render(request, "metrics_app/suggestions/detail.html", context)


@require_POST
@organization_view(role=Role.MEMBER)
def look_again(request: MemberRequest, *, organization: Organization) -> HttpResponse:
    """Have a worker look now."""
    actions.order_look(organization)
    return redirect("metrics:suggestions", organization.slug)


@require_POST
@organization_view(role=Role.MEMBER)
def suggestion_dismiss(request: MemberRequest, *, organization: Organization, id: UUID) -> HttpResponse:
    """Show a suggestion no more, until it is brought back."""
    shown = _suggestion_or_404(organization, id)
    actions.dismiss(organization=organization, id=id, actor=request.user)
    messages.success(
        request, f"Dismissed: {shown.words.title}. It is at the end of the page, to bring it back."
    )
    return redirect("metrics:suggestions", organization.slug)


@require_POST
@organization_view(role=Role.MEMBER)
def suggestion_restore(request: MemberRequest, *, organization: Organization, id: UUID) -> HttpResponse:
    """Show a dismissed suggestion again."""
    _suggestion_or_404(organization, id)
    actions.restore(organization=organization, id=id)
    return redirect("metrics:suggestions", organization.slug)


def _suggestion_or_404(organization: Organization, id: UUID) -> queries.ShownSuggestion:
    try:
        return queries.get_suggestion(organization=organization, id=id)
    except queries.SuggestionNotFound as error:
        raise Http404 from error


def _context(request: MemberRequest, organization: Organization) -> dict[str, Any]:
    return {
        "organization": organization,
        "may_edit": request.membership.role >= Role.MEMBER,
        "most_evidence": EVIDENCE,
    }


def _requests_query(filter_text: str, look: Look | None) -> str:
    """Returns the query string of the Requests page for what the look went through."""
    period = {}
    if look and look.since and look.until:
        period = {"start": look.since.isoformat(), "end": look.until.isoformat()}
    return urlencode({"q": filter_text, **period})
