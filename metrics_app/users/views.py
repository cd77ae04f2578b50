"""The Users page, its charts and tables that come after it, and both as files."""

from collections.abc import Callable
from hashlib import sha256
from time import monotonic
from typing import Any

from django.core.cache import cache
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET
from django.views.decorators.vary import vary_on_headers

from accounts_app.access import organization_view
from accounts_app.models import Organization, Role
from helicone_site.time_limit import TooSlow
from metrics_app.csv_files import csv_answer, dollars
from metrics_app.dashboard.shown import csv_rows
from metrics_app.drawing import ChartCard
from metrics_app.page import TOO_SLOW, MetricsPage, is_partial, may_wait, put_in_order
from metrics_app.reading.effort import is_quick
from metrics_app.reading.questions import USER
from metrics_app.scope import Scope, period_query
from metrics_app.users import activity, listing, shown
from requests_app import links
from requests_app import listing as lists
from requests_app.charts import Chart
from requests_app.filters import FilterError
from requests_app.paging import BadCursor, BadSort
from requests_app.queries import has_any_request
from requests_app.views import PageRequest, welcome_context

# What took longer to count is kept for some minutes: of so many users nobody sees the difference.
_LONG_S, _KEPT_S = 1.0, 300
_INVALID, _UNAVAILABLE = 422, 503
_FILE_HEAD = (
    "user", "cost (USD)", "requests", "errors", "prompt tokens", "completion tokens", "mean latency (ms)",
    "active days (UTC)",
)  # fmt: skip


@require_GET
@cache_control(private=True, no_cache=True)
@vary_on_headers("HX-Request", "HX-Target")
@organization_view(role=Role.VIEWER)
def user_list(request: PageRequest, *, organization: Organization) -> HttpResponse:
    """The page; for htmx only what changes in it, or one of the parts that come after it."""
    if (moved := put_in_order(request)) is not None:
        return moved
    page = MetricsPage(request, organization)
    part_key = _part_key(request)
    for name, part in _PARTS.items():
        if is_partial(request, f"users-{name}-{part_key}"):
            return _part(request, page, name, part)
    if not has_any_request(organization.pk):
        return render(request, "requests_app/welcome.html", welcome_context(request, organization))
    if not listing.has_any_user(organization.pk):
        return render(request, "metrics_app/users/welcome.html", page.context)
    context = page.context | _table_context(request, page) | {"part_key": part_key}
    name = (
        "_table" if is_partial(request, "users") else "_users" if is_partial(request, "metrics") else "users"
    )
    return render(request, f"metrics_app/users/{name}.html", context)


@require_GET
@cache_control(private=True, no_store=True)
@organization_view(role=Role.VIEWER)
def user_list_csv(request: PageRequest, *, organization: Organization) -> HttpResponse:
    """The table of users as CSV, at most `listing.MOST_IN_FILE` of them."""
    scope = MetricsPage(request, organization).scope
    if scope is None:
        raise Http404
    try:
        rows = listing.all_users(scope=scope, sort=request.GET.get("sort"), find=request.GET.get("find", ""))
    except (BadSort, FilterError) as error:
        return _refused(str(error), _INVALID)
    except TooSlow:
        return _refused(TOO_SLOW, _UNAVAILABLE)
    return csv_answer("users", [_FILE_HEAD, *map(_line, rows)])


@require_GET
@cache_control(private=True, no_store=True)
@organization_view(role=Role.VIEWER)
def user_chart_csv(request: PageRequest, *, organization: Organization, chart: str) -> HttpResponse:
    """One of the charts of the page as CSV."""
    scope = MetricsPage(request, organization).scope
    if scope is None or chart not in _CHARTS:
        raise Http404
    try:
        return csv_answer(f"users-{chart}", csv_rows(_CHARTS[chart](scope)))
    except FilterError as error:
        return _refused(str(error), _INVALID)
    except TooSlow:
        return _refused(TOO_SLOW, _UNAVAILABLE)


def _part_key(request: PageRequest) -> str:
    """Returns a name for the parts of this view: the same as long as they are."""
    query = request.GET.copy()
    query.pop("find", None)
    return links.chart_key(query)


def _table_context(request: PageRequest, page: MetricsPage) -> dict[str, Any]:
    sort = request.GET.get("sort") or listing.DEFAULT_SORT
    find = request.GET.get("find", "")
    context: dict[str, Any] = {"heads": lists.heads(shown.COLUMNS, sort), "find": find}
    if page.scope is None:
        return context
    try:
        if not may_wait(request, "users") and not is_quick(page.scope.total(USER)):
            return context | {"is_later": True}
        found = listing.list_users(scope=page.scope, sort=sort, find=find, cursor=request.GET.get("cursor"))
    except (BadCursor, BadSort, FilterError) as error:
        return context | {"table_problem": str(error)}
    except TooSlow:
        return context | {"table_problem": TOO_SLOW}
    rows = [
        shown.shown_user(row, page.scope, slug=page.organization.slug, period_query=period_query(request.GET))
        for row in found.rows
    ]
    return context | {"page": found, "rows": rows}


def _part(
    request: PageRequest, page: MetricsPage, name: str, part: Callable[["MetricsPage", Scope], dict[str, Any]]
) -> HttpResponse:
    key = _cache_key(request, page.organization)
    if (kept := cache.get(key)) is not None:
        return HttpResponse(kept)
    started = monotonic()
    context: dict[str, Any] = {"organization": page.organization}
    try:
        if page.scope is not None:
            context |= part(page, page.scope)
    except TooSlow:
        context["problem"] = TOO_SLOW
    except FilterError as error:
        context["problem"] = str(error)
    answer = render(request, f"metrics_app/users/_{name}.html", context)
    if "problem" not in context and monotonic() - started > _LONG_S:
        cache.set(key, answer.content, _KEPT_S)
    return answer


def _cache_key(request: PageRequest, organization: Organization) -> str:
    """Returns the name of a part as this viewer's address and clock have it."""
    shown_as = f"{request.htmx.target} {request.build_absolute_uri()} {timezone.get_current_timezone_name()}"
    return f"users:{organization.pk}:{sha256(shown_as.encode()).hexdigest()}"


def _course(page: MetricsPage, scope: Scope) -> dict[str, Any]:
    chart = shown.course_chart(activity.active_users(scope), scope)
    return {"card": _chart_card(page, "course", "Active users", chart)}


def _newcomers(page: MetricsPage, scope: Scope) -> dict[str, Any]:
    found = activity.newcomers(scope)
    requests_url = reverse("requests:list", args=[page.organization.slug])
    chart = shown.newcomers_chart(found, scope)
    return {
        "cards": shown.cards(found, f"{requests_url}?{scope.requests_query(shown.HAS_USER)}"),
        "card": _chart_card(page, "newcomers", "New and returning users", chart),
    }


def _retention(_: MetricsPage, scope: Scope) -> dict[str, Any]:
    rows = shown.cohort_rows(activity.retention(scope), timezone.now())
    return {"rows": rows, "weeks": range(1, len(rows))}


def _engagement(_: MetricsPage, scope: Scope) -> dict[str, Any]:
    return {"classes": shown.classes(activity.engagement(scope))}


def _chart_card(page: MetricsPage, name: str, title: str, chart: Chart) -> ChartCard:
    slug, query = page.organization.slug, page.request.GET.urlencode()
    return ChartCard(
        id=f"users-chart-{name}",
        title=title,
        list_url=reverse("requests:list", args=[slug]),
        csv_url=f"{reverse('metrics:users-chart-csv', args=[slug, name])}?{query}",
        link_url=page.request.build_absolute_uri(f"{page.request.path}?{query}#users-{name}"),
        chart=chart,
        rows=chart.rows(timezone.get_current_timezone()),
    )


def _line(row: listing.UserRow) -> list[str | float | None]:
    sums = row.sums
    return [
        row.user_id, dollars(sums.cost_nanodollars), sums.requests, sums.failures, sums.prompt_tokens,
        sums.completion_tokens, None if sums.latency_ms is None else round(sums.latency_ms, 1), row.active_days,
    ]  # fmt: skip


def _refused(text: str, status: int) -> HttpResponse:
    return HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")


# What comes after the page, each by itself, since over a million users it takes a second.
_PARTS: dict[str, Callable[[MetricsPage, Scope], dict[str, Any]]] = {
    "course": _course,
    "newcomers": _newcomers,
    "retention": _retention,
    "engagement": _engagement,
}
_CHARTS: dict[str, Callable[[Scope], Chart]] = {
    "course": lambda scope: shown.course_chart(activity.active_users(scope), scope),
    "newcomers": lambda scope: shown.newcomers_chart(activity.newcomers(scope), scope),
}
