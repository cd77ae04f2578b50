"""The page of models and providers, and its numbers as files."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET
from django.views.decorators.vary import vary_on_headers

from accounts_app.access import organization_view
from accounts_app.models import Organization, Role
from helicone_site.time_limit import TooSlow, in_time
from metrics_app.csv_files import csv_answer
from metrics_app.dashboard.shown import csv_rows
from metrics_app.page import TOO_SLOW, MetricsPage, is_partial, put_in_order
from metrics_app.scope import Scope
from metrics_app.used_models import shown, table
from metrics_app.used_models.availability import availability
from metrics_app.used_models.paid import paid, prices_of_models
from metrics_app.used_models.table import By
from requests_app import listing
from requests_app.filters import FilterError
from requests_app.paging import BadSort
from requests_app.queries import has_any_request
from requests_app.views import PageRequest, welcome_context

_UNAVAILABLE, _INVALID = 503, 422


@require_GET
@cache_control(private=True, no_cache=True)
@vary_on_headers("HX-Request", "HX-Target")
@organization_view(role=Role.VIEWER)
def model_page(request: PageRequest, *, organization: Organization) -> HttpResponse:
    """The table of models, or with `by=provider` of providers, and how dependable they were."""
    if (moved := put_in_order(request)) is not None:
        return moved
    if not has_any_request(organization.pk):
        return render(request, "requests_app/welcome.html", welcome_context(request, organization))
    page, by = MetricsPage(request, organization), _by(request)
    context = page.context | {
        "by": by,
        "heads": listing.heads(shown.columns(by), _sort(request)),
    }
    if page.scope is not None:
        context |= _numbers(request, organization, page.scope, by)
    partial = "_page" if is_partial(request, "metrics") else "page"
    return render(request, f"metrics_app/models/{partial}.html", context)


@require_GET
@cache_control(private=True, no_store=True)
@organization_view(role=Role.VIEWER)
def table_csv(request: PageRequest, *, organization: Organization) -> HttpResponse:
    """The whole table as CSV."""
    scope, by = _scope(request, organization), _by(request)
    try:
        rows, _ = _rows(request, organization, scope, by)
    except (BadSort, FilterError) as error:
        return _plain(str(error), _INVALID)
    except TooSlow:
        return _plain(TOO_SLOW, _UNAVAILABLE)
    return csv_answer(f"{by}s", shown.csv_lines(by, rows))


@require_GET
@cache_control(private=True, no_store=True)
@organization_view(role=Role.VIEWER)
def availability_csv(request: PageRequest, *, organization: Organization) -> HttpResponse:
    """The availability over time as CSV."""
    try:
        found = availability(_scope(request, organization), _by(request))
    except FilterError as error:
        return _plain(str(error), _INVALID)
    except TooSlow:
        return _plain(TOO_SLOW, _UNAVAILABLE)
    return csv_answer("availability", csv_rows(found.chart))


def _numbers(request: PageRequest, organization: Organization, scope: Scope, by: By) -> dict[str, Any]:
    try:
        rows, is_timed = _rows(request, organization, scope, by)
        found = in_time(lambda: availability(scope, by))
    except (BadSort, FilterError) as error:
        return {"problem": str(error)}
    except TooSlow:
        return {"problem": TOO_SLOW}
    return {
        "rows": rows[: shown.MOST_ROWS],
        "count": len(rows),
        "is_timed": is_timed,
        "availability": found,
        "availability_rows": found.chart.rows(scope.zone) if found else (),
    }


def _rows(
    request: PageRequest, organization: Organization, scope: Scope, by: By
) -> tuple[list[shown.Row], bool]:
    """Returns the rows of the table, and whether latencies could be told in time.

    Raises BadSort, FilterError, TooSlow.
    """
    used = table.used(table.cells_of(scope), by)
    timings = in_time(lambda: table.timings(scope, by))
    errors = in_time(lambda: table.errors(scope, by))
    prices = prices_of_models(organization.pk)
    maker = shown.Rows(scope, by, slug=organization.slug, query=request.GET)
    rows = maker.rows(
        used, timings=timings or {}, errors=errors or {}, paid=lambda one: paid(one.cells, prices)
    )
    return shown.in_order(rows, _sort(request)), timings is not None


def _scope(request: PageRequest, organization: Organization) -> Scope:
    """Returns which requests are meant. Raises Http404 for a filter that cannot be read."""
    scope = MetricsPage(request, organization).scope
    if scope is None:
        raise Http404
    return scope


def _by(request: PageRequest) -> By:
    return "provider" if request.GET.get("by") == "provider" else "model"


def _sort(request: PageRequest) -> str:
    return request.GET.get("sort") or shown.DEFAULT_SORT


def _plain(text: str, status: int) -> HttpResponse:
    return HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")
