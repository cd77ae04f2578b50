"""All addresses of the site; those of the gateway are in `gateway_app.routes`."""

from django.contrib.auth.decorators import login_not_required
from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularAPIView

from helicone_site import api_docs, docs_pages, health, home, prometheus

handler400 = "helicone_site.api_errors.bad_request"
handler404 = "helicone_site.api_errors.not_found"
urlpatterns = [
    # /
    path("", home.home, name="home"),
    path("requests/", home.requests, name="requests"),
    path("readyz", health.ready, name="ready"),
    path("-/metrics", prometheus.metrics, name="prometheus"),
    # /docs/, /README.md, …: where they lie in the project
    path("llms.txt", docs_pages.llms_txt, name="llms-txt"),
    path("llms-full.txt", docs_pages.llms_full_txt, name="llms-full-txt"),
    re_path(r"^(?P<path>docs/.+|README\.md|CHANGELOG\.md|LICENSE)$", docs_pages.document, name="document"),
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
    path("api/", include("alerts_app.api_urls")),
    # /v1/: Helicone's own
    path("", include("helicone_app.urls")),
    # /o/<organization>/
    path("o/<slug:organization>/providers/", include("providers_app.urls")),
    path("o/<slug:organization>/", include("requests_app.urls")),
    path("o/<slug:organization>/", include("sessions_app.urls")),
    path("o/<slug:organization>/", include("alerts_app.urls")),
    path("o/<slug:organization>/", include("metrics_app.urls")),
    path("o/<slug:organization>/", include("ingest_app.urls")),
]
