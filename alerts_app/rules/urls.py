"""Alerts, below /o/<organization>/alerts/."""

from django.urls import path

from alerts_app.rules import incident_views, views

urlpatterns = [
    # /
    path("", views.alert_list, name="alerts"),
    path("new/", views.alert_create, name="alert-create"),
    path("preview/", views.alert_preview, name="alert-preview"),
    # history/, incidents/<id>/
    path("history/", incident_views.incident_list, name="alert-history"),
    path("incidents/<uuid:id>/", incident_views.incident_detail, name="incident"),
    path(
        "incidents/<uuid:id>/acknowledge/", incident_views.incident_acknowledge, name="incident-acknowledge"
    ),
    # <id>/
    path("<uuid:id>/", views.alert_detail, name="alert"),
    path("<uuid:id>/edit/", views.alert_edit, name="alert-edit"),
    path("<uuid:id>/pause/", views.alert_pause, name="alert-pause"),
    path("<uuid:id>/silence/", views.alert_silence, name="alert-silence"),
    path("<uuid:id>/test/", views.alert_test, name="alert-test"),
    path("<uuid:id>/delete/", views.alert_delete, name="alert-delete"),
]
