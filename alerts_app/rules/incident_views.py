"""The pages of what alerts found: all incidents of an organization, and one of them."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET, require_POST
from django.views.decorators.vary import vary_on_headers

from accounts_app.access import MemberRequest, organization_view
from accounts_app.models import Organization, Role
from alerts_app.notices.queries import notices_of
from alerts_app.rules import actions, queries, shown, words
from alerts_app.rules.course_shown import snapshot_chart
from alerts_app.rules.models import Incident
from metrics_app.page import is_partial
from requests_app import columns
from requests_app.filters import FilterError, RequestFilter
from requests_app.paging import BadCursor
from requests_app.queries import list_requests
from requests_app.views import PageRequest

SHOWN_REQUESTS = 10
_COLUMNS = ("time", "status", "model", "request", "user", "tokens", "cost", "latency", "ttft")
STATES = {"all": "All", "open": "Going on", "ended": "Over"}


@require_GET
@cache_control(private=True, no_cache=True)
@organization_view(role=Role.VIEWER)
def incident_list(request: PageRequest, *, organization: Organization) -> HttpResponse:
    """All that alerts found, newest first; of one `alert`, or in one `state`."""
    state = request.GET.get("state", "")
    state = state if state in STATES else "all"
    alerts = list(queries.alerts(organization.pk).order_by("name", "id"))
    alert = next((one for one in alerts if str(one.pk) == request.GET.get("alert")), None)
    context = _context(request, organization) | {
        "state": state, "states": STATES, "alerts": alerts, "alert": alert
    }  # fmt: skip
    try:
        page = queries.incidents(
            organization.pk, alert=alert, state=state, cursor=request.GET.get("cursor") or None
        )
    except BadCursor as error:
        context["problems"] = [str(error)]
    else:
        at = queries.clock()
        context |= {"page": page, "rows": [shown.incident_row(one, at=at) for one in page.rows]}
    return render(request, "alerts_app/rules/history.html", context)


@require_GET
@cache_control(private=True, no_cache=True)
@vary_on_headers("HX-Request", "HX-Target")
@organization_view(role=Role.VIEWER)
def incident_detail(request: PageRequest, *, organization: Organization, id: UUID) -> HttpResponse:
    """One incident: what was seen, the requests behind it, who was told. For htmx what may change of it."""
    incident = _incident_or_404(organization, id)
    zone = timezone.get_current_timezone()
    chart = snapshot_chart(incident, zone)
    context = _context(request, organization) | {
        "incident": incident,
        "row": shown.incident_row(incident, at=queries.clock()),
        "watches": words.watches(incident.alert),
        "chart": chart,
        "chart_rows": chart.rows(zone) if chart else (),
        "notices": notices_of(organization.pk, incident.thread_key) if incident.thread_key else (),
    }
    if is_partial(request, "incident-now"):
        return render(request, "alerts_app/rules/_incident_now.html", context)
    context |= _requests_context(organization, incident)
    return render(request, "alerts_app/rules/incident.html", context)


@require_POST
@organization_view(role=Role.MEMBER)
def incident_acknowledge(request: MemberRequest, *, organization: Organization, id: UUID) -> HttpResponse:
    """Note that somebody looks after it. Leads to the list of alerts when that is what was looked at."""
    incident = _incident_or_404(organization, id)
    if actions.acknowledge(incident=incident, actor=request.user):
        messages.success(request, f"You look after {incident.alert.name}.")
    else:
        messages.info(request, "Somebody looks after it already.")
    if request.POST.get("from") == "list":
        return redirect("alerts:alerts", organization.slug)
    return redirect("alerts:incident", organization.slug, incident.pk)


def _incident_or_404(organization: Organization, id: UUID) -> Incident:
    try:
        return queries.incident_of(organization.pk, id)
    except queries.IncidentNotFound as error:
        raise Http404 from error


def _context(request: MemberRequest, organization: Organization) -> dict[str, Any]:
    return {"organization": organization, "may_edit": request.membership.role >= Role.MEMBER}


def _requests_context(organization: Organization, incident: Incident) -> dict[str, Any]:
    """The first requests behind it; none where the filter names what is no longer known."""
    filters = RequestFilter(QueryDict(incident.requests_query))
    try:
        page = (
            list_requests(organization_id=organization.pk, filters=filters, limit=SHOWN_REQUESTS)
            if filters.is_valid()
            else None
        )
    except FilterError:
        page = None
    return {
        "requests": page.rows if page else [],
        "has_more_requests": page is not None and page.next_cursor is not None,
        "columns": [columns.COLUMNS[name] for name in _COLUMNS],
    }
