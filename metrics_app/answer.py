"""What requests add up to, as programs are told it: REST, and agents."""

from collections.abc import Sequence
from typing import Any

from django.http import QueryDict
from django.utils import timezone

from metrics_app.api_parameters import Wanted, wanted, zone_of
from metrics_app.measured import Asked, Measured, measure, measure_groups
from metrics_app.measures import Numbers, told
from metrics_app.scope import Scope
from requests_app.api_parameters import refusals


def answer(parameters: QueryDict, *, organization_id: int) -> dict[str, Any]:
    """Returns what MetricsSerializer describes, for JSON. `parameters` are those of METRICS. Raises ValidationError."""
    zone = zone_of(parameters)
    with timezone.override(zone), refusals():
        asked = wanted(parameters, organization_id=organization_id)
        found = measure(asked.scope, asked.asked)
        said = _period(asked, asked.scope, asked.asked, found)
        if asked.before is not None:
            asked_before = asked.asked_before(asked.before)
            before = measure_groups(asked.before, asked_before, [group.key for group in found.groups])
            said["previous"] = _period(asked, asked.before, asked_before, before)
    return {**said, "zone": str(zone), "bucket": asked.bucket}


def _period(wanted: Wanted, scope: Scope, asked: Asked, found: Measured) -> dict[str, Any]:
    times = [edge.astimezone(scope.zone).isoformat() for edge in asked.edges]

    def values_of(bars: Sequence[Numbers]) -> dict[str, Any]:
        values = [told(asked.measures, bar) for bar in bars]
        if not wanted.has_buckets:
            return {"values": values[0]}
        stretches = zip(times, times[1:], values, strict=False)
        return {"buckets": [{"start": start, "end": end, "values": one} for start, end, one in stretches]}

    groups = [
        {"by": dict(zip(wanted.names, group.key, strict=True)), **values_of(group.bars)}
        for group in found.groups
    ]
    other = None if found.other is None else {"groups": found.others, **values_of(found.other)}
    return {"start": times[0], "end": times[-1], "groups": groups, "other": other}
