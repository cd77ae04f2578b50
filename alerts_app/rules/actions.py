"""Every write to alert rules."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from accounts_app.models import Organization
from alerts_app.rules.models import Alert


class Rule(NamedTuple):
    """What an alert watches and whom it tells; the columns of `Alert`."""

    name: str
    metric: str
    threshold: float
    window_ms: int
    aggregation: str
    percentile: float | None
    minimum_request_count: int | None
    filter: Any
    grouping: str
    grouping_is_property: bool
    emails: Sequence[str]
    slack_channels: Sequence[str]


def create_alert(*, organization: Organization, rule: Rule) -> Alert:
    """Returns the new alert. The database refuses what `Alert` says is impossible."""
    return Alert.objects.create(organization=organization, **rule._asdict())


def delete_alert(*, alert: Alert) -> None:
    """Watch no longer."""
    alert.delete()
