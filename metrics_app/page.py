"""What stands around the numbers of every page of metrics: period, filter bar, links."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from accounts_app.models import Organization, Role
from metrics_app.scope import Scope, period_query, scope_of
from requests_app import links, listing
from requests_app.filters import FilterError, RequestFilter
from requests_app.views import PageRequest

# In the address of a page that is to be whole, however long that takes.
_WAIT = "wait"
TOO_SLOW = "Adding these up takes too long. Choose a shorter period or another filter."


class MetricsPage:
    """The period and the filter of one page of metrics, as its address says them.

    `scope` is None where the filter cannot be read; then `context` says what is wrong.
    """

    def __init__(self, request: PageRequest, organization: Organization) -> None:
        self.request = request
        self.organization = organization
        self.filters = RequestFilter(request.GET)
        self._problems: list[str] = []
        self.scope = self._scope()

    def _scope(self) -> Scope | None:
        if not self.filters.is_valid():
            return None
        try:
            return scope_of(organization_id=self.organization.pk, filters=self.filters)
        except FilterError as error:
            self._problems = [str(error)]
            return None

    @property
    def context(self) -> dict[str, Any]:
        """Returns what `templates/metrics_app/_head.html` and the filter bar need."""
        filters, is_valid = self.filters, self.filters.is_valid()
        fault = listing.fault_in(self.request.GET.get("q", ""))
        # What is wrong with the text is shown where it stands.
        elsewhere = [name for name in filters.errors if not (fault and name == "q")]
        return {
            "organization": self.organization,
            # A filter that cannot be read still has its period.
            "filters": filters if is_valid else RequestFilter(links.period_of(self.request.GET)),
            "chips": listing.chips(filters) if is_valid else [],
            "fault": fault,
            "ranges": listing.ranges(),
            "field_labels": listing.field_labels(),
            "filter_hint": "Filter by model, user, property, status…",
            "problems": [*self._problems, *(error for name in elsewhere for error in filters.errors[name])],
            "scope": self.scope,
            "may_edit": self.request.membership.role >= Role.MEMBER,
            "period_query": period_query(self.request.GET),
            "requests_url": reverse("requests:list", args=[self.organization.slug]),
        }


def put_in_order(request: PageRequest) -> HttpResponse | None:
    """Returns the way to the address that this one should have been (`links.canonical`), None when it is in order."""
    query = links.canonical(request.GET)
    if query is None:
        return None
    return redirect(f"{request.path}?{query}" if query else request.path)


def is_partial(request: PageRequest, target: str) -> bool:
    """Returns whether htmx wants only the piece of the page with the id `target`."""
    return bool(request.htmx) and not request.htmx.history_restore_request and request.htmx.target == target


def may_wait(request: PageRequest, target: str) -> bool:
    """Returns whether the piece `target` may take long: htmx asks for it alone, or a link of who has no scripts."""
    return is_partial(request, target) or _WAIT in request.GET
