"""A request is edited and sent again through the gateway; its answer streams in beside the one it had."""

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from accounts_app import actions as accounts
from accounts_app.models import ApiKey
from requests_app.models import Request
from requests_app.replay_answer import StreamedAnswer
from requests_app.replay_form import replay_form
from tests.events import chat_event, log
from tests.fake_provider.process import ProviderHandle
from tests.live import ALLOWED_HOST, Stack, Tenant
from tests.web_client import WebClient

pytest_plugins = ("tests.browser",)

CANCELLED = -3
CHAT = {
    "model": "gpt-4o",
    "temperature": 0.5,
    "messages": [{"role": "system", "content": "Be brief"}, {"role": "user", "content": "Hello"}],
}


@pytest.fixture
def address_of(organization: Tenant, wait_for_rows: Callable[..., list[Request]]) -> Callable[..., str]:
    """Returns a function that logs a request with this body and returns the address of its page."""

    def log_one(body: object, **changes: object) -> str:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        event = chat_event(organization.id, request_body=raw, request_bytes=len(raw), **changes)
        log(event)
        wait_for_rows(organization.id)
        return f"/o/{organization.organization.slug}/requests/{event.id}/"

    return log_one


@pytest.fixture
def with_key(organization: Tenant, gateway_knows: Callable[..., None]) -> None:
    """The organization has keys of the providers used here."""
    secrets = {
        "openai": "sk-fake-openai-key",
        "anthropic": "sk-ant-fake-key",
        "google": "AIzaFake-google-key",
    }
    for provider, secret in secrets.items():
        accounts.store_provider_key(organization=organization.organization, provider=provider, secret=secret)
    gateway_knows()


def send(page: Page) -> None:
    """Send, and wait for the whole answer."""
    page.get_by_role("button", name="Send again").click()
    expect(page.locator("[data-replay-link]")).to_be_visible()


def test_an_edited_request_is_sent_and_logged_with_its_parent(
    visitor: Page,
    with_key: None,
    address_of: Callable[..., str],
    organization: Tenant,
    wait_for_rows: Callable[..., list[Request]],
    bodies_of: Callable[..., Any],
    barriers_in_both_themes: Callable[[Page], list[str]],
) -> None:
    address = address_of(CHAT)
    visitor.goto(address)
    visitor.get_by_role("link", name="Replay").click()
    visitor.get_by_label("user", exact=True).fill("Hello again")
    visitor.get_by_label("Model").fill("gpt-4o-mini")
    visitor.get_by_label("Temperature").fill("0.9")
    visitor.get_by_label("Stream").check()
    send(visitor)
    expect(visitor.locator("[data-replay-status]")).to_have_text("200")
    expect(visitor.locator("[data-replay-answer] .message.is-answer")).to_be_visible()
    expect(visitor.locator("[data-replay-facts]")).to_contain_text("first token after")
    assert barriers_in_both_themes(visitor) == []
    newest, parent = wait_for_rows(organization.id, 2)
    assert newest.properties["Helicone-Replay-Of"] == str(parent.id)
    assert newest.is_stream
    sent = json.loads(bodies_of(newest).request)
    assert (sent["model"], sent["temperature"], sent["stream"]) == ("gpt-4o-mini", 0.9, True)
    assert [message["content"] for message in sent["messages"]] == ["Be brief", "Hello again"]
    visitor.get_by_role("link", name="Open the replay").click()
    visitor.get_by_role("link", name="the original").click()
    visitor.wait_for_url(f"**{address}")
    expect(visitor.locator("#replay-1")).to_be_visible()


@pytest.mark.parametrize(
    ("path", "stream"),
    [
        (
            "/v1/chat/completions",
            b"".join(
                b'data: {"choices": [{"index": 0, "delta": {"content": "%b"}}]}\n\n' % word
                for word in (b"North", b"wind", b"!")
            )
            + b"data: [DONE]\n\n",
        ),
        (
            "/api/chat",
            b"".join(
                b'{"message": {"role": "assistant", "content": "%b"}, "done": false}\n' % word
                for word in (b"North", b"wind", b"!")
            ),
        ),
    ],
)
@pytest.mark.parametrize("size", [1, 7, 64])
def test_the_text_so_far_is_known_however_the_stream_is_cut(path: str, stream: bytes, size: int) -> None:
    answer = StreamedAnswer(path)
    pieces = [stream[start : start + size] for start in range(0, len(stream), size)]
    seen = [answer.so_far().text for piece in pieces if answer.add(piece)]
    assert seen[-1] == answer.whole().text == "Northwind!"
    assert len(set(seen)) > 1
    assert all("Northwind!".startswith(text) for text in seen)


def test_the_json_is_checked_and_followed_by_the_form(visitor: Page, address_of: Callable[..., str]) -> None:
    visitor.goto(address_of(CHAT) + "replay/")
    visitor.get_by_role("button", name="JSON").click()
    body = visitor.get_by_label("Request body as JSON")
    body.fill('{"model": "gpt-4o", ')
    expect(visitor.locator("#replay-check")).to_contain_text("Not JSON yet")
    expect(visitor.get_by_role("button", name="Send again")).to_be_disabled()
    body.fill(json.dumps({**CHAT, "messages": [{"role": "system", "content": "Be long"}]}))
    visitor.get_by_role("button", name="Form").click()
    expect(visitor.get_by_label("system", exact=True)).to_have_value("Be long")
    expect(visitor.get_by_label("user", exact=True)).to_be_hidden()
    visitor.get_by_role("button", name="Undo all edits").click()
    expect(visitor.get_by_label("user", exact=True)).to_have_value("Hello")


def test_a_missing_provider_key_is_said_in_place(visitor: Page, address_of: Callable[..., str]) -> None:
    visitor.goto(address_of(CHAT) + "replay/")
    visitor.get_by_role("button", name="Send again").click()
    expect(visitor.locator("[data-replay-status]")).to_have_text("401")
    expect(visitor.locator("[data-replay-answer]")).to_contain_text("No OpenAI key")


def test_the_providers_error_is_said_in_place(
    visitor: Page, with_key: None, address_of: Callable[..., str]
) -> None:
    visitor.goto(address_of({"model": "gpt-4o", "messages": "none"}) + "replay/")
    visitor.get_by_role("button", name="Send again").click()
    expect(visitor.locator("[data-replay-status]")).to_have_text(re.compile("4.."))
    expect(visitor.locator("[data-replay-answer] .message-error")).to_be_visible()


@pytest.mark.parametrize(
    ("provider", "path", "body"),
    [
        (
            "anthropic",
            "/v1/messages",
            {
                "model": "claude-sonnet-4-5",
                "max_tokens": 50,
                "messages": CHAT["messages"][1:],
                "stream": True,
            },
        ),
        (
            "google",
            "/v1beta/models/gemini-2.5-flash:streamGenerateContent",
            {"contents": [{"role": "user", "parts": [{"text": "Hello"}]}]},
        ),
        ("openai", "/v1/responses", {"model": "gpt-4o", "input": "Hello", "stream": True}),
    ],
)
def test_other_dialects_are_replayed_too(
    visitor: Page,
    with_key: None,
    address_of: Callable[..., str],
    provider: str,
    path: str,
    body: dict[str, Any],
) -> None:
    visitor.goto(address_of(body, provider=provider, path=path) + "replay/")
    send(visitor)
    expect(visitor.locator("[data-replay-status]")).to_have_text("200")
    expect(visitor.locator("[data-replay-answer] .message.is-answer .part").first).not_to_be_empty()


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"provider": "my-server"}, "does not know its provider"),
        ({"omit_request": True}, "was not logged"),
        ({"path": "/v1/realtime"}, "realtime session"),
    ],
)
def test_what_cannot_be_sent_again_says_why(
    stack: Stack, organization: Tenant, address_of: Callable[..., str], changes: dict[str, Any], why: str
) -> None:
    address = address_of(CHAT, **changes)
    owner = WebClient(stack.url, organization.owner)
    assert why in owner.get(f"{address}replay/").text
    answer = owner.post(f"{address}replay/send/")
    assert answer.status == 422
    assert why in json.loads(answer.text)["error"]


def test_what_is_no_json_object_is_not_sent(
    stack: Stack, organization: Tenant, address_of: Callable[..., str], provider: ProviderHandle
) -> None:
    address = address_of(CHAT)
    answer = WebClient(stack.url, organization.owner).post(f"{address}replay/send/", {"a": "b"})
    assert answer.status == 422
    assert "not JSON" in json.loads(answer.text)["error"]


class EndlessProvider(ThreadingHTTPServer):
    """Streams words until whoever asked hangs up, which it notes."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__((ALLOWED_HOST, 0), _EndlessHandler)
        self.url = f"http://{ALLOWED_HOST}:{self.server_port}"
        self.was_hung_up = threading.Event()


class _EndlessHandler(BaseHTTPRequestHandler):
    server: EndlessProvider

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        try:
            for number in range(600):
                event = {"choices": [{"index": 0, "delta": {"content": f"word{number} "}}]}
                self.wfile.write(f"data: {json.dumps(event)}\n\n".encode())
                time.sleep(0.05)
        except OSError:
            self.server.was_hung_up.set()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: what happened is asserted."""


@pytest.fixture
def endless() -> Iterator[EndlessProvider]:
    with EndlessProvider() as server:
        threading.Thread(target=server.serve_forever, name="endless provider").start()
        yield server
        server.shutdown()


def test_stop_hangs_up_and_keeps_what_came(
    visitor: Page,
    organization: Tenant,
    address_of: Callable[..., str],
    wait_for_rows: Callable[..., list[Request]],
    endless: EndlessProvider,
    gateway_knows: Callable[..., None],
) -> None:
    accounts.store_provider_key(
        organization=organization.organization, provider="vllm", secret="", endpoint=endless.url
    )
    gateway_knows()
    visitor.goto(address_of({**CHAT, "stream": True}, provider="vllm") + "replay/")
    visitor.get_by_role("button", name="Send again").click()
    live = visitor.locator("[data-replay-live]")
    expect(live).to_contain_text("word3")
    visitor.get_by_role("button", name="Stop").click()
    problem = visitor.locator("[data-replay-problem]")
    expect(problem).to_contain_text("Stopped")
    expect(live).to_contain_text("word0 word1 word2 word3")
    expect(live).to_have_attribute("aria-busy", "false")
    expect(visitor.get_by_role("button", name="Send again")).to_be_enabled()
    assert endless.was_hung_up.wait(10)
    assert wait_for_rows(organization.id, 2)[0].status == CANCELLED


def test_one_key_serves_all_replays_and_can_be_revoked(
    visitor: Page, with_key: None, address_of: Callable[..., str], organization: Tenant
) -> None:
    visitor.goto(address_of(CHAT) + "replay/")
    for _ in range(2):
        send(visitor)
    keys = ApiKey.objects.filter(organization=organization.organization, name="Replay")
    assert keys.get().scope == "w"
    accounts.revoke_api_key(api_key=keys.get())
    send(visitor)
    assert keys.count() == 2


def test_nobody_posts_from_another_site(
    stack: Stack, organization: Tenant, address_of: Callable[..., str]
) -> None:
    client = WebClient(stack.url, organization.owner)
    assert client.post(f"{address_of(CHAT)}replay/send/", with_token=False).status == 403


def test_the_form_finds_texts_in_every_dialect() -> None:
    bodies = {
        "gemini": {
            "systemInstruction": {"parts": [{"text": "a"}]},
            "contents": [{"role": "user", "parts": [{"text": "b"}, {"inlineData": {}}]}],
        },
        "bedrock": {"system": [{"text": "a"}], "messages": [{"role": "user", "content": [{"text": "b"}]}]},
        "responses": {"instructions": "a", "input": [{"role": "user", "content": [{"text": "b"}]}]},
        "messages": {"system": "a", "messages": [{"role": "user", "content": "b"}]},
        "cohere": {"preamble": "a", "message": "b"},
    }
    for kind, body in bodies.items():
        form = replay_form(body, kind)
        assert [field.value for field in form.texts] == ["a", "b"], kind
        for field in form.texts:
            held: Any = body
            for step in field.path:
                held = held[step]
            assert held == field.value
