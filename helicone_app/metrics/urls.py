"""`/v1/metrics/`"""

from django.urls import path

from helicone_app.metrics.api import (
    CountryMetricsView,
    MetricsCountView,
    ModelMetricsView,
    QuantilesView,
    TokensPerRequestView,
    over_time_view,
    total_view,
)
from helicone_app.metrics.over_time import OVER_TIME
from helicone_app.metrics.totals import TOTALS

urlpatterns = [
    *(path(one.route, total_view(one), name=f"metrics-{one.route}") for one in TOTALS),
    *(path(one.route, over_time_view(one), name=f"metrics-{one.route}") for one in OVER_TIME),
    path("averageTokensPerRequest", TokensPerRequestView.as_view(), name="metrics-tokens-per-request"),
    path("quantiles", QuantilesView.as_view(), name="metrics-quantiles"),
    path("requestCount", MetricsCountView.as_view(), name="metrics-count"),
    path("models", ModelMetricsView.as_view(), name="metrics-models"),
    path("country", CountryMetricsView.as_view(), name="metrics-country"),
]
