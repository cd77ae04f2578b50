"""Reads of alert rules and incidents, each of one organization but for what is due."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import F, Q, QuerySet

from alerts_app.rules.clocks import MOST_BEHIND
from alerts_app.rules.models import Alert, Incident
from requests_app import paging

DEFAULT_LIMIT = 50
INCIDENT_STATES = ("all", "open", "ended")


class AlertNotFound(Exception):
    """The organization has no such alert."""


class IncidentNotFound(Exception):
    """The organization has no such incident."""


def alerts(organization_id: int) -> QuerySet[Alert]:
    """Returns all alerts, oldest first."""
    return Alert.objects.filter(organization_id=organization_id).order_by("created_at", "id")


def alert_of(organization_id: int, id: UUID) -> Alert:
    """Returns one alert. Raises AlertNotFound."""
    try:
        return Alert.objects.get(organization_id=organization_id, id=id)
    except Alert.DoesNotExist as error:
        raise AlertNotFound(str(id)) from error


def due_alerts(at: datetime, *, metrics: Collection[str]) -> QuerySet[Alert]:
    """Returns the alerts of all organizations that are to be judged by `at`, the longest waiting first.

    What was planned for a time further away than any may be was planned by a clock that was wrong: it is due.
    """
    is_due = Q(next_judged_at=None) | Q(next_judged_at__lte=at) | Q(next_judged_at__gt=at + MOST_BEHIND)
    found = Alert.objects.filter(is_due, is_active=True, metric__in=metrics)
    return found.order_by(F("next_judged_at").asc(nulls_first=True), "id")


def incidents(
    organization_id: int,
    *,
    alert: Alert | None = None,
    state: str = "all",
    cursor: str | None = None,
    limit: int = DEFAULT_LIMIT,
) -> paging.Slice[Incident]:
    """Returns a page of incidents with their alerts, newest first: of `alert`, or of all.

    `state` is one of `INCIDENT_STATES`. Raises paging.BadCursor.
    """
    found = _incidents(organization_id)
    if alert is not None:
        found = found.filter(alert=alert)
    if state != "all":
        found = found.filter(ended_at__isnull=state == "open")

    def position(incident: Incident) -> tuple[paging.SortValue, datetime, UUID]:
        return None, incident.started_at, incident.id

    return paging.page(
        found.alias(created_at=F("started_at")),
        sort=paging.Sort.parse(None),
        cursor_text=cursor,
        limit=limit,
        fetch=list,
        position=position,
    )


def open_incidents(organization_id: int) -> QuerySet[Incident]:
    """Returns the incidents that go on, with their alerts, newest first."""
    return _incidents(organization_id).filter(ended_at=None).order_by("-started_at", "-id")


def latest_incidents(organization_id: int) -> dict[UUID, Incident]:
    """Returns the newest incident of each alert that had any, by the alert's id."""
    newest = Incident.objects.filter(organization_id=organization_id).order_by(
        "alert_id", "-started_at", "-id"
    )
    return {incident.alert_id: incident for incident in newest.distinct("alert_id")}


def incident_of(organization_id: int, id: UUID) -> Incident:
    """Returns one incident with its alert. Raises IncidentNotFound."""
    try:
        return _incidents(organization_id).get(id=id)
    except Incident.DoesNotExist as error:
        raise IncidentNotFound(str(id)) from error


def clock() -> datetime:
    """Returns the database's time: the one clock by which alerts are judged, wherever the worker runs."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        now: datetime = cursor.fetchone()[0]
    return now


def _incidents(organization_id: int) -> QuerySet[Incident]:
    found = Incident.objects.filter(organization_id=organization_id)
    return found.select_related("alert", "acknowledged_by").defer("alert__recent")
