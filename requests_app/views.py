"""Pages of logged requests: the list, one request, and its bodies as they were sent."""

from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET
from django.views.decorators.vary import vary_on_headers
from django_htmx.http import push_url, replace_url
from django_htmx.middleware import HtmxDetails

from accounts_app.access import MemberRequest, organization_view
from accounts_app.models import Organization, Role
from requests_app import columns, links, listing, queries
from requests_app.counting import count_at_once
from requests_app.detail import DEFAULT_TAB, DetailPage
from requests_app.export.file_format import Format
from requests_app.filters import FilterError, RequestFilter
from requests_app.json_text import pretty
from requests_app.paging import DEFAULT_SORT, BadCursor, BadSort
from requests_app.saved_views import may_change, views_for
from requests_app.snippets import first_calls

NO_CONTENT = 204
# What the counts over time are split by.
SPLITS = {"status": "Status", "model": "Model"}
DEFAULT_SPLIT = "status"
BODY_PARTS = ("request", "response")
_YEAR_S = 365 * 24 * 60 * 60


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
        return _remembering_columns(request, organization, QueryDict(query))
    is_partial = _targets(request, "requests")
    if not queries.has_any_request(organization.id):
        if is_partial:
            return HttpResponse(status=NO_CONTENT)
        return render(request, "requests_app/welcome.html", welcome_context(request, organization))
    context = list_context(request, organization)
    return render(request, "requests_app/_list.html" if is_partial else "requests_app/list.html", context)


@require_GET
@cache_control(private=True, no_cache=True)
@vary_on_headers("HX-Request", "HX-Target")
@organization_view(role=Role.VIEWER)
def request_detail(request: PageRequest, *, organization: Organization, id: UUID) -> HttpResponse:
    """A page of its own; the drawer's content, or the whole of one long part, when htmx asks for that."""
    page = detail_page(request, organization, id)
    context = {"organization": organization, "page": page}
    if _targets(request, "drawer"):
        response = render(request, "requests_app/_detail.html", context | {"in_drawer": True})
        current_url, list_url = (
            request.htmx.current_url or "",
            reverse("requests:list", args=[organization.slug]),
        )
        if urlsplit(current_url).path != list_url:
            return response  # a session's page, which writes its own address
        tab = "" if page.tab == DEFAULT_TAB else page.tab
        query, was_open = links.with_open(current_url, id=str(id), tab=tab)
        url = f"{list_url}?{query}"
        # Moving on inside the drawer is not a step of its own: Back closes it.
        return replace_url(response, url) if was_open else push_url(response, url)
    if _targets(request, "part-"):
        part = page.whole_part(request.GET.get("whole", ""))
        if part is None:
            raise Http404
        prefix = (request.htmx.target or "").removeprefix("part-").removesuffix(part.key)
        return render(request, "parts/chat_part.html", context | {"shown": part, "part_prefix": prefix})
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
    detail = get_request_or_404(organization, id)
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


def get_request_or_404(organization: Organization, id: UUID) -> queries.RequestDetail:
    """Returns the request. Raises Http404."""
    try:
        return queries.get_request(organization_id=organization.id, id=id)
    except queries.RequestNotFound as error:
        raise Http404 from error


def detail_page(request: PageRequest, organization: Organization, id: UUID, *, tab: str = "") -> DetailPage:
    """Returns the page of one request, by default with the tab that the address names. Raises Http404."""
    return DetailPage(
        get_request_or_404(organization, id),
        base_url=base_url_of(request),
        tab=tab or request.GET.get("tab", DEFAULT_TAB),
        whole=request.GET.get("whole", ""),
        plain="plain" in request.GET,
        may_edit=request.membership.role >= Role.MEMBER,
    )


def welcome_context(request: PageRequest, organization: Organization) -> dict[str, Any]:
    """Returns the context of the first page of an organization that has logged nothing yet."""
    base_url = base_url_of(request)
    return {
        "organization": organization,
        "base_url": base_url,
        "snippets": first_calls(base_url),
        "may_store_keys": request.membership.role >= Role.ADMIN,
    }


def base_url_of(request: MemberRequest) -> str:
    """Returns the origin of the gateway, which is this site's."""
    return request.build_absolute_uri("/").rstrip("/")


def list_context(request: PageRequest, organization: Organization) -> dict[str, Any]:
    """Returns the context of the list, whose filter and place the address says."""
    filters = RequestFilter(data=request.GET)
    is_valid = filters.is_valid()
    fault = listing.fault_in(request.GET.get("q", ""))
    sort = request.GET.get("sort")
    shown = shown_columns(request, organization)
    context: dict[str, Any] = {
        "organization": organization,
        # A filter that cannot be read still has its period.
        "filters": filters if is_valid else RequestFilter(links.period_of(request.GET)),
        "chips": listing.chips(filters) if is_valid else [],
        "fault": fault,
        "columns": shown,
        "heads": listing.heads(shown, sort),
        "ranges": listing.ranges(),
        "field_labels": listing.field_labels(),
        "splits": SPLITS,
        "split": request.GET.get("split", DEFAULT_SPLIT),
        "chart_key": links.chart_key(request.GET),
        "is_newest": (sort or DEFAULT_SORT) == DEFAULT_SORT and "cursor" not in request.GET,
        "may_edit": request.membership.role >= Role.MEMBER,
        "formats": [(format.value, format.label) for format in Format],
        "open_page": _open_page(request, organization),
        **_views_context(request),
    }
    if not is_valid:
        # What is wrong with the text is shown where it stands.
        elsewhere = [name for name in filters.errors if not (fault and name == "q")]
        return context | {"problems": [error for name in elsewhere for error in filters.errors[name]]}
    try:
        rows = rows_context(request, organization, filters)
        count = count_at_once(organization_id=organization.id, filters=filters, page=rows["page"])
    except (BadCursor, BadSort, FilterError) as error:
        return context | {"problems": [str(error)]}
    return context | rows | {"count": count}


def rows_context(request: PageRequest, organization: Organization, filters: RequestFilter) -> dict[str, Any]:
    """Returns the context of the rows alone. Raises BadCursor, BadSort, FilterError."""
    page = queries.list_requests(
        organization_id=organization.id,
        filters=filters,
        sort=request.GET.get("sort"),
        cursor=request.GET.get("cursor"),
        limit=_limit(request),
    )
    return {
        "organization": organization,
        "columns": shown_columns(request, organization),
        "page": page,
        "known": listing.fingerprint(page.rows),
    }


def shown_columns(request: PageRequest, organization: Organization) -> list[columns.Column]:
    """Returns the columns that the address asks for, else those chosen last, else the default."""
    chosen = request.GET.get("columns") or request.COOKIES.get(_columns_cookie(organization), "")
    return columns.read(chosen)


def _views_context(request: PageRequest) -> dict[str, Any]:
    """The saved views, and which of them is open; `is_changed` when the address says something else than it."""
    views = list(views_for(request.membership))
    wanted = request.GET.get("view", "")
    current = next((view for view in views if str(view.pk) == wanted), None)
    query = links.of_view(request.GET)
    return {
        "saved_views": views,
        "view": current,
        "view_query": query,
        "is_changed": current is not None and query != current.query,
        "may_change_view": current is not None and may_change(request.membership, current),
    }


def _remembering_columns(request: PageRequest, organization: Organization, query: QueryDict) -> HttpResponse:
    """Leads to the address that says the same in order; columns that were just chosen are kept for next time."""
    response = redirect(f"{request.path}?{query.urlencode()}" if query else request.path)
    if links.COLUMN in request.GET:
        response.set_cookie(
            _columns_cookie(organization), query.get("columns", ""), max_age=_YEAR_S, samesite="Lax"
        )
    return response


def _columns_cookie(organization: Organization) -> str:
    return f"columns-{organization.pk}"


def _limit(request: PageRequest) -> int:
    given = request.GET.get("limit", "")
    return int(given) if given.isdecimal() and len(given) < 5 else queries.DEFAULT_LIMIT


def _open_page(request: PageRequest, organization: Organization) -> DetailPage | None:
    """The request in the drawer. A stale or mistyped id leaves the list as it is."""
    try:
        return detail_page(request, organization, UUID(request.GET["open"]))
    except (KeyError, ValueError, Http404):
        return None
