"""The official MCP client, one call at a time, over HTTP or through `helicone-mcp`."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from mcp.types import CallToolResult, TextContent

PROJECT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Mcp:
    """An agent with the API key `key`. `mode` is the SDK's: `legacy` speaks as agents did before 2026."""

    url: str
    key: str
    mode: str = "auto"

    def ask(self, question: Callable[[Client], Awaitable[Any]]) -> Any:
        """Returns what `question` returns of a connected client."""

        async def asked() -> Any:
            async with (
                httpx2.AsyncClient(headers={"Authorization": f"Bearer {self.key}"}) as http,
                Client(streamable_http_client(f"{self.url}/mcp", http_client=http), mode=self.mode) as client,
            ):
                return await question(client)

        return asyncio.run(asked())

    def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """Returns the structured answer of a tool, which its text says, too."""
        return data_of(self.ask(lambda client: client.call_tool(tool, arguments)))

    def refusal(self, tool: str, **arguments: Any) -> str:
        """Returns what a tool says that it cannot do."""
        return refusal_of(self.ask(lambda client: client.call_tool(tool, arguments)))


def data_of(answer: CallToolResult) -> dict[str, Any]:
    """Returns the structured answer, which the text says, too."""
    [text] = answer.content
    assert isinstance(text, TextContent)
    assert not answer.is_error, text.text
    assert answer.structured_content is not None
    assert json.loads(text.text) == answer.structured_content
    return answer.structured_content


def refusal_of(answer: CallToolResult) -> str:
    """Returns the text of an answer that is an error."""
    [text] = answer.content
    assert isinstance(text, TextContent)
    assert answer.is_error
    return text.text


def bridge(*, url: str, key: str) -> StdioServerParameters:
    """Returns how an agent starts `helicone-mcp`."""
    env = {"HELICONE_URL": url, "HELICONE_API_KEY": key}
    return StdioServerParameters(command=sys.executable, args=["-m", "mcp_app"], env=env, cwd=PROJECT)
