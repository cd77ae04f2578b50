"""`helicone-mcp`: the tools of a server for agents that talk to a program's standard streams."""

import asyncio
import os
import subprocess
import sys
import urllib.parse

import pytest
from mcp import Client, MCPError

from tests.events import chat_event
from tests.live import Stack, Tenant
from tests.logged_days import store
from tests.mcp_client import PROJECT, Mcp, bridge, data_of, refusal_of


class Relay:
    """Leads to the server at `url`, from a port of its own, while it is started."""

    def __init__(self, url: str) -> None:
        self._far = urllib.parse.urlsplit(url)
        self._writers: list[asyncio.StreamWriter] = []
        self.port = 0

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._join, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        self._server.close()
        for writer in self._writers:
            writer.close()
        await self._server.wait_closed()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(self._far.hostname, self._far.port)
        self._writers += [writer, far_writer]
        await asyncio.gather(self._pass_on(reader, far_writer), self._pass_on(far_reader, writer))

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while piece := await reader.read(1 << 16):
            writer.write(piece)
        writer.close()


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_it_has_whatever_the_server_has(stack: Stack, organization: Tenant, mode: str) -> None:
    store(chat_event(organization.id, text="Only here"))

    async def seen(client: Client) -> tuple[object, ...]:
        return (
            client.instructions,
            (await client.list_tools()).tools,
            (await client.list_prompts()).prompts,
            (await client.list_resources()).resources,
            (await client.get_prompt("debug_failed_requests", {"range": "7d"})).messages,
            (await client.read_resource("helicone:///docs/filters.md")).contents,
            data_of(await client.call_tool("search_requests", {"filter": "here"})),
            refusal_of(await client.call_tool("search_requests", {"filter": "modle:x"})),
        )

    async def through_it() -> tuple[object, ...]:
        async with Client(bridge(url=stack.url, key=organization.api_key), mode=mode) as client:
            return await seen(client)

    assert asyncio.run(through_it()) == Mcp(stack.url, organization.api_key, mode=mode).ask(seen)


def test_errors_of_the_server_stay_what_they_are(stack: Stack, organization: Tenant) -> None:
    async def run() -> None:
        async with Client(bridge(url=stack.url, key=organization.api_key)) as agent:
            with pytest.raises(MCPError, match="Unknown resource: helicone:///nothing"):
                await agent.read_resource("helicone:///nothing")

    asyncio.run(run())


def test_it_outlives_a_restart_of_the_server(stack: Stack, organization: Tenant) -> None:
    async def run() -> None:
        relay = Relay(stack.url)
        await relay.start()
        async with Client(bridge(url=f"http://127.0.0.1:{relay.port}", key=organization.api_key)) as agent:
            assert data_of(await agent.call_tool("search_requests", {}))["requests"] == []
            await relay.stop()
            with pytest.raises(MCPError, match=r"No Helicone server answers at http://127\.0\.0\.1"):
                await agent.call_tool("search_requests", {})
            await relay.start()
            assert data_of(await agent.call_tool("search_requests", {}))["requests"] == []
            await relay.stop()

    asyncio.run(run())


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"HELICONE_API_KEY": ""}, "Set HELICONE_API_KEY to an API key"),
        (
            {"HELICONE_API_KEY": "sk-helicone-nobody"},
            "/mcp answers 401. This API key does not exist or was revoked.",
        ),
        ({"HELICONE_URL": "http://127.0.0.1:1"}, "No Helicone server answers at http://127.0.0.1:1/mcp"),
        ({"HELICONE_URL": "not an address"}, "No Helicone server answers at not an address/mcp"),
    ],
)
def test_it_says_why_it_cannot_begin(
    stack: Stack, organization: Tenant, changes: dict[str, str], said: str
) -> None:
    env = {**os.environ, "HELICONE_URL": stack.url, "HELICONE_API_KEY": organization.api_key, **changes}
    done = subprocess.run(
        [sys.executable, "-m", "mcp_app"],
        cwd=PROJECT,
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=20,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("helicone-mcp: ")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_it_needs_nothing_of_the_server() -> None:
    code = "import sys, mcp_app.stdio; print({'django', 'helicone_site'} & {*sys.modules})"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "set()\n"
