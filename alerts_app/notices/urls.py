"""Where notices go, below /o/<organization>/alerts/channels/."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
