"""The Cost page, and its numbers as files."""

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET
from django.views.decorators.vary import vary_on_headers

from accounts_app.access import organization_view
from accounts_app.models import Organization, Role
from helicone_site.time_limit import TooSlow
from ingest_app.known_values import PROPERTY
from metrics_app.costs import table
from metrics_app.costs.breakdown import ROWS, Breakdown
from metrics_app.costs.shown import CostPage, in_words
from metrics_app.csv_files import csv_answer
from metrics_app.dashboard.narrowing import label_of
from metrics_app.dashboard.shown import csv_rows
from metrics_app.page import TOO_SLOW, MetricsPage, is_partial, put_in_order
from metrics_app.scope import Scope
from requests_app import listing
from requests_app.filter_language.known_values import KnownValues
from requests_app.filters import FilterError
from requests_app.paging import BadSort
from requests_app.queries import has_any_request
from requests_app.views import PageRequest, welcome_context

DEFAULT_BREAKDOWN = "model"
MOST_IN_FILE = 10_000
_FIELDS = ("model", "provider", "user")
_INVALID = 422
_UNAVAILABLE = 503


@require_GET
@cache_control(private=True, no_cache=True)
@vary_on_headers("HX-Request", "HX-Target")
@organization_view(role=Role.VIEWER)
def cost_page(request: PageRequest, *, organization: Organization) -> HttpResponse:
    """The page, or for htmx only what changes in it."""
    if (moved := put_in_order(request)) is not None:
        return moved
    if not has_any_request(organization.pk):
        return render(request, "requests_app/welcome.html", welcome_context(request, organization))
    page = MetricsPage(request, organization)
    breakdowns = _breakdowns(organization)
    by = _chosen(request, breakdowns)
    context: dict[str, Any] = page.context | {
        "breakdowns": breakdowns,
        "by": by,
        "by_label": in_words(by),
        "heads": listing.heads(table.columns(by), request.GET.get("sort") or table.DEFAULT_SORT),
    }
    if page.scope is not None:
        try:
            shown = _shown(request, organization, page.scope, by, ROWS)
        except BadSort as error:
            context["problems"] = [*context["problems"], str(error)]
        else:
            context |= _part("period", shown.period) | _part("course", shown.course)
            context |= _part("calendar", shown.calendar)
    name = "_page" if is_partial(request, "metrics") else "page"
    return render(request, f"metrics_app/costs/{name}.html", context)


@require_GET
@cache_control(private=True, no_store=True)
@organization_view(role=Role.VIEWER)
def cost_csv(request: PageRequest, *, organization: Organization, name: str) -> HttpResponse:
    """The table (`breakdown`), or a chart (`over-time`, `months`), as CSV."""
    scope = MetricsPage(request, organization).scope
    if scope is None:
        return _refusal("The filter or the period cannot be read.", _INVALID)
    by = _chosen(request, _breakdowns(organization))
    try:
        shown = _shown(request, organization, scope, by, MOST_IN_FILE)
        if name == "breakdown":
            return csv_answer("cost-breakdown", table.csv_lines(shown.breakdown))
        charts = {"over-time": lambda: shown.course_chart, "months": lambda: shown.months_chart}
        if name not in charts:
            raise Http404
        return csv_answer(f"cost-{name}", csv_rows(charts[name]()))
    except (BadSort, FilterError) as error:
        return _refusal(str(error), _INVALID)
    except TooSlow:
        return _refusal(TOO_SLOW, _UNAVAILABLE)


def _shown(request: PageRequest, organization: Organization, scope: Scope, by: str, at_most: int) -> CostPage:
    """Raises BadSort."""
    order, is_ascending = table.read_sort(request.GET.get("sort"))
    breakdown = Breakdown(scope, by, order, is_ascending, at_most)
    return CostPage(organization.slug, request.GET, breakdown, timezone.now())


def _part(name: str, show: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Returns the context of a part of the page, or what to say in its place."""
    try:
        return show()
    except TooSlow:
        return {f"{name}_problem": TOO_SLOW}
    except FilterError as error:
        return {f"{name}_problem": str(error)}


def _chosen(request: PageRequest, breakdowns: dict[str, str]) -> str:
    by = request.GET.get("by") or DEFAULT_BREAKDOWN
    return by if by in breakdowns else DEFAULT_BREAKDOWN


def _breakdowns(organization: Organization) -> dict[str, str]:
    names = KnownValues(organization.pk).property_names()
    return {field: label_of(field) for field in (*_FIELDS, *(PROPERTY + name for name in names))}


def _refusal(text: str, status: int) -> HttpResponse:
    return HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")
