"""REST of what tells and limits, below /api/. Callers show an API key, or the session of a member."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    # budgets/, rate-limits/
    path("", include("alerts_app.budgets.api_urls")),
    # alerts/
    path("", include("alerts_app.rules.api_urls")),
    # webhooks/<id>/deliveries/
    path("", include("alerts_app.webhooks.api_urls")),
]
