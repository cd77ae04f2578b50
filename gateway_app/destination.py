"""Where a request goes: the origin and the path at the provider, and whether that may be on a private network."""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from accounts_app.directory import StoredAccess
from gateway_app import errors
from gateway_app.catalog import CATALOG, CUSTOM
from gateway_app.providers import Provider
from gateway_app.routes import Form, Route

# Hosts, or host:port, that Helicone-Target-Url and stored endpoints may lead to besides known providers; private
# addresses are reached only when they are listed.
ALLOWED_TARGETS = frozenset(
    target.strip().lower()
    for target in os.environ.get("HELICONE_ALLOWED_TARGETS", "").split(",")
    if target.strip()
)
Access = Callable[[Provider], StoredAccess]

_DEFAULT_PORTS = {"https": 443, "http": 80}
_SENT_AS_IT_IS = re.compile(r"[!-~]*")  # a path with anything else would have to be percent-encoded
_REGION = r"[a-z]{2}(?:-[a-z]+)+-?\d*"
_BEDROCK_REGION = re.compile(rf"/v1/({_REGION})(?=/)")
_VERTEX_REGION = re.compile(rf"/locations/({_REGION})(?=/)")


@dataclass(frozen=True, slots=True)
class Destination:
    """A provider's address for one request."""

    provider: Provider
    origin: str
    path: str
    public_only: bool  # refuse private addresses after DNS: who named the host is not the operator
    is_stored: bool = False  # the organization's own address: its stored key may go there
    is_operators: bool = False  # what the operator configured: the organization's and the operator's keys may


def destination(route: Route, access: Access, *, target_url: str, api_base: str) -> Destination:
    """Returns where a request by prefix, host or `Helicone-Target-Url` goes. Raises GatewayError.

    `access` tells what the organization stored for a provider.
    """
    if route.form is Form.TARGET and not target_url:
        raise errors.no_target()
    named = target_url or api_base
    if not named:
        return of_provider(route.provider, route.path, access(route.provider).endpoint)
    found = checked_target(named)
    endpoint = access(found.provider).endpoint
    return Destination(
        found.provider,
        found.origin,
        _joined(found.path, route.path),
        found.public_only,
        # Hosts of one provider (Azure's) may be anybody's: a key goes only where it belongs.
        is_stored=bool(endpoint) and found.origin == checked_target(endpoint).origin,
        is_operators=not endpoint and found.origin == found.provider.origin,
    )


def of_provider(provider: Provider, path: str, endpoint: str) -> Destination:
    """Returns where `path` is at `provider`. Raises GatewayError where nobody said what its address is."""
    if endpoint:
        found = checked_target(endpoint)
        path = _joined(found.path, provider.path(path))
        return Destination(provider, found.origin, path, found.public_only, is_stored=True)
    origin = provider.origin
    if not origin:
        raise errors.no_endpoint(provider.label)
    if provider.name == "bedrock" and (region := _BEDROCK_REGION.match(path)):
        path = path[region.end() :]
        origin = _in_region(provider, origin, f"https://bedrock-runtime.{region[1]}.amazonaws.com")
    elif provider.name == "vertex" and (region := _VERTEX_REGION.search(path)) and region[1] != "global":
        origin = _in_region(provider, origin, f"https://{region[1]}-aiplatform.googleapis.com")
    return Destination(provider, origin, provider.path(path), public_only=False, is_operators=True)


@dataclass(frozen=True, slots=True)
class Target:
    """A URL that somebody named, after its check."""

    provider: Provider
    origin: str
    path: str
    public_only: bool


def checked_target(url: str) -> Target:
    """Returns the parts of `url` when the gateway may go there. Raises GatewayError: 400 or 403."""
    try:
        parts = urlsplit(url.strip())
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError as error:
        raise errors.bad_target(url) from error
    if parts.scheme not in _DEFAULT_PORTS or not host or parts.username is not None or parts.query:
        raise errors.bad_target(url)
    if not _SENT_AS_IT_IS.fullmatch(parts.path):
        raise errors.bad_target(url)
    netloc = f"[{host}]" if ":" in host else host
    if port is not None and port != _DEFAULT_PORTS[parts.scheme]:
        netloc += f":{port}"
    path = parts.path.rstrip("/")
    provider = CATALOG.of_host(host)
    if host in ALLOWED_TARGETS or netloc in ALLOWED_TARGETS:
        return Target(provider or CUSTOM, f"{parts.scheme}://{netloc}", path, public_only=False)
    if provider is None or parts.scheme != "https" or netloc != host:
        raise errors.target_not_allowed(netloc)
    if f"https://{host}" == provider.base_url:
        # An operator who redirects a provider (a proxy, a test) means these calls, too.
        return Target(provider, provider.origin, path, public_only=False)
    return Target(provider, f"https://{host}", path, public_only=True)


def _joined(base: str, path: str) -> str:
    """Returns `path` under `base`, without repeating a version that both have (…/v1 and /v1/chat/completions)."""
    last = base.rpartition("/")[2]
    if last and path.startswith(f"/{last}/"):
        return base + path.removeprefix(f"/{last}")
    return base + path


def _in_region(provider: Provider, origin: str, regional: str) -> str:
    return regional if origin == provider.base_url else origin
