"""The Rate limits page."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django.views.decorators.vary import vary_on_headers

from accounts_app.access import MemberRequest, organization_view
from accounts_app.models import Organization, Role
from alerts_app.budgets import words
from alerts_app.budgets.limited import IS_LIMITED, Limited, limited
from alerts_app.budgets.rate_forms import POLICY_EXAMPLE, PolicyForm, RateLimitForm, initial_of
from alerts_app.budgets.standing import used
from helicone_site import formats
from helicone_site.time_limit import in_time
from limits_app import actions, queries
from limits_app.models import RateLimit
from limits_app.policy import policy_text
from limits_app.rules import RateLimit as Rule
from metrics_app.csv_files import csv_answer
from metrics_app.dashboard.narrowing import node_of
from metrics_app.dashboard.shown import csv_rows
from metrics_app.drawing import ChartCard, RankedRow, ranked
from metrics_app.page import TOO_SLOW, is_partial
from requests_app import listing
from requests_app.filter_language.known_values import KnownValues
from requests_app.filter_language.printing import print_filter
from requests_app.filter_language.tree import conjunction
from requests_app.list_filter import RANGES
from requests_app.views import PageRequest

INVALID = 422
_UNAVAILABLE = 503
_DEFAULT_RANGE = "7d"


@dataclass(frozen=True, slots=True)
class RateRow:
    """A stored rate limit, in words; `used` is "" where each counts alone."""

    rate: RateLimit
    words: str
    used: str


@require_GET
@cache_control(private=True, no_cache=True)
@vary_on_headers("HX-Request", "HX-Target")
@organization_view(role=Role.VIEWER)
def rate_limit_list(request: PageRequest, *, organization: Organization) -> HttpResponse:
    """All rate limits, whom they refused, and the maker of policies; for htmx the policy alone."""
    context = _context(request, organization) | _policy(request)
    if is_partial(request, "policy"):
        return render(request, "alerts_app/rate_limits/_policy.html", context)
    found = _limited(request, organization)
    context |= {
        "rates": _rows(organization),
        "limited": _chart_card(request, organization, found),
        "limited_users": _users(request, organization, found),
        "ranges": listing.ranges(),
        "range": _range(request),
    }
    return render(request, "alerts_app/rate_limits/list.html", context)


@require_GET
@cache_control(private=True, no_store=True)
@organization_view(role=Role.VIEWER)
def limited_csv(request: MemberRequest, *, organization: Organization) -> HttpResponse:
    """The refused requests over time as CSV."""
    found = _limited(request, organization)
    if found is None:
        return HttpResponse(TOO_SLOW, status=_UNAVAILABLE, content_type="text/plain; charset=utf-8")
    return csv_answer("rate-limited", csv_rows(found.chart))


@require_http_methods(["GET", "POST"])
@organization_view(role=Role.MEMBER)
def rate_limit_new(request: MemberRequest, *, organization: Organization) -> HttpResponse:
    """Make a rate limit; 422 when it makes no sense."""
    form = RateLimitForm(request.POST or None, initial=POLICY_EXAMPLE)
    if request.method == "POST" and form.is_valid():
        rate = actions.create_rate_limit(
            organization=organization, name=form.cleaned_data["name"], policy=form.policy()
        )
        messages.success(request, f"The rate limit “{rate.name}” is in force.")
        return redirect("alerts:rate-limits", organization.slug)
    return _form_page(request, organization, form)


@require_http_methods(["GET", "POST"])
@organization_view(role=Role.MEMBER)
def rate_limit_edit(
    request: MemberRequest, *, organization: Organization, rate_limit_id: int
) -> HttpResponse:
    """Change a rate limit; 422 when it makes no sense."""
    rate = _rate_or_404(organization, rate_limit_id)
    form = RateLimitForm(request.POST or None, initial=initial_of(rate))
    if request.method == "POST" and form.is_valid():
        actions.change_rate_limit(rate=rate, name=form.cleaned_data["name"], policy=form.policy())
        messages.success(request, f"The rate limit “{rate.name}” is saved.")
        return redirect("alerts:rate-limits", organization.slug)
    return _form_page(request, organization, form, rate)


@require_POST
@organization_view(role=Role.MEMBER)
def rate_limit_switch(
    request: MemberRequest, *, organization: Organization, rate_limit_id: int
) -> HttpResponse:
    """Pause a rate limit, or with `active=1` go on with it."""
    rate = _rate_or_404(organization, rate_limit_id)
    is_active = request.POST.get("active") == "1"
    actions.switch_rate_limit(rate=rate, is_active=is_active)
    messages.success(request, f"The rate limit “{rate.name}” is {'in force' if is_active else 'paused'}.")
    return redirect("alerts:rate-limits", organization.slug)


@require_POST
@organization_view(role=Role.MEMBER)
def rate_limit_delete(
    request: MemberRequest, *, organization: Organization, rate_limit_id: int
) -> HttpResponse:
    """Delete a rate limit."""
    rate = _rate_or_404(organization, rate_limit_id)
    actions.delete_rate_limit(rate=rate)
    messages.success(request, f"The rate limit “{rate.name}” is deleted.")
    return redirect("alerts:rate-limits", organization.slug)


def _rows(organization: Organization) -> list[RateRow]:
    rates = list(queries.rate_limits(organization.pk))
    rules = {rate.pk: queries.rate_rule(rate) for rate in rates}
    now_used = used([rules[rate.pk] for rate in rates if rate.is_active], at=timezone.now())
    return [
        RateRow(rate, words.policy_in_words(rules[rate.pk].policy), _used(rules[rate.pk], now_used))
        for rate in rates
    ]


def _used(rule: Rule, found: dict[int, float]) -> str:
    number = found.get(rule.id)
    return "" if number is None else f"{formats.number(number)} of {formats.count(rule.policy.quota)}"


def _policy(request: MemberRequest) -> dict[str, Any]:
    """Returns the context of the maker of policies: of what was asked for, or of an example."""
    form = PolicyForm(request.GET if "quota" in request.GET else POLICY_EXAMPLE)
    policy = form.policy() if form.is_valid() else None
    return {
        "policy_form": form,
        "policy": policy_text(policy) if policy else "",
        "policy_words": words.policy_in_words(policy) if policy else "",
    }


def _form_page(
    request: MemberRequest, organization: Organization, form: RateLimitForm, rate: RateLimit | None = None
) -> HttpResponse:
    context = _context(request, organization) | {
        "form": form,
        "rate": rate,
        "form_title": rate.name if rate else "New rate limit",
    }
    status = INVALID if form.errors else 200
    return render(request, "alerts_app/rate_limits/form.html", context, status=status)


def _limited(request: MemberRequest, organization: Organization) -> Limited | None:
    now, (_, length) = timezone.now(), RANGES[_range(request)]
    zone = timezone.get_current_timezone()
    return in_time(lambda: limited(organization.pk, start=now - length, end=now, zone=zone))


def _chart_card(request: MemberRequest, organization: Organization, found: Limited | None) -> ChartCard:
    query = urlencode({"range": _range(request)})
    return ChartCard(
        id="limited",
        title="Refused by rate limits",
        list_url=reverse("requests:list", args=[organization.slug]),
        csv_url=f"{reverse('alerts:rate-limits-csv', args=[organization.slug])}?{query}",
        link_url=f"{reverse('alerts:rate-limits', args=[organization.slug])}?{query}#limited-tile",
        chart=found.chart if found else None,
        rows=found.chart.rows(timezone.get_current_timezone()) if found else (),
        problem="" if found else TOO_SLOW,
    )


def _users(request: MemberRequest, organization: Organization, found: Limited | None) -> list[RankedRow]:
    if found is None:
        return []

    def url(name: str) -> str:
        tree = conjunction([IS_LIMITED, node_of("user", name)])
        query = urlencode({"q": print_filter(tree), "range": _range(request)})
        return f"{reverse('requests:list', args=[organization.slug])}?{query}"

    return ranked(found.users, unit="count", total=found.requests, url_of=url)


def _range(request: MemberRequest) -> str:
    key = request.GET.get("range", "")
    return key if key in RANGES else _DEFAULT_RANGE


def _rate_or_404(organization: Organization, rate_limit_id: int) -> RateLimit:
    try:
        return queries.rate_limit_of(organization.pk, rate_limit_id)
    except queries.RateLimitNotFound as error:
        raise Http404 from error


def _context(request: MemberRequest, organization: Organization) -> dict[str, Any]:
    return {
        "organization": organization,
        "may_edit": request.membership.role >= Role.MEMBER,
        "known_properties": KnownValues(organization.pk).property_names(),
    }
