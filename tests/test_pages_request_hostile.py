"""What people and models write is shown as text, whatever it is, and never makes a page slow."""

import base64
import json
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.events import chat_event, log
from tests.live import Stack, Tenant
from tests.web_client import WebClient

pytest_plugins = ("tests.browser",)

SCRIPT = "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"
TABS = ("conversation", "request", "response", "diff", "cost", "properties", "timing")


@pytest.fixture
def address_of(organization: Tenant, wait_for_rows: Callable[..., list[object]]) -> Callable[..., str]:
    """Returns a function that logs a request with these changes and returns the address of its page."""

    def log_one(**changes: object) -> str:
        event = chat_event(organization.id, **changes)
        log(event)
        wait_for_rows(organization.id)
        return f"/o/{organization.organization.slug}/requests/{event.id}/"

    return log_one


def sent(body: object) -> dict[str, object]:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return {"request_body": raw, "request_bytes": len(raw)}


def took_s(client: WebClient, address: str) -> float:
    """Returns how long the server needs for a page, at best of two."""
    times = []
    for _ in range(2):
        began = time.perf_counter()
        assert client.get(address).status == 200
        times.append(time.perf_counter() - began)
    return min(times)


def allowed_s(client: WebClient, address: str, seconds: float) -> float:
    """Returns `seconds` for a page, and more where the machine is busy: ten times what a small page takes then."""
    return seconds + 10 * took_s(client, address.partition("requests/")[0] + "api-keys/")


def test_html_in_every_place_is_text(
    new_page: Callable[..., Page], organization: Tenant, address_of: Callable[..., str]
) -> None:
    call = {"id": SCRIPT, "type": "function", "function": {"name": SCRIPT, "arguments": SCRIPT}}
    request = {
        "model": SCRIPT,
        "tools": [{"type": "function", "function": {"name": SCRIPT, "description": SCRIPT}}],
        "messages": [
            {"role": SCRIPT, "content": SCRIPT},
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": SCRIPT, "content": SCRIPT},
            {
                "role": "user",
                "content": [{"type": "image_url", "image_url": {"url": f"javascript:{SCRIPT}"}}],
            },
        ],
    }
    address = address_of(
        **sent(request),
        properties={SCRIPT: SCRIPT},
        user_id=SCRIPT,
        session_id=SCRIPT,
        session_name=SCRIPT,
        request_id=SCRIPT,
        error=SCRIPT,
        status=500,
    )
    page = new_page(organization.owner)
    for tab in TABS:
        page.goto(f"{address}?tab={tab}")
        expect(page.locator("#detail-title")).to_be_visible()
        assert not page.title().startswith("owned")
        assert page.locator('img[src="x"]').count() == 0
    page.goto(f"{address}replay/")
    page.get_by_role("button", name="JSON").click()
    assert not page.title().startswith("owned")
    assert page.locator('[href^="javascript:"], img[src="x"]').count() == 0


def test_control_characters_and_broken_unicode_hide_nothing(
    new_page: Callable[..., Page], organization: Tenant, address_of: Callable[..., str]
) -> None:
    raw = (
        b'{"model": "gpt-4o", "messages": [{"role": "user", "content": "a\\u0000b\\u0007c\\u001b[31mred\\u202eltr'
        b'\\ud800 \\uffff end"}, {"role": "user", "content": "\xff\xfe bytes"}]}'
    )
    page = new_page(organization.owner)
    address = address_of(**sent(raw))
    page.goto(address)
    messages = page.locator(".message-user")
    expect(messages.first).to_contain_text("end")
    expect(messages.last).to_contain_text("bytes")
    page.goto(f"{address}?tab=request")
    expect(page.locator(".panel")).to_contain_text("end")


@pytest.mark.parametrize("tab", TABS)
def test_a_string_of_five_megabytes_is_quick_in_every_tab(
    stack: Stack, organization: Tenant, address_of: Callable[..., str], tab: str
) -> None:
    address = address_of(text="long <b>word</b> " * 300_000, session_id="s")
    client = WebClient(stack.url, organization.owner)
    assert took_s(client, f"{address}?tab={tab}") < allowed_s(client, address, 1)
    assert len(client.get(f"{address}?tab={tab}").text) < 700_000


def test_the_diff_of_two_strings_of_five_megabytes_is_quick(
    stack: Stack, organization: Tenant, wait_for_rows: Callable[..., list[object]]
) -> None:
    texts = ("first " * 800_000, "second " * 800_000)
    events = [chat_event(organization.id, text=text, session_id="s") for text in texts]
    log(*events)
    wait_for_rows(organization.id, 2)
    client = WebClient(stack.url, organization.owner)
    address = f"/o/{organization.organization.slug}/requests/{events[1].id}/?tab=diff"
    assert took_s(client, address) < allowed_s(client, address, 2)
    assert len(client.get(address).text) < 100_000


@pytest.mark.parametrize("depth", [200, 100_000])
def test_deep_json_is_shown(
    new_page: Callable[..., Page], organization: Tenant, address_of: Callable[..., str], depth: int
) -> None:
    raw = (
        b'{"model": "gpt-4o", "messages": [{"role": "user", "content": "Hello"}], "deep": '
        + b"[" * depth
        + b"]" * depth
        + b"}"
    )
    address = address_of(**sent(raw))
    page = new_page(organization.owner)
    page.goto(address)
    expect(page.locator("#detail-title")).to_be_visible()
    page.goto(f"{address}?tab=request")
    expect(page.locator(".panel")).to_contain_text("Hello")
    page.goto(f"{address}replay/")
    expect(page.get_by_role("heading", name="Replay")).to_be_visible()


def test_a_thousand_messages_are_quick(
    stack: Stack, organization: Tenant, address_of: Callable[..., str]
) -> None:
    messages = [{"role": ("user", "assistant")[n % 2], "content": f"Message **{n}**"} for n in range(1_000)]
    address = address_of(**sent({"model": "gpt-4o", "messages": messages}))
    client = WebClient(stack.url, organization.owner)
    assert took_s(client, address) < allowed_s(client, address, 2)


def test_search_finds_a_word_in_megabytes_of_json(
    new_page: Callable[..., Page], organization: Tenant, address_of: Callable[..., str]
) -> None:
    many = [{"number": n, "text": f"entry {n}"} for n in range(60_000)]
    address = address_of(**sent({"model": "gpt-4o", "messages": [], "many": many}))
    page = new_page(organization.owner)
    page.goto(f"{address}?tab=request")
    page.get_by_role("link", name="Show all").click()
    expect(page.locator(".json-root")).to_be_visible()
    began = time.perf_counter()
    page.get_by_label("Search in this JSON").fill("entry 59999")
    expect(page.get_by_text("1 found")).to_be_visible()
    assert time.perf_counter() - began < 5


def test_large_pictures_are_fetched_beside_the_page(
    new_page: Callable[..., Page], organization: Tenant, address_of: Callable[..., str]
) -> None:
    picture = base64.b64decode(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    )
    data = base64.b64encode(picture + b"\0" * 1_000_000).decode()
    content = [{"type": "image_url", "image_url": {"url": f"data:image/png;base64,{data}"}}]
    address = address_of(**sent({"model": "gpt-4o", "messages": [{"role": "user", "content": content}]}))
    page = new_page(organization.owner)
    page.goto(address)
    image = page.get_by_role("img", name="Image in the message")
    expect(image).to_have_js_property("naturalWidth", 1)
    assert len(page.content()) < 100_000
    answer = page.request.get(f"{address}media/?part=0-0")
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_picture_that_could_run_is_never_served(
    stack: Stack, organization: Tenant, address_of: Callable[..., str]
) -> None:
    data = base64.b64encode(b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>").decode()
    content = [{"type": "image_url", "image_url": {"url": f"data:image/svg+xml;base64,{data}"}}]
    address = address_of(**sent({"model": "gpt-4o", "messages": [{"role": "user", "content": content}]}))
    client = WebClient(stack.url, organization.owner)
    assert client.get(f"{address}media/?part=0-0").status == 404
    assert "<img" not in client.get(address).text
