"""The ways to address the gateway: bare paths, prefixes, hosts, targets, and keys in odd places."""

import json
import urllib.parse
from collections.abc import Callable, Iterator

import pytest

from accounts_app import actions
from tests.fake_provider.process import ProviderHandle
from tests.gateways import GatewayProcess
from tests.live import Logged, Stack, Tenant
from tests.raw_http import RawAnswer, send

Scenario = Callable[..., dict[str, str]]
Post = Callable[..., RawAnswer]

CHAT = b'{"model":"gpt-4o","messages":[{"role":"user","content":"Hello"}]}'
MESSAGE = b'{"model":"claude-haiku-4-5","max_tokens":99,"messages":[{"role":"user","content":"Hello"}]}'
CONTENTS = b'{"contents":[{"role":"user","parts":[{"text":"Hello"}]}]}'
DOMAIN = "llm.example.org"


@pytest.fixture
def post(stack: Stack, organization: Tenant, scenario: Scenario) -> Post:
    """Returns a function that posts with both keys; a header that is None is left out."""

    def do(
        path: str, headers: dict[str, str | None] | None = None, body: bytes = CHAT, url: str = stack.url
    ) -> RawAnswer:
        usual = {
            "Authorization": "Bearer sk-fake-mine",
            "Helicone-Auth": f"Bearer {organization.api_key}",
            **scenario(),
            **(headers or {}),
        }
        given = {name: value for name, value in usual.items() if value is not None}
        return send(url + path, body=body, headers=given)

    return do


@pytest.mark.parametrize("prefix", ["", "/jawn"])
@pytest.mark.parametrize(
    ("path", "arrives"),
    [
        ("/v1/chat/completions", "/v1/chat/completions"),
        ("/v1/gateway/oai/v1/chat/completions", "/v1/chat/completions"),
        ("/v1/gateway/oai/chat/completions", "/v1/chat/completions"),
    ],
)
def test_the_prefix_of_older_self_hosting_is_no_difference(
    post: Post, logged: Callable[[], Logged], prefix: str, path: str, arrives: str
) -> None:
    assert post(prefix + path).status == 200
    assert logged().call.path == arrives


def test_an_unknown_provider_is_named_invalid(post: Post) -> None:
    answer = post("/v1/gateway/nobody/v1/chat/completions")
    assert answer.status == 400
    assert json.loads(answer.body) == {"message": "Invalid provider"}


# Targets


@pytest.mark.parametrize(
    ("target", "path", "arrives"),
    [
        ("", "/v1/chat/completions", "/v1/chat/completions"),
        ("/", "/v1/chat/completions", "/v1/chat/completions"),
        ("/v1", "/v1/chat/completions", "/v1/chat/completions"),
        ("/v1", "/chat/completions", "/v1/chat/completions"),
        ("/serving/openai/v1", "/v1/chat/completions", "/serving/openai/v1/chat/completions"),
        ("", "/any/path/chat/completions", "/any/path/chat/completions"),
    ],
)
def test_a_target_is_joined_with_the_path(
    post: Post,
    provider: ProviderHandle,
    logged: Callable[[], Logged],
    target: str,
    path: str,
    arrives: str,
) -> None:
    answer = post(f"/v1/gateway/gateway{path}", {"Helicone-Target-Url": provider.url + target})

    it = logged()
    assert answer.status == 200
    assert it.call.path == arrives
    assert it.call.header("helicone-target-url") is None
    assert (it.row.provider, it.row.target_url) == ("custom", provider.url + arrives)


@pytest.mark.parametrize("header", ["Helicone-Target-Url", "Helicone-OpenAI-Api-Base"])
@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/gateway/oai/v1/chat/completions"])
def test_a_target_works_without_the_prefix_for_targets(
    post: Post, provider: ProviderHandle, logged: Callable[[], Logged], path: str, header: str
) -> None:
    assert post(path, {header: f"{provider.url}/elsewhere/v1"}).status == 200
    assert logged().call.path == "/elsewhere/v1/chat/completions"


def test_a_target_that_is_a_known_provider_is_logged_as_that(
    post: Post, logged: Callable[[], Logged]
) -> None:
    answer = post(
        "/v1/gateway/gateway/openai/v1/chat/completions", {"Helicone-Target-Url": "https://api.groq.com"}
    )
    assert answer.status == 200
    it = logged()
    assert (it.row.provider, it.call.path) == ("groq", "/openai/v1/chat/completions")


def test_a_missing_target_is_said_in_the_contracts_words(post: Post) -> None:
    answer = post("/v1/gateway/gateway/v1/chat/completions")
    assert (answer.status, answer.body) == (400, b"Missing target base url")
    assert (answer.header("content-type") or "").startswith("text/plain")


# Keys in odd places


@pytest.mark.parametrize("path", ["/{key}/v1/chat/completions", "/v1/gateway/oai/{key}/v1/chat/completions"])
def test_a_helicone_key_in_the_path_logs_and_goes_no_further(
    post: Post, organization: Tenant, logged: Callable[[], Logged], path: str
) -> None:
    answer = post(path.format(key=organization.api_key), {"Helicone-Auth": None})

    it = logged()
    assert answer.status == 200
    assert it.call.path == "/v1/chat/completions"
    assert organization.api_key not in repr(it.call.headers)
    assert it.row.path == "/v1/chat/completions"


@pytest.mark.parametrize("provider_first", [True, False])
def test_both_keys_in_authorization_are_told_apart(
    post: Post, organization: Tenant, logged: Callable[[], Logged], provider_first: bool
) -> None:
    keys = ["Bearer sk-fake-mine", f"Bearer {organization.api_key}"]
    value = ", ".join(keys if provider_first else reversed(keys))
    assert post("/v1/chat/completions", {"Helicone-Auth": None, "Authorization": value}).status == 200
    assert logged().call.header("authorization") == "Bearer sk-fake-mine"


def test_helicone_auth_comes_before_a_helicone_key_elsewhere(
    post: Post, make_tenant: Callable[[], Tenant], logged: Callable[[], Logged]
) -> None:
    other = make_tenant()
    value = f"Bearer sk-fake-mine, Bearer {other.api_key}"
    assert post("/v1/chat/completions", {"Authorization": value}).status == 200
    assert logged().call.header("authorization") == "Bearer sk-fake-mine"


@pytest.mark.parametrize("header", ["Api-Key", "X-Api-Key"])
def test_a_helicone_key_in_the_headers_of_other_vendors_is_found(
    post: Post,
    organization: Tenant,
    gateway_knows: Callable[..., None],
    logged: Callable[[], Logged],
    header: str,
) -> None:
    actions.store_provider_key(
        organization=organization.organization, provider="openai", secret="sk-fake-stored"
    )
    gateway_knows()
    keys = {"Helicone-Auth": None, "Authorization": None, header: organization.api_key}
    assert post("/v1/gateway/oai/v1/chat/completions", keys).status == 200

    call = logged().call
    assert call.header("authorization") == "Bearer sk-fake-stored"
    assert organization.api_key not in repr(call.headers)


# Hosts


@pytest.fixture(scope="module")
def hosting(provider: ProviderHandle) -> Iterator[GatewayProcess]:
    """A gateway with a domain."""
    with GatewayProcess(provider.url, env={"HELICONE_GATEWAY_DOMAIN": DOMAIN}) as gateway:
        yield gateway


@pytest.mark.parametrize(
    ("label", "path", "arrives", "name", "body"),
    [
        ("oai", "/v1/chat/completions", "/v1/chat/completions", "openai", CHAT),
        ("anthropic", "/v1/messages", "/v1/messages", "anthropic", MESSAGE),
        (
            "google",
            "/v1beta/models/gemini-2.5-flash:generateContent",
            "/v1beta/models/gemini-2.5-flash:generateContent",
            "google",
            CONTENTS,
        ),
        ("groq", "/openai/v1/chat/completions", "/openai/v1/chat/completions", "groq", CHAT),
        ("x", "/v1/chat/completions", "/v1/chat/completions", "xai", CHAT),
        ("openrouter", "/api/v1/chat/completions", "/api/v1/chat/completions", "openrouter", CHAT),
        ("OAI", "/v1/chat/completions", "/v1/chat/completions", "openai", CHAT),
        ("eu.oai", "/v1/chat/completions", "/v1/chat/completions", "openai", CHAT),
    ],
)
def test_the_first_label_of_the_host_names_the_provider(
    post: Post,
    hosting: GatewayProcess,
    logged: Callable[[], Logged],
    label: str,
    path: str,
    arrives: str,
    name: str,
    body: bytes,
) -> None:
    keys = {
        "anthropic": {"Authorization": None, "X-Api-Key": "sk-ant-fake-mine"},
        "google": {"Authorization": None, "x-goog-api-key": "AIzaFake-mine"},
    }.get(name, {})
    answer = post(path, {"Host": f"{label}.{DOMAIN}:8585", **keys}, body, hosting.url)

    it = logged()
    assert answer.status == 200
    assert it.call.path == arrives
    assert it.row.provider == name


def test_the_gateway_host_takes_a_target(
    post: Post, hosting: GatewayProcess, provider: ProviderHandle, logged: Callable[[], Logged]
) -> None:
    headers = {"Host": f"gateway.{DOMAIN}", "Helicone-Target-Url": "https://api.mistral.ai"}
    assert post("/v1/chat/completions", headers, url=hosting.url).status == 200
    assert logged().row.provider == "mistral"


@pytest.mark.parametrize("label", ["ai-gateway", "eu.ai-gateway"])
def test_the_ai_gateway_host_takes_any_path(
    post: Post,
    hosting: GatewayProcess,
    organization: Tenant,
    gateway_knows: Callable[..., None],
    logged: Callable[[], Logged],
    label: str,
) -> None:
    actions.store_provider_key(
        organization=organization.organization, provider="openai", secret="sk-fake-stored"
    )
    gateway_knows(hosting.url)
    headers = {
        "Host": f"{label}.{DOMAIN}",
        "Helicone-Auth": None,
        "Authorization": f"Bearer {organization.api_key}",
    }
    assert post("/any/path", headers, url=hosting.url).status == 200
    it = logged()
    assert (it.call.path, it.row.referrer) == ("/v1/chat/completions", "ai-gateway")


@pytest.mark.parametrize(
    "host", [f"nobody.{DOMAIN}", f"oai.not-{DOMAIN}", "oai.example.com", f"oai.x.{DOMAIN}", f"eu.{DOMAIN}"]
)
def test_other_hosts_name_no_provider(post: Post, hosting: GatewayProcess, host: str) -> None:
    assert post("/some/page", {"Host": host}, url=hosting.url).status == 404


def test_a_bare_path_works_on_any_host(
    post: Post, hosting: GatewayProcess, logged: Callable[[], Logged]
) -> None:
    assert post("/v1/chat/completions", {"Host": "whatever.example.com"}, url=hosting.url).status == 200
    assert logged().row.provider == "openai"


def test_a_quoted_path_arrives_as_it_was_sent(post: Post, logged: Callable[[], Logged]) -> None:
    path = "/v1/gateway/openai/v1/odd%2Fname/%C3%BC%20x/chat/completions"
    post(path)
    call = logged().call
    assert call.path == path.removeprefix("/v1/gateway/openai")
    assert urllib.parse.unquote(call.path).endswith("/odd/name/ü x/chat/completions")
