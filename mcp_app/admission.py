"""Who may talk to `/mcp`: whoever may read over REST, with the same keys and as often."""

from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest
from django.http.request import split_domain_port
from rest_framework.exceptions import NotAuthenticated, PermissionDenied, Throttled
from rest_framework.request import Request as ApiRequest

from accounts_app.authentication import ApiCaller, ApiKeyAuthentication, CanRead
from accounts_app.throttling import CallerThrottle

_NO_KEY = "Send an API key that may read, as: Authorization: Bearer sk-helicone-…"
_OF_ANOTHER_SITE = (
    "A page of another site may not use this server; add its origin to HELICONE_TRUSTED_ORIGINS."
)


def admit(request: HttpRequest) -> ApiCaller:
    """Returns who calls. Raises what REST answers: rest_framework's APIException of 401, 403 or 429; DisallowedHost."""
    host = request.get_host()
    if not _comes_from_here(request, host):
        raise PermissionDenied(_OF_ANOTHER_SITE)
    asked = ApiRequest(request, authenticators=[ApiKeyAuthentication()])
    caller = asked.user
    if not isinstance(caller, ApiCaller):
        raise NotAuthenticated(_NO_KEY)
    if not CanRead().has_permission(asked, None):
        raise PermissionDenied(CanRead.message)
    throttle = CallerThrottle()
    if not throttle.allow_request(asked, None):
        raise Throttled(throttle.wait())
    return caller


def _comes_from_here(request: HttpRequest, host: str) -> bool:
    """Returns whether no browser sends this for a page of another site. Programs send no Origin.

    A name can be made to lead here by whoever owns it (DNS rebinding), so the page's own origin counts only where it
    is no name, or one that this installation says it has.
    """
    origin = request.headers.get("Origin")
    if origin is None or origin in settings.CSRF_TRUSTED_ORIGINS:
        return True
    return origin == f"{request.scheme}://{host}" and ("*" not in settings.ALLOWED_HOSTS or _is_no_name(host))


def _is_no_name(host: str) -> bool:
    domain = split_domain_port(host)[0].strip("[]")
    try:
        return domain == "localhost" or bool(ip_address(domain))
    except ValueError:
        return False
