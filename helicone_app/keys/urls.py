"""`/v1/api-keys/`"""

from django.urls import path

from helicone_app.keys.api_keys import ApiKeyView
from helicone_app.keys.provider_keys import NewProviderKeyView, ProviderKeysView, ProviderKeyView

urlpatterns = [
    path("provider-key", NewProviderKeyView.as_view(), name="provider-key-create"),
    path("provider-keys", ProviderKeysView.as_view(), name="provider-keys"),
    path("provider-key/<str:provider_key_id>", ProviderKeyView.as_view(), name="provider-key"),
    path("<str:api_key_id>", ApiKeyView.as_view(), name="api-key"),
]
