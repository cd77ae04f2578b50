"""Webhooks, below /o/<organization>/webhooks/."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
