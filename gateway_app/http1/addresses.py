"""Host names to addresses, and which addresses are of the public internet."""

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Sequence

from gateway_app.http1.call import NotPublic

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]

KEPT_S = 60.0
_MAX_KEPT = 1000
# Global unicast is all of IPv6 that is handed out; the rest has private, local, mapped and forgotten ranges.
_IPV6_UNICAST = ipaddress.IPv6Network("2000::/3")
# Networks without IPv4 reach it through this prefix, whose last 32 bits are the IPv4 address (RFC 6052).
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


async def resolve_by_system(host: str, port: int) -> Sequence[str]:
    """Returns the addresses that the system's resolver knows, the preferred ones first. Raises OSError."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def is_public(address: str) -> bool:
    """Returns whether `address` is of the public internet, also behind the ways of writing IPv4 in IPv6."""
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour
        if inner is None and ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFF_FFFF)
        if inner is None:
            return ip in _IPV6_UNICAST and ip.is_global
        ip = inner
    return ip.is_global and not ip.is_multicast


class Addresses:
    """Looks names up, once for all who ask at the same time, and remembers the answer for a minute."""

    def __init__(self, resolve: Resolve = resolve_by_system) -> None:
        self._resolve = resolve
        self._known: dict[tuple[str, int], tuple[float, asyncio.Task[Sequence[str]]]] = {}

    async def of(self, host: str, port: int, *, public_only: bool) -> Sequence[str]:
        """Returns the addresses to connect to. Raises OSError; NotPublic when one is not and all must be."""
        found = await self._look_up(host, port)
        if not found:
            raise OSError(f"{host} has no address")
        if public_only:
            for address in found:
                if not is_public(address):
                    raise NotPublic(f"{host} is {address}, which is not of the public internet")
        return found

    async def _look_up(self, host: str, port: int) -> Sequence[str]:
        now = asyncio.get_running_loop().time()
        until, asking = self._known.get((host, port), (0.0, None))
        if asking is None or now >= until or (asking.done() and asking.exception() is not None):
            if len(self._known) >= _MAX_KEPT:
                self._known.clear()
            asking = asyncio.ensure_future(self._ask(host, port))
            self._known[host, port] = now + KEPT_S, asking
        # Whoever gives up does not take the answer from the others who wait for it.
        return await asyncio.shield(asking)

    async def _ask(self, host: str, port: int) -> Sequence[str]:
        return await self._resolve(host, port)
