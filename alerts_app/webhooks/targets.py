"""Where webhooks may lead to: the public internet over TLS, and what the operator allows besides."""

import asyncio
from typing import NamedTuple
from urllib.parse import urlsplit

from asgiref.sync import async_to_sync

from gateway_app.destination import ALLOWED_TARGETS
from gateway_app.http1.addresses import Addresses
from gateway_app.http1.call import NotPublic, parse_origin

# Names that mean something inside a network only, whatever a resolver makes of them.
_PRIVATE_NAMES = ("localhost", "local", "internal", "corp", "lan", "home.arpa")
_RESOLVED_WITHIN_S = 3.0
_DEFAULT_PORTS = {"https": 443, "http": 80}
NOT_PUBLIC = "This address is on a private network. The operator can allow it in HELICONE_ALLOWED_TARGETS."


class BadTarget(Exception):
    """Nothing is sent to this address. `str()` of it says why."""


class Target(NamedTuple):
    """An address after its check, in the parts that a call has."""

    origin: str
    path: str  # and query
    public_only: bool  # whoever connects looks at the addresses behind the name again


def target_of(url: str) -> Target:
    """Returns the parts of `url`, https unless the operator allows the host. Raises BadTarget.

    Says nothing of the addresses behind the name: a call with `public_only` is refused where they are private, and
    connects to those that were looked at. So an IP address in any spelling is seen as what it is.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
        host = (parts.hostname or "").rstrip(".")
        netloc = f"[{host}]" if ":" in host else host
        if port is not None and port != _DEFAULT_PORTS.get(parts.scheme):
            netloc += f":{port}"
        origin = f"{parts.scheme}://{netloc}"
        parse_origin(origin)
    except ValueError as error:
        raise BadTarget("This is not an address that can be called.") from error
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if (
        parts.username is not None
        or parts.fragment
        or not (path.isascii() and path.isprintable())
        or " " in path
    ):
        raise BadTarget("Write the address as https://host/path, without user name, # and spaces.")
    if host in ALLOWED_TARGETS or netloc in ALLOWED_TARGETS:
        return Target(origin, path, public_only=False)
    if parts.scheme != "https":
        raise BadTarget("The address has to begin with https://.")
    if any(host == name or host.endswith(f".{name}") for name in _PRIVATE_NAMES):
        raise BadTarget(NOT_PUBLIC)
    return Target(origin, path, public_only=True)


def check_target(url: str) -> None:
    """Raises BadTarget when `target_of` does, or when the name leads to a private network now.

    A name that nobody knows yet may pass: it is looked up again each time something is sent.
    """
    target = target_of(url)
    if target.public_only:
        async_to_sync(_look_up)(target)


async def _look_up(target: Target) -> None:
    origin = parse_origin(target.origin)
    try:
        async with asyncio.timeout(_RESOLVED_WITHIN_S):
            await Addresses().of(origin.host, origin.port, public_only=True)
    except NotPublic as error:
        raise BadTarget(NOT_PUBLIC) from error
    except (OSError, TimeoutError, UnicodeError):
        pass
