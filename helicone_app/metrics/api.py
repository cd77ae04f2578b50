"""`/v1/metrics/` and `/v1/providers`: what requests add up to."""

import re
from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request as ApiRequest
from rest_framework.response import Response

from helicone_app.metrics.over_time import OverTime
from helicone_app.metrics.quantiles import SHARES, quantiles
from helicone_app.metrics.serializers import (
    CountryMetricSerializer,
    MetricsCountAskedSerializer,
    MetricsPageAskedSerializer,
    ModelMetricSerializer,
    ProviderMetricSerializer,
    QuantilesAskedSerializer,
    QuantilesBarSerializer,
    TokensPerRequestSerializer,
)
from helicone_app.metrics.totals import Total, sums_of
from helicone_app.periods import (
    MetricsAskedSerializer,
    OverTimeAskedSerializer,
    bars_of_body,
    scope_of_body,
)
from helicone_app.view import HeliconeView, asked, ok, result
from helicone_site.formats import usd
from ingest_app.provider_names import helicone_name
from metrics_app.reading import Sums, ranking
from requests_app.api_parameters import organization_id
from requests_app.positions import count_of


class TotalView(HeliconeView):
    """One number."""

    total: Total

    def post(self, request: ApiRequest) -> Response:
        """Of the requests of a period."""
        scope = scope_of_body(organization_id(request), asked(MetricsAskedSerializer, request))
        return ok(self.total.of(scope))


class OverTimeView(HeliconeView):
    """Rows over time."""

    over_time: OverTime

    def post(self, request: ApiRequest) -> Response:
        """Bar by bar, the first and the last as far as the period goes."""
        said = asked(OverTimeAskedSerializer, request)
        return ok(self.over_time.of(bars_of_body(organization_id(request), said, *self.over_time.nodes)))


def total_view(total: Total) -> Any:
    """Returns the view of one number."""
    described = extend_schema(
        operation_id=_operation(total.route),
        description=total.what,
        request=MetricsAskedSerializer,
        responses=result(f"Helicone{_capital(total.route)}", serializers.FloatField()),
    )
    return _view(total.route, TotalView, described, total=total)


def over_time_view(over_time: OverTime) -> Any:
    """Returns the view of rows over time."""
    described = extend_schema(
        operation_id=_operation(over_time.route),
        description=over_time.what,
        request=OverTimeAskedSerializer,
        responses=result(f"Helicone{_capital(over_time.route)}", over_time.row(many=True)),
    )
    return _view(over_time.route, OverTimeView, described, over_time=over_time)


class TokensPerRequestView(HeliconeView):
    """Mean tokens."""

    @extend_schema(
        operation_id="helicone_metrics_average_tokens_per_request",
        request=MetricsAskedSerializer,
        responses=result("HeliconeTokensPerRequest", TokensPerRequestSerializer()),
    )
    def post(self, request: ApiRequest) -> Response:
        """Of a request, in and out; 0 without any."""
        scope = scope_of_body(organization_id(request), asked(MetricsAskedSerializer, request))
        found = sums_of(scope, "requests", "prompt_tokens", "completion_tokens")
        requests = found.requests or 1
        return ok(
            {
                "average_prompt_tokens_per_response": found.prompt_tokens / requests,
                "average_completion_tokens_per_response": found.completion_tokens / requests,
                "average_total_tokens_per_response": found.tokens / requests,
            }
        )


class QuantilesView(HeliconeView):
    """Quantiles over time."""

    @extend_schema(
        operation_id="helicone_metrics_quantiles",
        request=QuantilesAskedSerializer,
        responses=result("HeliconeQuantiles", QuantilesBarSerializer(many=True)),
    )
    def post(self, request: ApiRequest) -> Response:
        """Of model calls for latencies, of all requests with tokens for these."""
        said = asked(QuantilesAskedSerializer, request)
        bars = bars_of_body(organization_id(request), said)
        found = quantiles(bars, said["metric"])
        nothing = dict.fromkeys(SHARES, 0.0)
        return ok([{"time": time, **found.get(bar, nothing)} for bar, time in enumerate(bars.times)])


class MetricsCountView(HeliconeView):
    """How many requests a filter finds."""

    @extend_schema(
        operation_id="helicone_metrics_request_count",
        request=MetricsCountAskedSerializer,
        responses=result("HeliconeMetricsCount", serializers.IntegerField()),
    )
    def post(self, request: ApiRequest) -> Response:
        """Of all times."""
        said = asked(MetricsCountAskedSerializer, request)
        if said["isCached"]:
            return ok(0)
        return ok(count_of(organization_id=organization_id(request), filters=said["filter"]))


class ModelMetricsView(HeliconeView):
    """Models."""

    @extend_schema(
        operation_id="helicone_metrics_models",
        request=MetricsPageAskedSerializer,
        responses=result("HeliconeModelMetrics", ModelMetricSerializer(many=True)),
    )
    def post(self, request: ApiRequest) -> Response:
        """Those with most requests first."""
        return ok(
            [
                {
                    "model": name or "unknown",
                    "total_requests": one.requests,
                    "total_prompt_token": one.prompt_tokens,
                    "total_completion_tokens": one.completion_tokens,
                    "total_tokens": one.tokens,
                    "cost": usd(one.cost_nanodollars),
                }
                for name, one in _largest(request, "model")
            ]
        )


class CountryMetricsView(HeliconeView):
    """Countries."""

    @extend_schema(
        operation_id="helicone_metrics_country",
        request=MetricsPageAskedSerializer,
        responses=result("HeliconeCountryMetrics", CountryMetricSerializer(many=True)),
    )
    def post(self, request: ApiRequest) -> Response:
        """None: where requests come from is not kept."""
        scope_of_body(organization_id(request), asked(MetricsPageAskedSerializer, request))
        return ok([])


class ProvidersView(HeliconeView):
    """Providers."""

    @extend_schema(
        operation_id="helicone_providers",
        request=MetricsPageAskedSerializer,
        responses=result("HeliconeProviderMetrics", ProviderMetricSerializer(many=True)),
    )
    def post(self, request: ApiRequest) -> Response:
        """Those with most requests first."""
        return ok(
            [
                {"provider": helicone_name(name), "total_requests": one.requests}
                for name, one in _largest(request, "provider")
            ]
        )


def _largest(request: ApiRequest, by: str) -> list[tuple[str, Sums]]:
    """Returns the part of the values of `by` that is asked for."""
    said = asked(MetricsPageAskedSerializer, request)
    scope = scope_of_body(organization_id(request), said)
    first = said["offset"]
    found = ranking(
        scope.total(by),
        order="requests",
        at_most=first + said["limit"],
        measures=("requests", "prompt_tokens", "completion_tokens", "cost_nanodollars"),
    )
    return found.rows[first:]


def _view(route: str, base: type[HeliconeView], described: Any, **of: Any) -> Any:
    view: Any = type(f"{_capital(route)}View", (base,), {"__module__": __name__, **of})
    return extend_schema_view(post=described)(view).as_view()


def _operation(route: str) -> str:
    words = re.sub(r"(?=[A-Z])", "_", route).lower()
    return f"helicone_metrics_{words}"


def _capital(route: str) -> str:
    return route[0].upper() + route[1:]
