"""Every provider behind its own address, by its own path and by the short one."""

from collections.abc import Callable

import pytest

from accounts_app import actions
from gateway_app.catalog import CATALOG
from tests.fake_provider.process import ProviderHandle
from tests.live import ALLOWED_HOST, Logged, Stack, Tenant
from tests.raw_http import send

Scenario = Callable[..., dict[str, str]]

CHAT = b'{"model":"gpt-4o","messages":[{"role":"user","content":"Hello"}]}'
MESSAGE = b'{"model":"claude-haiku-4-5","max_tokens":99,"messages":[{"role":"user","content":"Hello"}]}'
CONTENTS = b'{"contents":[{"role":"user","parts":[{"text":"Hello"}]}]}'
CONVERSE = b'{"messages":[{"role":"user","content":[{"text":"Hello"}]}]}'

# Slug, path as sent below it, path at the provider: with the provider's own prefix, and in the short forms.
CHAT_PATHS = [
    ("oai", "/v1/chat/completions", "/v1/chat/completions"),
    ("openai", "/chat/completions", "/v1/chat/completions"),
    ("anthropic", "/v1/chat/completions", "/v1/chat/completions"),
    ("google", "/v1beta/openai/chat/completions", "/v1beta/openai/chat/completions"),
    ("gemini", "/openai/chat/completions", "/v1beta/openai/chat/completions"),
    ("bedrock", "/openai/v1/chat/completions", "/openai/v1/chat/completions"),
    ("mistral", "/v1/chat/completions", "/v1/chat/completions"),
    ("mistral", "/chat/completions", "/v1/chat/completions"),
    ("groq", "/openai/v1/chat/completions", "/openai/v1/chat/completions"),
    ("groq", "/v1/chat/completions", "/openai/v1/chat/completions"),
    ("groq", "/chat/completions", "/openai/v1/chat/completions"),
    ("deepseek", "/v1/chat/completions", "/v1/chat/completions"),
    ("deepseek", "/chat/completions", "/v1/chat/completions"),
    ("deepseek", "/beta/chat/completions", "/beta/chat/completions"),
    ("x", "/v1/chat/completions", "/v1/chat/completions"),
    ("xai", "/chat/completions", "/v1/chat/completions"),
    ("together", "/v1/chat/completions", "/v1/chat/completions"),
    ("fireworks", "/inference/v1/chat/completions", "/inference/v1/chat/completions"),
    ("fireworks", "/v1/chat/completions", "/inference/v1/chat/completions"),
    ("openrouter", "/api/v1/chat/completions", "/api/v1/chat/completions"),
    ("openrouter", "/chat/completions", "/api/v1/chat/completions"),
    ("perplexity", "/chat/completions", "/chat/completions"),
    ("cohere", "/compatibility/v1/chat/completions", "/compatibility/v1/chat/completions"),
    ("cerebras", "/v1/chat/completions", "/v1/chat/completions"),
    ("nebius", "/v1/chat/completions", "/v1/chat/completions"),
    ("novita", "/openai/v1/chat/completions", "/openai/v1/chat/completions"),
    ("novita", "/v3/openai/chat/completions", "/v3/openai/chat/completions"),
    ("novita", "/v1/chat/completions", "/openai/v1/chat/completions"),
    ("deepinfra", "/v1/openai/chat/completions", "/v1/openai/chat/completions"),
    ("deepinfra", "/chat/completions", "/v1/openai/chat/completions"),
    ("nvidia", "/v1/chat/completions", "/v1/chat/completions"),
    ("hyperbolic", "/v1/chat/completions", "/v1/chat/completions"),
    ("llama", "/compat/v1/chat/completions", "/compat/v1/chat/completions"),
    ("llama", "/chat/completions", "/compat/v1/chat/completions"),
]
OWN_PATHS = [
    ("anthropic", "/v1/messages", "/v1/messages", MESSAGE, {"X-Api-Key": "sk-ant-fake-mine"}),
    ("anthropic", "/messages", "/v1/messages", MESSAGE, {"X-Api-Key": "sk-ant-fake-mine"}),
    (
        "deepseek",
        "/anthropic/v1/messages",
        "/anthropic/v1/messages",
        MESSAGE,
        {"X-Api-Key": "sk-ant-fake-mine"},
    ),
    (
        "google",
        "/v1beta/models/gemini-2.5-flash:generateContent",
        "/v1beta/models/gemini-2.5-flash:generateContent",
        CONTENTS,
        {"x-goog-api-key": "AIzaFake-mine"},
    ),
    (
        "googleapis",
        "/v1/models/gemini-2.5-flash:generateContent",
        "/v1/models/gemini-2.5-flash:generateContent",
        CONTENTS,
        {"x-goog-api-key": "AIzaFake-mine"},
    ),
    (
        "google",
        "/models/gemini-2.5-flash:generateContent",
        "/v1beta/models/gemini-2.5-flash:generateContent",
        CONTENTS,
        {"x-goog-api-key": "AIzaFake-mine"},
    ),
    (
        "vertex",
        "/v1/projects/p/locations/europe-west4/publishers/google/models/gemini-2.5-flash:generateContent",
        "/v1/projects/p/locations/europe-west4/publishers/google/models/gemini-2.5-flash:generateContent",
        CONTENTS,
        {"Authorization": "Bearer ya29.fake-mine"},
    ),
    (
        "bedrock",
        "/model/anthropic.claude-sonnet-4-5-v1%3A0/converse",
        "/model/anthropic.claude-sonnet-4-5-v1%3A0/converse",
        CONVERSE,
        {"Authorization": "Bearer bedrock-api-key-fake"},
    ),
    (
        "bedrock",
        "/v1/eu-central-1/model/amazon.nova-lite-v1:0/converse",
        "/model/amazon.nova-lite-v1:0/converse",
        CONVERSE,
        {"Authorization": "Bearer bedrock-api-key-fake"},
    ),
]


@pytest.mark.parametrize(("slug", "path", "arrives"), CHAT_PATHS)
def test_a_chat_completion_reaches_each_provider(
    stack: Stack,
    organization: Tenant,
    scenario: Scenario,
    logged: Callable[[], Logged],
    slug: str,
    path: str,
    arrives: str,
) -> None:
    keys = {"Authorization": "Bearer sk-fake-mine", "Helicone-Auth": f"Bearer {organization.api_key}"}
    answer = send(f"{stack.url}/v1/gateway/{slug}{path}", body=CHAT, headers=keys | scenario())

    it = logged()
    assert answer.status == 200
    assert answer.body == it.call.answer
    assert it.call.path == arrives
    assert it.call.body == CHAT
    assert it.call.header("authorization") == "Bearer sk-fake-mine"
    assert it.row.provider == CATALOG.by_slug[slug].name
    assert (it.row.path, it.row.model, it.row.status) == (arrives, "gpt-4o", 200)


@pytest.mark.parametrize(("slug", "path", "arrives", "body", "key"), OWN_PATHS)
def test_a_providers_own_dialect_passes_with_the_clients_key(
    stack: Stack,
    organization: Tenant,
    scenario: Scenario,
    logged: Callable[[], Logged],
    slug: str,
    path: str,
    arrives: str,
    body: bytes,
    key: dict[str, str],
) -> None:
    headers = key | {"Helicone-Auth": f"Bearer {organization.api_key}"} | scenario()
    answer = send(f"{stack.url}/v1/gateway/{slug}{path}", body=body, headers=headers)

    it = logged()
    assert answer.status == 200
    assert answer.body == it.call.answer
    assert (it.call.path, it.call.body) == (arrives, body)
    assert it.row.provider == CATALOG.by_slug[slug].name
    assert it.row.prompt_tokens is not None
    assert it.row.completion_tokens is not None
    ((name, value),) = key.items()
    assert it.call.header(name.lower()) == value


def test_azure_is_reached_at_the_organizations_own_address(
    stack: Stack,
    organization: Tenant,
    provider: ProviderHandle,
    gateway_knows: Callable[[], None],
    scenario: Scenario,
    logged: Callable[[], Logged],
) -> None:
    actions.store_provider_key(
        organization=organization.organization,
        provider="azure",
        secret="sk-fake-azure",
        endpoint=provider.url,
    )
    gateway_knows()
    headers = {"Helicone-Auth": f"Bearer {organization.api_key}"} | scenario()
    path = "/openai/deployments/gpt-4o/chat/completions"
    url = f"{stack.url}/v1/gateway/azure{path}?api-version=2025-01-01"
    assert send(url, body=CHAT, headers=headers).status == 200

    it = logged()
    assert it.call.path == f"{path}?api-version=2025-01-01"
    assert it.call.header("api-key") == "sk-fake-azure"
    assert it.row.provider == "azure"


@pytest.mark.parametrize("slug", ["ollama", "vllm", "lm-studio"])
def test_a_server_of_ones_own_is_reached_at_its_stored_address(
    stack: Stack,
    organization: Tenant,
    provider: ProviderHandle,
    gateway_knows: Callable[[], None],
    scenario: Scenario,
    logged: Callable[[], Logged],
    slug: str,
) -> None:
    name = CATALOG.by_slug[slug].name
    actions.store_provider_key(
        organization=organization.organization, provider=name, secret="sk-fake-own", endpoint=provider.url
    )
    gateway_knows()
    headers = {"Helicone-Auth": f"Bearer {organization.api_key}", "Authorization": "Bearer sk-fake-own"}
    url = f"{stack.url}/v1/gateway/{slug}/chat/completions"
    assert send(url, body=CHAT, headers=headers | scenario()).status == 200

    it = logged()
    assert it.call.path == "/v1/chat/completions"
    assert it.row.provider == name


@pytest.mark.parametrize("name", ["azure", "ollama", "vllm", "lmstudio"])
def test_a_provider_without_an_address_says_where_to_store_one(
    stack: Stack, organization: Tenant, name: str
) -> None:
    headers = {"Helicone-Auth": f"Bearer {organization.api_key}", "Authorization": "Bearer sk-fake-mine"}
    answer = send(f"{stack.url}/v1/gateway/{name}/chat/completions", body=CHAT, headers=headers)
    assert answer.status == 400
    assert b"store it on the Providers page" in answer.body


def test_an_address_on_a_private_network_is_refused(
    stack: Stack, organization: Tenant, gateway_knows: Callable[[], None]
) -> None:
    assert ALLOWED_HOST != "127.0.0.1"
    actions.store_provider_key(
        organization=organization.organization,
        provider="vllm",
        secret="sk-fake-own",
        endpoint="http://127.0.0.1:9",
    )
    gateway_knows()
    headers = {"Helicone-Auth": f"Bearer {organization.api_key}"}
    answer = send(f"{stack.url}/v1/gateway/vllm/chat/completions", body=CHAT, headers=headers)
    assert answer.status == 403
