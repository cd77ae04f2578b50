"""Where the panels of a dashboard are put: changed by each member for themselves."""

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from accounts_app.access import MemberRequest, organization_view
from accounts_app.models import Organization, Role
from metrics_app import layouts
from metrics_app.layouts import Dashboard
from metrics_app.panels import DASHBOARDS

# In the address of a dashboard that is being changed: `panels.js` goes on where it was.
CUSTOMIZE = "customize"


@require_POST
@organization_view(role=Role.VIEWER)
def layout_save(request: MemberRequest, *, organization: Organization, dashboard: str) -> HttpResponse:
    """Keep the `layout`; with `add`, the panel of that name comes last, and one goes on changing."""
    changed = _known(dashboard)
    added = request.POST.get("add")
    try:
        placed = layouts.read_layout(changed, request.POST.get("layout", ""))
        if added:
            placed = layouts.with_panel(changed, placed, added)
    except layouts.BadLayout as error:
        messages.error(request, str(error))
    else:
        layouts.save_layout(request.membership, changed, placed)
    return _back(request, organization, changed, is_going_on=bool(added))


@require_POST
@organization_view(role=Role.VIEWER)
def layout_reset(request: MemberRequest, *, organization: Organization, dashboard: str) -> HttpResponse:
    """Show the panels as they were at first."""
    layouts.reset_layout(request.membership, _known(dashboard))
    return _back(request, organization, _known(dashboard), is_going_on=False)


def _known(name: str) -> Dashboard:
    if name not in DASHBOARDS:
        raise Http404
    return DASHBOARDS[name]


def _back(
    request: MemberRequest, organization: Organization, dashboard: Dashboard, *, is_going_on: bool
) -> HttpResponse:
    """Returns the way to the page, with the period and filters of `query`."""
    query = QueryDict(request.POST.get("query", ""), mutable=True)
    query.pop(CUSTOMIZE, None)
    if is_going_on:
        query[CUSTOMIZE] = "1"
    return redirect(f"{reverse(f'metrics:{dashboard.name}', args=[organization.slug])}?{query.urlencode()}")
