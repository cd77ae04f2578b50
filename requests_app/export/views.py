"""The Exports page of an organization, below /o/<organization>/exports/."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET, require_POST
from django.views.decorators.vary import vary_on_headers

from accounts_app.access import MemberRequest, organization_view
from accounts_app.models import Organization, Role
from requests_app import listing
from requests_app.export import store
from requests_app.export.file_format import Format
from requests_app.export.making import BadExport
from requests_app.export.models import Export, ExportState
from requests_app.export.streaming import streamed_file
from requests_app.filters import RequestFilter

INVALID = 422
GONE = 410
SHOWN_EXPORTS = 50
# Of the list's address, but no filters.
_OF_THE_VIEW = ("cursor", "open", "tab", "sort", "limit", "columns", "view", "split")


@require_GET
@cache_control(private=True, no_cache=True)
@vary_on_headers("HX-Request")
@organization_view(role=Role.VIEWER)
def export_list(request: MemberRequest, *, organization: Organization) -> HttpResponse:
    """The page, where the address's filters say what can be exported; for htmx the list of exports alone."""
    if getattr(request, "htmx", False):
        return render(request, "requests_app/_exports.html", _list_context(organization))
    return _page(request, organization, _filters_in(request.GET))


@require_POST
@organization_view(role=Role.VIEWER)
def export_create(request: MemberRequest, *, organization: Organization) -> HttpResponse:
    """Order a file of the requests in `ids`; without any, or with `all`, of those that the query string `query` finds.

    422 with the page when it makes no sense.
    """
    filters = _filters_in(QueryDict(request.POST.get("query", "")))
    try:
        store.order_export(
            organization=organization,
            actor=request.user,
            format=request.POST.get("format", ""),
            filters=filters,
            fields=request.POST.get("fields", ""),
            with_bodies="bodies" in request.POST,
            ids=() if "all" in request.POST else _ids(request.POST.get("ids", "")),
        )
    except (BadExport, store.TooManyExports) as error:
        messages.error(request, str(error))
        return _page(request, organization, filters, status=INVALID)
    messages.success(request, "The export has been ordered. You can leave this page.")
    return redirect("requests:exports", organization.slug)


@require_POST
@organization_view(role=Role.VIEWER)
def export_cancel(request: MemberRequest, *, organization: Organization, id: UUID) -> HttpResponse:
    """Stop one that is not finished."""
    store.cancel_export(get_export_or_404(organization, id))
    return redirect("requests:exports", organization.slug)


@require_GET
@organization_view(role=Role.VIEWER)
def export_download(request: MemberRequest, *, organization: Organization, id: UUID) -> HttpResponseBase:
    """The file; 410 when it is no longer kept."""
    return download(get_export_or_404(organization, id))


def get_export_or_404(organization: Organization, id: UUID) -> Export:
    """Returns the export. Raises Http404, also where another organization has one with this id."""
    export = store.exports_of(organization).filter(pk=id).first()
    if export is None:
        raise Http404
    return export


def download(export: Export) -> HttpResponseBase:
    """Returns the answer with the file; 410 when it was deleted. Raises Http404 when it is not made."""
    if export.state == ExportState.EXPIRED:
        return HttpResponse("This file was deleted.", status=GONE, content_type="text/plain")
    if export.state != ExportState.DONE:
        raise Http404
    try:
        return streamed_file(export.path, content_type=export.content_type, filename=export.filename)
    except FileNotFoundError:
        return HttpResponse("The file is no longer there.", status=GONE, content_type="text/plain")


def _ids(text: str) -> list[UUID]:
    """Returns the ids, which commas separate. Raises BadExport."""
    try:
        return [UUID(id) for id in text.split(",") if id]
    except ValueError as error:
        raise BadExport({"ids": ["These are no ids of requests."]}) from error


def _filters_in(query: QueryDict) -> QueryDict:
    filters = query.copy()
    for name in _OF_THE_VIEW:
        filters.pop(name, None)
    return filters


def _list_context(organization: Organization) -> dict[str, object]:
    exports = list(store.exports_of(organization).select_related("requested_by")[:SHOWN_EXPORTS])
    return {
        "organization": organization,
        "exports": exports,
        "is_waiting": any(export.is_unfinished for export in exports),
    }


def _page(
    request: MemberRequest, organization: Organization, query: QueryDict, *, status: int = 200
) -> HttpResponse:
    filters = RequestFilter(query)
    is_valid = filters.is_valid()
    context = {
        "query": query.urlencode(),
        "period": filters.period if is_valid else None,
        "chips": listing.chips(filters) if is_valid else [],
        "field_labels": listing.field_labels(),
        "errors": filters.errors,
        "formats": [(format.value, format.label) for format in Format],
    }
    return render(request, "requests_app/exports.html", context | _list_context(organization), status=status)
