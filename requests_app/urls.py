"""Pages of logged requests, below /o/<organization>/."""

from django.urls import path

from requests_app import views

app_name = "requests"
urlpatterns = [
    # requests/
    path("requests/", views.request_list, name="list"),
    path("requests/<uuid:id>/", views.request_detail, name="detail"),
    path("requests/<uuid:id>/<str:part>/", views.request_body, name="body"),
]
