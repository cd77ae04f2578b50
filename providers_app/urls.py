"""What an organization has for each provider: /o/<organization>/providers/."""

from django.urls import path

from providers_app import views

app_name = "providers"
urlpatterns = [
    path("", views.providers, name="list"),
    path("<slug:provider>/", views.provider_key, name="key"),
    path("<slug:provider>/delete/", views.provider_key_delete, name="key-delete"),
    path("<slug:provider>/test/", views.provider_key_test, name="key-test"),
]
