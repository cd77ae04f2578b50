"""REST, below /api/. Callers show an API key, or the session of a member."""

from django.contrib.auth.decorators import login_not_required
from django.urls import path

from requests_app.annotations_api import FeedbackView, PropertiesView, ScoresView
from requests_app.api import RequestViewSet
from requests_app.export.api import ExportViewSet, RequestExportViewSet
from requests_app.properties_api import PropertyListView

# Pages' log-in is not for programs: REST's own permission looks at the caller.
_requests, _exports = RequestViewSet.as_view, ExportViewSet.as_view

urlpatterns = [
    # requests/
    path("requests/", login_not_required(_requests({"get": "list"})), name="api-requests"),
    path("requests/count/", login_not_required(_requests({"get": "count"})), name="api-request-count"),
    path(
        "requests/export/",
        login_not_required(RequestExportViewSet.as_view({"get": "list"})),
        name="api-request-export",
    ),
    path("requests/<str:id>/", login_not_required(_requests({"get": "retrieve"})), name="api-request"),
    path(
        "requests/<str:id>/properties/",
        login_not_required(PropertiesView.as_view()),
        name="api-request-properties",
    ),
    path("requests/<str:id>/scores/", login_not_required(ScoresView.as_view()), name="api-request-scores"),
    path(
        "requests/<str:id>/feedback/",
        login_not_required(FeedbackView.as_view()),
        name="api-request-feedback",
    ),
    # properties/
    path("properties/", login_not_required(PropertyListView.as_view()), name="api-properties"),
    # exports/
    path("exports/", login_not_required(_exports({"get": "list", "post": "create"})), name="api-exports"),
    path(
        "exports/<uuid:id>/",
        login_not_required(_exports({"get": "retrieve", "delete": "destroy"})),
        name="api-export",
    ),
    path(
        "exports/<uuid:id>/download/",
        login_not_required(_exports({"get": "download"})),
        name="api-export-download",
    ),
]
