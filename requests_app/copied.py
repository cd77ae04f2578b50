"""A logged request as code that sends it again. Keys are placeholders: none is ever logged."""

import json
import pprint
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import quote

from gateway_app.catalog import CATALOG
from gateway_app.providers import KeyForm, Provider, key_headers
from requests_app import curl
from requests_app.json_text import decoded

# Longer bodies make code that nobody pastes; then a file is named instead.
MAX_BODY_BYTES = 100_000
_LINE_CHARACTERS = 100
_SAFE_IN_PATH = "/:@!$&'()*+,;=-._~%"
_NO_SHORT_JSON = "The body is not short JSON: download it from the request's page."


def _names(words: str) -> frozenset[str]:
    return frozenset(words.split())


# What the SDKs' own functions take by name; other fields go in `extra_body`.
_CHAT_NAMES = _names(
    """
    messages model audio frequency_penalty function_call functions logit_bias logprobs max_completion_tokens
    max_tokens metadata modalities n parallel_tool_calls prediction presence_penalty reasoning_effort response_format
    seed service_tier stop store stream stream_options temperature tool_choice tools top_logprobs top_p user
    """
)
_RESPONSES_NAMES = _names(
    """
    background include input instructions max_output_tokens metadata model parallel_tool_calls previous_response_id
    reasoning service_tier store stream temperature text tool_choice tools top_p truncation user
    """
)
_EMBEDDINGS_NAMES = frozenset(("input", "model", "dimensions", "encoding_format", "user"))
_MESSAGES_NAMES = _names(
    """
    max_tokens messages model metadata service_tier stop_sequences stream system temperature thinking tool_choice tools
    top_k top_p
    """
)


class _Sdk(NamedTuple):
    """How a vendor's own client makes the call."""

    path: str  # the end of the path, which the client adds itself
    call: str
    names: frozenset[str]
    is_openai: bool = True


_SDKS = (
    _Sdk("/chat/completions", "chat.completions.create", _CHAT_NAMES),
    _Sdk("/responses", "responses.create", _RESPONSES_NAMES),
    _Sdk("/embeddings", "embeddings.create", _EMBEDDINGS_NAMES),
    _Sdk("/v1/messages", "messages.create", _MESSAGES_NAMES, is_openai=False),
)


@dataclass(frozen=True, slots=True)
class Target:
    """What is sent again, and where to."""

    base_url: str  # the gateway's origin
    provider: str
    path: str
    target_url: str
    body: bytes | None

    @property
    def known(self) -> Provider | None:
        """Returns the provider, None when the gateway does not know it."""
        return CATALOG.by_name.get(self.provider)

    @property
    def url(self) -> str:
        """Returns the address: the gateway's, or the provider's own when the gateway does not know it."""
        known = self.known
        if known is None:
            return curl.without_keys(self.target_url)
        return self.base_url + gateway_path(known, self.path)

    @property
    def fields(self) -> dict[str, Any] | None:
        """Returns the body, None when it is no JSON object, or too long for code."""
        if not self.body or len(self.body) > MAX_BODY_BYTES:
            return None
        try:
            value = decoded(self.body)
        except ValueError:
            return None
        return value if isinstance(value, dict) else None

    @property
    def sdk(self) -> _Sdk | None:
        """Returns the client that speaks to such an address, None when plain HTTP has to do."""
        known = self.known
        if known is None or self.fields is None:
            return None
        for sdk in _SDKS:
            form = KeyForm.BEARER if sdk.is_openai else KeyForm.ANTHROPIC
            if self.path.endswith(sdk.path) and known.key_form in {form, KeyForm.NONE}:
                return sdk
        return None


def gateway_path(provider: Provider, path: str) -> str:
    """Returns the path of the gateway that leads to the provider's `path`."""
    return f"/v1/gateway/{provider.slug}{quote(path, safe=_SAFE_IN_PATH)}"


def command(target: Target) -> str:
    """Returns a shell command for curl."""
    return curl.command(
        base_url=target.base_url,
        provider=target.provider,
        path=target.path,
        target_url=target.target_url,
        body=target.body,
    )


def python(target: Target) -> str:
    """Returns a Python program: with the vendor's client where it has one, else with httpx."""
    fields, sdk = target.fields, target.sdk
    if sdk is None or fields is None:
        return _httpx(target, fields)
    package, client = ("openai", "OpenAI") if sdk.is_openai else ("anthropic", "Anthropic")
    named = {name: value for name, value in fields.items() if name in sdk.names}
    other = {name: value for name, value in fields.items() if name not in sdk.names}
    arguments = [f"    {name}={_python_value(value, 4)}," for name, value in named.items()]
    if other:
        arguments.append(f"    extra_body={_python_value(other, 4)},")
    lines = [
        "import os",
        "",
        f"from {package} import {client}",
        "",
        f"client = {client}(",
        f"    api_key={_python_key(target)},",
        f'    base_url="{_sdk_base(target, sdk)}",',
        """    default_headers={"Helicone-Auth": f"Bearer {os.environ['HELICONE_API_KEY']}"},""",
        ")",
        f"answer = client.{sdk.call}(",
        *arguments,
        ")",
        *(["for event in answer:", "    print(event)"] if fields.get("stream") else ["print(answer)"]),
    ]
    return "\n".join(lines) + "\n"


def node(target: Target) -> str:
    """Returns a program for Node.js: with the vendor's client where it has one, else with fetch."""
    fields, sdk = target.fields, target.sdk
    if sdk is None or fields is None:
        return _fetch(target, fields)
    package, client = ("openai", "OpenAI") if sdk.is_openai else ("@anthropic-ai/sdk", "Anthropic")
    lines = [
        f'import {client} from "{package}";',
        "",
        f"const client = new {client}({{",
        f"  apiKey: {_node_key(target)},",
        f'  baseURL: "{_sdk_base(target, sdk)}",',
        '  defaultHeaders: { "Helicone-Auth": `Bearer ${process.env.HELICONE_API_KEY}` },',
        "});",
        f"const answer = await client.{sdk.call}({json.dumps(fields, indent=2, ensure_ascii=False)});",
        (
            "for await (const event of answer) console.log(JSON.stringify(event));"
            if fields.get("stream")
            else "console.log(JSON.stringify(answer, null, 2));"
        ),
    ]
    return "\n".join(lines) + "\n"


FORMS: dict[str, tuple[str, Callable[[Target], str]]] = {
    "curl": ("curl", command),
    "python": ("Python", python),
    "node": ("Node.js", node),
}
"""The forms that a request can be copied in: key, label and writer."""


def _httpx(target: Target, fields: dict[str, Any] | None) -> str:
    headers = [f"    {_python_string(name)}: {value}," for name, value in _headers(target, _python_secret)]
    if fields is not None:
        before, argument = [f"body = {_python_value(fields, 0)}"], "json=body"
    elif target.body:
        before = [
            "# The body is not short JSON: download it from the request's page.",
            'body = open("request", "rb")',
        ]
        argument = "content=body"
    else:
        before, argument = [], ""
    call = ", ".join(filter(None, (_python_string(target.url), argument, "headers=headers, timeout=600")))
    lines = ["import os", "", "import httpx", "", "headers = {", *headers, "}", *before]
    return (
        "\n".join([*lines, f"answer = httpx.post({call})", "print(answer.status_code, answer.text)"]) + "\n"
    )


def _fetch(target: Target, fields: dict[str, Any] | None) -> str:
    headers = [f"    {json.dumps(name)}: {value}," for name, value in _headers(target, _node_secret)]
    before, body = [], []
    if fields is not None:
        body = [f"  body: JSON.stringify({json.dumps(fields, indent=2, ensure_ascii=False)}),"]
    elif target.body:
        before = ['import { readFile } from "node:fs/promises";', ""]
        body = [f"  // {_NO_SHORT_JSON}", '  body: await readFile("request"),']
    lines = [
        *before,
        f"const answer = await fetch({json.dumps(target.url)}, {{",
        '  method: "POST",',
        "  headers: {",
        *headers,
        "  },",
        *body,
        "});",
        "console.log(answer.status, await answer.text());",
    ]
    return "\n".join(lines) + "\n"


def _headers(target: Target, secret: Callable[[str, str], str]) -> list[tuple[str, str]]:
    """Returns names and, as code, values. `secret` writes a prefix and an environment variable."""
    known = target.known
    if known is None:
        headers = [("Authorization", secret("Bearer ", "API_KEY"))]
    else:
        headers = []
        for name, value in key_headers(known.key_form, "KEY" if known.key_variable else ""):
            headers.append((name.decode(), secret(value.decode().removesuffix("KEY"), known.key_variable)))
        headers.append(("Helicone-Auth", secret("Bearer ", "HELICONE_API_KEY")))
    if target.provider == "anthropic":
        headers.append(("Anthropic-Version", '"2023-06-01"'))
    if target.body:
        headers.append(("Content-Type", '"application/json"'))
    return headers


def _sdk_base(target: Target, sdk: _Sdk) -> str:
    return target.url.removesuffix(sdk.path)


def _python_secret(prefix: str, variable: str) -> str:
    return f"f\"{prefix}{{os.environ['{variable}']}}\"" if prefix else f'os.environ["{variable}"]'


def _node_secret(prefix: str, variable: str) -> str:
    return f"`{prefix}${{process.env.{variable}}}`" if prefix else f"process.env.{variable}"


def _python_key(target: Target) -> str:
    known = target.known
    return f'os.environ["{known.key_variable}"]' if known and known.key_variable else '"none"'


def _node_key(target: Target) -> str:
    known = target.known
    return f"process.env.{known.key_variable}" if known and known.key_variable else '"none"'


def _python_string(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def _python_value(value: Any, indent: int) -> str:
    """Returns a JSON value as a Python literal, continued at `indent`."""
    try:
        shown = pprint.pformat(value, width=_LINE_CHARACTERS, sort_dicts=False)
    except RecursionError:
        shown = f"json.loads({json.dumps(value)!r})"
    return shown.replace("\n", "\n" + " " * indent) if not isinstance(value, str) else repr(value)
