"""Pages of metrics, below /o/<organization>/."""

from django.urls import URLPattern, URLResolver, include, path

from metrics_app import histogram_views, layout_views
from metrics_app.dashboard import views as dashboard_views

app_name = "metrics"
urlpatterns: list[URLPattern | URLResolver] = [
    # /o/<organization>/costs/
    path("costs/prices/", include("metrics_app.prices.urls")),
    path("costs/", include("metrics_app.costs.urls")),
    # /o/<organization>/suggestions/
    path("suggestions/", include("metrics_app.suggestions.urls")),
    # /o/<organization>/requests/: above the list
    path("requests/histogram/", histogram_views.request_histogram, name="histogram"),
    # /o/<organization>/dashboard/
    path("dashboard/", dashboard_views.dashboard, name="dashboard"),
    path("dashboard/panels/<slug:panel>/", dashboard_views.dashboard_panel, name="dashboard-panel"),
    path("dashboard/<slug:panel>.csv", dashboard_views.dashboard_csv, name="dashboard-csv"),
    # /o/<organization>/properties/
    path("properties/", include("metrics_app.properties.urls")),
    # /o/<organization>/models/
    path("models/", include("metrics_app.used_models.urls")),
    # /o/<organization>/users/, users.csv
    path("", include("metrics_app.users.urls")),
    # /o/<organization>/<dashboard>/layout/
    path("<slug:dashboard>/layout/", layout_views.layout_save, name="layout"),
    path("<slug:dashboard>/layout/reset/", layout_views.layout_reset, name="layout-reset"),
]
