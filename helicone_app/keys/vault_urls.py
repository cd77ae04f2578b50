"""`/v1/vault/`"""

from django.urls import path

from helicone_app.keys.vault import VaultAddView, VaultKeysView, VaultKeyView, VaultUpdateView

urlpatterns = [
    path("add", VaultAddView.as_view(), name="vault-add"),
    path("keys", VaultKeysView.as_view(), name="vault-keys"),
    path("key/<str:provider_key_id>", VaultKeyView.as_view(), name="vault-key"),
    path("update/<str:provider_key_id>", VaultUpdateView.as_view(), name="vault-update"),
]
