"""Headers that change what the gateway does, those that mean nothing to it, and that none of them is an error."""

import json
import time
from collections.abc import Callable

import pytest
from django.urls import reverse

from accounts_app.models import Role
from helicone_site.redis_client import sync_client
from ingest_app.unknown_headers import MAX_NAMES, unknown_headers
from tests.cast import make_cast
from tests.instances import wait_until
from tests.live import UPSTREAM_IDLE_TIMEOUT_S, Logged, Stack, Tenant
from tests.raw_http import RawAnswer, send
from tests.web_client import WebClient

Scenario = Callable[..., dict[str, str]]
Post = Callable[..., RawAnswer]

CHAT = b'{"model":"gpt-4o","messages":[{"role":"user","content":"Hello"}]}'
# Contract 1.2, 1.3: [core] and [common], and what older clients send besides.
CONTRACT = {
    "Helicone-User-Id": "ada",
    "Helicone-Property-Environment": "test",
    "Helicone-Session-Id": "s-1",
    "Helicone-Session-Path": "/a/b",
    "Helicone-Session-Name": "A session",
    "Helicone-Request-Id": "7f1c9b4e-8f0e-4c55-9d43-3d2ffcf3a9b1",
    "Helicone-Model-Override": "gpt-4o",
    "Helicone-Prompt-Id": "greeting",
    "Helicone-Prompt-Mode": "production",
    "Helicone-Prompt-Version": "3",
    "Helicone-Prompt-Name": "Greeting",
    "Helicone-Prompt-Format": "openai",
    "Helicone-Node-Id": "n",
    "Helicone-Experiment-Id": "e",
    "Helicone-Experiment-Column-Id": "c",
    "Helicone-Experiment-Row-Index": "1",
    "Helicone-Manual-Access-Key": "k",
    "Helicone-Omit-Request": "false",
    "Helicone-Omit-Response": "false",
    "Helicone-Cache-Enabled": "true",
    "Helicone-Cache-Save": "true",
    "Helicone-Cache-Read": "true",
    "Cache-Control": "max-age=3600",
    "Helicone-Cache-Control": "max-age=3600",
    "Helicone-Cache-Bucket-Max-Size": "3",
    "Helicone-Cache-Seed": "seed",
    "Helicone-Cache-Ignore-Keys": "user,metadata",
    "Helicone-RateLimit-Policy": "100;w=60;u=cents;s=user",
    "Helicone-Retry-Enabled": "true",
    "Helicone-Retry-Num": "3",
    "Helicone-Retry-Factor": "2",
    "Helicone-Retry-Min-Timeout": "1000",
    "Helicone-Retry-Max-Timeout": "10000",
    "Helicone-Fallbacks": "[]",
    "Helicone-Moderations-Enabled": "true",
    "Helicone-LLM-Security-Enabled": "true",
    "Helicone-LLM-Security-Advanced": "true",
    "Helicone-Prompt-Security-Enabled": "true",
    "Helicone-Stream-Usage": "true",
    "Helicone-Stream-Force-Format": "true",
    "Helicone-Increase-Timeout": "true",
    "Helicone-Token-Limit-Exception-Handler": "truncate",
    "Helicone-Webhook-Enabled": "true",
    "Helicone-Posthog-Key": "phc_x",
    "Helicone-Posthog-Host": "https://app.posthog.com",
    "Helicone-Gateway-Body-Mapping": "OPENAI",
    "Helicone-Lytix-Key": "k",
    "Helicone-Lytix-Host": "https://example.com",
    "x-stripe-customer-id": "cus_1",
}


@pytest.fixture
def post(stack: Stack, organization: Tenant, scenario: Scenario) -> Post:
    """Returns a function that posts a chat completion with both keys and more headers."""

    def do(headers: dict[str, str] | None = None, body: bytes = CHAT, **settings: object) -> RawAnswer:
        usual = {
            "Authorization": "Bearer sk-fake-mine",
            "Helicone-Auth": f"Bearer {organization.api_key}",
            **scenario(**settings),
        }
        return send(f"{stack.url}/v1/chat/completions", body=body, headers=usual | (headers or {}))

    return do


@pytest.mark.parametrize("name", CONTRACT)
def test_each_header_of_the_contract_is_accepted(post: Post, logged: Callable[[], Logged], name: str) -> None:
    assert post({name: CONTRACT[name]}).status == 200

    it = logged()
    assert it.call.body == CHAT
    assert it.row.status == 200
    assert not [header for header, _ in it.call.headers if header.startswith("helicone-")]


def test_all_headers_of_the_contract_together_are_accepted_and_none_is_unknown(
    post: Post, organization: Tenant, logged: Callable[[], Logged]
) -> None:
    headers = {name: value for name, value in CONTRACT.items() if name != "Helicone-Property-Environment"}
    # The one that is unknown shows that what came with it was counted.
    assert post(headers | {"Helicone-Unheard-Of": "1"}).status == 200

    assert logged().row.status == 200
    assert wait_until(lambda: bool(_unknown(organization)), within_s=8)
    assert _unknown(organization) == {"helicone-unheard-of": 1}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Helicone-Stream-Usage", "perhaps"),
        ("Helicone-Omit-Request", "\xff"),
        ("Helicone-Request-Id", ""),
        ("Helicone-Token-Limit-Exception-Handler", "explode"),
        ("Helicone-Cache-Bucket-Max-Size", "-1"),
        ("Helicone-RateLimit-Policy", "as much as you like"),
        ("Helicone-Fallbacks", "[{"),
        ("Helicone-Property-", "nameless"),
        ("Helicone-", ""),
    ],
)
def test_nonsense_in_a_header_is_no_error(
    post: Post, logged: Callable[[], Logged], name: str, value: str
) -> None:
    assert post({name: value}).status == 200
    assert logged().row.status == 200


# Unknown ones


def _unknown(organization: Tenant) -> dict[str, int]:
    return dict(unknown_headers(sync_client(), organization.id))


def test_unknown_headers_are_counted_for_each_organization(
    post: Post, organization: Tenant, make_tenant: Callable[[], Tenant]
) -> None:
    for _ in range(3):
        post({"Helicone-Sesion-Id": "typo"})
    post({"Helicone-Sesion-Id": "typo", "helicone-colour": "green"})

    wanted = {"helicone-sesion-id": 4, "helicone-colour": 1}
    assert wait_until(lambda: _unknown(organization) == wanted, within_s=8)
    assert _unknown(make_tenant()) == {}


def test_no_more_names_are_kept_than_so_many(post: Post, organization: Tenant) -> None:
    for start in range(0, MAX_NAMES + 50, 50):
        post({f"Helicone-X-{n}": "1" for n in range(start, start + 50)})
    key = f"helicone:unknown-headers:{organization.id}"
    assert wait_until(lambda: sync_client().hlen(key) >= MAX_NAMES, within_s=8)
    assert sync_client().hlen(key) == MAX_NAMES


def test_a_long_name_is_cut(post: Post, organization: Tenant) -> None:
    post({"Helicone-" + "x" * 500: "1"})
    assert wait_until(lambda: bool(_unknown(organization)), within_s=8)
    ((name, _),) = _unknown(organization).items()
    assert len(name) == 80


def test_the_health_page_shows_them(stack: Stack) -> None:
    cast = make_cast()
    sync_client().hset(
        f"helicone:unknown-headers:{cast.organization.pk}",
        mapping={"helicone-sesion-id": 1234, "helicone-<b>": 1},
    )
    page = WebClient(stack.url, cast.people[Role.VIEWER]).get(
        reverse("health:page", args=[cast.organization.slug])
    )
    assert "Headers that had no meaning" in page.text
    assert "helicone-sesion-id" in page.text
    assert "1,234" in page.text
    assert "helicone-<b>" not in page.text


def test_the_health_page_without_any_says_nothing_of_them(stack: Stack) -> None:
    cast = make_cast()
    page = WebClient(stack.url, cast.people[Role.VIEWER]).get(
        reverse("health:page", args=[cast.organization.slug])
    )
    assert "Headers that had no meaning" not in page.text


# Effects


def test_a_provider_that_thinks_long_is_waited_for_on_request(
    post: Post, logged: Callable[[], Logged]
) -> None:
    began = time.monotonic()
    assert post({"Helicone-Increase-Timeout": "true"}, first=UPSTREAM_IDLE_TIMEOUT_S + 0.7).status == 200
    assert time.monotonic() - began > UPSTREAM_IDLE_TIMEOUT_S
    assert logged().row.status == 200


def test_a_provider_that_thinks_long_is_given_up_otherwise(post: Post, logged: Callable[[], Logged]) -> None:
    assert post(first=UPSTREAM_IDLE_TIMEOUT_S + 0.7).status == 504
    assert logged().row.status == 504


def test_prompt_tags_are_taken_out_and_kept_in_the_log(post: Post, logged: Callable[[], Logged]) -> None:
    text = 'Greet <helicone-prompt-input key="name">Ada</helicone-prompt-input> <b>well</b>.'
    body = json.dumps({"model": "gpt-4o", "messages": [{"role": "user", "content": text}]}).encode()
    assert post({"Helicone-Prompt-Id": "greeting"}, body).status == 200

    it = logged()
    assert json.loads(it.call.body)["messages"][0]["content"] == "Greet Ada <b>well</b>."
    assert it.bodies.request == body
    assert it.row.properties["Helicone-Prompt-Id"] == "greeting"


def test_without_a_prompt_id_tags_are_text(post: Post, logged: Callable[[], Logged]) -> None:
    text = '<helicone-prompt-input key="name">Ada</helicone-prompt-input>'
    body = json.dumps({"model": "gpt-4o", "messages": [{"role": "user", "content": text}]}).encode()
    assert post(body=body).status == 200
    assert logged().call.body == body
