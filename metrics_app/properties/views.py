"""The Properties page: all of them, the values of one, two crossed; and their numbers as files."""

from collections.abc import Mapping
from typing import Any

from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET
from django.views.decorators.vary import vary_on_headers

from accounts_app.access import organization_view
from accounts_app.models import Organization, Role
from helicone_site.time_limit import TooSlow
from metrics_app.csv_files import csv_answer
from metrics_app.dashboard.shown import csv_rows
from metrics_app.drawing import ChartCard
from metrics_app.page import TOO_SLOW, MetricsPage, is_partial, put_in_order
from metrics_app.properties import course, crossing, values
from metrics_app.properties.known import KnownProperty, all_sums, has, known_properties, sums_with
from metrics_app.properties.seen import users_by_value
from metrics_app.properties.shown_crossing import ShownCrossing
from metrics_app.properties.shown_values import VALUE_COLUMNS, ShownValues, csv_lines, value_row
from metrics_app.reading import Ranking
from metrics_app.scope import Scope
from requests_app import listing
from requests_app.filters import FilterError
from requests_app.paging import BadCursor, BadSort
from requests_app.views import PageRequest

_UNAVAILABLE, _INVALID = 503, 422


@require_GET
@cache_control(private=True, no_cache=True)
@vary_on_headers("HX-Request", "HX-Target")
@organization_view(role=Role.VIEWER)
def property_page(request: PageRequest, *, organization: Organization) -> HttpResponse:
    """All properties; with `property` the values of one; with `cross`, too, two of them crossed."""
    if (moved := put_in_order(request)) is not None:
        return moved
    page = MetricsPage(request, organization)
    known = known_properties(organization.pk)
    context = page.context | {"known": known}
    name, cross = request.GET.get("property", ""), request.GET.get("cross", "")
    unknown = [one for one in (name, cross) if one and one not in {each.name for each in known}]
    if unknown:
        context["problems"] = [*context["problems"], f"No request has had a property called {unknown[0]}."]
        name, cross = "", ""
    elif page.scope is not None and name and cross and cross != name:
        context |= _crossed_context(request, organization, page.scope, name, cross)
    elif page.scope is not None and name:
        context |= _values_context(request, organization, page.scope, name)
    context |= {"name": name, "cross": cross if name != cross else ""}
    partial = "_page" if is_partial(request, "metrics") else "page"
    return render(request, f"metrics_app/properties/{partial}.html", context)


@require_GET
@cache_control(private=True, no_store=True)
@organization_view(role=Role.VIEWER)
def property_numbers(request: PageRequest, *, organization: Organization) -> HttpResponse:
    """The cells of one property in the list of all that have its numbers."""
    scope, name = _asked(request, organization)
    context: dict[str, Any] = {}
    try:
        context["row"] = value_row(
            scope, name, sums_with(scope, name), all_sums(scope), has(name), slug=organization.slug
        )
    except TooSlow:
        context["problem"] = TOO_SLOW
    except FilterError as error:
        context["problem"] = str(error)
    return render(request, "metrics_app/properties/_numbers.html", context)


@require_GET
@cache_control(private=True, no_store=True)
@organization_view(role=Role.VIEWER)
def values_csv(request: PageRequest, *, organization: Organization) -> HttpResponse:
    """The values of a property with their sums, as many as one could turn the pages to, as CSV."""
    scope, name = _asked(request, organization)
    try:
        found = values.list_values(
            scope,
            name,
            sort=request.GET.get("sort", ""),
            find=request.GET.get("find", ""),
            at_most=values.MOST_ROWS,
        )
    except (BadSort, FilterError) as error:
        return _plain(str(error), _INVALID)
    except TooSlow:
        return _plain(TOO_SLOW, _UNAVAILABLE)
    return csv_answer("values", csv_lines(name, found))


@require_GET
@cache_control(private=True, no_store=True)
@organization_view(role=Role.VIEWER)
def chart_csv(request: PageRequest, *, organization: Organization) -> HttpResponse:
    """The values of a property over time, as CSV."""
    scope, name = _asked(request, organization)
    try:
        chart = course.course(scope, _known(organization, name), _measure_of_chart(request.GET))
    except FilterError as error:
        return _plain(str(error), _INVALID)
    except TooSlow:
        return _plain(TOO_SLOW, _UNAVAILABLE)
    return csv_answer("values-over-time", csv_rows(chart))


def _values_context(
    request: PageRequest, organization: Organization, scope: Scope, name: str
) -> dict[str, Any]:
    context: dict[str, Any] = {
        "measures": course.MEASURES,
        "measure": _measure_of_chart(request.GET),
        "find": request.GET.get("find", ""),
        "heads": listing.heads(VALUE_COLUMNS, request.GET.get("sort") or values.DEFAULT_SORT),
    }
    try:
        found = values.list_values(
            scope,
            name,
            sort=request.GET.get("sort", ""),
            cursor=request.GET.get("cursor", ""),
            find=context["find"],
        )
        users = users_by_value(scope, name, [value for value, _ in found.rows])
    except (BadCursor, BadSort, FilterError) as error:
        return context | {"problem": str(error)}
    except TooSlow:
        return context | {"problem": TOO_SLOW}
    return context | {
        "shown": ShownValues(scope, name, found, users, slug=organization.slug),
        "chart": _chart_card(request, organization, scope, name, found.largest),
    }


def _chart_card(
    request: PageRequest,
    organization: Organization,
    scope: Scope,
    name: str,
    largest: Mapping[str, Ranking],
) -> ChartCard:
    query, measure = request.GET.urlencode(), _measure_of_chart(request.GET)
    label = course.MEASURES[measure][0]
    chart, problem = None, ""
    try:
        chart = course.course(scope, _known(organization, name), measure, largest.get(measure))
    except TooSlow:
        problem = TOO_SLOW
    except FilterError as error:
        problem = str(error)
    return ChartCard(
        id="chart-values",
        title=f"{label} by {name}",
        list_url=_requests_url(organization),
        csv_url=f"{reverse('metrics:property-chart-csv', args=[organization.slug])}?{query}",
        link_url=request.get_full_path(),
        chart=chart,
        rows=chart.rows(scope.zone) if chart else (),
        problem=problem,
    )


def _crossed_context(
    request: PageRequest, organization: Organization, scope: Scope, name: str, cross: str
) -> dict[str, Any]:
    chosen = request.GET.get("show", "")
    measure = chosen if chosen in crossing.MEASURES else next(iter(crossing.MEASURES))
    context: dict[str, Any] = {"measures": crossing.MEASURES, "measure": measure}
    shown = crossing.MEASURES[measure]
    try:
        found = crossing.cross(scope, name, cross, order=shown.order)
    except FilterError as error:
        return context | {"problem": str(error)}
    except TooSlow:
        return context | {"problem": TOO_SLOW}
    return context | {"crossing": ShownCrossing(scope, found, shown, slug=organization.slug)}


def _asked(request: PageRequest, organization: Organization) -> tuple[Scope, str]:
    """Returns which requests and which property are meant. Raises Http404 for what is not there, or cannot be read."""
    scope, name = MetricsPage(request, organization).scope, request.GET.get("property", "")
    if scope is None or name not in {one.name for one in known_properties(organization.pk)}:
        raise Http404
    return scope, name


def _known(organization: Organization, name: str) -> KnownProperty:
    return next(one for one in known_properties(organization.pk) if one.name == name)


def _measure_of_chart(query: QueryDict) -> str:
    chosen = str(query.get("show", ""))
    return chosen if chosen in course.MEASURES else next(iter(course.MEASURES))


def _requests_url(organization: Organization) -> str:
    return reverse("requests:list", args=[organization.slug])


def _plain(text: str, status: int) -> HttpResponse:
    return HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")
