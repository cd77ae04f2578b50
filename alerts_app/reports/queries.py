"""Reads of plans and of what was sent."""

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.http import urlencode

from accounts_app.models import Organization
from alerts_app.reports.models import ReportPlan, SentReport
from alerts_app.reports.periods import Period


def plan_of(organization: Organization) -> ReportPlan:
    """Returns an organization's plan; one that is off and not stored, before anybody made one."""
    found = ReportPlan.objects.filter(organization=organization).first()
    return found or ReportPlan(organization=organization)


def plans_on() -> QuerySet[ReportPlan]:
    """Returns the plans of all organizations that mail anybody."""
    plans = ReportPlan.objects.filter(is_on=True).exclude(emails=[])
    return plans.select_related("organization").order_by("organization_id")


def was_sent(plan: ReportPlan, period: Period) -> bool:
    """Returns whether the report of a period is on its way."""
    return SentReport.objects.filter(
        organization=plan.organization, every=period.every, first_date=period.first_date
    ).exists()


def last_sent(organization: Organization) -> SentReport | None:
    """Returns the latest report that was put on its way."""
    return SentReport.objects.filter(organization=organization).order_by("-sent_at", "-id").first()


def page_path(organization: Organization, period: Period) -> str:
    """Returns the address of the page that shows the report of a period, below the site's address."""
    query = {"every": period.every.value, "date": period.first_date.isoformat(), "zone": str(period.zone)}
    return f"{reverse('alerts:reports', args=[organization.slug])}?{urlencode(query)}"
