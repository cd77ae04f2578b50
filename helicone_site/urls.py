"""All addresses of the site; those of the gateway are in `gateway_app.routes`."""

from django.contrib.auth.decorators import login_not_required
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView

from helicone_site import api_docs, health, home, prometheus

urlpatterns = [
    # /
    path("", home.home, name="home"),
    path("requests/", home.requests, name="requests"),
    path("readyz", health.ready, name="ready"),
    path("-/metrics", prometheus.metrics, name="prometheus"),
    # /accounts/: log in and out, passwords
    path("accounts/", include("accounts_app.login_urls")),
    path("", include("accounts_app.urls")),  # /organizations/, /o/<organization>/
    # /api/
    path("api/", api_docs.ApiDocs.as_view(), name="api-docs"),
    path(
        "api/schema/",
        login_not_required(SpectacularAPIView.as_view(permission_classes=[])),
        name="api-schema",
    ),
    path("api/", include("requests_app.api_urls")),
    path("api/", include("sessions_app.api_urls")),
    path("api/", include("metrics_app.api_urls")),
    # /v1/: Helicone's own
    path("", include("helicone_app.urls")),
    # /o/<organization>/
    path("o/<slug:organization>/providers/", include("providers_app.urls")),
    path("o/<slug:organization>/", include("requests_app.urls")),
    path("o/<slug:organization>/", include("sessions_app.urls")),
    path("o/<slug:organization>/", include("metrics_app.urls")),
    path("o/<slug:organization>/", include("ingest_app.urls")),
]
