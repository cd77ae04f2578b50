"""Every write to reports: when they are due, and that each is sent once."""

import time
import uuid
from collections.abc import Callable, Sequence
from datetime import datetime

import structlog
from django.db import transaction
from django.utils import timezone

from accounts_app.models import Organization, User
from alerts_app.notices import actions as notices
from alerts_app.notices.actions import Kind, Message
from alerts_app.reports.content import Report, report_of
from alerts_app.reports.mails import html_of, text_of, title_of
from alerts_app.reports.models import Every, ReportPlan, SentReport
from alerts_app.reports.periods import Period, last_due
from alerts_app.reports.queries import page_path, plan_of, plans_on, was_sent
from ingest_app.short_locks import one_at_a_time

log = structlog.get_logger(__name__)

ROUND_S = 20.0


def save_plan(
    *,
    organization: Organization,
    is_on: bool,
    every: Every,
    weekday: int,
    hour: int,
    zone: str,
    emails: Sequence[str],
) -> ReportPlan:
    """Returns the plan as it is from now on. What it would have sent before is not sent after the fact."""
    plan = plan_of(organization)
    plan.is_on, plan.every, plan.weekday, plan.hour, plan.zone = is_on, every, weekday, hour, zone
    plan.emails, plan.changed_at = list(emails), timezone.now()
    plan.save()
    return plan


def send_due(
    now: datetime, *, round_s: float = ROUND_S, is_stopping: Callable[[], bool] = lambda: False
) -> int:
    """Put the reports on their way that are due: of each organization the latest only. Returns how many.

    Begins none after `round_s` seconds: the next round goes on. Does nothing while another worker is at it.
    """
    ends_at = time.monotonic() + round_s
    sent = 0
    with one_at_a_time("reports") as is_alone:
        for plan in plans_on() if is_alone else []:
            if is_stopping() or time.monotonic() > ends_at:
                break
            sent += send_if_due(plan, now)
    return sent


def send_if_due(plan: ReportPlan, now: datetime) -> bool:
    """Put the latest report on its way that was due by `now`. Returns False when it is already, or none was due yet."""
    due = last_due(plan, now)
    if due.at <= plan.changed_at or was_sent(plan, due.period):
        return False
    organization, period = plan.organization, due.period
    report = report_of(organization, period, now=now)
    with transaction.atomic():
        # Whoever makes the row sends the report: others wait here for its end, and then find the row.
        _, is_new = SentReport.objects.get_or_create(
            organization=organization,
            every=period.every,
            first_date=period.first_date,
            defaults={"receivers": len(plan.emails)},
        )
        if is_new:
            key = f"report:{period.every}:{period.first_date}"
            _post(organization, report, key=key, emails=plan.emails)
    return is_new


def send_to(*, organization: Organization, period: Period, user: User, now: datetime) -> None:
    """Put the report of a period on its way to one person, now."""
    report = report_of(organization, period, now=now)
    _post(organization, report, key=f"report:{uuid.uuid4()}", emails=[user.email])


def _post(organization: Organization, report: Report, *, key: str, emails: Sequence[str]) -> None:
    message = Message(
        kind=Kind.INFO,
        title=title_of(organization, report),
        text=text_of(organization, report),
        path=page_path(organization, report.period),
    )
    html = html_of(organization, report)
    notices.post(organization=organization, key=key, message=message, emails=emails, html=html)
