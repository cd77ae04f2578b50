"""The list of sessions and of their names in a browser."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from ingest_app.events import now_us
from sessions_app.models import Session
from tests.events import chat_event, log, wait_until
from tests.live import Tenant
from tests.logged_days import store

pytest_plugins = ("tests.browser",)

MINUTE_US = 60_000_000


@pytest.fixture
def address(organization: Tenant) -> str:
    return f"/o/{organization.organization.slug}/sessions/"


@pytest.fixture
def logged_sessions(organization: Tenant) -> Callable[..., None]:
    """Returns a function that logs a session of one request per name, a minute apart, the first the oldest."""

    def log_all(**sessions: dict[str, Any]) -> None:
        start = now_us() - (len(sessions) + 1) * MINUTE_US
        store(
            *(
                chat_event(organization.id, at_us=start + n * MINUTE_US, session_id=id, **changes)
                for n, (id, changes) in enumerate(sessions.items())
            )
        )

    return log_all


def expect_shown(page: Page, session_ids: list[str]) -> None:
    """Waits until these are the session ids in the list."""
    expect(page.locator("td.session-id")).to_have_text(session_ids)


def test_a_new_organization_learns_the_headers_and_sees_its_first_session_come(
    visitor: Page, address: str, organization: Tenant
) -> None:
    visitor.goto(address)
    for name in ("Id", "Path", "Name"):
        expect(visitor.get_by_text(f"Helicone-Session-{name}", exact=True).first).to_be_visible()
    expect(visitor.locator("#snippet-python")).to_contain_text("/v1")
    visitor.get_by_text("curl", exact=True).click()
    expect(visitor.locator("#snippet-curl")).to_be_visible()
    log(chat_event(organization.id, session_id="first", session_name="Trip planner"))
    expect(visitor.locator("[data-row]")).to_have_count(1, timeout=20_000)
    expect_shown(visitor, ["first"])


def test_a_row_says_what_the_session_was(
    visitor: Page, address: str, logged_sessions: Callable[..., None], organization: Tenant
) -> None:
    logged_sessions(
        one={"session_name": "Trip planner", "user_id": "ann", "latency_ms": 75_000, "status": 429}
    )
    Session.objects.filter(organization_id=organization.id).update(tag="look at this", feedback=1)
    visitor.goto(address)
    row = visitor.locator("[data-row]")
    for text in ("Trip planner", "look at this", "one", "429", "1 m 15 s", "120", "gpt-4o", "ann"):
        expect(row).to_contain_text(text)
    expect(row.get_by_text("Good", exact=True)).to_be_attached()
    expect(visitor.locator(".table-foot")).to_contain_text("1 of 1 session")


def test_what_clients_and_people_wrote_is_shown_as_text(
    visitor: Page, address: str, logged_sessions: Callable[..., None], organization: Tenant
) -> None:
    hostile = "<script>document.title='owned'</script>\"'><img src=x onerror=\"document.title='owned'\">"
    logged_sessions(**{hostile: {"session_name": hostile, "user_id": hostile, "model": hostile}})
    Session.objects.filter(organization_id=organization.id).update(tag=hostile[:100])
    for part in ("", "names/"):
        visitor.goto(address + part)
        expect(visitor.locator("[data-row]")).to_contain_text("<script>document.title='owned'</script>")
        assert visitor.title().startswith("Sessions")
    visitor.goto(address)
    expect(visitor.locator("td.session-id")).to_have_text(hostile)


def test_the_keyboard_moves_opens_and_goes_here(
    visitor: Page, address: str, logged_sessions: Callable[..., None]
) -> None:
    logged_sessions(**{"old": {}, "a/b": {}})
    visitor.goto(address.replace("/sessions/", "/requests/"))
    visitor.keyboard.press("g")
    visitor.keyboard.press("s")
    expect(visitor).to_have_url(re.compile(r"/sessions/$"))
    visitor.wait_for_load_state()
    visitor.keyboard.press("j")
    expect(visitor.locator("[data-row]").first.get_by_role("link")).to_be_focused()
    visitor.keyboard.press("j")
    visitor.keyboard.press("k")
    visitor.keyboard.press("Enter")
    expect(visitor).to_have_url(re.compile(r"/sessions/a~Sb/$"))
    expect(visitor.get_by_role("heading", level=1)).to_be_visible()


def test_a_click_anywhere_on_a_row_opens_the_session(
    visitor: Page, address: str, logged_sessions: Callable[..., None]
) -> None:
    logged_sessions(one={})
    visitor.goto(address)
    visitor.locator("[data-row] td.session-id").click()
    expect(visitor).to_have_url(re.compile(r"/sessions/one/$"))
    visitor.go_back()
    expect(visitor.locator("[data-row]")).to_have_count(1)


def test_typing_filters_by_name_and_by_what_requests_were_like(
    visitor: Page, address: str, logged_sessions: Callable[..., None]
) -> None:
    logged_sessions(
        plain={}, failed={"status": 500, "session_name": "Checkout"}, other={"session_name": "Checkout"}
    )
    visitor.goto(address)
    visitor.keyboard.press("/")
    visitor.keyboard.type("check")
    visitor.keyboard.press("Enter")
    expect(visitor.locator("[data-row]")).to_have_count(2)
    field = visitor.get_by_label("Filter sessions")
    field.fill("request:status:500")
    field.press("Enter")
    expect(visitor.locator("[data-row]")).to_have_count(1)
    expect_shown(visitor, ["failed"])
    visitor.reload()
    expect_shown(visitor, ["failed"])
    visitor.get_by_role("link", name="Remove filter request:status:500").click()
    expect(visitor.locator("[data-row]")).to_have_count(2)


def test_the_filter_offers_fields_and_values(
    visitor: Page, address: str, logged_sessions: Callable[..., None]
) -> None:
    logged_sessions(one={"session_name": "Trip planner", "user_id": "ann", "properties": {"Env": "prod"}})
    visitor.goto(address)
    field = visitor.get_by_label("Filter sessions")
    options = visitor.locator("#filter-options [role=option]")
    for typed, offered in {
        "dur": "duration>",
        "name:": 'name:"Trip planner"',
        "cost>": "cost>0.01",
        "req": "request:",
        "request:sta": "status:",
        "request:(property.E": "property.Env:",
        "request:user:": "user:ann",
    }.items():
        field.fill("")
        field.type(typed)
        expect(options.get_by_text(offered, exact=True).first).to_be_visible()
    field.fill("")
    field.type("request:property.")
    options.get_by_text("property.Env:", exact=True).click()
    expect(field).to_have_value("request:property.Env:")
    options.get_by_text("property.Env:prod", exact=True).click()
    field.press("Enter")
    expect(visitor.locator("[data-row]")).to_have_count(1)


def test_a_filter_that_cannot_be_read_says_where(
    visitor: Page, address: str, logged_sessions: Callable[..., None]
) -> None:
    logged_sessions(one={})
    visitor.goto(f"{address}?q=errors%3E0+latency%3E2s")
    expect(visitor.locator("#filter-fault mark")).to_have_text("latency>2s")
    expect(visitor.locator("#filter-fault")).to_contain_text("its requests do")


@pytest.mark.parametrize("query", ["q=name:nothing", "range=1h"])
def test_an_empty_list_says_why_and_leads_out(
    visitor: Page, address: str, organization: Tenant, query: str
) -> None:
    store(chat_event(organization.id, at_us=now_us() - 180 * MINUTE_US, session_id="old"))
    visitor.goto(f"{address}?{query}")
    expect(visitor.locator(".empty h2")).to_contain_text("No sessions")
    visitor.get_by_role("link", name="Clear filters" if "q=" in query else "Look at the last 90 days").click()
    expect(visitor.locator("[data-row]")).to_have_count(1)


def test_heads_sort_and_pages_follow(visitor: Page, address: str, organization: Tenant) -> None:
    start = now_us() - 100 * MINUTE_US
    store(
        *(
            chat_event(organization.id, at_us=start + n, session_id=f"s{n:02}", latency_ms=100 * n)
            for n in range(60)
        )
    )
    visitor.goto(address)
    visitor.get_by_role("link", name="Duration").click()
    expect(visitor.locator("th[aria-sort=descending]")).to_have_text(re.compile("Duration"))
    ids = visitor.locator("td.session-id")
    expect(ids.first).to_have_text("s59")
    visitor.get_by_role("link", name="Next").click()
    expect(visitor.locator("[data-row]")).to_have_count(10)
    expect(ids.last).to_have_text("s00")
    visitor.get_by_role("link", name="Previous").click()
    expect(visitor.locator("[data-row]")).to_have_count(50)
    expect(ids.first).to_have_text("s59")


def test_live_shows_new_sessions_and_what_running_ones_become(
    visitor: Page, address: str, logged_sessions: Callable[..., None], organization: Tenant
) -> None:
    logged_sessions(runs={})
    visitor.goto(address)
    visitor.locator("label.live").click()
    log(
        chat_event(organization.id, session_id="runs", status=500),
        chat_event(organization.id, session_id="new"),
    )
    expect(visitor.locator("[data-row]")).to_have_count(2, timeout=20_000)
    runs = visitor.locator("[data-row]", has_text="runs")
    expect(runs.locator(".badge-bad").first).to_be_visible(timeout=20_000)


def test_names_add_up_and_lead_to_their_sessions(
    visitor: Page, address: str, logged_sessions: Callable[..., None]
) -> None:
    logged_sessions(
        a={"session_name": "Plan", "latency_ms": 2000}, b={"session_name": "Plan", "latency_ms": 9000}, c={}
    )
    visitor.goto(address)
    visitor.get_by_role("link", name="By name").click()
    rows = visitor.locator("[data-row]")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("2.00 s")
    expect(rows.first).to_contain_text("9.00 s")
    visitor.get_by_role("link", name="without a name").click()
    expect(rows).to_have_count(1)
    expect_shown(visitor, ["c"])
    visitor.go_back()
    visitor.get_by_role("link", name="Plan", exact=True).click()
    expect(rows).to_have_count(2)
    expect_shown(visitor, ["b", "a"])


def test_a_tag_and_a_thumb_are_given_on_the_sessions_page(
    visitor: Page, address: str, logged_sessions: Callable[..., None], organization: Tenant
) -> None:
    logged_sessions(**{"a/b": {}})
    visitor.goto(f"{address}a~Sb/")
    visitor.locator("#session-tag > summary").click()
    visitor.get_by_label("Tag", exact=True).fill("look at this")
    visitor.get_by_role("button", name="Save").click()
    expect(visitor.locator("#session-tag > summary")).to_have_text(re.compile("look at this"))
    visitor.get_by_role("button", name="Bad session").click()
    expect(visitor.get_by_role("button", name="Bad session")).to_have_attribute("aria-pressed", "true")
    made = Session.objects.get(organization_id=organization.id)
    assert (made.tag, made.feedback) == ("look at this", 0)
    visitor.locator("#session-tag > summary").click()
    visitor.get_by_role("button", name="Take off").click()
    expect(visitor.locator("#session-tag > summary")).to_have_text(re.compile(r"^\s*Tag\s*$"))
    visitor.get_by_role("button", name="Bad session").click()
    expect(visitor.get_by_role("button", name="Bad session")).to_have_attribute("aria-pressed", "false")
    wait_until(lambda: Session.objects.get(organization_id=organization.id).feedback is None)


def test_requests_lead_to_their_session(
    visitor: Page, address: str, logged_sessions: Callable[..., None]
) -> None:
    logged_sessions(**{"a/b": {"session_name": "Trip planner"}})
    visitor.goto(f"{address.replace('/sessions/', '/requests/')}?columns=time,session")
    visitor.get_by_role("link", name="a/b").click()
    expect(visitor).to_have_url(re.compile(r"/sessions/a~Sb/$"))
    visitor.go_back()
    visitor.locator("[data-row] .row-link").click()
    visitor.locator("#drawer").get_by_role("link", name="Trip planner").click()
    expect(visitor).to_have_url(re.compile(r"/sessions/a~Sb/$"))


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("part", ["", "names/"])
def test_nothing_keeps_people_out(
    new_page: Callable[..., Page], organization: Tenant, address: str, logged_sessions: Callable[..., None],
    barriers: Callable[[Page], list[str]], width: int, theme: str, part: str,
) -> None:  # fmt: skip
    logged_sessions(one={"status": 500}, two={"session_name": "x" * 300, "user_id": "y" * 300})
    page = new_page(organization.owner, viewport={"width": width, "height": 900}, color_scheme=theme)
    page.goto(f"{address}{part}?q=has:id")
    expect(page.locator("[data-row]")).to_have_count(2)
    assert barriers(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_list_reads_without_scripts(
    new_page: Callable[..., Page], organization: Tenant, address: str, logged_sessions: Callable[..., None]
) -> None:
    logged_sessions(one={}, two={"session_name": "Plan"})
    page = new_page(organization.owner, java_script_enabled=False)
    page.goto(address)
    page.get_by_label("Filter sessions").fill("name:Plan")
    page.get_by_role("button", name="Filter").click()
    expect(page.locator("[data-row]")).to_have_count(1)
    page.locator("[data-row] .row-link").click()
    expect(page).to_have_url(re.compile(r"/sessions/two/$"))
