"""Pages of exports, below /o/<organization>/exports/; part of the namespace `requests`."""

from django.urls import path

from requests_app.export import views

urlpatterns = [
    path("", views.export_list, name="exports"),
    path("create/", views.export_create, name="export-create"),
    path("<uuid:id>/cancel/", views.export_cancel, name="export-cancel"),
    path("<uuid:id>/download/", views.export_download, name="export-download"),
]
