"""Helicone's prompt managers for Python and Node: they fetch prompts here, and make of them what the gateway makes."""

import json
import secrets
from collections.abc import Callable
from typing import Any

import pytest

from accounts_app import actions
from accounts_app.models import Organization
from tests.api import Api
from tests.clients.driver import Shown, show_once
from tests.fake_provider.process import ProviderHandle
from tests.fake_provider.scenario import header
from tests.live import Stack, Tenant
from tests.prompts import Prompts
from tests.raw_http import RawAnswer, send

PROGRAMS = {
    "helicone-helpers": "python/helicone_prompts_client.py",
    "@helicone/helpers": "node/helicone_prompts_client.mjs",
}
STORED = {
    "model": "gpt-4o",
    "temperature": 0.5,
    "messages": [
        {"role": "system", "content": "You help {{ hc:name:string }}, who is {{hc:age:number}}."},
        {"role": "user", "content": "{{hc:missing:string}} {{hc:name:string}}"},
    ],
    "tools": [{"type": "function", "function": {"name": "{{hc:tool:string}}", "parameters": {}}}],
    "response_format": {
        "type": "json_schema",
        "json_schema": {"name": "x", "schema": {"{{hc:name:string}}": {"enum": "{{hc:kinds:array}}"}}},
    },
}
PARTS = {
    "model": "gpt-4o",
    "messages": [
        {"role": "user", "content": [{"type": "text", "text": "{{hc:name:string}}"}, {"type": "file"}]}
    ],
}
INPUTS = {"name": "Ada", "age": 36, "tool": "look", "kinds": ["a", "b"]}
HELLO = [{"role": "user", "content": "Hello from {{hc:name:string}}"}]
FILLED = ["plain", "own keys", "version", "environment", "parts", "own tools"]
# What the Python one does otherwise than the Node one and the gateway: it fills in no parts and drops the call's tools.
ONLY_NODE = {"parts", "own tools"}
CASES = [
    (library, name)
    for library in PROGRAMS
    for name in FILLED
    if not (library == "helicone-helpers" and name in ONLY_NODE)
]


@pytest.fixture
def shown(library: str, make_tenant: Callable[[], Tenant], provider: ProviderHandle, stack: Stack) -> Shown:
    """What the test's library made of each call, with an organization of its own."""

    def job(mark: str, key: str) -> dict[str, Any]:
        prompts = Prompts(Api(stack.url, key))
        made, parts = prompts.make(STORED), prompts.make(PARTS)
        prompts.update(made.id, made.version_id, body={**STORED, "seed": 1}, environment="staging")
        other = prompts.update(made.id, made.version_id, body={**STORED, "seed": 2})
        asked = {"prompt_id": made.id, "inputs": INPUTS, "messages": HELLO}
        tool = {"type": "function", "function": {"name": "act"}}
        calls = {
            "plain": asked,
            "own keys": {**asked, "temperature": 0, "user": "ada"},
            "version": {**asked, "version_id": other},
            "environment": {**asked, "environment": "staging"},
            "parts": {**asked, "prompt_id": parts.id},
            "own tools": {**asked, "tools": [tool]},
            "misfit": {**asked, "inputs": {**INPUTS, "age": "old"}},
            "unknown": {**asked, "prompt_id": "zzzzzz"},
        }
        return {"url": stack.url, "key": key, "calls": calls}

    return show_once(f"{library.replace('/', '-')}-prompts", PROGRAMS[library], job, make_tenant, provider)


@pytest.fixture
def ask(
    shown: Shown, stack: Stack, gateway_knows: Callable[[], None]
) -> Callable[[dict[str, Any], str], RawAnswer]:
    """Returns a function that asks the gateway for the organization of the library."""
    organization = Organization.objects.get(id=shown.organization_id)
    key = actions.issue_api_key(organization=organization, name="Gateway").secret
    actions.store_provider_key(organization=organization, provider="openai", secret="sk-fake-stored")
    gateway_knows()

    def do(body: dict[str, Any], marker: str) -> RawAnswer:
        headers = {"Authorization": f"Bearer {key}", **header(marker=marker)}
        return send(f"{stack.url}/v1/chat/completions", body=json.dumps(body).encode(), headers=headers)

    return do


@pytest.mark.parametrize(("library", "name"), CASES)
def test_a_library_makes_of_a_prompt_what_the_gateway_makes(
    shown: Shown, ask: Callable[..., RawAnswer], provider: ProviderHandle, library: str, name: str
) -> None:
    result = shown.results[name]
    marker = secrets.token_hex(8)

    assert result["errors"] == []
    assert ask(result["params"], marker).status == 200
    made = {key: value for key, value in result["body"].items() if value != []}  # no tools
    assert json.loads(provider.call(marker).body) == made


@pytest.mark.parametrize("library", PROGRAMS)
def test_a_library_and_the_gateway_refuse_the_same_inputs(
    shown: Shown, ask: Callable[..., RawAnswer], library: str
) -> None:
    result = shown.results["misfit"]
    (error,) = result["errors"]
    answer = ask(result["params"], secrets.token_hex(8))

    assert (error["variable"], error["expected"], error["value"]) == ("age", "number", "old")
    assert answer.status == 400
    assert all(f"'{part}'" in json.loads(answer.body)["error"] for part in ("age", "number", "old"))


@pytest.mark.parametrize("library", PROGRAMS)
def test_a_library_reads_a_version(shown: Shown, library: str) -> None:
    version = shown.results["version"]["version"]
    assert (version["major_version"], version["minor_version"], version["model"]) == (0, 2, "gpt-4o")
    assert version["id"] == shown.results["version"]["params"]["version_id"]


@pytest.mark.parametrize("library", PROGRAMS)
def test_a_library_says_that_there_is_no_such_prompt(shown: Shown, library: str) -> None:
    assert "Failed to get production version" in shown.results["unknown"]["raised"]
