"""REST of alerts, below /api/."""

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.urls import path

from alerts_app.rules.api import AlertIncidentViewSet, AlertViewSet

_LIST: dict[str, Any] = {"get": "list", "post": "create"}
_ONE: dict[str, Any] = {"get": "retrieve", "patch": "partial_update", "delete": "destroy"}
_alerts: Any = AlertViewSet.as_view
_incidents: Any = AlertIncidentViewSet.as_view

# Pages' log-in is not for programs: REST's own permission looks at the caller.
urlpatterns = [
    # alerts/
    path("alerts/", login_not_required(_alerts(_LIST)), name="api-alerts"),
    path("alerts/<uuid:id>/", login_not_required(_alerts(_ONE)), name="api-alert"),
    path(
        "alerts/<uuid:id>/incidents/",
        login_not_required(_alerts({"get": "incidents"})),
        name="api-alert-incidents",
    ),
    path(
        "alerts/<uuid:id>/silence/",
        login_not_required(_alerts({"post": "silence"})),
        name="api-alert-silence",
    ),
    path("alerts/<uuid:id>/test/", login_not_required(_alerts({"post": "test"})), name="api-alert-test"),
    path(
        "alerts/incidents/<uuid:id>/",
        login_not_required(_incidents({"get": "retrieve"})),
        name="api-alert-incident",
    ),
    path(
        "alerts/incidents/<uuid:id>/acknowledge/",
        login_not_required(_incidents({"post": "acknowledge"})),
        name="api-alert-incident-acknowledge",
    ),
]
