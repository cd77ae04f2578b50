"""Helicone's REST API, below /v1/. Its addresses end without a slash."""

from django.urls import include, path

from helicone_app.requests.annotations import OldFeedbackView

app_name = "helicone"
urlpatterns = [
    path("v1/request/", include("helicone_app.requests.urls")),
    path("v1/feedback", OldFeedbackView.as_view(), name="old-feedback"),
    path("v1/public/", include("helicone_app.public_urls")),
]
