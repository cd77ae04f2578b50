"""`/v1/alert/`"""

from django.urls import path

from helicone_app.alerts.api import AlertsView, AlertView, CreateAlertView

urlpatterns = [
    path("query", AlertsView.as_view(), name="alerts"),
    path("create", CreateAlertView.as_view(), name="alert-create"),
    path("<str:alert_id>", AlertView.as_view(), name="alert"),
]
