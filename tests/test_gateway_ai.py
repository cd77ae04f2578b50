"""The AI gateway: one address, the Helicone key as the API key, and a model that says who is asked."""

import json
from collections.abc import Callable
from typing import Any

import openai
import pytest

from accounts_app import actions
from requests_app.models import Request
from tests.fake_provider.process import ProviderHandle
from tests.live import Logged, Stack, Tenant
from tests.raw_http import RawAnswer, send

Scenario = Callable[..., dict[str, str]]
Store = Callable[..., None]
Ask = Callable[..., RawAnswer]

HELLO = [{"role": "user", "content": "Hello"}]


@pytest.fixture
def store(organization: Tenant, gateway_knows: Callable[..., None]) -> Store:
    """Returns a function that stores a key for each of some providers."""

    def do(*names: str, prefix: str = "sk-fake-") -> None:
        for name in names:
            actions.store_provider_key(
                organization=organization.organization, provider=name, secret=f"{prefix}stored"
            )
        gateway_knows()

    return do


@pytest.fixture
def ask(stack: Stack, organization: Tenant, scenario: Scenario) -> Ask:
    """Returns a function that asks a model, with the Helicone key alone."""

    def do(
        model: object,
        *,
        path: str = "/v1/chat/completions",
        method: str = "POST",
        more: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
        **settings: object,
    ) -> RawAnswer:
        body = {"model": model, "messages": HELLO, **(more or {})}
        keys = {"Authorization": f"Bearer {organization.api_key}"} | (headers or {})
        return send(
            stack.url + path,
            method=method,
            body=json.dumps(body).encode(),
            headers=keys | scenario(**{"flavour": "mistral", **settings}),
        )

    return do


def error_of(answer: RawAnswer) -> dict[str, Any]:
    found = json.loads(answer.body)
    assert found["success"] is False
    assert answer.header("content-type") == "application/json"
    error: dict[str, Any] = found["error"]
    return error


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/chat/completions", "/ai/chat/completions"])
def test_each_of_its_addresses_leads_to_the_models_provider(
    ask: Ask, store: Store, logged: Callable[[], Logged], path: str
) -> None:
    store("openai")
    answer = ask("gpt-4o", path=path, flavour="")

    it = logged()
    assert answer.status == 200
    assert it.call.path == "/v1/chat/completions"
    assert it.call.header("authorization") == "Bearer sk-fake-stored"
    assert (it.row.provider, it.row.model, it.row.referrer) == ("openai", "gpt-4o", "ai-gateway")


@pytest.mark.parametrize(
    ("model", "stored", "name", "sent", "path"),
    [
        ("gpt-4o", ["openai"], "openai", "gpt-4o", "/v1/chat/completions"),
        ("gpt-4o/openai", ["openai"], "openai", "gpt-4o", "/v1/chat/completions"),
        ("openai/gpt-4o", ["openai"], "openai", "gpt-4o", "/v1/chat/completions"),
        ("gpt-4o/openai/my-key", ["openai"], "openai", "gpt-4o", "/v1/chat/completions"),
        (" gpt-4o ", ["openai"], "openai", "gpt-4o", "/v1/chat/completions"),
        ("gpt-4o:online", ["openai"], "openai", "gpt-4o", "/v1/chat/completions"),
        ("claude-haiku-4-5", ["anthropic"], "anthropic", "claude-haiku-4-5", "/v1/chat/completions"),
        (
            "anthropic/claude-haiku-4-5",
            ["anthropic"],
            "anthropic",
            "claude-haiku-4-5",
            "/v1/chat/completions",
        ),
        ("gemini-2.5-flash", ["google"], "google", "gemini-2.5-flash", "/v1beta/openai/chat/completions"),
        (
            "mistral-large-latest/mistral",
            ["mistral"],
            "mistral",
            "mistral-large-latest",
            "/v1/chat/completions",
        ),
        (
            "llama-3.3-70b-versatile/groq",
            ["groq"],
            "groq",
            "llama-3.3-70b-versatile",
            "/openai/v1/chat/completions",
        ),
        (
            "openrouter/anthropic/claude-sonnet-4.5",
            ["openrouter"],
            "openrouter",
            "anthropic/claude-sonnet-4.5",
            "/api/v1/chat/completions",
        ),
        (
            "meta-llama/Llama-3.3-70B-Instruct-Turbo/together",
            ["together"],
            "together",
            "meta-llama/Llama-3.3-70B-Instruct-Turbo",
            "/v1/chat/completions",
        ),
        ("grok-4/x", ["xai"], "xai", "grok-4", "/v1/chat/completions"),
        (
            "command-a-03-2025/cohere",
            ["cohere"],
            "cohere",
            "command-a-03-2025",
            "/compatibility/v1/chat/completions",
        ),
        (
            "my-own-model/fireworks",
            ["fireworks"],
            "fireworks",
            "my-own-model",
            "/inference/v1/chat/completions",
        ),
        # The first that can be asked, in the order of the list.
        ("gpt-4o,claude-haiku-4-5", ["openai", "anthropic"], "openai", "gpt-4o", "/v1/chat/completions"),
        (
            "claude-haiku-4-5, gpt-4o",
            ["openai", "anthropic"],
            "anthropic",
            "claude-haiku-4-5",
            "/v1/chat/completions",
        ),
        ("claude-haiku-4-5, gpt-4o", ["openai"], "openai", "gpt-4o", "/v1/chat/completions"),
        (
            "!openai, gpt-4o, claude-haiku-4-5",
            ["openai", "anthropic"],
            "anthropic",
            "claude-haiku-4-5",
            "/v1/chat/completions",
        ),
        # Not known to anybody: new, or one's own.
        ("gpt-unheard-of", ["openai"], "openai", "gpt-unheard-of", "/v1/chat/completions"),
        ("ft:gpt-4o:acme::abc", ["openai"], "openai", "ft:gpt-4o:acme::abc", "/v1/chat/completions"),
    ],
)
def test_the_model_chooses_who_is_asked(
    ask: Ask,
    store: Store,
    logged: Callable[[], Logged],
    model: str,
    stored: list[str],
    name: str,
    sent: str,
    path: str,
) -> None:
    store(*stored)
    assert ask(model).status == 200

    it = logged()
    assert (it.row.provider, it.row.model, it.row.referrer) == (name, sent, "ai-gateway")
    assert it.row.request_model == model
    assert it.call.path == path
    assert json.loads(it.call.body) == {"model": sent, "messages": HELLO}
    assert json.loads(it.bodies.request or b"") == {"model": model, "messages": HELLO}
    # Also where the vendor's own dialect has another form of key.
    assert it.call.header("authorization") == "Bearer sk-fake-stored"
    assert it.call.header("x-api-key") is None
    assert it.call.header("x-goog-api-key") is None


def test_everything_but_the_model_stays_as_it_was_written(
    stack: Stack, organization: Tenant, store: Store, scenario: Scenario, logged: Callable[[], Logged]
) -> None:
    store("openai")
    messages = b'[{"role":"user","content":"Gr\\u00fc\xc3\x9fe"}]'
    body = b'{ "temperature": 1.50, "model" : "openai/gpt-4o",\n "messages":%b }' % messages
    headers = {"Authorization": f"Bearer {organization.api_key}", **scenario()}
    assert send(f"{stack.url}/v1/chat/completions", body=body, headers=headers).status == 200

    it = logged()
    assert it.bodies.request == body
    assert b'"temperature":1.50,' in it.call.body.replace(b": ", b":")
    assert messages in it.call.body


def test_a_stream_arrives_with_its_usage_logged_and_withheld(
    stack: Stack, organization: Tenant, store: Store, scenario: Scenario, logged: Callable[[], Logged]
) -> None:
    store("openai")
    with openai.OpenAI(api_key=organization.api_key, base_url=f"{stack.url}/v1", max_retries=0) as client:
        messages: Any = HELLO
        chunks = list(
            client.chat.completions.create(
                model="gpt-4o/openai", messages=messages, stream=True, extra_headers=scenario()
            )
        )
    it = logged()
    assert all(chunk.usage is None for chunk in chunks)
    assert all(chunk.choices for chunk in chunks)
    assert it.row.completion_tokens == it.call.said()["usage"]["completion_tokens"]


@pytest.mark.parametrize("path", ["/v1/responses", "/responses"])
def test_responses_go_to_who_speaks_them(
    ask: Ask, store: Store, logged: Callable[[], Logged], path: str
) -> None:
    store("openai")
    answer = ask("gpt-5/openai", path=path, more={"input": "Hello"}, flavour="")
    assert answer.status == 200
    it = logged()
    assert (it.call.path, it.row.provider) == ("/v1/responses", "openai")


def test_responses_for_a_provider_without_them_are_refused(ask: Ask, store: Store) -> None:
    store("anthropic")
    answer = ask("claude-haiku-4-5", path="/v1/responses", more={"input": "Hello"})
    assert answer.status == 400
    error = error_of(answer)
    assert error["details"][0]["type"] == "invalid_format"
    assert "Anthropic has no endpoint for /responses" in error["message"]


def test_messages_go_to_anthropic_in_its_own_form(
    ask: Ask, store: Store, logged: Callable[[], Logged]
) -> None:
    store("anthropic", prefix="sk-ant-fake-")
    more = {"max_tokens": 50}
    answer = ask("anthropic/claude-haiku-4-5", path="/v1/messages", more=more, flavour="")
    assert answer.status == 200
    it = logged()
    assert it.call.path == "/v1/messages"
    assert it.call.header("x-api-key") == "sk-ant-fake-stored"
    assert it.call.header("authorization") is None
    assert it.row.referrer == "ai-gateway"


def test_messages_for_openai_are_refused_in_anthropics_shape(ask: Ask, store: Store) -> None:
    store("openai")
    answer = ask("gpt-4o", path="/v1/messages")
    assert answer.status == 400
    assert json.loads(answer.body)["type"] == "error"


def test_embeddings_pass(ask: Ask, store: Store, logged: Callable[[], Logged]) -> None:
    store("openai")
    answer = ask("openai/text-embedding-3-small", path="/v1/embeddings", more={"input": "Hi"}, flavour="")
    assert answer.status == 200
    assert logged().call.path == "/v1/embeddings"


def test_vertex_has_no_endpoint_of_openais_form(ask: Ask, store: Store) -> None:
    store("vertex")
    answer = ask("gemini-2.5-flash/vertex")
    assert answer.status == 400
    assert error_of(answer)["details"][0]["type"] == "invalid_format"


# Refusals


def test_a_model_without_a_key_is_refused_in_the_contracts_envelope(
    ask: Ask, organization: Tenant, wait_for_rows: Callable[..., list[Request]]
) -> None:
    answer = ask("gpt-4o")
    error = error_of(answer)
    assert answer.status == 401
    assert (error["code"], error["param"]) == ("request_failed", None)
    (detail,) = error["details"]
    assert (detail["type"], detail["statusCode"]) == ("missing_provider_key", 401)
    (row,) = wait_for_rows(organization.id)
    assert (row.status, row.error) == (401, "missing_provider_key")


@pytest.mark.parametrize("model", ["", " , ", None, 7, "!openai"])
def test_no_model_is_refused_in_plain_text(ask: Ask, store: Store, model: object) -> None:
    store("openai")
    answer = ask(model)
    assert answer.status == 400
    assert answer.header("content-type") == "text/plain; charset=utf-8"
    assert answer.body.startswith(b"Invalid model")


def test_an_exclusion_of_nobody_is_refused_in_plain_text(ask: Ask, store: Store) -> None:
    store("openai")
    answer = ask("!nobody, gpt-4o")
    assert answer.status == 400
    assert answer.body == b"Invalid provider exclusion: '!nobody'."


def test_a_model_whose_providers_are_all_excluded_is_refused(ask: Ask, store: Store) -> None:
    store("openai")
    answer = ask("!openai, gpt-4o/openai")
    assert answer.status == 400
    assert error_of(answer)["message"].startswith("No available providers")


@pytest.mark.parametrize("body", [b"", b"[]", b"not json", b'{"model": "gpt-4o"', b"\xff"])
def test_a_body_that_is_no_object_is_refused(stack: Stack, organization: Tenant, body: bytes) -> None:
    headers = {"Authorization": f"Bearer {organization.api_key}"}
    answer = send(f"{stack.url}/v1/chat/completions", body=body, headers=headers)
    assert answer.status == 400
    assert error_of(answer)["details"][0]["type"] == "invalid_format"


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
def test_other_methods_are_refused_in_plain_text(ask: Ask, method: str) -> None:
    answer = ask("gpt-4o", method=method)
    assert (answer.status, answer.body) == (405, b"Method not allowed")
    assert answer.header("allow") == "POST, GET"


def test_the_providers_error_passes_as_it_is(ask: Ask, store: Store, logged: Callable[[], Logged]) -> None:
    store("openai")
    answer = ask("gpt-4o", status=429)
    it = logged()
    assert answer.status == it.row.status == 429
    assert answer.body == it.call.answer
    assert answer.header("retry-after") == "20"


def test_a_provider_that_breaks_off_gives_the_envelope(ask: Ask, store: Store) -> None:
    store("openai")
    answer = ask("gpt-4o", close=True)
    assert answer.status == 502
    assert error_of(answer)["details"][0]["type"] == "upstream_unreachable"


# Models


@pytest.mark.parametrize("path", ["/v1/models", "/models"])
def test_the_models_of_stored_keys_are_listed(
    stack: Stack, organization: Tenant, store: Store, path: str
) -> None:
    store("openai", "anthropic")
    headers = {"Authorization": f"Bearer {organization.api_key}"}
    found = json.loads(send(stack.url + path, method="GET", headers=headers).body)

    assert found["object"] == "list"
    owners = {row["id"]: row["owned_by"] for row in found["data"]}
    assert owners["gpt-4o"] == "openai"
    assert owners["claude-haiku-4-5"] == "anthropic"
    assert set(owners.values()) == {"openai", "anthropic"}
    assert {row["object"] for row in found["data"]} == {"model"}
    assert all(isinstance(row["created"], int) for row in found["data"])


def test_anthropics_callers_get_their_own_list(stack: Stack, organization: Tenant, store: Store) -> None:
    store("anthropic")
    headers = {"X-Api-Key": organization.api_key, "anthropic-version": "2023-06-01"}
    found = json.loads(send(f"{stack.url}/v1/models", method="GET", headers=headers).body)
    assert found["has_more"] is False
    assert found["first_id"] == found["data"][0]["id"]
    assert {row["type"] for row in found["data"]} == {"model"}


def test_googles_callers_get_their_own_list(stack: Stack, organization: Tenant, store: Store) -> None:
    store("google")
    headers = {"x-goog-api-key": organization.api_key}
    found = json.loads(send(f"{stack.url}/v1beta/models", method="GET", headers=headers).body)
    assert "models/gemini-2.5-flash" in {row["name"] for row in found["models"]}


def test_with_a_key_of_ones_own_the_list_is_the_providers(
    stack: Stack, organization: Tenant, provider: ProviderHandle, scenario: Scenario, marker: str
) -> None:
    headers = {"Authorization": "Bearer sk-fake-mine", "Helicone-Auth": f"Bearer {organization.api_key}"}
    answer = send(f"{stack.url}/v1/models", method="GET", headers=headers | scenario())
    assert answer.body == provider.call(marker).answer


def test_one_organizations_keys_are_of_no_use_to_another(
    ask: Ask, make_tenant: Callable[[], Tenant], gateway_knows: Callable[..., None]
) -> None:
    other = make_tenant()
    actions.store_provider_key(organization=other.organization, provider="openai", secret="sk-fake-stored")
    gateway_knows()
    assert ask("gpt-4o").status == 401
