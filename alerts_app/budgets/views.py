"""The Budgets pages."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts_app.access import MemberRequest, organization_view
from accounts_app.models import Organization, Role
from accounts_app.queries import api_keys
from alerts_app.budgets import actions, words
from alerts_app.budgets.course import IS_BLOCKED, blocked, course
from alerts_app.budgets.forms import BudgetForm, initial_of
from alerts_app.budgets.queries import api_key_names, receivers_of, warnings_of
from alerts_app.budgets.shown import Place, shown_budget, shown_budgets, span_at
from alerts_app.budgets.standing import Standing, standings
from helicone_site.time_limit import in_time
from limits_app import actions as limit_actions
from limits_app import queries
from limits_app.models import Budget
from metrics_app.csv_files import csv_answer
from metrics_app.dashboard.shown import csv_rows
from metrics_app.drawing import ChartCard
from metrics_app.page import TOO_SLOW
from requests_app.charts import Chart
from requests_app.filter_language.known_values import KnownValues

INVALID = 422
_UNAVAILABLE = 503
_MOST_OFFERED = 500
_MOST_SUBJECTS = 50
_MOST_WARNINGS = 50


@require_GET
@cache_control(private=True, no_cache=True)
@organization_view(role=Role.VIEWER)
def budget_list(request: MemberRequest, *, organization: Organization) -> HttpResponse:
    """All budgets, with what is spent of each."""
    context = _context(request, organization) | {
        "budgets": shown_budgets(organization.pk, organization.slug, now=timezone.now())
    }
    return render(request, "alerts_app/budgets/list.html", context)


@require_GET
@cache_control(private=True, no_cache=True)
@organization_view(role=Role.VIEWER)
def budget_detail(request: MemberRequest, *, organization: Organization, budget_id: int) -> HttpResponse:
    """One budget: its period so far, who spent most, the warnings that it gave."""
    budget = _budget_or_404(organization, budget_id)
    rule, now = queries.budget_rule(budget), timezone.now()
    names = api_key_names(organization.pk)
    standing = Standing()
    if budget.is_active:
        standing = standings([rule], at=now, at_most=_MOST_SUBJECTS)[rule.id]
    asked = request.GET.get("of", "") if words.is_each(rule) else ""
    # An amount that each has alone is nothing to hold the spending of all against.
    chosen = asked or (next(iter(standing.spent), "") if words.is_each(rule) else "")
    place = Place(rule, organization.slug, span_at(rule, now))
    context = _context(request, organization) | {
        "one": shown_budget(budget, standing, slug=organization.slug, names=names, now=now),
        "chosen": chosen,
        "chart_card": _chart_card(organization, budget, chosen, words.value_in_words(rule, chosen, names)),
        "blocked": in_time(lambda: blocked(rule, asked or None, now=now)),
        "blocked_url": place.requests_url(IS_BLOCKED, value=asked or None),
        "warnings": [
            {"row": row, "label": words.value_in_words(rule, row.value, names)}
            for row in warnings_of(budget)[:_MOST_WARNINGS]
        ],
        "receivers": receivers_of(budget),
    }
    return render(request, "alerts_app/budgets/detail.html", context)


@require_GET
@cache_control(private=True, no_store=True)
@organization_view(role=Role.VIEWER)
def budget_csv(request: MemberRequest, *, organization: Organization, budget_id: int) -> HttpResponse:
    """The chart of one budget as CSV."""
    budget = _budget_or_404(organization, budget_id)
    chart = _course(budget, request.GET.get("of", ""))
    if chart is None:
        return HttpResponse(TOO_SLOW, status=_UNAVAILABLE, content_type="text/plain; charset=utf-8")
    return csv_answer(f"budget-{budget.pk}", csv_rows(chart))


@require_http_methods(["GET", "POST"])
@organization_view(role=Role.MEMBER)
def budget_new(request: MemberRequest, *, organization: Organization) -> HttpResponse:
    """Make a budget; 422 when it makes no sense."""
    form = _form(request, organization)
    if request.method == "POST" and form.is_valid():
        budget = actions.create_budget(
            organization=organization,
            terms=form.terms(),
            channels=form.cleaned_data["channels"],
            emails=form.cleaned_data["emails"],
        )
        messages.success(request, f"The budget “{budget.name}” is in force.")
        return redirect("alerts:budget", organization.slug, budget.pk)
    return _form_page(request, organization, form)


@require_http_methods(["GET", "POST"])
@organization_view(role=Role.MEMBER)
def budget_edit(request: MemberRequest, *, organization: Organization, budget_id: int) -> HttpResponse:
    """Change a budget; 422 when it makes no sense."""
    budget = _budget_or_404(organization, budget_id)
    form = _form(request, organization, budget)
    if request.method == "POST" and form.is_valid():
        actions.change_budget(
            budget=budget,
            terms=form.terms(),
            channels=form.cleaned_data["channels"],
            emails=form.cleaned_data["emails"],
        )
        messages.success(request, f"The budget “{budget.name}” is saved.")
        return redirect("alerts:budget", organization.slug, budget.pk)
    return _form_page(request, organization, form, budget)


@require_POST
@organization_view(role=Role.MEMBER)
def budget_switch(request: MemberRequest, *, organization: Organization, budget_id: int) -> HttpResponse:
    """Pause a budget, or with `active=1` go on with it."""
    budget = _budget_or_404(organization, budget_id)
    is_active = request.POST.get("active") == "1"
    limit_actions.switch_budget(budget=budget, is_active=is_active)
    messages.success(request, f"The budget “{budget.name}” is {'in force' if is_active else 'paused'}.")
    return redirect("alerts:budgets", organization.slug)


@require_POST
@organization_view(role=Role.MEMBER)
def budget_delete(request: MemberRequest, *, organization: Organization, budget_id: int) -> HttpResponse:
    """Delete a budget and the warnings that it gave."""
    budget = _budget_or_404(organization, budget_id)
    limit_actions.delete_budget(budget=budget)
    messages.success(request, f"The budget “{budget.name}” is deleted.")
    return redirect("alerts:budgets", organization.slug)


def _form(request: MemberRequest, organization: Organization, budget: Budget | None = None) -> BudgetForm:
    keys = [key for key in api_keys(organization) if key.revoked_at is None or _is_of(budget, key.pk)]
    initial: dict[str, Any] = {}
    if budget is not None:
        receivers = receivers_of(budget)
        initial = initial_of(budget) | {"channels": receivers.channels, "emails": receivers.emails}
    return BudgetForm(request.POST or None, organization_id=organization.pk, api_keys=keys, initial=initial)


def _is_of(budget: Budget | None, api_key_id: int) -> bool:
    return budget is not None and budget.value == str(api_key_id)


def _form_page(
    request: MemberRequest, organization: Organization, form: BudgetForm, budget: Budget | None = None
) -> HttpResponse:
    known = KnownValues(organization.pk)
    context = _context(request, organization) | {
        "form": form,
        "budget": budget,
        "known_users": known.offered("user_id", "", _MOST_OFFERED),
        "known_models": known.offered("model", "", _MOST_OFFERED),
        "known_properties": known.property_names(),
    }
    return render(request, "alerts_app/budgets/form.html", context, status=INVALID if form.errors else 200)


def _course(budget: Budget, value: str) -> Chart | None:
    rule, zone = queries.budget_rule(budget), timezone.get_current_timezone()
    return in_time(lambda: course(rule, value or None, now=timezone.now(), zone=zone))


def _chart_card(organization: Organization, budget: Budget, chosen: str, label: str) -> ChartCard:
    chart = _course(budget, chosen)
    query = f"?{urlencode({'of': chosen})}" if chosen else ""
    return ChartCard(
        id="spending",
        title=f"Spending of {label}" if chosen else "Spending",
        list_url=reverse("requests:list", args=[organization.slug]),
        csv_url=reverse("alerts:budget-csv", args=[organization.slug, budget.pk]) + query,
        link_url=reverse("alerts:budget", args=[organization.slug, budget.pk]) + query,
        chart=chart,
        rows=chart.rows(timezone.get_current_timezone()) if chart else (),
        problem="" if chart else TOO_SLOW,
    )


def _budget_or_404(organization: Organization, budget_id: int) -> Budget:
    try:
        return queries.budget_of(organization.pk, budget_id)
    except queries.BudgetNotFound as error:
        raise Http404 from error


def _context(request: MemberRequest, organization: Organization) -> dict[str, Any]:
    return {"organization": organization, "may_edit": request.membership.role >= Role.MEMBER}
