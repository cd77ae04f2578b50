"""Alerts that are judged by the test alone, at times of its own, while the running product judges all others."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from alerts_app.models import Alert, Incident, Notice
from alerts_app.rules import actions, judging
from alerts_app.rules.actions import Rule
from ingest_app.events import LogEvent
from metrics_app.reading.moment import at_one_moment
from tests.live import Tenant
from tests.metric_rows import model_call, write_all

START = datetime(2025, 6, 2, 9, tzinfo=UTC)
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
WINDOW_MS = 600_000
# The product looks at what is due within minutes, and at what is due in more than six, which no right clock plans.
_NOT_DUE = timedelta(minutes=4)


def rule(**changes: Any) -> Rule:
    """Returns a rule: more than a tenth of ten minutes' requests failed."""
    return Rule(
        **{
            "name": "Errors",
            "metric": "response.status",
            "threshold": 10,
            "window_ms": WINDOW_MS,
            "quiet_judgements": 1,
            **changes,
        }
    )


def make_alert(tenant: Tenant, **changes: Any) -> Alert:
    """Store an alert of such a rule, which the product leaves alone."""
    with transaction.atomic():
        alert = actions.create_alert(organization=tenant.organization, rule=rule(**changes))
        return _left_alone(alert)


def judge_at(alert: Alert, at: datetime, *, is_behind: bool = False) -> bool:
    """Returns whether the alert was judged, as of `at`; nobody sees it due meanwhile.

    A judgement has transactions of its own else: so its reading has to be told here, too, that it is of one moment.
    """
    with at_one_moment():
        alert.refresh_from_db()
        is_judged = judging.judge(alert, at=at, is_behind=is_behind)
        _left_alone(alert)
    return is_judged


def judge_each_minute(alert: Alert, start: datetime, minutes: int) -> None:
    """Judge it at `start` and each minute after."""
    for number in range(minutes):
        assert judge_at(alert, start + number * MINUTE)


def incidents_of(alert: Alert) -> list[Incident]:
    """Returns its incidents, oldest first."""
    return list(Incident.objects.filter(alert=alert).order_by("started_at", "group"))


def notices_of(tenant: Tenant) -> list[tuple[str, str]]:
    """Returns the kind and the receiver of each notice of the organization, oldest first."""
    rows = Notice.objects.filter(organization=tenant.organization).order_by("created_at", "receiver_name")
    return [(row.kind, row.receiver_name) for row in rows]


def calls(tenant: Tenant, at: datetime, number: int = 1, **changes: Any) -> list[LogEvent]:
    """Store so many calls that began at `at`."""
    events = [model_call(tenant.id, at, **changes) for _ in range(number)]
    write_all(events)
    return events


def _left_alone(alert: Alert) -> Alert:
    Alert.objects.filter(pk=alert.pk).update(next_judged_at=timezone.now() + _NOT_DUE)
    alert.refresh_from_db()
    return alert
