"""The Health page, below /o/<organization>/."""

from django.urls import path

from ingest_app import views

app_name = "health"
urlpatterns = [
    # health/
    path("health/", views.page, name="page"),
    path("health/letters/retry/", views.letter_retry, name="letter-retry"),
    path("health/letters/retry-all/", views.letter_retry_all, name="letter-retry-all"),
    path("health/letters/discard/", views.letter_discard, name="letter-discard"),
]
