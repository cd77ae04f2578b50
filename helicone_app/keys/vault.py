"""`/v1/vault/`: the providers' keys again, by the addresses that older scripts know."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request as ApiRequest
from rest_framework.response import Response

from accounts_app import queries
from helicone_app.caller import caller_of
from helicone_app.keys.provider_keys import change, key_of, provider_named, shown, store
from helicone_app.managing import ManagingView
from helicone_app.requests.annotations import NOTHING
from helicone_app.view import CREATED, ValidationError, asked, ok, result

_FIELDS = ("id", "org_id", "provider_key", "provider_name", "provider_key_name")


class VaultKeyChangeSerializer(serializers.Serializer[Any]):
    """Another key; what is not given stays."""

    key = serializers.CharField(required=False, max_length=4000)
    name = serializers.CharField(required=False, max_length=200, help_text="Not kept.")
    active = serializers.BooleanField(
        required=False, help_text="true. A key that is not to be used has to be deleted."
    )


class NewVaultKeySerializer(serializers.Serializer[Any]):
    """A key to store."""

    key = serializers.CharField(max_length=4000)
    provider = serializers.CharField(max_length=100)
    name = serializers.CharField(required=False, max_length=200, help_text="Not kept.")


class VaultKeySerializer(serializers.Serializer[Any]):
    """A stored key, without itself."""

    id = serializers.CharField()
    org_id = serializers.CharField()
    provider_key = serializers.CharField(allow_null=True, help_text="Its first and last characters.")
    provider_name = serializers.CharField()
    provider_key_name = serializers.CharField()


class VaultAddView(ManagingView):
    """A provider's key."""

    @extend_schema(
        operation_id="helicone_vault_add",
        request=NewVaultKeySerializer,
        responses={
            CREATED: result(
                "HeliconeVaultAdded", inline_serializer("HeliconeVaultKeyId", {"id": serializers.CharField()})
            )
        },
    )
    def post(self, request: ApiRequest) -> Response:
        """Store one, in place of an earlier one for the same provider."""
        said = asked(NewVaultKeySerializer, request)
        stored = store(request, provider_named(said["provider"]), {"providerKey": said["key"]})
        return ok({"id": str(stored.pk)}, status=CREATED)


class VaultKeysView(ManagingView):
    """The providers' keys that the organization stored."""

    @extend_schema(
        operation_id="helicone_vault_keys",
        responses=result("HeliconeVaultKeys", VaultKeySerializer(many=True)),
    )
    def get(self, request: ApiRequest) -> Response:
        """All, without the keys themselves."""
        return ok([_shown(key) for key in queries.provider_keys(caller_of(request).organization).values()])


class VaultKeyView(ManagingView):
    """One stored key."""

    @extend_schema(
        operation_id="helicone_vault_key",
        parameters=[OpenApiParameter("provider_key_id", OpenApiTypes.STR, OpenApiParameter.PATH)],
        responses=result("HeliconeVaultKey", VaultKeySerializer()),
    )
    def get(self, request: ApiRequest, provider_key_id: str) -> Response:
        """What is known of it."""
        return ok(_shown(key_of(request, provider_key_id)))


class VaultUpdateView(ManagingView):
    """Another key in place of a stored one."""

    @extend_schema(
        operation_id="helicone_vault_update",
        parameters=[OpenApiParameter("provider_key_id", OpenApiTypes.STR, OpenApiParameter.PATH)],
        request=VaultKeyChangeSerializer,
        responses=NOTHING,
    )
    def patch(self, request: ApiRequest, provider_key_id: str) -> Response:
        """Change the key."""
        key, said = key_of(request, provider_key_id), asked(VaultKeyChangeSerializer, request)
        if said.get("active") is False:
            raise ValidationError({"active": ["A key cannot be switched off here: delete it."]})
        change(request, key, {"providerKey": said.get("key", "")})
        return ok()


def _shown(key: Any) -> dict[str, Any]:
    return {name: value for name, value in shown(key).items() if name in _FIELDS}
