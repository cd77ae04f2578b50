"""The Reports page of an organization: the report of a day or a week, and when it is mailed."""

from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.cache import cache
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET, require_POST

from accounts_app.access import MemberRequest, organization_view
from accounts_app.models import Organization, Role
from alerts_app.reports import actions, queries
from alerts_app.reports.content import report_of
from alerts_app.reports.forms import PeriodForm, PlanForm
from alerts_app.reports.models import Every, ReportPlan
from alerts_app.reports.periods import Period, last_whole, next_due, period_of
from helicone_site.middleware import zone_named
from requests_app.queries import has_any_request
from requests_app.time_bars import FIRST

INVALID = 422
SECONDS_BETWEEN_MAILS = 10


@require_GET
@cache_control(private=True, no_cache=True)
@organization_view(role=Role.VIEWER)
def report_page(request: MemberRequest, *, organization: Organization) -> HttpResponse:
    """The report that the address names, else the latest of a whole day or week."""
    return _page(request, organization)


@require_POST
@organization_view(role=Role.MEMBER)
def report_plan(request: MemberRequest, *, organization: Organization) -> HttpResponse:
    """Change when the report is mailed, and to whom."""
    form = PlanForm(request.POST)
    if not form.is_valid():
        return _page(request, organization, form)
    given = form.cleaned_data
    actions.save_plan(organization=organization, **(given | {"every": Every(given["every"])}))
    messages.success(request, "Reports are mailed." if given["is_on"] else "No reports are mailed.")
    return redirect("alerts:reports", organization.slug)


@require_POST
@organization_view(role=Role.VIEWER)
def report_send(request: MemberRequest, *, organization: Organization) -> HttpResponse:
    """Mail the report that the form names to whoever asks for it."""
    period = _period(request.POST, queries.plan_of(organization))
    if cache.add(f"report-mail:{organization.pk}:{request.user.pk}", True, timeout=SECONDS_BETWEEN_MAILS):
        actions.send_to(organization=organization, period=period, user=request.user, now=timezone.now())
        messages.success(request, f"The report is on its way to {request.user.email}.")
    else:
        messages.warning(request, "Not sent: you asked for one a moment ago.")
    return redirect(queries.page_path(organization, period))


def _page(request: MemberRequest, organization: Organization, form: PlanForm | None = None) -> HttpResponse:
    plan, now = queries.plan_of(organization), timezone.now()
    period = _period(request.GET, plan)
    newest = period.start <= now
    context: dict[str, Any] = {
        "organization": organization,
        "report": report_of(organization, period, now=now),
        "period": period,
        "is_running": period.end > now,
        "before": "the day before" if period.every is Every.DAY else "the week before",
        "previous_url": _url(organization, period.before) if period.before.start >= FIRST else "",
        "next_url": _url(organization, period.after) if newest and period.after.start <= now else "",
        "choices": [
            (every.label, _url(organization, _same(every, period, plan)), every is period.every)
            for every in Every
        ],
        "has_any_request": has_any_request(organization.pk),
        "plan": plan,
        "last_sent": queries.last_sent(organization),
        "next_due": next_due(plan, now) if plan.is_on and plan.emails else None,
        "form": form or PlanForm(initial=_initial(plan, period)),
        "may_edit": request.membership.role >= Role.MEMBER,
        "has_mail_server": bool(settings.EMAIL_HOST),
    }
    status = INVALID if form is not None else 200
    return render(request, "alerts_app/reports/page.html", context, status=status)


def _period(query: QueryDict, plan: ReportPlan) -> Period:
    """Returns the period that `query` names, as far as it makes sense."""
    form = PeriodForm(query)
    form.is_valid()
    given = form.cleaned_data
    every = Every(given.get("every") or plan.every)
    zone = zone_named(given.get("zone") or _zone(plan))
    day: date | None = given.get("date")
    if day is None or not FIRST.date() < day <= timezone.now().astimezone(zone).date():
        return last_whole(every, weekday=plan.weekday, zone=zone, now=timezone.now())
    # A report that was mailed is shown as it was, whatever weeks begin on now.
    weekday = day.weekday() if every is Every.WEEK else plan.weekday
    return period_of(every, day, weekday=weekday, zone=zone)


def _zone(plan: ReportPlan) -> str:
    """Returns the plan's zone; the viewer's until somebody made a plan."""
    return str(timezone.get_current_timezone()) if plan._state.adding else plan.zone


def _same(every: Every, period: Period, plan: ReportPlan) -> Period:
    """Returns the day with which `period` ends, or the week with that day in it."""
    last = period.end_date - timedelta(days=1)
    return period_of(every, last, weekday=plan.weekday, zone=period.zone)


def _url(organization: Organization, period: Period) -> str:
    return queries.page_path(organization, period)


def _initial(plan: ReportPlan, period: Period) -> dict[str, Any]:
    names = ("is_on", "every", "weekday", "hour", "emails")
    return {name: getattr(plan, name) for name in names} | {"zone": _zone(plan)}
