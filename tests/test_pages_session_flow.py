"""The conversation of a session, steps that are no call of a model, and two sessions compared, in a browser."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from ingest_app.events import LogEvent, SpanKind
from tests.events import chat_event, log
from tests.live import Tenant

pytest_plugins = ("tests.browser", "tests.request_pages")

NARROW = {"width": 390, "height": 844}


def user(words: str) -> dict[str, Any]:
    return {"role": "user", "content": words}


def says(words: str) -> dict[str, Any]:
    return {"role": "assistant", "content": words}


def chat(messages: list[Any], answer: Any, **changes: Any) -> dict[str, Any]:
    """Returns the changes of an event in which these messages were sent and answered."""
    asked = json.dumps({"model": "gpt-4o", "messages": messages}).encode()
    answered = json.dumps({"object": "chat.completion", "choices": [{"message": answer}]}).encode()
    return {
        "request_body": asked, "request_bytes": len(asked), "response_body": answered,
        "response_bytes": len(answered), **changes,
    }  # fmt: skip


def step(kind: SpanKind, name: str, request: Any, response: Any, **changes: Any) -> dict[str, Any]:
    """Returns the changes of an event that is no call of a model."""
    asked, answered = json.dumps(request).encode(), json.dumps(response).encode()
    return {
        "kind": kind, "span_name": name, "path": "", "request_body": asked, "request_bytes": len(asked),
        "response_body": answered, "response_bytes": len(answered), **changes,
    }  # fmt: skip


TOOL = step(
    SpanKind.TOOL,
    "weather",
    {"_type": "tool", "toolName": "weather", "input": {"city": "Rome"}},
    {"degrees": 30},
)
SEARCH = step(
    SpanKind.VECTOR_SEARCH,
    "notes",
    {
        "_type": "vector_db",
        "operation": "search",
        "databaseName": "contracts",
        "text": "EU region",
        "topK": 2,
    },
    {
        "results": [
            {"id": "a#1", "score": 0.9, "text": "Frankfurt"},
            {"id": "b#2", "score": 0.3, "text": "Dublin"},
        ]
    },
)
QUERY = step(
    SpanKind.DATABASE,
    "SELECT facts",
    {
        "name": "SELECT facts",
        "attributes": {"db.system": "postgresql", "db.statement": "SELECT 'x' FROM facts"},
    },
    {"attributes": {"db.response.returned_rows": 41}},
)
CALL = step(
    SpanKind.HTTP,
    "GET /quote",
    {
        "name": "GET /quote",
        "attributes": {"http.request.method": "GET", "url.full": "https://api.example.com/quote"},
    },
    {"attributes": {"http.response.status_code": 503}},
    status=503,
    error="ReadTimeout",
)
DATA = step(SpanKind.DATA, "budget", {"_type": "data", "name": "budget", "meta": {"left": 4}}, {"ok": True})


@pytest.fixture
def logged_session(
    organization: Tenant, wait_for_rows: Callable[..., object]
) -> Callable[..., list[LogEvent]]:
    """Returns a function that logs requests of one session, one per dict of changes, and returns their events."""
    stored = 0

    def log_all(*all_changes: dict[str, Any], session: str = "s1") -> list[LogEvent]:
        nonlocal stored
        fields = {"session_id": session, "session_name": "Research", "session_path": "/research"}
        events = [chat_event(organization.id, **{**fields, **changes}) for changes in all_changes]
        log(*events)
        stored += len(events)
        wait_for_rows(organization.id, stored)
        return events

    return log_all


@pytest.fixture
def sessions(organization: Tenant) -> str:
    return f"/o/{organization.organization.slug}/sessions/"


def test_a_conversation_says_each_message_once(
    visitor: Page, sessions: str, logged_session: Callable[..., Any], barriers: Callable[[Page], list[str]]
) -> None:
    call = {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "weather", "arguments": "{}"}}],
    }
    result = {"role": "tool", "tool_call_id": "c1", "content": "30 degrees"}
    events = logged_session(
        chat([user("How warm is Rome?")], call),
        TOOL,
        chat([user("How warm is Rome?"), call, result], says("Hot")),
    )
    visitor.goto(f"{sessions}s1/conversation/")
    turns = visitor.locator(".turn")
    expect(turns).to_have_count(3)
    expect(visitor.get_by_text("How warm is Rome?")).to_have_count(1)
    # The result stands below its call, which came with an earlier request.
    expect(turns.nth(0).locator(".turn-result")).to_contain_text("30 degrees")
    expect(turns.nth(2).locator(".message")).to_have_count(1)
    expect(turns.nth(2)).to_contain_text("2 messages as before")
    expect(turns.nth(1)).to_contain_text("Tool call")
    turns.nth(1).locator("summary").first.click()
    expect(turns.nth(1).get_by_text('"city": "Rome"').last).to_be_visible()
    assert barriers(visitor) == []
    turns.nth(2).locator(".turn-time").click()
    visitor.wait_for_url(f"**/requests/{events[2].id}/")


def test_a_long_conversation_comes_in_parts(
    visitor: Page, sessions: str, logged_session: Callable[..., Any]
) -> None:
    history: list[Any] = []
    turns = []
    for number in range(70):
        history.append(user(f"question {number};"))
        answer = says(f"answer {number};")
        turns.append(chat(history, answer))
        history.append(answer)
    logged_session(*turns)
    visitor.goto(f"{sessions}s1/conversation/")
    expect(visitor.locator(".message")).to_have_count(100)
    visitor.get_by_role("link", name="Show more").click()
    expect(visitor.locator(".message")).to_have_count(140)
    expect(visitor.get_by_role("link", name="Show more")).to_have_count(0)
    for words in ("question 0;", "question 50;", "answer 49;", "answer 69;"):
        expect(visitor.get_by_text(words, exact=True)).to_have_count(1)


def test_one_request_with_a_long_history_comes_in_parts(
    visitor: Page, sessions: str, logged_session: Callable[..., Any]
) -> None:
    history = [user(f"line {number};") for number in range(249)]
    logged_session(chat(history, says("the end")))
    visitor.goto(f"{sessions}s1/conversation/")
    for shown in (100, 200, 250):
        expect(visitor.locator(".message")).to_have_count(shown)
        if shown < 250:
            visitor.get_by_role("link", name="Show more").click()
    expect(visitor.get_by_text("the end")).to_have_count(1)


def test_all_of_a_long_message_is_a_click_away(
    visitor: Page, sessions: str, logged_session: Callable[..., Any]
) -> None:
    logged_session(
        chat([user("x" * 25_000 + "END")], says("ok")), chat([user("y" * 25_000 + "END")], says("ok"))
    )
    visitor.goto(f"{sessions}s1/conversation/")
    expect(visitor.get_by_text("END")).to_have_count(0)
    visitor.locator(".turn").nth(1).get_by_role("link", name="Show all").click()
    expect(visitor.locator(".turn").nth(1)).to_contain_text("END")
    expect(visitor.locator(".turn").nth(0)).not_to_contain_text("END")


def test_a_conversation_is_readable_on_a_phone(
    new_page: Callable[..., Page], organization: Tenant, sessions: str, logged_session: Callable[..., Any]
) -> None:
    logged_session(chat([user("word " * 200)], says("ok")), QUERY, SEARCH)
    page = new_page(organization.owner, viewport=NARROW)
    page.goto(f"{sessions}s1/conversation/")
    for summary in page.locator(".turn-step > summary").all():
        summary.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]


def test_a_tool_call_is_shown_as_one(visitor: Page, address: str, logged_session: Callable[..., Any]) -> None:
    (event,) = logged_session(TOOL)
    visitor.goto(f"{address}{event.id}/")
    expect(visitor.get_by_role("heading", name="weather")).to_be_visible()
    expect(visitor.locator(".tab[aria-current]")).to_have_text("Tool call")
    expect(visitor.locator(".trace-part", has_text="Input")).to_contain_text('"city": "Rome"')
    expect(visitor.locator(".trace-part", has_text="Output")).to_contain_text('"degrees": 30')
    expect(visitor.get_by_role("link", name="Replay")).to_have_count(0)


def test_a_search_shows_its_query_and_hits(
    visitor: Page, address: str, logged_session: Callable[..., Any], barriers: Callable[[Page], list[str]]
) -> None:
    (event,) = logged_session(SEARCH)
    visitor.goto(f"{address}{event.id}/")
    expect(visitor.locator(".trace-query")).to_have_text("EU region")
    expect(visitor.locator(".trace-facts")).to_contain_text("contracts")
    hits = visitor.locator(".hit")
    expect(hits).to_have_count(2)
    expect(hits.first).to_contain_text("a#1")
    expect(hits.first).to_contain_text("0.9")
    expect(hits.first).to_contain_text("Frankfurt")
    assert barriers(visitor) == []


def test_a_database_query_shows_its_statement(
    visitor: Page, address: str, logged_session: Callable[..., Any], barriers: Callable[[Page], list[str]]
) -> None:
    (event,) = logged_session(QUERY)
    visitor.goto(f"{address}{event.id}/")
    expect(visitor.locator(".sql")).to_have_text("SELECT 'x' FROM facts")
    expect(visitor.locator(".sql-keyword")).to_have_text(["SELECT", "FROM"])
    expect(visitor.locator(".trace-facts")).to_contain_text("41")
    assert barriers(visitor) == []


def test_an_http_call_says_how_it_failed(
    visitor: Page, address: str, logged_session: Callable[..., Any]
) -> None:
    (event,) = logged_session(CALL)
    visitor.goto(f"{address}{event.id}/")
    expect(visitor.locator(".trace-line")).to_contain_text("https://api.example.com/quote")
    expect(visitor.locator(".trace-line")).to_contain_text("503")
    expect(visitor.locator(".detail-notice")).to_contain_text("This step failed")
    expect(visitor.locator(".detail-notice")).to_contain_text("ReadTimeout")


def test_the_diff_is_against_the_call_of_a_model_before(
    visitor: Page, address: str, logged_session: Callable[..., Any]
) -> None:
    _, tool, event = logged_session(
        chat([user("Hi")], says("Hello")), TOOL, chat([user("Hi"), says("Hello"), user("More")], says("Yes"))
    )
    visitor.goto(f"{address}{event.id}/?tab=diff")
    expect(visitor.locator(".diff-same")).to_have_text("1 message unchanged")
    expect(visitor.locator(".diff-added").last).to_contain_text("More")
    visitor.goto(f"{address}{tool.id}/")
    expect(visitor.get_by_role("link", name="Diff", exact=True)).to_have_count(0)


def test_the_list_says_what_kind_of_step_a_row_is(
    visitor: Page, address: str, logged_session: Callable[..., Any]
) -> None:
    logged_session(chat([user("Hi")], says("Hello")), TOOL, DATA)
    visitor.goto(f"{address}?q=kind:tool")
    rows = visitor.locator("[data-row]")
    expect(rows).to_have_count(1)
    expect(rows.locator(".model")).to_contain_text("weather")
    expect(rows.locator(".model .kind-mark")).to_have_attribute("title", "Tool call")
    expect(rows.locator(".preview")).to_contain_text("Rome")
    visitor.goto(f"{address}?q=-has:kind")
    expect(rows).to_have_count(1)
    expect(rows.locator(".model")).to_contain_text("gpt-4o")


def test_the_filter_offers_the_kinds(visitor: Page, address: str, logged_session: Callable[..., Any]) -> None:
    logged_session(chat([user("Hi")], says("Hello")))
    visitor.goto(address)
    visitor.keyboard.press("/")
    visitor.keyboard.type("kind:data")
    expect(visitor.get_by_role("option", name="kind:database")).to_be_visible()


def test_two_sessions_are_compared_step_by_step(
    visitor: Page, sessions: str, logged_session: Callable[..., Any], barriers: Callable[[Page], list[str]]
) -> None:
    logged_session(chat([user("Hi")], says("Hello"), session_path="/a"), TOOL, session="s1")
    logged_session(chat([user("Hi")], says("Good day"), session_path="/a"), session="s/2")
    visitor.goto(f"{sessions}compare/?a=s1")
    assert barriers(visitor) == []
    visitor.get_by_role("link", name="s/2").click()
    expect(visitor.locator(".compare-parting")).to_contain_text("step 1, /a: answered differently")
    expect(visitor.locator(".compare-pair")).to_have_count(2)
    expect(visitor.locator(".compare-pair").last).to_contain_text("only in A")
    visitor.locator(".compare-pair").first.get_by_role("link", name="what was said").click()
    said = visitor.locator(".compare-said")
    expect(said).to_contain_text("Both were asked the same")
    expect(said.locator(".diff-added")).to_contain_text("Good day")
    assert barriers(visitor) == []
    visitor.get_by_role("link", name="Swap").click()
    expect(visitor.locator(".compare-pair").last).to_contain_text("only in B")
