"""Reports, below /o/<organization>/reports/."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
