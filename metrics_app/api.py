"""`/api/metrics/`: what requests add up to, over REST."""

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request as ApiRequest
from rest_framework.response import Response
from rest_framework.views import APIView

from metrics_app.answer import answer
from metrics_app.api_parameters import METRICS
from metrics_app.serializers import MetricsSerializer
from requests_app.api_parameters import organization_id

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
        return Response(answer(request.query_params, organization_id=organization_id(request)))
