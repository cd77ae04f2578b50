"""Alerts, below /o/<organization>/alerts/."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
