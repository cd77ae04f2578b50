"""The Live page of an organization, at /o/<organization>/live/."""

from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET

from accounts_app.access import organization_view
from accounts_app.models import Organization, Role
from alerts_app.live import queries
from alerts_app.live.looks import Form
from requests_app import columns, links, listing
from requests_app.filters import RequestFilter
from requests_app.views import PageRequest, shown_columns


@require_GET
@cache_control(private=True, no_store=True)
@organization_view(role=Role.VIEWER)
def live(request: PageRequest, *, organization: Organization) -> HttpResponse:
    """The latest requests of a filter, and where to hear of those that come."""
    if (query := links.canonical(request.GET)) is not None:
        return redirect(f"{request.path}?{query}" if query else request.path)
    filters = RequestFilter(request.GET)
    is_valid = filters.is_valid()
    fault = listing.fault_in(request.GET.get("q", ""))
    shown = shown_columns(request, organization)
    context = {
        "organization": organization,
        # A filter that cannot be read still has its period.
        "filters": filters if is_valid else RequestFilter(links.period_of(request.GET)),
        "chips": listing.chips(filters) if is_valid else [],
        "fault": fault,
        "field_labels": listing.field_labels(),
        "columns": shown,
        "heads": [listing.Head(column) for column in shown],
        "start": queries.start_of(organization, request.GET) if is_valid else queries.NO_START,
        "stream_query": _stream_query(request.GET, shown),
        "problems": [error for name, errors in filters.errors.items() if name != "q" for error in errors],
        "list_query": links.of_view(request.GET),
        "list_url": reverse("requests:list", args=[organization.slug]),
    }
    return render(request, "alerts_app/live/page.html", context)


def _stream_query(query: QueryDict, shown: list[columns.Column]) -> str:
    asked = query.copy()
    asked["form"] = Form.PAGE.value
    asked["columns"] = columns.write(column.name for column in shown)
    return asked.urlencode()
