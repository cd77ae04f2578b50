"""Addresses of the live feed, below /o/<organization>/live/. `stream/` is beside Django: see `endpoint`."""

from django.urls import path

from alerts_app.live import views

urlpatterns = [
    path("", views.live, name="live"),
]
