"""Requests as they happen, below /o/<organization>/live/."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
