"""`helicone-mcp`: the tools of a server for agents that start a program and talk to it by its standard streams.

Every call goes on to `/mcp` of the server that HELICONE_URL names, with the key of HELICONE_API_KEY. What tools there
are is defined there alone, and nothing of the server has to be installed or set up here: this loads no Django.
"""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import httpx2
from mcp import Client, MCPError
from mcp.client.streamable_http import streamable_http_client
from mcp.server import Server
from mcp.server.stdio import stdio_server
from mcp.types import INTERNAL_ERROR
from mcp.types.version import MODERN_PROTOCOL_VERSIONS

DEFAULT_URL = "http://localhost:8585"
_PATH = "/mcp"
_TIMEOUT = httpx2.Timeout(10, read=120)
_NOT_BY_GET = 405  # what the server answers whoever may call it, but should by POST
_Answer = TypeVar("_Answer")


class Unusable(Exception):
    """The server cannot be used like this. `str()` of it says why."""


def main() -> None:
    """Serve until standard input ends. Says on standard error why it cannot."""
    origin = (os.environ.get("HELICONE_URL") or DEFAULT_URL).rstrip("/").removesuffix(_PATH)
    key = os.environ.get("HELICONE_API_KEY", "").strip()
    try:
        if not (key and key.isascii() and key.isprintable()):
            raise Unusable("Set HELICONE_API_KEY to an API key that may read (sk-helicone-…).")
        asyncio.run(_serve(origin + _PATH, {"Authorization": f"Bearer {key}"}))
    except Unusable as error:
        sys.exit(f"helicone-mcp: {error}")
    except KeyboardInterrupt:
        sys.exit(130)


async def _serve(url: str, headers: dict[str, str]) -> None:
    async with httpx2.AsyncClient(headers=headers, timeout=_TIMEOUT) as http:
        await _check(http, url)
        async with _client(http, url) as client:
            bridge = _bridge(http, url, client)
        async with stdio_server() as (asked, answered):
            await bridge.run(asked, answered, bridge.create_initialization_options())


async def _check(http: httpx2.AsyncClient, url: str) -> None:
    """Raises Unusable unless there is a server that takes the key."""
    try:
        answer = await http.get(url)
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise Unusable(_no_answer(url, error)) from error
    if answer.status_code == _NOT_BY_GET:
        return
    try:
        said = answer.json()["error"]["message"]
    except (ValueError, LookupError, TypeError):
        said = "Is HELICONE_URL the address of a Helicone server?"
    raise Unusable(f"{url} answers {answer.status_code}. {said}")


def _bridge(http: httpx2.AsyncClient, url: str, first: Client) -> Server[Any]:
    """Returns a server that has whatever the one at `url` has, to which `first` is connected."""
    version = first.protocol_version
    mode = version if version in MODERN_PROTOCOL_VERSIONS else "legacy"

    async def asked(call: Callable[[Client], Awaitable[_Answer]]) -> _Answer:
        # A client of its own for each call: one ends with the first answer that does not come, and this program has to
        # outlive a restart of the server.
        try:
            async with _client(http, url, mode) as client:
                return await call(client)
        except Exception as error:
            match cause := _first(error):
                case MCPError():
                    raise cause from None  # the server's own
                case httpx2.HTTPError():
                    raise MCPError(INTERNAL_ERROR, _no_answer(url, cause)) from None
            raise

    return Server(
        "helicone",
        title="Helicone",
        instructions=first.instructions,
        on_list_tools=lambda _, page: asked(lambda client: client.list_tools()),
        on_call_tool=lambda _, called: asked(lambda client: client.call_tool(called.name, called.arguments)),
        on_list_prompts=lambda _, page: asked(lambda client: client.list_prompts()),
        on_get_prompt=lambda _, named: asked(lambda client: client.get_prompt(named.name, named.arguments)),
        on_list_resources=lambda _, page: asked(lambda client: client.list_resources()),
        on_read_resource=lambda _, named: asked(lambda client: client.read_resource(str(named.uri))),
    )


def _client(http: httpx2.AsyncClient, url: str, mode: str = "auto") -> Client:
    return Client(streamable_http_client(url, http_client=http), mode=mode, cache=None)


def _first(error: Exception) -> Exception:
    """Returns what went wrong: the SDK has it in groups, one for each of its tasks."""
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return error


def _no_answer(url: str, error: Exception) -> str:
    return f"No Helicone server answers at {url} ({error}): start it, or set HELICONE_URL."
