"""Pages of what tells and limits, below /o/<organization>/."""

from django.urls import URLPattern, URLResolver, include, path

app_name = "alerts"
urlpatterns: list[URLPattern | URLResolver] = [
    # /o/<organization>/live/
    path("live/", include("alerts_app.live.urls")),
    # /o/<organization>/alerts/
    path("alerts/channels/", include("alerts_app.notices.urls")),
    path("alerts/", include("alerts_app.rules.urls")),
    # /o/<organization>/budgets/, rate-limits/
    path("", include("alerts_app.budgets.urls")),
    # /o/<organization>/webhooks/
    path("webhooks/", include("alerts_app.webhooks.urls")),
    # /o/<organization>/reports/
    path("reports/", include("alerts_app.reports.urls")),
]
