"""Addresses of suggestions, below /o/<organization>/suggestions/."""

from django.urls import path

from metrics_app.suggestions import views

urlpatterns = [
    # /
    path("", views.suggestion_list, name="suggestions"),
    path("look/", views.look_again, name="suggestions-look"),
    # <id>/
    path("<uuid:id>/", views.suggestion_detail, name="suggestion"),
    path("<uuid:id>/dismiss/", views.suggestion_dismiss, name="suggestion-dismiss"),
    path("<uuid:id>/restore/", views.suggestion_restore, name="suggestion-restore"),
]
