"""How REST callers prove who they are: an API key, or the browser session of a member."""

from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounts_app.actions import LAST_USE_STEP, note_api_key_use
from accounts_app.models import ApiKey, Organization, User
from accounts_app.queries import current_organization, key_holder


@dataclass(frozen=True, slots=True)
class ApiCaller:
    """Whom `request.user` is in REST: always bound to one organization."""

    organization: Organization
    scope: str
    api_key: ApiKey | None = None
    user: User | None = None
    is_authenticated: bool = True


class ApiKeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer sk-helicone-…`, or `Helicone-Auth` as older scripts send it.

    Without `Bearer` too, as the samples in Helicone's documentation have it.
    """

    def authenticate(self, request: Request) -> tuple[ApiCaller, ApiKey] | None:
        header = request.headers.get("Helicone-Auth") or request.headers.get("Authorization", "")
        if not header:
            return None
        scheme, _, key = header.strip().partition(" ")
        if scheme.startswith("sk-") and not key:
            scheme, key = "bearer", scheme
        if scheme.lower() != "bearer" or not key.strip():
            raise AuthenticationFailed("Send the API key as: Authorization: Bearer sk-helicone-…")
        holder = key_holder(key.strip())
        if holder is None:
            raise AuthenticationFailed("This API key does not exist or was revoked.")
        last_used_at, now = holder.api_key.last_used_at, timezone.now()
        if last_used_at is None or now - last_used_at > LAST_USE_STEP:
            note_api_key_use({holder.api_key.id: now})
        caller = ApiCaller(holder.organization, holder.api_key.scope, api_key=holder.api_key)
        return caller, holder.api_key

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="helicone"'


class OrganizationSessionAuthentication(SessionAuthentication):
    """A logged-in member, in the organization they looked at last; for trying the API in the browser."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        authenticated = super().authenticate(request)
        if authenticated is None:
            return None
        user = authenticated[0]
        organization = current_organization(user=user, slug=request._request.session.get("organization"))
        return (ApiCaller(organization, "r", user=user), None) if organization else None


class CanRead(BasePermission):
    """Reading takes a key whose scope contains `r`."""

    message = "This API key may only write. Use a key with read scope."

    def has_permission(self, request: Request, view: Any) -> bool:
        caller = request.user
        return isinstance(caller, ApiCaller) and "r" in caller.scope


class CanWrite(BasePermission):
    """Changing what was logged takes a key whose scope contains `w`."""

    message = "This API key may only read. Use a key with write scope."

    def has_permission(self, request: Request, view: Any) -> bool:
        caller = request.user
        return isinstance(caller, ApiCaller) and "w" in caller.scope


class CanManage(BasePermission):
    """Changing how the organization is set up takes a key that may do both, so that none makes one above itself."""

    message = "This takes an API key with read and write scope."

    def has_permission(self, request: Request, view: Any) -> bool:
        caller = request.user
        return isinstance(caller, ApiCaller) and {"r", "w"} <= {*caller.scope}


class ApiKeyScheme(OpenApiAuthenticationExtension):
    """How the schema describes ApiKeyAuthentication."""

    target_class = "accounts_app.authentication.ApiKeyAuthentication"
    name = "apiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "sk-helicone-…"}
