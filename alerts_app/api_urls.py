"""REST of what tells and limits, below /api/. Callers show an API key, or the session of a member."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
