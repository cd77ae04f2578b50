"""One request on its own page: what is read there, with and without JavaScript."""

import json
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.events import chat_event, log
from tests.live import Stack, Tenant

pytest_plugins = ("tests.browser",)

AGENT = {
    "model": "gpt-4o",
    "tools": [{"type": "function", "function": {"name": "search", "parameters": {}}}],
    "messages": [
        {"role": "user", "content": "Which vendor?"},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {"id": "c1", "type": "function", "function": {"name": "search", "arguments": '{"q":"EU"}'}}
            ],
        },
        {"role": "tool", "tool_call_id": "c1", "content": '[{"vendor":"Northwind"}]'},
    ],
}


@pytest.fixture
def address_of(organization: Tenant, wait_for_rows: Callable[..., list[object]]) -> Callable[..., str]:
    """Returns a function that logs a request with these changes and returns the address of its page."""

    def log_one(**changes: object) -> str:
        event = chat_event(organization.id, **changes)
        log(event)
        wait_for_rows(organization.id)
        return f"/o/{organization.organization.slug}/requests/{event.id}/"

    return log_one


def test_it_reads_as_a_conversation_without_javascript(
    new_page: Callable[..., Page], organization: Tenant, address_of: Callable[..., str]
) -> None:
    body = json.dumps(AGENT).encode()
    address = address_of(request_body=body, request_bytes=len(body), properties={"Feature": "vendors"})
    page = new_page(organization.owner, java_script_enabled=False)
    page.goto(address)
    messages = page.locator(".message")
    expect(messages).to_have_count(4)
    expect(messages.nth(1)).to_contain_text('"q": "EU"')
    expect(messages.nth(2)).to_contain_text("search")
    expect(messages.nth(3)).to_contain_text("answer")
    page.get_by_role("link", name="Request", exact=True).click()
    expect(page.locator(".json-text")).to_contain_text('"Which vendor?"')
    page.locator(".tabs").get_by_role("link", name="Cost").click()
    expect(page.locator(".bill")).to_contain_text("Completion")
    page.locator(".tabs").get_by_role("link", name="Properties").click()
    page.get_by_role("link", name="Requests with Feature vendors").click()
    expect(page.locator("[data-row]")).to_have_count(1)


def test_the_json_folds_and_can_be_searched(visitor: Page, address_of: Callable[..., str]) -> None:
    deep = {
        "model": "gpt-4o",
        "messages": [],
        "many": [{"number": n, "inner": {"leaf": f"leaf {n}"}} for n in range(700)],
    }
    body = json.dumps(deep).encode()
    visitor.goto(address_of(request_body=body, request_bytes=len(body)) + "?tab=request")
    tree = visitor.locator(".json-root")
    expect(tree).to_contain_text("700 items")
    expect(tree.get_by_text("leaf 650", exact=True)).to_have_count(0)
    visitor.get_by_label("Search in this JSON").fill("leaf 650")
    expect(visitor.get_by_text("1 found")).to_be_visible()
    expect(tree.get_by_text("leaf 650", exact=True)).to_be_visible()


def test_numbers_are_shown_as_they_were_sent(visitor: Page, address_of: Callable[..., str]) -> None:
    body = b'{"model": "gpt-4o", "seed": 12345678901234567890, "temperature": 1.10, "word": "caf\\u00e9"}'
    visitor.goto(address_of(request_body=body, request_bytes=len(body)) + "?tab=request")
    tree = visitor.locator(".json-root")
    for shown in ("12345678901234567890", "1.10", "café"):
        expect(tree).to_contain_text(shown)


def test_a_long_message_is_cut_until_asked_for(visitor: Page, address_of: Callable[..., str]) -> None:
    visitor.goto(address_of(text="word " * 20_000 + "the end"))
    part = visitor.locator(".message-user .part")
    expect(part).not_to_contain_text("the end")
    part.get_by_role("link", name="Show all 100,007 characters").click()
    expect(part).to_contain_text("the end")


def test_a_huge_body_is_loaded_on_demand(visitor: Page, address_of: Callable[..., str]) -> None:
    body = json.dumps(
        {"model": "gpt-4o", "messages": [{"role": "user", "content": "x" * 5_000_000}], "last": "end"}
    )
    visitor.goto(address_of(request_body=body.encode(), request_bytes=len(body)) + "?tab=request")
    assert len(visitor.content()) < 300_000
    visitor.get_by_role("link", name="Show all (5.0 MB)").click()
    expect(visitor.locator(".json-root")).to_contain_text("end")


def test_a_failure_is_explained(visitor: Page, address_of: Callable[..., str]) -> None:
    visitor.goto(address_of(status=502, error="upstream_unreachable", response_body=b"", response_bytes=0))
    expect(visitor.locator(".detail-notice")).to_contain_text("The gateway could not reach OpenAI")


def test_an_omitted_body_is_said_to_be_omitted(visitor: Page, address_of: Callable[..., str]) -> None:
    address = address_of(omit_request=True)
    visitor.goto(address)
    expect(visitor.locator(".panel")).to_contain_text("The request was not logged")
    visitor.goto(f"{address}?tab=request")
    expect(visitor.locator(".panel")).to_contain_text("Not logged")


def test_markdown_runs_nothing_and_loads_nothing(visitor: Page, address_of: Callable[..., str]) -> None:
    hostile = "**bold** ![pixel](https://evil.example/p.png) [go](javascript:alert(1)) <b onclick=x>raw</b>"
    visitor.goto(address_of(text=hostile))
    part = visitor.locator(".message-user .part")
    expect(part.locator("strong")).to_have_text("bold")
    expect(part).to_contain_text("<b onclick=x>raw</b>")
    links = part.get_by_role("link")
    assert [link.get_attribute("href") for link in links.all()] == ["https://evil.example/p.png"]
    expect(links.first).to_have_attribute("rel", "noopener noreferrer nofollow")
    assert part.locator("img").count() == 0


def test_the_raw_body_is_plain_text_to_download(visitor: Page, address_of: Callable[..., str]) -> None:
    body = b"<script>alert(1)</script>"
    address = address_of(response_body=body, response_bytes=len(body))
    answer = visitor.request.get(f"{address}response/")
    assert answer.body() == body
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_no_tab_keeps_anybody_out(
    visitor: Page, address_of: Callable[..., str], barriers_in_both_themes: Callable[[Page], list[str]]
) -> None:
    body = json.dumps(AGENT).encode()
    address = address_of(
        request_body=body, request_bytes=len(body), properties={"Feature": "vendors"}, user_id="ada"
    )
    for tab in ("conversation", "request", "response", "diff", "cost", "properties", "timing"):
        visitor.goto(f"{address}?tab={tab}")
        expect(visitor.locator("#detail-title")).to_have_text("gpt-4o")
        if tab == "request":
            visitor.get_by_label("Search in this JSON").fill("vendor")
            expect(visitor.get_by_text("found")).to_be_visible()
        assert barriers_in_both_themes(visitor) == [], tab


def test_a_stream_is_shown_as_the_answer_it_amounts_to(visitor: Page, address_of: Callable[..., str]) -> None:
    chunks = [
        {"id": "x", "choices": [{"index": 0, "delta": {"content": word}}]} for word in ("North", "wind")
    ]
    body = (
        b"".join(b"data: " + json.dumps(chunk).encode() + b"\n\n" for chunk in chunks) + b"data: [DONE]\n\n"
    )
    address = address_of(is_stream=True, response_body=body, response_bytes=len(body))
    visitor.goto(f"{address}?tab=response")
    expect(visitor.locator(".json-root")).to_contain_text("Northwind")
    visitor.goto(address)
    expect(visitor.locator(".message.is-answer .part")).to_have_text("Northwind")


@pytest.mark.parametrize(
    ("label", "beginning"),
    [
        ("curl", "curl {url}/v1/gateway/oai/v1/chat/completions"),
        ("Python", "import os\n\nfrom openai import OpenAI"),
        ("Node.js", 'import OpenAI from "openai";'),
    ],
)
def test_it_is_copied_as_code_without_a_key(
    visitor: Page, address_of: Callable[..., str], stack: Stack, label: str, beginning: str
) -> None:
    visitor.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visitor.goto(address_of(text="it's me"))
    visitor.get_by_text("Copy as").click()
    visitor.get_by_role("button", name=label).click()
    expect(visitor.get_by_role("button", name="Copied")).to_be_visible()
    copied = visitor.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(beginning.format(url=stack.url))
    assert "OPENAI_API_KEY" in copied
    assert "me" in copied


def test_tool_calls_lead_to_their_results(visitor: Page, address_of: Callable[..., str]) -> None:
    body = json.dumps(AGENT).encode()
    visitor.goto(address_of(request_body=body, request_bytes=len(body)))
    call = visitor.locator(".part-tool_call")
    expect(call).to_contain_text("tool call 1")
    call.get_by_role("link", name="result").click()
    expect(visitor.locator(".part:target")).to_contain_text("tool result 1")


def test_an_answer_in_json_is_laid_out(visitor: Page, address_of: Callable[..., str]) -> None:
    answer = {"choices": [{"message": {"role": "assistant", "content": '{"vendor":"Northwind"}'}}]}
    body = json.dumps(answer).encode()
    visitor.goto(address_of(response_body=body, response_bytes=len(body)))
    code = visitor.locator(".message.is-answer pre.code")
    expect(code).to_have_text('{\n  "vendor": "Northwind"\n}')


def test_speech_has_a_player(visitor: Page, address_of: Callable[..., str]) -> None:
    request, sound = b'{"model": "tts-1", "input": "Hello"}', b"ID3" + b"\x00" * 200
    visitor.goto(
        address_of(
            path="/v1/audio/speech",
            request_body=request,
            request_bytes=len(request),
            response_body=sound,
            response_bytes=len(sound),
        )
    )
    player = visitor.locator(".message.is-answer audio")
    expect(player).to_have_attribute("src", re.compile("^data:audio/mpeg;base64,"))
