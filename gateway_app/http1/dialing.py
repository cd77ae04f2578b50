"""Opening a connection to whichever of a host's addresses answers first (RFC 8305, happy eyeballs)."""

import asyncio
import ssl
from collections.abc import Callable, Coroutine, Sequence
from itertools import chain, zip_longest
from typing import Any, TypeVar

# How long an address is tried alone before the next one is tried beside it.
_STAGGER_S = 0.25

Protocol = TypeVar("Protocol", bound=asyncio.BaseProtocol)
Connected = tuple[asyncio.BaseTransport, Protocol]


async def dial(
    make: Callable[[], Protocol],
    addresses: Sequence[str],
    port: int,
    *,
    tls: ssl.SSLContext | None,
    host: str,
) -> Protocol:
    """Returns a protocol of `make`, connected. Raises OSError when none of the addresses can be reached."""
    loop = asyncio.get_running_loop()

    def connect(address: str) -> Coroutine[Any, Any, Connected[Protocol]]:
        # An address, never the name: what was looked up and checked is what is connected to.
        return loop.create_connection(make, address, port, ssl=tls, server_hostname=host if tls else None)

    if len(addresses) == 1:
        return (await connect(addresses[0]))[1]
    return await _race(connect, _alternating(addresses))


async def _race(
    connect: Callable[[str], Coroutine[Any, Any, Connected[Protocol]]], addresses: Sequence[str]
) -> Protocol:
    attempts: set[asyncio.Task[Connected[Protocol]]] = set()
    last_failure: BaseException = OSError("no address")
    waiting = list(reversed(addresses))
    try:
        while waiting or attempts:
            if waiting:
                attempts.add(asyncio.create_task(connect(waiting.pop()), name="dial"))
            done, _ = await asyncio.wait(
                attempts, timeout=_STAGGER_S if waiting else None, return_when=asyncio.FIRST_COMPLETED
            )
            for attempt in done:
                attempts.discard(attempt)
                failure = attempt.exception()
                if failure is None:
                    return attempt.result()[1]
                last_failure = failure
        raise last_failure
    finally:
        for attempt in attempts:
            attempt.cancel()
            attempt.add_done_callback(_close)  # it may have connected in this very moment


def _close(attempt: asyncio.Task[Connected[Any]]) -> None:
    if not attempt.cancelled() and attempt.exception() is None:
        attempt.result()[0].close()


def _alternating(addresses: Sequence[str]) -> list[str]:
    """Returns the addresses with IPv6 and IPv4 in turns, the family of the first one first."""
    first = [address for address in addresses if (":" in address) == (":" in addresses[0])]
    second = [address for address in addresses if address not in first]
    return [address for address in chain.from_iterable(zip_longest(first, second)) if address is not None]
