"""The dashboard as a page, and its charts as files."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET
from django.views.decorators.vary import vary_on_headers

from accounts_app.access import organization_view
from accounts_app.models import Organization, Role
from helicone_site.time_limit import TooSlow
from ingest_app.known_values import PROPERTY
from metrics_app.csv_files import csv_answer
from metrics_app.dashboard.comparison import CHOICES, PREVIOUS, Comparison, comparison_of
from metrics_app.dashboard.narrowing import BREAKDOWNS, label_of
from metrics_app.dashboard.numbers import Numbers
from metrics_app.dashboard.shown import Panels, csv_rows
from metrics_app.layouts import BadLayout, hidden_panels, layout_of
from metrics_app.page import TOO_SLOW, MetricsPage, is_partial, may_wait, put_in_order
from metrics_app.panels import DASHBOARD
from requests_app.filter_language.known_values import KnownValues
from requests_app.filters import FilterError
from requests_app.queries import has_any_request
from requests_app.views import PageRequest, base_url_of, welcome_context

DEFAULT_BREAKDOWN = "model"
REFRESHES = {"": "Off", "10s": "Every 10 s", "60s": "Every minute", "300s": "Every 5 minutes"}
_UNAVAILABLE = 503
_INVALID = 422


@require_GET
@cache_control(private=True, no_cache=True)
@vary_on_headers("HX-Request", "HX-Target")
@organization_view(role=Role.VIEWER)
def dashboard(request: PageRequest, *, organization: Organization) -> HttpResponse:
    """The page, or for htmx only what changes in it: all of it, or the panels."""
    if (moved := put_in_order(request)) is not None:
        return moved
    if not has_any_request(organization.pk):
        return render(request, "requests_app/welcome.html", welcome_context(request, organization))
    page = MetricsPage(request, organization)
    placed = layout_of(request.membership, DASHBOARD)
    context: dict[str, Any] = (
        page.context
        | _choices(request, organization)
        | {
            "dashboard": DASHBOARD,
            "placed": placed,
            "hidden": hidden_panels(DASHBOARD, placed),
        }
    )
    try:
        panels, comparison = _panels(request, organization, page)
    except FilterError as error:
        context["problems"] = [*context["problems"], str(error)]
        panels, comparison = None, None
    if panels is not None:
        context["against"] = comparison.label if comparison else ""
        waits = may_wait(request, "panels")
        if waits or panels.are_quick:
            context["shown"] = {one.panel.name: panels.shown(one.panel, may_wait=waits) for one in placed}
        else:
            context["is_later"] = True
    if is_partial(request, "panels"):
        return render(request, "metrics_app/dashboard/_panels.html", context)
    name = "_dashboard" if is_partial(request, "metrics") else "dashboard"
    return render(request, f"metrics_app/dashboard/{name}.html", context)


@require_GET
@cache_control(private=True, no_cache=True)
@organization_view(role=Role.VIEWER)
def dashboard_panel(request: PageRequest, *, organization: Organization, panel: str) -> HttpResponse:
    """What one panel shows, for a page that did not wait for it."""
    page = MetricsPage(request, organization)
    try:
        wanted = DASHBOARD.panel(panel)
        panels, comparison = _panels(request, organization, page)
    except BadLayout as error:
        raise Http404 from error
    except FilterError as error:
        return HttpResponse(str(error), status=_INVALID, content_type="text/plain; charset=utf-8")
    if panels is None:
        return HttpResponse(status=_INVALID)
    context = page.context | _choices(request, organization)
    context |= {
        "panel": wanted,
        "shown": {panel: panels.shown(wanted)},
        "against": comparison.label if comparison else "",
    }
    return render(request, "metrics_app/dashboard/_panel.html", context)


@require_GET
@cache_control(private=True, no_store=True)
@organization_view(role=Role.VIEWER)
def dashboard_csv(request: PageRequest, *, organization: Organization, panel: str) -> HttpResponse:
    """The numbers of one chart as CSV."""
    page = MetricsPage(request, organization)
    try:
        panels, _ = _panels(request, organization, page)
        chart = panels.chart(panel) if panels else None
    except FilterError as error:
        return HttpResponse(str(error), status=_INVALID, content_type="text/plain; charset=utf-8")
    except TooSlow:
        return HttpResponse(TOO_SLOW, status=_UNAVAILABLE, content_type="text/plain; charset=utf-8")
    if chart is None:
        raise Http404
    return csv_answer(panel, csv_rows(chart))


def _panels(
    request: PageRequest, organization: Organization, page: MetricsPage
) -> tuple[Panels | None, Comparison | None]:
    """Raises FilterError for a comparison that cannot be made."""
    if page.scope is None:
        return None, None
    comparison = comparison_of(page.scope, request.GET, page.filters)
    by, top = _chosen(request, _breakdowns(organization))
    numbers = Numbers(page.scope, comparison, by=by, top=top)
    path = reverse("metrics:dashboard", args=[organization.slug])
    origin = base_url_of(request)
    return Panels(numbers, slug=organization.slug, origin=origin, path=path, query=request.GET), comparison


def _chosen(request: PageRequest, breakdowns: dict[str, str]) -> tuple[str, str]:
    """Returns what charts tell apart, and what the list of the dearest is of: a property, if there is one."""
    properties = [field for field in breakdowns if field.startswith(PROPERTY)]
    by, top = request.GET.get("by") or "", request.GET.get("top") or ""
    return (
        by if by in breakdowns else DEFAULT_BREAKDOWN,
        top if top in breakdowns else (properties or ["provider"])[0],
    )


def _breakdowns(organization: Organization) -> dict[str, str]:
    names = KnownValues(organization.pk).property_names()
    return {**BREAKDOWNS, **{PROPERTY + name: label_of(PROPERTY + name) for name in names}}


def _choices(request: PageRequest, organization: Organization) -> dict[str, Any]:
    breakdowns = _breakdowns(organization)
    by, top = _chosen(request, breakdowns)
    compare = request.GET.get("compare") or PREVIOUS
    refresh = request.GET.get("refresh") or ""
    return {
        "breakdowns": breakdowns,
        "by": by,
        "by_label": label_of(by),
        "top": top,
        "top_label": label_of(top),
        "comparisons": CHOICES,
        "compare": compare if compare in CHOICES else PREVIOUS,
        "refreshes": REFRESHES,
        "refresh": refresh if refresh in REFRESHES else "",
    }
