"""Pages of sessions: the list, their names, and what people say of one."""

from collections.abc import Callable
from typing import Any
from zlib import crc32

from django.contrib import messages
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET, require_POST
from django.views.decorators.vary import vary_on_headers

from accounts_app.access import organization_view
from accounts_app.models import Organization, Role
from helicone_site.time_limit import TooSlow
from requests_app import links, listing
from requests_app.detail_views import thumb_in
from requests_app.filters import FilterError
from requests_app.paging import DEFAULT_SORT, BadCursor, BadSort
from requests_app.suggest import typed_in
from requests_app.views import NO_CONTENT, PageRequest, base_url_of
from sessions_app import actions, columns, names, queries, suggest
from sessions_app.filters import SESSIONS, SessionFilter
from sessions_app.models import Session
from sessions_app.snippets import first_sessions

_TOO_SLOW = "Looking through these takes too long. Choose a shorter period or another filter."


@require_GET
@cache_control(private=True, no_cache=True)
@vary_on_headers("HX-Request", "HX-Target")
@organization_view(role=Role.VIEWER)
def session_list(request: PageRequest, *, organization: Organization) -> HttpResponse:
    """The list, or for htmx only what changes in it."""
    if (query := links.canonical(request.GET, SESSIONS)) is not None:
        return redirect(f"{request.path}?{query}" if query else request.path)
    if not queries.has_any_session(organization.pk):
        if _is_partial(request):
            return HttpResponse(status=NO_CONTENT)
        return render(request, "sessions_app/welcome.html", _welcome_context(request, organization))
    context = _page_context(request, organization, columns.SESSIONS, DEFAULT_SORT)
    filters: SessionFilter | None = context.pop("valid_filters")
    if filters is not None:
        try:
            rows = _rows_context(request, organization, filters)
            count = queries.count_sessions(
                organization_id=organization.pk, filters=filters, page=rows["page"]
            )
            context |= rows | {"count": count}
        except (BadCursor, BadSort, FilterError) as error:
            context["problems"] = [str(error)]
        except TooSlow:
            context["problems"] = [_TOO_SLOW]
    sort = request.GET.get("sort") or DEFAULT_SORT
    context["is_newest"] = sort == DEFAULT_SORT and "cursor" not in request.GET
    template = "sessions_app/_list.html" if _is_partial(request) else "sessions_app/list.html"
    return render(request, template, context)


@require_GET
@cache_control(private=True, no_store=True)
@organization_view(role=Role.VIEWER)
def session_rows(request: PageRequest, *, organization: Organization) -> HttpResponse:
    """The rows of the list that the address asks for; 204 when they are the ones that `known` says are shown."""
    filters = SessionFilter(request.GET)
    if not filters.is_valid():
        return HttpResponse(status=NO_CONTENT)
    try:
        context = _rows_context(request, organization, filters)
    except (BadCursor, BadSort, FilterError, TooSlow):
        return HttpResponse(status=NO_CONTENT)
    if context["known"] == request.GET.get("known"):
        return HttpResponse(status=NO_CONTENT)
    return render(request, "sessions_app/_rows.html", context)


@require_GET
@cache_control(private=True, no_store=True)
@organization_view(role=Role.VIEWER)
def session_count(request: PageRequest, *, organization: Organization) -> HttpResponse:
    """The element that says how many sessions match; 204 for a filter that cannot be read."""
    filters = SessionFilter(request.GET)
    if not filters.is_valid():
        return HttpResponse(status=NO_CONTENT)
    try:
        count = queries.count_sessions(organization_id=organization.pk, filters=filters)
    except (FilterError, TooSlow):
        return HttpResponse(status=NO_CONTENT)
    return render(request, "sessions_app/_count.html", {"count": count})


@require_GET
@cache_control(private=True, no_cache=True)
@vary_on_headers("HX-Request", "HX-Target")
@organization_view(role=Role.VIEWER)
def session_names(request: PageRequest, *, organization: Organization) -> HttpResponse:
    """The names of sessions, with the sums and the durations of each."""
    if (query := links.canonical(request.GET, SESSIONS)) is not None:
        return redirect(f"{request.path}?{query}" if query else request.path)
    context = _page_context(request, organization, columns.NAMES, names.DEFAULT_SORT)
    filters: SessionFilter | None = context.pop("valid_filters")
    if filters is not None:
        try:
            found = names.list_names(
                organization_id=organization.pk, filters=filters, sort=request.GET.get("sort")
            )
            context["names"] = found
        except (BadSort, FilterError) as error:
            context["problems"] = [str(error)]
        except TooSlow:
            context["problems"] = [_TOO_SLOW]
    template = "sessions_app/_names.html" if _is_partial(request) else "sessions_app/names.html"
    return render(request, template, context)


@require_GET
@cache_control(private=True, no_store=True)
@organization_view(role=Role.VIEWER)
def filter_suggest(request: PageRequest, *, organization: Organization) -> JsonResponse:
    """What may stand at the character `at` of the text `q`."""
    text, at = typed_in(request.GET)
    period = SessionFilter(links.period_of(request.GET)).period
    found = suggest.offer(organization_id=organization.pk, text=text, at=at, period=period)
    return JsonResponse(found.for_script())


@require_POST
@organization_view(role=Role.MEMBER)
def tag_set(request: PageRequest, *, organization: Organization, session_id: str) -> HttpResponse:
    """Give the session a tag; an empty one takes it off."""
    tag = request.POST.get("tag", "")
    return _annotated(
        request,
        organization,
        session_id,
        "sessions_app/_tag.html",
        lambda: actions.set_tag(organization_id=organization.pk, session_id=session_id, tag=tag),
    )


@require_POST
@organization_view(role=Role.MEMBER)
def feedback_set(request: PageRequest, *, organization: Organization, session_id: str) -> HttpResponse:
    """A thumb up or down; an empty one takes it back."""
    thumb = thumb_in(request.POST)
    return _annotated(
        request,
        organization,
        session_id,
        "sessions_app/_feedback.html",
        lambda: actions.set_feedback(
            organization_id=organization.pk, session_id=session_id, is_positive=thumb
        ),
    )


def _annotated(
    request: PageRequest, organization: Organization, session_id: str, partial: str, write: Callable[[], None]
) -> HttpResponse:
    """Returns the form as it is afterwards to htmx, else leads to the session; with what was wrong, if anything."""
    problem = ""
    try:
        write()
        session = queries.get_session(organization_id=organization.pk, session_id=session_id)
    except actions.BadTag as error:
        problem = str(error)
        session = queries.get_session(organization_id=organization.pk, session_id=session_id)
    except queries.SessionNotFound as error:
        raise Http404 from error
    if request.htmx:
        context = {"organization": organization, "session": session, "may_edit": True, "problem": problem}
        return render(request, partial, context)
    if problem:
        messages.error(request, problem)
    return redirect(reverse("sessions:detail", args=[organization.slug, session_id]))


def _page_context(
    request: PageRequest, organization: Organization, shown: list[Any], default_sort: str
) -> dict[str, Any]:
    """What stands around the rows. `valid_filters` is None for a filter that cannot be read."""
    filters = SessionFilter(request.GET)
    is_valid = filters.is_valid()
    fault = listing.fault_in(request.GET.get("q", ""), SESSIONS)
    # What is wrong with the text is shown where it stands.
    elsewhere = [name for name in filters.errors if not (fault and name == "q")]
    return {
        "organization": organization,
        "valid_filters": filters if is_valid else None,
        # A filter that cannot be read still has its period.
        "filters": filters if is_valid else SessionFilter(links.period_of(request.GET)),
        "chips": listing.chips(filters) if is_valid else [],
        "fault": fault,
        "problems": [error for name in elsewhere for error in filters.errors[name]],
        "heads": listing.heads(shown, request.GET.get("sort") or default_sort),
        "ranges": listing.ranges(),
        "field_labels": listing.field_labels(SESSIONS),
        "suggest_url": reverse("sessions:suggest", args=[organization.slug]),
        "filter_label": "Filter sessions",
        "filter_hint": "Search by name or id, or filter by cost, errors, user, request:status:429…",
        "view_query": links.of_view(request.GET),
    }


def _rows_context(request: PageRequest, organization: Organization, filters: SessionFilter) -> dict[str, Any]:
    """Returns the context of the rows alone. Raises BadCursor, BadSort, FilterError, TooSlow."""
    page = queries.list_sessions(
        organization_id=organization.pk,
        filters=filters,
        sort=request.GET.get("sort"),
        cursor=request.GET.get("cursor"),
    )
    return {"organization": organization, "page": page, "known": _fingerprint(page.rows)}


def _fingerprint(rows: list[Session]) -> str:
    """Returns what is another text when something else is shown."""
    shown = [(row.session_id, row.name, row.requests, row.ended_at, row.tag, row.feedback) for row in rows]
    return f"{crc32(repr(shown).encode()):08x}"


def _welcome_context(request: PageRequest, organization: Organization) -> dict[str, Any]:
    base_url = base_url_of(request)
    return {"organization": organization, "base_url": base_url, "snippets": first_sessions(base_url)}


def _is_partial(request: PageRequest) -> bool:
    """Returns whether htmx wants the list alone. On Back it asks for the whole page again."""
    is_list = request.htmx.target in {"requests", "sessions"}
    return bool(request.htmx) and not request.htmx.history_restore_request and is_list
