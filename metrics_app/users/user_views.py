"""The page of one user."""

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
from metrics_app.dashboard.numbers import Numbers
from metrics_app.dashboard.shown import Panels
from metrics_app.page import MetricsPage, is_partial, may_wait, put_in_order
from metrics_app.scope import Scope, narrowed_query
from metrics_app.users import profile, shown
from requests_app.filters import FilterError, RequestFilter
from requests_app.queries import list_requests
from requests_app.views import PageRequest
from sessions_app.filters import SessionFilter
from sessions_app.queries import list_sessions

NEWEST = 10


@require_GET
@cache_control(private=True, no_cache=True)
@vary_on_headers("HX-Request", "HX-Target")
@organization_view(role=Role.VIEWER)
def user_page(request: PageRequest, *, organization: Organization, user_id: str) -> HttpResponse:
    """What one user asked, spent and got; for htmx only what changes. 404 when nothing of theirs is kept."""
    if (moved := put_in_order(request)) is not None:
        return moved
    try:
        seen = profile.seen(organization_id=organization.pk, user_id=user_id)
    except profile.UserNotFound as error:
        raise Http404 from error
    page = MetricsPage(request, organization)
    context = page.context | {
        "user_id": user_id,
        "seen": seen,
        "may_erase": request.membership.role >= Role.ADMIN,
    }
    if page.scope is not None:
        scope = page.scope.narrowed(shown.node_of_user(user_id))
        context |= _panels_context(request, organization, scope, user_id)
        if is_partial(request, "user-panels"):
            return render(request, "metrics_app/users/_user_panels.html", context)
        context |= _newest_context(organization, scope, user_id)
    name = "_user" if is_partial(request, "metrics") else "user"
    return render(request, f"metrics_app/users/{name}.html", context)


def _panels_context(
    request: PageRequest, organization: Organization, scope: Scope, user_id: str
) -> dict[str, Any]:
    numbers = profile.numbers_of(scope)
    if not may_wait(request, "user-panels") and not _is_quick(numbers):
        return {"is_later": True}
    # What is told apart further is told apart on the dashboard.
    panels = Panels(
        numbers,
        slug=organization.slug,
        origin=f"{request.scheme}://{request.get_host()}",
        path=reverse("metrics:dashboard", args=[organization.slug]),
        query=QueryDict(narrowed_query(request.GET, shown.node_of_user(user_id))),
    )
    placed = profile.placed()
    return {
        "placed": placed,
        "shown": {one.panel.name: panels.shown(one.panel) for one in placed},
        "against": numbers.comparison.label if numbers.comparison else "",
        "by": numbers.by,
    }


def _is_quick(numbers: Numbers) -> bool:
    try:
        return numbers.is_quick
    except FilterError:
        return True  # each panel says so


def _newest_context(organization: Organization, scope: Scope, user_id: str) -> dict[str, Any]:
    """Returns the newest requests that match, and the newest sessions of the period; none where that takes too long."""
    slug = organization.slug
    requests_query = scope.requests_query()
    filters = RequestFilter(QueryDict(requests_query))
    period = {"user_id": user_id, "start": scope.start.isoformat(), "end": scope.end.isoformat()}
    sessions = SessionFilter(period)
    context: dict[str, Any] = {
        "newest_url": f"{reverse('requests:list', args=[slug])}?{requests_query}",
        "sessions_url": shown.sessions_url(user_id, scope, slug=slug),
    }
    try:
        if filters.is_valid():
            context["newest"] = list_requests(
                organization_id=organization.pk, filters=filters, limit=NEWEST
            ).rows
        if sessions.is_valid():
            context["sessions"] = list_sessions(
                organization_id=organization.pk, filters=sessions, limit=NEWEST
            ).rows
    except (FilterError, TooSlow):
        pass
    return context
