"""Every write to alert rules that people order. What judgements write is in `recording`."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.core.cache import cache
from django.db import connection, transaction
from django.utils import timezone

from accounts_app.models import Organization, User
from alerts_app.notices import actions as notices
from alerts_app.rules import messages
from alerts_app.rules.models import Alert, EndReason, Incident
from alerts_app.rules.queries import clock
from alerts_app.rules.recording import end_incidents, tell
from alerts_app.rules.rule import WATCHED, BadRule, Rule, checked

__all__ = ["BadRule", "Rule", "TooManyAlerts"]

MOST_ALERTS = 200
SECONDS_BETWEEN_TESTS = 5
_TESTS_AT_ONCE = 10


class TooManyAlerts(Exception):
    """The organization has as many alerts as it may have. `str()` says how many."""


@transaction.atomic
def create_alert(*, organization: Organization, rule: Rule, actor: User | None = None) -> Alert:
    """Returns the new alert, which is judged within seconds. Raises BadRule, and TooManyAlerts."""
    rule = checked(rule)
    if Alert.objects.filter(organization=organization).count() >= MOST_ALERTS:
        raise TooManyAlerts(f"An organization has at most {MOST_ALERTS} alerts.")
    alert = Alert.objects.create(organization=organization, created_by=actor, **rule.columns())
    alert.channels.set(rule.channels)
    return alert


@transaction.atomic
def update_alert(*, alert: Alert, rule: Rule) -> Alert:
    """Returns the alert as it is now. Raises BadRule.

    Where it watches something else than before, its incidents end: if all is not well, another begins at once. What
    Helicone's REST alone sets stays: the names of Slack's channels, and the filter tree while `query` says the same.
    """
    rule = checked(rule)
    alert = _locked(alert)
    tree = alert.filter if rule.query == alert.query else None
    rule = replace(rule, slack_channels=alert.slack_channels, filter=tree)
    if any(getattr(alert, name) != value for name, value in rule.columns().items() if name in WATCHED):
        end_incidents(alert, EndReason.CHANGED, at=clock())
        alert.last_value = alert.last_bound = alert.next_judged_at = None
        alert.last_group = alert.last_error = ""
        alert.recent = []
    for name, value in rule.columns().items():
        setattr(alert, name, value)
    alert.updated_at = timezone.now()
    alert.save()
    alert.channels.set(rule.channels)
    return alert


@transaction.atomic
def delete_alert(*, alert: Alert) -> None:
    """Watch no longer, and forget what happened."""
    end_incidents(_locked(alert), EndReason.PAUSED, at=clock())
    alert.delete()


@transaction.atomic
def pause(*, alert: Alert) -> None:
    """Watch no longer until it is resumed. Open incidents end, and people are not told."""
    alert = _locked(alert)
    end_incidents(alert, EndReason.PAUSED, at=clock())
    _save(alert, is_active=False, last_error="")


@transaction.atomic
def resume(*, alert: Alert) -> None:
    """Watch again. What happened meanwhile is not looked at."""
    _save(_locked(alert), is_active=True, next_judged_at=None, last_judged_at=None)


@transaction.atomic
def silence(*, alert: Alert, until: datetime | None) -> None:
    """Tell nobody until then; with None, tell them from now on, and of what goes on.

    Incidents are noted all the same. Of those that still go on then, people are told then.
    """
    alert = _locked(alert)
    _save(alert, silenced_until=until)
    tell(alert, at=clock())


@transaction.atomic
def acknowledge(*, incident: Incident, actor: User | None) -> bool:
    """Note that somebody looks after it. Returns False when somebody did before."""
    return bool(
        Incident.objects.filter(pk=incident.pk, acknowledged_at=None).update(
            acknowledged_at=timezone.now(), acknowledged_by=actor
        )
    )


def test_alert(*, alert: Alert) -> list[tuple[str, notices.Outcome]]:
    """Send a notice that is marked as a test to all that the alert tells, at once.

    Returns the names of channels and addresses, and what came of each. Takes as long as the slowest, half a minute at
    most. Not more often than every few seconds, since addresses may be anybody's.
    """
    if not cache.add(f"alert-test:{alert.organization_id}", True, timeout=SECONDS_BETWEEN_TESTS):
        return [("Nobody", notices.Outcome(False, "The last test was seconds ago: wait a little."))]
    message = messages.test(alert)
    ways: list[tuple[str, dict[str, Any]]] = [
        *((channel.name, {"channel": channel}) for channel in messages.channels_of(alert)),
        *((email, {"email": email}) for email in alert.emails),
    ]

    def send(way: tuple[str, dict[str, Any]]) -> tuple[str, notices.Outcome]:
        try:
            return way[0], notices.send_now(message=message, **way[1])
        finally:
            connection.close()  # of this thread

    with ThreadPoolExecutor(_TESTS_AT_ONCE) as pool:
        return list(pool.map(send, ways))


def _locked(alert: Alert) -> Alert:
    """Returns the alert as it is now: no judgement of it is written until the transaction ends."""
    return Alert.objects.select_for_update().get(pk=alert.pk)


def _save(alert: Alert, **columns: object) -> None:
    for name, value in columns.items():
        setattr(alert, name, value)
    alert.updated_at = timezone.now()
    alert.save(update_fields=[*columns, "updated_at"])
