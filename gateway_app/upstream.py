"""The HTTP client towards providers, behind one small module (aiohttp: DESIGN, decision 4)."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
from multidict import CIMultiDict
from yarl import URL

# aiohttp would add these; what the client did not send, the provider does not get.
_NOT_ADDED = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")


class Unreachable(Exception):
    """No connection, or it broke. The message is for the log."""


class TimedOut(Exception):
    """No connection, no answer or no more bytes within the time-out."""


class Upstream:
    """One client per process, opened in the running loop."""

    def __init__(self) -> None:
        connect_s = float(os.environ.get("HELICONE_UPSTREAM_CONNECT_TIMEOUT_S", "10"))
        # Silence, not length: models may think for minutes before and between tokens.
        idle_s = float(os.environ.get("HELICONE_UPSTREAM_IDLE_TIMEOUT_S", "600"))
        self._session = aiohttp.ClientSession(
            auto_decompress=False,
            connector=aiohttp.TCPConnector(limit=0, ttl_dns_cache=60, keepalive_timeout=30),
            cookie_jar=aiohttp.DummyCookieJar(),
            read_bufsize=1 << 18,
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=connect_s, sock_read=idle_s),
            skip_auto_headers=_NOT_ADDED,
            max_line_size=1 << 16,
            max_field_size=1 << 16,
        )

    @asynccontextmanager
    async def request(
        self, method: str, url: str, headers: list[tuple[str, str]], body: bytes
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Yields the answer as soon as its headers are there. Raises Unreachable, TimedOut.

        `url` is sent as it is, without re-quoting. Redirects are the client's to follow.
        """
        try:
            async with self._session.request(
                method,
                URL(url, encoded=True),
                headers=CIMultiDict(headers),
                data=body or None,
                allow_redirects=False,
            ) as response:
                yield response
        except TimeoutError as error:
            raise TimedOut(str(error) or type(error).__name__) from error
        except (aiohttp.ClientError, OSError) as error:
            raise Unreachable(str(error) or type(error).__name__) from error

    async def close(self) -> None:
        """Close all connections."""
        await self._session.close()
