"""The chart of an incident, as things stood when it began: requests may be gone when somebody looks."""

from datetime import datetime
from itertools import groupby
from typing import Any

import structlog

from alerts_app.rules.models import Alert, Incident
from alerts_app.rules.rule import Watched
from alerts_app.rules.states import bound_of
from alerts_app.rules.values import series_values
from alerts_app.rules.windows import edges_before, window_end
from helicone_site.time_limit import TooSlow
from requests_app.filters import FilterError

WINDOWS = 30
_NONE: dict[str, Any] = {}

log = structlog.get_logger(__name__)


def draw_snapshots(alert: Alert, watched: Watched) -> None:
    """Keep the windows up to the beginning of each open incident that has none yet."""
    waiting = Incident.objects.filter(
        organization_id=alert.organization_id, alert=alert, ended_at=None, snapshot__isnull=True
    ).order_by("started_at")
    for started_at, incidents in groupby(waiting, key=lambda incident: incident.started_at):
        _draw(alert, watched, started_at, list(incidents))


def _draw(alert: Alert, watched: Watched, started_at: datetime, incidents: list[Incident]) -> None:
    edges = edges_before(watched, window_end(watched, started_at), WINDOWS)
    try:
        found = series_values(
            watched,
            organization_id=alert.organization_id,
            edges=edges,
            groups=[incident.group for incident in incidents],
        )
    except (TooSlow, FilterError) as error:
        log.info("no chart of an incident", alert_id=str(alert.pk), error=str(error))
        found = {}
    for incident in incidents:
        seens = found.get(incident.group)
        incident.snapshot = (
            _NONE
            if seens is None
            else {
                "edges": [round(edge.timestamp()) for edge in edges],
                "values": [seen.value for seen in seens],
                "bounds": [bound_of(watched, seen) for seen in seens],
            }
        )
        incident.save(update_fields=["snapshot"])
