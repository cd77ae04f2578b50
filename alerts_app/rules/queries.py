"""Reads of alert rules, each of one organization."""

from uuid import UUID

from django.db.models import QuerySet

from alerts_app.rules.models import Alert


class AlertNotFound(Exception):
    """The organization has no such alert."""


def alerts(organization_id: int) -> QuerySet[Alert]:
    """Returns all alerts, oldest first."""
    return Alert.objects.filter(organization_id=organization_id).order_by("created_at", "id")


def alert_of(organization_id: int, id: UUID) -> Alert:
    """Returns one alert. Raises AlertNotFound."""
    try:
        return Alert.objects.get(organization_id=organization_id, id=id)
    except Alert.DoesNotExist as error:
        raise AlertNotFound(str(id)) from error
