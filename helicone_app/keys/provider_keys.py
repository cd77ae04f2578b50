"""`/v1/api-keys/provider-key`: the providers' own keys. There is one for each provider, and none is ever shown."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request as ApiRequest
from rest_framework.response import Response

from accounts_app import actions, queries, secrets
from accounts_app.models import ProviderKey
from gateway_app.catalog import CATALOG
from gateway_app.providers import KeyForm, Provider
from helicone_app.caller import caller_of
from helicone_app.managing import ManagingView
from helicone_app.requests.annotations import NOTHING
from helicone_app.times import iso
from helicone_app.view import NotFound, Refused, ValidationError, asked, ok
from ingest_app.provider_names import our_name
from providers_app.forms import ProviderKeyForm

_ID = OpenApiParameter("provider_key_id", OpenApiTypes.STR, OpenApiParameter.PATH)
_MAX_CHARACTERS = 4000
# What Helicone's own pages and older scripts call an address in `config`.
_ENDPOINT_NAMES = ("baseUri", "baseUrl", "endpoint")
_STORED = inline_serializer("HeliconeProviderKeyStored", {"id": serializers.CharField()})


def _secret(help_text: str) -> serializers.CharField:
    return serializers.CharField(
        required=False, allow_blank=True, max_length=_MAX_CHARACTERS, help_text=help_text
    )


class ProviderKeyChangeSerializer(serializers.Serializer[Any]):
    """What is stored; what is not given stays."""

    providerKey = _secret("The key; of AWS credentials the first part.")
    providerSecretKey = _secret("Of AWS credentials the second part.")
    config = serializers.DictField(
        required=False,
        allow_null=True,
        help_text="`baseUri`: your own address of the provider (Azure, a server in the house); `region` of Bedrock.",
    )
    byokEnabled = serializers.BooleanField(
        required=False, allow_null=True, help_text="true. A key that is not to be used has to be deleted."
    )

    def validate_byokEnabled(self, value: bool | None) -> bool | None:
        if value is False:
            raise serializers.ValidationError("A key cannot be switched off here: delete it.")
        return value


class NewProviderKeySerializer(ProviderKeyChangeSerializer):
    """A key that is stored, in place of an earlier one for the same provider."""

    providerName = serializers.CharField(max_length=100)
    providerKeyName = serializers.CharField(
        required=False, allow_blank=True, max_length=200, help_text="Not kept: there is one of each provider."
    )


class ShownProviderKeySerializer(serializers.Serializer[Any]):
    """A stored key, without itself."""

    id = serializers.CharField()
    org_id = serializers.CharField()
    provider_name = serializers.CharField()
    provider_key_name = serializers.CharField(help_text="The provider's.")
    provider_key = serializers.CharField(allow_null=True, help_text="Its first and last characters.")
    provider_secret_key = serializers.CharField(allow_null=True, help_text="Always null.")
    config = serializers.DictField(child=serializers.CharField())
    byok_enabled = serializers.BooleanField()
    soft_delete = serializers.BooleanField(help_text="Always false.")
    created_at = serializers.DateTimeField()


class ProviderKeysView(ManagingView):
    """The providers' keys that the organization stored."""

    @extend_schema(operation_id="helicone_provider_keys", responses=ShownProviderKeySerializer(many=True))
    def get(self, request: ApiRequest) -> Response:
        """All, without the keys themselves."""
        return Response(
            [shown(key) for key in queries.provider_keys(caller_of(request).organization).values()]
        )


class NewProviderKeyView(ManagingView):
    """A provider's key."""

    @extend_schema(
        operation_id="helicone_provider_key_create", request=NewProviderKeySerializer, responses=_STORED
    )
    def post(self, request: ApiRequest) -> Response:
        """Store one."""
        said = asked(NewProviderKeySerializer, request)
        stored = store(request, provider_named(said["providerName"]), said)
        return Response({"id": str(stored.pk)})


class ProviderKeyView(ManagingView):
    """One stored key."""

    @extend_schema(
        operation_id="helicone_provider_key", parameters=[_ID], responses=ShownProviderKeySerializer()
    )
    def get(self, request: ApiRequest, provider_key_id: str) -> Response:
        """What is known of it."""
        return Response(shown(key_of(request, provider_key_id)))

    @extend_schema(
        operation_id="helicone_provider_key_change",
        parameters=[_ID],
        request=ProviderKeyChangeSerializer,
        responses=_STORED,
    )
    def patch(self, request: ApiRequest, provider_key_id: str) -> Response:
        """Change the key, its address, or both."""
        key = key_of(request, provider_key_id)
        return Response({"id": str(change(request, key, asked(ProviderKeyChangeSerializer, request)).pk)})

    @extend_schema(operation_id="helicone_provider_key_delete", parameters=[_ID], responses={200: NOTHING})
    def delete(self, request: ApiRequest, provider_key_id: str) -> Response:
        """Forget it; clients must then send their own."""
        key = key_of(request, provider_key_id)
        actions.delete_provider_key(organization=caller_of(request).organization, provider=key.provider)
        return ok()


def provider_named(name: str) -> Provider:
    """Returns the provider by our name of it or Helicone's. Raises ValidationError."""
    provider = CATALOG.by_name.get(our_name(name)) or CATALOG.by_slug.get(name.lower())
    if provider is None:
        known = ", ".join(CATALOG.by_name)
        raise ValidationError({"providerName": [f"Choose one of {known}."]})
    return provider


def key_of(request: ApiRequest, id: str) -> ProviderKey:
    """Returns the stored key with this id. Raises NotFound."""
    for key in queries.provider_keys(caller_of(request).organization).values():
        if str(key.pk) == id:
            return key
    raise NotFound("There is no provider key with this id.")


def store(request: ApiRequest, provider: Provider, said: dict[str, Any]) -> ProviderKey:
    """Returns what is stored of `said`, after the checks that the Providers page makes. Raises ValidationError."""
    secret, endpoint = said.get("providerKey", ""), _endpoint(provider, said.get("config"))
    if provider.key_form is KeyForm.AWS and said.get("providerSecretKey"):
        secret = f"{secret}:{said['providerSecretKey']}"
    form = ProviderKeyForm({"secret": secret, "endpoint": endpoint}, provider=provider)
    if not form.is_valid():
        names = {"secret": "providerKey", "endpoint": "config"}
        raise ValidationError(
            {names[field]: [str(text) for text in texts] for field, texts in form.errors.items()}
        )
    if endpoint and "endpoint" not in form.fields:
        raise ValidationError({"config": [f"{provider.label} has one address for everybody."]})
    return actions.store_provider_key(
        organization=caller_of(request).organization,
        provider=provider.name,
        secret=form.cleaned_data.get("secret", ""),
        endpoint=form.cleaned_data.get("endpoint", ""),
        actor=caller_of(request).user,
    )


def change(request: ApiRequest, key: ProviderKey, said: dict[str, Any]) -> ProviderKey:
    """Returns the key with what is `said` in place of what was stored. Raises ValidationError, Refused."""
    if not said.get("providerKey"):
        try:
            said = {**said, "providerKey": secrets.decrypt(key.ciphertext), "providerSecretKey": ""}
        except secrets.UndecryptableSecret as error:
            raise Refused("The stored key cannot be read: send it again.") from error
    if said.get("config") is None:
        said = {**said, "config": {"endpoint": key.endpoint}}
    return store(request, CATALOG.by_name[key.provider], said)


def shown(key: ProviderKey) -> dict[str, Any]:
    """Returns the key as JSON, without itself."""
    provider = CATALOG.by_name.get(key.provider)
    return {
        "id": str(key.pk),
        "org_id": str(key.organization_id),
        "provider_name": key.provider,
        "provider_key_name": provider.label if provider else key.provider,
        "provider_key": key.hint or None,
        "provider_secret_key": None,
        "config": {"baseUri": key.endpoint} if key.endpoint else {},
        "byok_enabled": True,
        "soft_delete": False,
        "created_at": iso(key.created_at),
    }


def _endpoint(provider: Provider, config: dict[str, Any] | None) -> str:
    for name in _ENDPOINT_NAMES:
        value = (config or {}).get(name)
        if isinstance(value, str) and value:
            return value
    region = (config or {}).get("region")
    if provider.key_form is KeyForm.AWS and isinstance(region, str) and region:
        return f"https://bedrock-runtime.{region}.amazonaws.com"
    return ""
