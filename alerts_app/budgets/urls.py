"""Budgets and rate limits, below /o/<organization>/."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
