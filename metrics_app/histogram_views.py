"""The counts over time above the list of requests."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET

from accounts_app.access import organization_view
from accounts_app.models import Organization, Role
from helicone_site.time_limit import TooSlow
from metrics_app.histogram import histogram
from requests_app import links
from requests_app.filters import FilterError, RequestFilter
from requests_app.views import DEFAULT_SPLIT, SPLITS, PageRequest


@require_GET
@cache_control(private=True, no_cache=True)
@organization_view(role=Role.VIEWER)
def request_histogram(request: PageRequest, *, organization: Organization) -> HttpResponse:
    """Counts over time as a picture's numbers and as a table, split by `split`."""
    filters = RequestFilter(request.GET)
    split = request.GET.get("split", DEFAULT_SPLIT)
    context: dict[str, Any] = {"list_url": reverse("requests:list", args=[organization.slug])}
    if not filters.is_valid() or split not in SPLITS:
        return render(request, "metrics_app/_histogram.html", context)
    try:
        found = histogram(
            organization_id=organization.pk, filters=filters, split=split, query=links.of_view(request.GET)
        )
    except TooSlow:
        context["problem"] = "Counting these takes too long. Choose a shorter period or another filter."
    except FilterError as error:
        context["problem"] = str(error)
    else:
        context |= {
            "total": found.total,
            "chart": found.chart,
            "rows": found.chart.rows(timezone.get_current_timezone()),
            "is_about": bool(filters.searches),
        }
    return render(request, "metrics_app/_histogram.html", context)
