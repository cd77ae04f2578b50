"""API keys, providers' keys and the vault over Helicone's REST API; and its European form."""

import hashlib
from collections.abc import Callable
from typing import Any

import pytest

from accounts_app import actions, secrets
from accounts_app.models import ApiKey, ProviderKey
from tests.api import Api
from tests.live import ALLOWED_HOST, Stack, Tenant
from tests.raw_http import send

SECRET = "sk-fake-openai-0123456789abcdef"


@pytest.fixture
def api(stack: Stack, organization: Tenant) -> Api:
    return Api(stack.url, organization.api_key)


@pytest.fixture
def other(stack: Stack, make_tenant: Callable[[], Tenant]) -> Api:
    """Somebody of another organization."""
    return Api(stack.url, make_tenant().api_key)


def listed(api: Api) -> dict[str, dict[str, Any]]:
    """Returns the API keys by name."""
    return {key["api_key_name"]: key for key in api.get("/v1/api-keys").json["data"]}


def stored(api: Api, **said: Any) -> str:
    """Returns the id of a provider's key that was stored."""
    said = {"providerName": "openai", "providerKeyName": "Mine", "providerKey": SECRET, "config": {}, **said}
    answer = api.send("POST", "/v1/api-keys/provider-key", said)
    assert answer.status == 200, answer.json
    return answer.json["id"]


# API keys


@pytest.mark.parametrize(("said", "scope"), [({}, "rw"), ({"key_permissions": "r"}, "r")])
def test_a_new_key_works_at_once_and_is_shown_once(api: Api, said: dict[str, str], scope: str) -> None:
    answer = api.send("POST", "/v1/api-keys", {"api_key_name": "CI", **said})
    assert (answer.status, set(answer.json)) == (200, {"id", "apiKey", "hashedKey"})
    key = answer.json["apiKey"]
    assert answer.json["hashedKey"] == hashlib.sha256(f"Bearer {key}".encode()).hexdigest()

    seen = listed(Api(api.url, key))["CI"]
    assert (str(seen["id"]), seen["key_permissions"]) == (answer.json["id"], scope)
    assert key not in repr(seen)


def test_a_key_is_renamed(api: Api) -> None:
    id = listed(api)["Tests"]["id"]
    assert api.send("PATCH", f"/v1/api-keys/{id}", {"api_key_name": "Nightly"}).status == 200
    assert list(listed(api)) == ["Nightly"]


def test_a_deleted_key_no_longer_works_and_is_not_listed(api: Api) -> None:
    made = api.send("POST", "/v1/api-keys", {"api_key_name": "CI"}).json
    assert api.send("DELETE", f"/v1/api-keys/{made['id']}").json == {"data": None, "error": None}
    assert "CI" not in listed(api)
    refused = Api(api.url, made["apiKey"]).get("/v1/api-keys")
    assert (refused.status, set(refused.json)) == (401, {"error", "trace"})
    assert api.send("DELETE", f"/v1/api-keys/{made['id']}").status == 404


@pytest.mark.parametrize("scope", ["r", "w"])
def test_a_key_that_may_do_less_makes_and_changes_no_keys(api: Api, organization: Tenant, scope: str) -> None:
    key = actions.issue_api_key(organization=organization.organization, name="Less", scope=scope)
    caller, id = Api(api.url, key.secret), listed(api)["Tests"]["id"]
    answers = [
        caller.send("POST", "/v1/api-keys", {"api_key_name": "More"}),
        caller.send("PATCH", f"/v1/api-keys/{id}", {"api_key_name": "More"}),
        caller.send("DELETE", f"/v1/api-keys/{id}"),
        caller.send("POST", "/v1/api-keys/provider-key", {"providerName": "openai", "providerKey": SECRET}),
        caller.send("POST", "/v1/vault/add", {"provider": "openai", "key": SECRET}),
    ]
    assert [answer.status for answer in answers] == [403] * 5
    assert set(listed(api)) == {"Tests", "Less"}
    assert not ProviderKey.objects.filter(organization=organization.organization).exists()


def test_keys_of_others_do_not_exist(api: Api, other: Api) -> None:
    id = listed(api)["Tests"]["id"]
    assert other.send("PATCH", f"/v1/api-keys/{id}", {"api_key_name": "Theirs"}).status == 404
    assert other.send("DELETE", f"/v1/api-keys/{id}").status == 404
    assert ApiKey.objects.active().filter(pk=id, name="Tests").exists()


@pytest.mark.parametrize("id", ["x", "-1", "1e3", "9" * 19, "9" * 40, "%D9%A3", "0"])
def test_an_id_that_is_none_is_not_found(api: Api, id: str) -> None:
    assert api.send("DELETE", f"/v1/api-keys/{id}").status == 404
    assert api.send("DELETE", f"/v1/api-keys/provider-key/{id}").status == 404


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"api_key_name": ""},
        {"api_key_name": "a" * 101},
        {"api_key_name": "a\u0000"},
        {"api_key_name": "a", "key_permissions": "admin"},
        ["a"],
    ],
)
def test_a_wrong_key_is_refused(api: Api, said: Any) -> None:
    answer = api.send("POST", "/v1/api-keys", said)
    assert (answer.status, answer.json["data"]) == (400, None)
    assert list(listed(api)) == ["Tests"]


# Providers' keys


def test_a_providers_key_is_stored_and_never_shown(api: Api, organization: Tenant) -> None:
    id = stored(api)
    [kept] = ProviderKey.objects.filter(organization=organization.organization)
    assert (str(kept.pk), kept.provider, secrets.decrypt(kept.ciphertext)) == (id, "openai", SECRET)

    seen = [api.get("/v1/api-keys/provider-keys").json[0], api.get(f"/v1/api-keys/provider-key/{id}").json]
    assert seen[0] == seen[1]
    assert (seen[0]["id"], seen[0]["provider_name"]) == (id, "openai")
    assert seen[0]["provider_key"] == kept.hint
    assert SECRET not in repr(seen)


def test_a_second_key_of_a_provider_replaces_the_first(api: Api, organization: Tenant) -> None:
    stored(api)
    stored(api, providerKey="sk-fake-another-0123456789")
    [kept] = ProviderKey.objects.filter(organization=organization.organization)
    assert secrets.decrypt(kept.ciphertext) == "sk-fake-another-0123456789"


def test_helicones_names_and_settings_of_a_provider_are_understood(api: Api, organization: Tenant) -> None:
    credentials = {"providerKey": "AKIAFAKE", "providerSecretKey": "fake/secret"}
    stored(api, providerName="AWS", config={"region": "eu-central-1"}, **credentials)
    stored(api, providerName="vllm", providerKey="fake", config={"baseUri": f"http://{ALLOWED_HOST}:8000"})
    kept = {key.provider: key for key in ProviderKey.objects.filter(organization=organization.organization)}
    assert secrets.decrypt(kept["bedrock"].ciphertext) == "AKIAFAKE:fake/secret"
    assert kept["bedrock"].endpoint == "https://bedrock-runtime.eu-central-1.amazonaws.com"
    assert kept["vllm"].endpoint == f"http://{ALLOWED_HOST}:8000"


def test_what_is_not_given_stays_when_a_key_is_changed(api: Api, organization: Tenant) -> None:
    endpoint = f"http://{ALLOWED_HOST}:8000"
    id = stored(api, providerName="vllm", config={"baseUri": endpoint})
    address = f"/v1/api-keys/provider-key/{id}"
    assert api.send("PATCH", address, {"providerKey": "fake-new-key"}).json == {"id": id}
    assert api.send("PATCH", address, {"config": {"baseUri": f"{endpoint}/v2"}}).json == {"id": id}
    [kept] = ProviderKey.objects.filter(organization=organization.organization)
    assert (secrets.decrypt(kept.ciphertext), kept.endpoint) == ("fake-new-key", f"{endpoint}/v2")


def test_a_providers_key_is_deleted(api: Api, organization: Tenant) -> None:
    assert api.send("DELETE", f"/v1/api-keys/provider-key/{stored(api)}").status == 200
    assert api.get("/v1/api-keys/provider-keys").json == []


def test_the_vault_has_the_same_keys(api: Api) -> None:
    added = api.send("POST", "/v1/vault/add", {"provider": "openai", "key": SECRET, "name": "Mine"})
    assert added.status == 201
    id = added.json["data"]["id"]
    [seen] = api.get("/v1/vault/keys").json["data"]
    assert api.get(f"/v1/vault/key/{id}").json == {"data": seen, "error": None}
    assert (seen["id"], seen["provider_name"]) == (id, "openai")
    assert SECRET not in repr(seen)
    assert api.send("PATCH", f"/v1/vault/update/{id}", {"key": "sk-fake-new-0123456789abcdef"}).status == 200
    assert secrets.decrypt(ProviderKey.objects.get(pk=id).ciphertext) == "sk-fake-new-0123456789abcdef"


def test_providers_keys_of_others_do_not_exist(api: Api, other: Api) -> None:
    id = stored(api)
    assert other.get("/v1/api-keys/provider-keys").json == []
    assert other.get("/v1/vault/keys").json["data"] == []
    answers = [
        other.get(f"/v1/api-keys/provider-key/{id}"),
        other.send("PATCH", f"/v1/api-keys/provider-key/{id}", {"providerKey": "theirs"}),
        other.send("DELETE", f"/v1/api-keys/provider-key/{id}"),
        other.get(f"/v1/vault/key/{id}"),
        other.send("PATCH", f"/v1/vault/update/{id}", {"key": "theirs"}),
    ]
    assert [answer.status for answer in answers] == [404] * 5
    assert secrets.decrypt(ProviderKey.objects.get(pk=id).ciphertext) == SECRET


@pytest.mark.parametrize(
    ("said", "names"),
    [
        ({"providerName": "nobody"}, "providerName"),
        ({"providerKey": ""}, "providerKey"),
        ({"providerKey": "two words"}, "providerKey"),
        ({"providerKey": "sk-helicone-aaaaaaa-bbbbbbb-ccccccc-ddddddd"}, "providerKey"),
        ({"providerName": "azure", "config": {}}, "config"),
        ({"providerName": "vllm", "config": {"baseUri": "http://10.0.0.1"}}, "config"),
        ({"config": {"baseUri": "https://api.mistral.ai"}}, "config"),
        ({"config": "eu"}, "config"),
        ({"byokEnabled": False}, "byokEnabled"),
    ],
)
def test_a_wrong_providers_key_is_refused(
    api: Api, organization: Tenant, said: dict[str, Any], names: str
) -> None:
    whole = {"providerName": "openai", "providerKeyName": "Mine", "providerKey": SECRET, "config": {}, **said}
    answer = api.send("POST", "/v1/api-keys/provider-key", whole)
    assert (answer.status, answer.json["data"]) == (400, None)
    assert names in answer.json["error"]
    assert not ProviderKey.objects.filter(organization=organization.organization).exists()


# Europe


def test_europes_hosts_and_keys_open_the_same(stack: Stack, organization: Tenant) -> None:
    key = f"sk-helicone-eu-{organization.organization.pk:07d}-aaaaaaa-bbbbbbb-ccccccc"
    actions.issue_api_key(organization=organization.organization, name="Europe", secret=key)
    headers = {"Host": "eu.api.helicone.test", "Authorization": f"Bearer {key}"}
    answer = send(f"{stack.url}/v1/api-keys", method="GET", headers=headers)
    assert answer.status == 200
    assert b"Europe" in answer.body
