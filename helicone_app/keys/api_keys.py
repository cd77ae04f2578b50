"""`/v1/api-keys`: Helicone keys made, renamed and revoked."""

import hashlib
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request as ApiRequest
from rest_framework.response import Response

from accounts_app import actions
from accounts_app.models import ApiKey, Scope
from helicone_app.caller import caller_of
from helicone_app.managing import ManagingView
from helicone_app.requests.annotations import NOTHING
from helicone_app.times import iso
from helicone_app.view import NotFound, asked, ok, result

_ID = OpenApiParameter("api_key_id", OpenApiTypes.INT, OpenApiParameter.PATH)
_MAX_ID = 2**63 - 1


class ApiKeyNameSerializer(serializers.Serializer[Any]):
    """What a key is called."""

    api_key_name = serializers.CharField(max_length=ApiKey._meta.get_field("name").max_length)


class NewApiKeySerializer(ApiKeyNameSerializer):
    """A new key."""

    key_permissions = serializers.ChoiceField(Scope.choices, default=Scope.READ_WRITE)


class ShownApiKeySerializer(serializers.Serializer[Any]):
    """A key, without itself."""

    id = serializers.IntegerField()
    api_key_name = serializers.CharField()
    key_permissions = serializers.ChoiceField(Scope.choices)
    created_at = serializers.DateTimeField()
    last_used_at = serializers.DateTimeField(allow_null=True, help_text="Not Helicone's.")
    hint = serializers.CharField(help_text="Not Helicone's: the first and last characters.")
    organization_id = serializers.CharField()
    user_id = serializers.CharField(allow_null=True, help_text="Who made it; null: another key.")
    api_key_hash = serializers.CharField(
        allow_null=True, help_text="Always null: told once, when it is made."
    )
    soft_delete = serializers.BooleanField(help_text="Always false.")
    temp_key = serializers.BooleanField(help_text="Always false.")


class ApiKeysView(ManagingView):
    """The keys of the organization."""

    @extend_schema(
        operation_id="helicone_api_keys",
        responses=result("HeliconeApiKeys", ShownApiKeySerializer(many=True)),
    )
    def get(self, request: ApiRequest) -> Response:
        """Those that are valid, oldest first."""
        keys = _keys(request).order_by("created_at", "id")
        return ok([_shown(key) for key in keys])

    @extend_schema(
        operation_id="helicone_api_key_create",
        request=NewApiKeySerializer,
        responses=inline_serializer(
            "HeliconeApiKeyMade",
            {
                "id": serializers.CharField(),
                "apiKey": serializers.CharField(help_text="Shown this once."),
                "hashedKey": serializers.CharField(
                    help_text="SHA-256 of `Bearer <key>`, as Helicone has it."
                ),
            },
        ),
    )
    def post(self, request: ApiRequest) -> Response:
        """Make one."""
        said = asked(NewApiKeySerializer, request)
        issued = actions.issue_api_key(
            organization=caller_of(request).organization,
            name=said["api_key_name"],
            scope=said["key_permissions"],
            actor=caller_of(request).user,
        )
        hashed = hashlib.sha256(f"Bearer {issued.secret}".encode()).hexdigest()
        return Response({"hashedKey": hashed, "apiKey": issued.secret, "id": str(issued.api_key.pk)})


class ApiKeyView(ManagingView):
    """One key."""

    @extend_schema(
        operation_id="helicone_api_key_rename",
        parameters=[_ID],
        request=ApiKeyNameSerializer,
        responses=NOTHING,
    )
    def patch(self, request: ApiRequest, api_key_id: str) -> Response:
        """Rename it."""
        key, said = _key(request, api_key_id), asked(ApiKeyNameSerializer, request)
        actions.rename_api_key(api_key=key, name=said["api_key_name"])
        return ok()

    @extend_schema(operation_id="helicone_api_key_delete", parameters=[_ID], responses={200: NOTHING})
    def delete(self, request: ApiRequest, api_key_id: str) -> Response:
        """Revoke it for good, also when it is the one that asks."""
        actions.revoke_api_key(api_key=_key(request, api_key_id))
        return ok()


def _keys(request: ApiRequest) -> Any:
    return ApiKey.objects.active().filter(organization=caller_of(request).organization)


def _key(request: ApiRequest, api_key_id: str) -> ApiKey:
    found = None
    if (
        api_key_id.isascii()
        and api_key_id.isdecimal()
        and len(api_key_id) < 20
        and int(api_key_id) <= _MAX_ID
    ):
        found = _keys(request).filter(pk=int(api_key_id)).first()
    if found is None:
        raise NotFound("There is no API key with this id.")
    key: ApiKey = found
    return key


def _shown(key: ApiKey) -> dict[str, Any]:
    return {
        "id": key.pk,
        "api_key_name": key.name,
        "key_permissions": key.scope,
        "created_at": iso(key.created_at),
        "last_used_at": iso(key.last_used_at) if key.last_used_at else None,
        "hint": key.hint,
        "organization_id": str(key.organization_id),
        "user_id": str(key.created_by_id) if key.created_by_id else None,
        "api_key_hash": None,
        "soft_delete": False,
        "temp_key": False,
    }
