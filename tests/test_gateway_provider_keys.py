"""Where a provider's key comes from, and the form in which it arrives."""

import urllib.parse
from collections.abc import Callable, Iterator

import pytest

from accounts_app import actions
from gateway_app.catalog import CATALOG
from tests.fake_provider.process import ProviderHandle
from tests.gateways import GatewayProcess
from tests.live import Logged, Stack, Tenant
from tests.raw_http import send

Scenario = Callable[..., dict[str, str]]

CHAT = b'{"model":"gpt-4o","messages":[{"role":"user","content":"Hello"}]}'
MESSAGE = b'{"model":"claude-haiku-4-5","max_tokens":99,"messages":[{"role":"user","content":"Hello"}]}'
CONTENTS = b'{"contents":[{"role":"user","parts":[{"text":"Hello"}]}]}'
CONVERSE = b'{"messages":[{"role":"user","content":[{"text":"Hello"}]}]}'

# Which key is stored, and in which header it arrives.
KEY_FORMS = [
    ("openai", "/v1/chat/completions", CHAT, "sk-fake-stored", "authorization", "Bearer sk-fake-stored"),
    ("anthropic", "/v1/messages", MESSAGE, "sk-ant-fake-stored", "x-api-key", "sk-ant-fake-stored"),
    (
        "google",
        "/models/gemini-2.5-flash:generateContent",
        CONTENTS,
        "AIzaFake-stored",
        "x-goog-api-key",
        "AIzaFake-stored",
    ),
    (
        "bedrock",
        "/model/amazon.nova-lite-v1:0/converse",
        CONVERSE,
        "bedrock-api-key-fake-stored",
        "authorization",
        "Bearer bedrock-api-key-fake-stored",
    ),
    ("groq", "/chat/completions", CHAT, "sk-fake-stored", "authorization", "Bearer sk-fake-stored"),
]


@pytest.mark.parametrize(("name", "path", "body", "secret", "header", "value"), KEY_FORMS)
def test_a_stored_key_arrives_in_the_form_that_its_provider_takes(
    stack: Stack,
    organization: Tenant,
    gateway_knows: Callable[[], None],
    scenario: Scenario,
    logged: Callable[[], Logged],
    name: str,
    path: str,
    body: bytes,
    secret: str,
    header: str,
    value: str,
) -> None:
    actions.store_provider_key(organization=organization.organization, provider=name, secret=secret)
    gateway_knows()
    headers = {"Helicone-Auth": f"Bearer {organization.api_key}"} | scenario()
    assert send(f"{stack.url}/v1/gateway/{name}{path}", body=body, headers=headers).status == 200

    call = logged().call
    assert call.header(header) == value
    assert repr(call.headers).count(secret) == 1


def test_stored_aws_credentials_sign_and_are_not_sent(
    stack: Stack,
    organization: Tenant,
    gateway_knows: Callable[[], None],
    scenario: Scenario,
    logged: Callable[[], Logged],
) -> None:
    actions.store_provider_key(
        organization=organization.organization, provider="bedrock", secret="AKIAFAKE:very-secret:the-token"
    )
    gateway_knows()
    headers = {"Helicone-Auth": f"Bearer {organization.api_key}"} | scenario()
    url = f"{stack.url}/v1/gateway/bedrock/model/amazon.nova-lite-v1:0/converse"
    assert send(url, body=CONVERSE, headers=headers).status == 200

    call = logged().call
    sent = call.header("authorization") or ""
    assert sent.startswith("AWS4-HMAC-SHA256 Credential=AKIAFAKE/")
    assert "/us-east-1/bedrock/aws4_request" in sent
    assert call.header("x-amz-security-token") == "the-token"
    assert "very-secret" not in repr(call.headers)


def test_aws_credentials_in_headers_sign_and_are_not_sent(
    stack: Stack, organization: Tenant, scenario: Scenario, logged: Callable[[], Logged]
) -> None:
    headers = {
        "Helicone-Auth": f"Bearer {organization.api_key}",
        "aws-access-key": "AKIAFAKE",
        "aws-secret-key": "very-secret",
        "Authorization": "AWS4-HMAC-SHA256 Credential=AKIAFAKE/x/y, Signature=of-the-client",
        **scenario(),
    }
    url = f"{stack.url}/v1/gateway/bedrock/v1/us-west-2/model/amazon.nova-lite-v1:0/converse"
    assert send(url, body=CONVERSE, headers=headers).status == 200

    call = logged().call
    assert [name for name, _ in call.headers].count("authorization") == 1
    assert "of-the-client" not in repr(call.headers)
    assert "very-secret" not in repr(call.headers)
    assert not [name for name, _ in call.headers if name.startswith("aws-")]


@pytest.fixture(scope="module")
def keyed(provider: ProviderHandle) -> Iterator[GatewayProcess]:
    """A gateway whose operator gave it keys for everybody."""
    keys = {"GROQ_API_KEY": "sk-fake-environment", "GOOGLE_API_KEY": "AIzaFake-environment"}
    with GatewayProcess(provider.url, env=keys) as gateway:
        yield gateway


@pytest.mark.parametrize(
    ("path", "body", "header", "value"),
    [
        ("/v1/gateway/groq/chat/completions", CHAT, "authorization", "Bearer sk-fake-environment"),
        (
            "/v1/gateway/google/models/gemini-2.5-flash:generateContent",
            CONTENTS,
            "x-goog-api-key",
            "AIzaFake-environment",
        ),
    ],
)
def test_a_key_in_the_environment_serves_who_stored_none(
    keyed: GatewayProcess,
    organization: Tenant,
    scenario: Scenario,
    logged: Callable[[], Logged],
    path: str,
    body: bytes,
    header: str,
    value: str,
) -> None:
    headers = {"Helicone-Auth": f"Bearer {organization.api_key}"} | scenario()
    assert send(keyed.url + path, body=body, headers=headers).status == 200
    assert logged().call.header(header) == value


def test_a_stored_key_comes_before_the_environments(
    keyed: GatewayProcess,
    organization: Tenant,
    gateway_knows: Callable[..., None],
    scenario: Scenario,
    logged: Callable[[], Logged],
) -> None:
    actions.store_provider_key(
        organization=organization.organization, provider="groq", secret="sk-fake-stored"
    )
    gateway_knows(keyed.url)
    headers = {"Helicone-Auth": f"Bearer {organization.api_key}"} | scenario()
    url = f"{keyed.url}/v1/gateway/groq/chat/completions"
    assert send(url, body=CHAT, headers=headers).status == 200
    assert logged().call.header("authorization") == "Bearer sk-fake-stored"


@pytest.mark.parametrize("name", ["oai", "anthropic", "google", "bedrock", "mistral"])
def test_without_any_key_the_answer_names_the_provider_and_its_variable(
    stack: Stack, organization: Tenant, name: str
) -> None:
    headers = {"Helicone-Auth": f"Bearer {organization.api_key}"}
    answer = send(f"{stack.url}/v1/gateway/{name}/chat/completions", body=CHAT, headers=headers)
    provider = CATALOG.by_slug[name]
    assert answer.status == 401
    assert f"No {provider.label} key".encode() in answer.body
    assert provider.key_variable.encode() in answer.body


def test_googles_key_in_the_query_passes_and_is_not_logged(
    stack: Stack, organization: Tenant, scenario: Scenario, logged: Callable[[], Logged]
) -> None:
    headers = {"Helicone-Auth": f"Bearer {organization.api_key}"} | scenario()
    path = "/v1beta/models/gemini-2.5-flash:streamGenerateContent"
    url = f"{stack.url}{path}?alt=sse&key=AIzaFake-mine"
    assert send(url, body=CONTENTS, headers=headers).status == 200

    it = logged()
    assert it.call.path == f"{path}?alt=sse&key=AIzaFake-mine"
    assert (it.row.provider, it.row.path) == ("google", path)
    assert "AIzaFake-mine" not in it.row.target_url


def test_a_helicone_key_in_googles_query_stops_at_the_gateway(
    stack: Stack,
    organization: Tenant,
    gateway_knows: Callable[[], None],
    scenario: Scenario,
    logged: Callable[[], Logged],
) -> None:
    actions.store_provider_key(
        organization=organization.organization, provider="google", secret="AIzaFake-stored"
    )
    gateway_knows()
    query = urllib.parse.urlencode({"key": organization.api_key, "alt": "sse"})
    path = "/v1beta/models/gemini-2.5-flash:streamGenerateContent"
    assert send(f"{stack.url}{path}?{query}", body=CONTENTS, headers=scenario()).status == 200

    call = logged().call
    assert call.path == f"{path}?alt=sse"
    assert call.header("x-goog-api-key") == "AIzaFake-stored"
