"""The test button of the Providers page: what is sent, and how what comes back is told."""

import secrets
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Page, expect

from tests.fake_provider.process import ProviderHandle
from tests.live import ALLOWED_HOST, Stack
from tests.provider_pages import DEAD_ADDRESS, REFUSED_KEY, row
from tests.web_client import Page as Answer

pytest_plugins = ("tests.browser", "tests.provider_fixtures")


class OddServer(ThreadingHTTPServer):
    """A server that gives every GET the same answer, and remembers the paths."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__((ALLOWED_HOST, 0), _OddHandler)
        self.url = f"http://{ALLOWED_HOST}:{self.server_port}"
        self.answer: tuple[int, dict[str, str], bytes] = (200, {}, b"{}")
        self.paths: list[str] = []


class _OddHandler(BaseHTTPRequestHandler):
    server: OddServer

    def do_GET(self) -> None:
        self.server.paths.append(self.path)
        status, headers, body = self.server.answer
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: what came is asserted."""


@pytest.fixture
def odd_server() -> Iterator[OddServer]:
    with OddServer() as server:
        threading.Thread(target=server.serve_forever, name="odd server").start()
        yield server
        server.shutdown()


def test_a_key_that_works(
    open_page: Callable[..., Page], store: Callable[..., None], provider: ProviderHandle
) -> None:
    key = f"sk-fake-{secrets.token_hex(8)}"
    store("openai", key)
    page = open_page()
    page.get_by_role("button", name="Test OpenAI").click()
    expect(row(page, "OpenAI")).to_contain_text("Works (")
    seen = [call for call in provider.calls("") if call.header("authorization") == f"Bearer {key}"]
    assert [(call.method, call.path) for call in seen] == [("GET", "/v1/models")]


def test_a_key_that_the_provider_refuses(open_page: Callable[..., Page], store: Callable[..., None]) -> None:
    store("anthropic", REFUSED_KEY)
    page = open_page()
    page.get_by_role("button", name="Test Anthropic").click()
    expect(row(page, "Anthropic")).to_contain_text("Anthropic refuses this key (401).")
    assert REFUSED_KEY not in page.content()


def test_a_key_that_google_refuses(post: Callable[..., Answer], store: Callable[..., None]) -> None:
    store("google", REFUSED_KEY)
    assert "Google Gemini refuses this key (400)." in post("key-test", "google").text


def test_an_address_where_nothing_listens(open_page: Callable[..., Page], store: Callable[..., None]) -> None:
    store("vllm", endpoint=DEAD_ADDRESS)
    page = open_page()
    page.get_by_role("button", name="Test vLLM").click()
    expect(row(page, "vLLM")).to_contain_text("Cannot be reached: nothing listens there.")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((400, {}, b'{"error": "Incorrect API key provided"}'), "vLLM refuses this key (400)."),
        ((400, {}, b"{}"), "Answered 400, which says nothing about the key."),
        ((402, {}, b"{}"), "The key works, but vLLM wants to be paid first (402)."),
        ((403, {}, b"{}"), "vLLM refuses this key, or does not let it do this (403)."),
        ((404, {}, b"{}"), "has no /v1/models to try the key with. Check the address."),
        ((429, {}, b"{}"), "The key works, but its rate limit or quota is used up (429)."),
        ((503, {}, b"{}"), "vLLM has a fault of its own (503)."),
        ((200, {"Content-Type": "text/html"}, b"<p>Log in</p>"), "Answered with a web page"),
        ((200, {"Content-Length": "many"}, b""), "Cannot be reached: not an HTTP answer"),
    ],
    ids=lambda value: value[:24] if isinstance(value, str) else str(value[0]),
)
def test_what_the_provider_answers_is_put_into_words(
    post: Callable[..., Answer],
    store: Callable[..., None],
    odd_server: OddServer,
    answer: tuple[int, dict[str, str], bytes],
    said: str,
) -> None:
    odd_server.answer = answer
    store("vllm", endpoint=odd_server.url)
    page = post("key-test", "vllm")
    assert page.status == 200
    assert said in page.text


def test_a_redirect_is_not_followed(
    post: Callable[..., Answer], store: Callable[..., None], odd_server: OddServer
) -> None:
    odd_server.answer = (302, {"Location": f"{odd_server.url}/elsewhere"}, b"")
    store("vllm", endpoint=odd_server.url)
    assert "Answered 302: it sends callers on to another address." in post("key-test", "vllm").text
    assert odd_server.paths == ["/v1/models"]


def test_keys_of_aws_sign_and_are_not_sent(
    post: Callable[..., Answer], store: Callable[..., None], provider: ProviderHandle
) -> None:
    access_key = f"AKIA{secrets.token_hex(8)}"
    store("bedrock", f"{access_key}:very-secret", endpoint=provider.url)
    post("key-test", "bedrock")
    (call,) = [call for call in provider.calls("") if access_key in (call.header("authorization") or "")]
    assert call.path == "/openai/v1/models"
    assert "very-secret" not in str(call.headers)


def test_a_stored_address_that_is_no_longer_allowed_is_not_called(
    post: Callable[..., Answer], store: Callable[..., None]
) -> None:
    store("vllm", endpoint="http://10.0.0.8:8000")
    assert "10.0.0.8:8000 is not a known provider" in post("key-test", "vllm").text


def test_a_server_without_tls(
    post: Callable[..., Answer], store: Callable[..., None], odd_server: OddServer
) -> None:
    store("vllm", endpoint=odd_server.url.replace("http:", "https:"))
    assert "Cannot be reached: it does not speak TLS." in post("key-test", "vllm").text


def test_a_provider_without_a_key_is_not_called(
    post: Callable[..., Answer], store: Callable[..., None], odd_server: OddServer
) -> None:
    store("vllm", secret="", endpoint=odd_server.url)
    assert "There is no key to try." in post("key-test", "vllm").text
    assert odd_server.paths == []


def test_two_tests_at_once_are_one_too_many(post: Callable[..., Answer], store: Callable[..., None]) -> None:
    store("openai")
    first, second = (post("key-test", "openai") for _ in range(2))
    assert (first.status, second.status) == (200, 429)
    assert "Not tried: one test every 2 seconds" in second.text


def test_a_test_that_comes_too_soon_is_answered_in_its_row(
    open_page: Callable[..., Page], store: Callable[..., None], stack: Stack
) -> None:
    store("openai")
    store("vllm", endpoint=DEAD_ADDRESS)
    watched = open_page()
    # A browser reports every 429 as an error, which the watched page must not.
    browser = watched.context.browser
    assert browser is not None
    page = browser.new_context(base_url=stack.url, storage_state=watched.context.storage_state()).new_page()
    page.goto(watched.url)
    page.get_by_role("button", name="Test OpenAI").click()
    expect(row(page, "OpenAI")).to_contain_text("Works (")
    page.get_by_role("button", name="Test vLLM").click()
    expect(row(page, "vLLM")).to_contain_text("Not tried")
    expect(page.locator(".toast")).to_have_count(0)


def test_the_test_works_without_scripts(open_page: Callable[..., Page], store: Callable[..., None]) -> None:
    store("openai")
    page = open_page(java_script_enabled=False)
    expect(page.get_by_role("searchbox")).to_have_count(0)
    page.get_by_role("button", name="Test OpenAI").click()
    expect(row(page, "OpenAI")).to_contain_text("Works (")
