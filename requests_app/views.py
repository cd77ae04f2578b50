"""Pages of logged requests: the list, one request, and its bodies as they were sent."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET
from django.views.decorators.vary import vary_on_headers
from django_htmx.http import push_url, replace_url
from django_htmx.middleware import HtmxDetails

from accounts_app.access import MemberRequest, organization_view
from accounts_app.models import Organization, Role
from requests_app import links, listing, queries
from requests_app.detail import DEFAULT_TAB, DetailPage
from requests_app.filters import RequestFilter
from requests_app.json_text import pretty
from requests_app.paging import BadCursor, BadSort
from requests_app.snippets import first_calls

NO_CONTENT = 204
BODY_PARTS = ("request", "response")


class PageRequest(MemberRequest):
    """A member's request that passed HtmxMiddleware."""

    htmx: HtmxDetails


@require_GET
@cache_control(private=True, no_cache=True)
@vary_on_headers("HX-Request", "HX-Target")
@organization_view(role=Role.VIEWER)
def request_list(request: PageRequest, *, organization: Organization) -> HttpResponse:
    """The list, or for htmx only what changes in it."""
    if (query := links.canonical(request.GET)) is not None:
        return redirect(f"{request.path}?{query}" if query else request.path)
    is_partial = _targets(request, "requests")
    if not queries.has_any_request(organization.id):
        if is_partial:
            return HttpResponse(status=NO_CONTENT)
        return render(request, "requests_app/welcome.html", _welcome_context(request, organization))
    context = _list_context(request, organization)
    return render(request, "requests_app/_list.html" if is_partial else "requests_app/list.html", context)


@require_GET
@cache_control(private=True, no_cache=True)
@vary_on_headers("HX-Request", "HX-Target")
@organization_view(role=Role.VIEWER)
def request_detail(request: PageRequest, *, organization: Organization, id: UUID) -> HttpResponse:
    """A page of its own; the drawer's content, or the whole of one long part, when htmx asks for that."""
    page = _detail_page(request, organization, id)
    context = {"organization": organization, "page": page}
    if _targets(request, "drawer"):
        tab = "" if page.tab == DEFAULT_TAB else page.tab
        query, was_open = links.with_open(request.htmx.current_url or "", id=str(id), tab=tab)
        url = f"{reverse('requests:list', args=[organization.slug])}?{query}"
        response = render(request, "requests_app/_detail.html", context | {"in_drawer": True})
        # Moving on inside the drawer is not a step of its own: Back closes it.
        return replace_url(response, url) if was_open else push_url(response, url)
    if _targets(request, "part-"):
        part = page.whole_part(request.GET.get("whole", ""))
        if part is None:
            raise Http404
        return render(request, "parts/chat_part.html", context | {"shown": part})
    return render(request, "requests_app/detail.html", context)


@require_GET
@cache_control(private=True, no_cache=True)
@organization_view(role=Role.VIEWER)
def request_body(request: MemberRequest, *, organization: Organization, id: UUID, part: str) -> HttpResponse:
    """The body as it was sent, to download; with `?pretty=1` as indented text to read.

    Always plain text: what a model wrote must not run as a page of this site.
    """
    if part not in BODY_PARTS:
        raise Http404
    detail = _get_request(organization, id)
    body = detail.request_body if part == "request" else detail.response_body
    if body is None:
        raise Http404
    wants_pretty = "pretty" in request.GET
    content: bytes | str = (pretty(body) or body) if wants_pretty else body
    response = HttpResponse(content, content_type="text/plain; charset=utf-8")
    disposition = "inline" if wants_pretty else "attachment"
    response["Content-Disposition"] = f'{disposition}; filename="{id}-{part}.json"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _targets(request: PageRequest, target: str) -> bool:
    """Returns whether htmx wants the piece of a page with this id, or beginning of one.

    On Back it asks for the whole page again.
    """
    wanted = request.htmx.target or ""
    return bool(request.htmx) and not request.htmx.history_restore_request and wanted.startswith(target)


def _get_request(organization: Organization, id: UUID) -> queries.RequestDetail:
    try:
        return queries.get_request(organization_id=organization.id, id=id)
    except queries.RequestNotFound as error:
        raise Http404 from error


def _detail_page(request: PageRequest, organization: Organization, id: UUID) -> DetailPage:
    return DetailPage(
        _get_request(organization, id),
        base_url=_base_url(request),
        tab=request.GET.get("tab", DEFAULT_TAB),
        whole=request.GET.get("whole", ""),
        plain="plain" in request.GET,
    )


def _welcome_context(request: PageRequest, organization: Organization) -> dict[str, Any]:
    base_url = _base_url(request)
    return {
        "organization": organization,
        "base_url": base_url,
        "snippets": first_calls(base_url),
        "may_store_keys": request.membership.role >= Role.ADMIN,
    }


def _base_url(request: PageRequest) -> str:
    """Returns the origin of the gateway, which is this site's."""
    return request.build_absolute_uri("/").rstrip("/")


def _list_context(request: PageRequest, organization: Organization) -> dict[str, Any]:
    filters = RequestFilter(data=request.GET)
    sort = request.GET.get("sort")
    context: dict[str, Any] = {
        "organization": organization,
        "filters": filters,
        "columns": listing.columns(sort),
        "ranges": listing.ranges(),
        "field_labels": listing.field_labels(),
        "open_page": _open_page(request, organization),
    }
    found = queries.suggestions(organization.id, filters)
    context |= {"fields": listing.field_choices(found), "property_names": found.property_names}
    if not filters.is_valid():
        return context | {"problems": [error for errors in filters.errors.values() for error in errors]}
    try:
        context["page"] = queries.list_requests(
            organization_id=organization.id,
            filters=filters,
            sort=sort,
            cursor=request.GET.get("cursor"),
            limit=_limit(request),
        )
    except (BadCursor, BadSort) as error:
        return context | {"problems": [str(error)]}
    context["count"] = queries.count_about(organization_id=organization.id, filters=filters)
    return context


def _limit(request: PageRequest) -> int:
    given = request.GET.get("limit", "")
    return int(given) if given.isdecimal() and len(given) < 5 else queries.DEFAULT_LIMIT


def _open_page(request: PageRequest, organization: Organization) -> DetailPage | None:
    """The request in the drawer. A stale or mistyped id leaves the list as it is."""
    try:
        return _detail_page(request, organization, UUID(request.GET["open"]))
    except (KeyError, ValueError, Http404):
        return None
