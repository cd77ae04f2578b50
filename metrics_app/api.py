"""`/api/metrics/`: what requests add up to, over REST."""

from collections.abc import Sequence
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request as ApiRequest
from rest_framework.response import Response
from rest_framework.views import APIView

from metrics_app.api_parameters import METRICS, Wanted, wanted, zone_of
from metrics_app.measured import Asked, Measured, measure, measure_groups
from metrics_app.measures import Numbers, told
from metrics_app.scope import Scope
from metrics_app.serializers import MetricsSerializer
from requests_app.api_parameters import refusals

_EXAMPLE = {
    "start": "2026-11-28T00:00:00+01:00",
    "end": "2026-11-29T00:00:00+01:00",
    "groups": [
        {
            "by": {"model": "gpt-4o"},
            "values": {"cost_usd": 4.203175, "requests": 812, "latency_ms_p95": 3120.7},
        },
        {
            "by": {"model": "gpt-4o-mini"},
            "values": {"cost_usd": 0.6110025, "requests": 2210, "latency_ms_p95": 1450.3},
        },
    ],
    "other": {"groups": 3, "values": {"cost_usd": 0.02, "requests": 41, "latency_ms_p95": None}},
    "zone": "Europe/Berlin",
    "bucket": "none",
}


class MetricsView(APIView):
    """Metrics of the caller's organization."""

    @extend_schema(
        operation_id="metrics_retrieve",
        parameters=METRICS,
        responses=MetricsSerializer,
        examples=[OpenApiExample("By model", _EXAMPLE, response_only=True)],
    )
    def get(self, request: ApiRequest) -> Response:
        """Any metrics of the requests that match, thirty days back unless `range`, `start` or `end` say otherwise.

        Steps that called no model are left out unless the filter says something of their `kind`; percentiles, users and
        sessions are of calls of models only, always. Money is in US dollars with up to nine decimals, null where no
        price is known; beyond some millions take the metrics in nano-dollars, which are exact. Percentiles are right to
        1 %. Beyond some hundreds active_users and sessions are estimates with a standard error of 2.9 %.
        """
        zone = zone_of(request)
        with timezone.override(zone), refusals():
            asked = wanted(request)
            found = measure(asked.scope, asked.asked)
            answer = _period(asked, asked.scope, asked.asked, found)
            if asked.before is not None:
                asked_before = asked.asked_before(asked.before)
                before = measure_groups(asked.before, asked_before, [group.key for group in found.groups])
                answer["previous"] = _period(asked, asked.before, asked_before, before)
        return Response({**answer, "zone": str(zone), "bucket": asked.bucket})


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
