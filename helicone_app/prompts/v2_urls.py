"""`/v2/prompt-2025`: versions with their bodies"""

from django.urls import path

from helicone_app.prompts.versions_api import (
    EnvironmentVersionWithBodyView,
    ProductionVersionWithBodyView,
    VersionWithBodyView,
)

urlpatterns = [
    path("query/version", VersionWithBodyView.as_view(), name="prompt-version-v2"),
    path(
        "query/environment-version",
        EnvironmentVersionWithBodyView.as_view(),
        name="prompt-environment-version-v2",
    ),
    path(
        "query/production-version",
        ProductionVersionWithBodyView.as_view(),
        name="prompt-production-version-v2",
    ),
]
