"""The page of a session in a browser: tree, timeline, filter, keys, and the details beside them."""

import json
import re
import urllib.request
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from helicone_site import formats
from ingest_app.events import LogEvent, now_us
from sessions_app.queries import get_session
from sessions_app.steps import read_steps
from tests.events import log
from tests.live import Stack, Tenant
from tests.made_sessions import SESSION_ID, session_events
from tests.web_client import WebClient

pytest_plugins = ("tests.browser", "tests.session_pages")

LogSession = Callable[..., list[LogEvent]]
HOSTILE = "</script><img src=x onerror='window.hacked = 1'>"


def labels(page: Page) -> list[str]:
    return page.locator("#session-tree .step-link").all_inner_texts()


def row(page: Page, name: str) -> Any:
    return page.get_by_role("row", name=re.compile(rf"^{re.escape(name)}\b"))


def active(page: Page) -> str:
    return page.locator('.step[aria-selected="true"] .step-link').inner_text()


def test_the_tree_shows_paths_spans_and_attempts(
    visitor: Page, session_address: str, logged_session: LogSession, barriers: Callable[[Page], list[str]]
) -> None:
    logged_session()
    visitor.goto(session_address)
    expect(visitor.get_by_role("heading", name="Vendor research")).to_be_visible()
    assert labels(visitor) == ["/research", "/plan", "/gather", "/read", "/read", "/read", "fetch", "/write"]
    gather = visitor.locator(".step").nth(2)
    expect(gather).to_contain_text("web_search")
    expect(gather).to_contain_text("1 error")
    attempts = visitor.locator(".step").nth(3)
    expect(attempts).to_contain_text("2 attempts, recovered")
    expect(visitor.locator(".step").nth(4)).to_contain_text("429 rate limited")
    expect(visitor.locator(".step").first).to_contain_text("10.0 s")
    expect(visitor.locator('[data-card="errors"]')).to_contain_text("retried, recovered")
    expect(visitor.locator('[data-card="steps"]')).to_contain_text("4 model · 2 other")
    assert barriers(visitor) == []


def test_it_is_readable_without_scripts(
    new_page: Callable[..., Page], organization: Tenant, session_address: str, logged_session: LogSession
) -> None:
    events = logged_session()
    page = new_page(organization.owner, java_script_enabled=False)
    page.goto(session_address)
    assert len(labels(page)) == 8
    page.get_by_role("link", name="/write").click()
    expect(page.locator(f'#drawer [data-request="{events[-1].id}"]')).to_be_visible()


def test_a_step_opens_beside_the_tree_and_has_an_address(
    visitor: Page, session_address: str, logged_session: LogSession
) -> None:
    events = logged_session()
    visitor.goto(session_address)
    visitor.locator(".step").last.click()
    drawer = visitor.locator("#drawer")
    expect(drawer).to_contain_text("Write the report")
    assert f"span={events[-1].id}" in visitor.url
    assert "/sessions/" in visitor.url
    visitor.reload()
    expect(drawer).to_contain_text("Write the report")
    assert active(visitor) == "/write"
    visitor.keyboard.press("Escape")
    expect(drawer).to_be_hidden()
    assert "span=" not in visitor.url
    visitor.go_back()
    expect(drawer).to_contain_text("Write the report")


def test_keys_step_fold_open_and_close(
    visitor: Page, session_address: str, logged_session: LogSession
) -> None:
    events = logged_session()
    visitor.goto(session_address)
    visitor.keyboard.press("j")
    assert active(visitor) == "/research"
    visitor.keyboard.press("ArrowLeft")
    expect(visitor.locator(".step")).to_have_count(1)
    visitor.keyboard.press("ArrowRight")
    expect(visitor.locator(".step")).to_have_count(8)
    visitor.keyboard.press("j")
    visitor.keyboard.press("Enter")
    drawer = visitor.locator("#drawer")
    expect(drawer).to_contain_text("Plan it")
    expect(visitor.locator("#detail-title")).to_be_focused()
    # With a step open the keys go from request to request.
    visitor.keyboard.press("j")
    expect(drawer.locator(f'[data-request="{events[3].id}"]')).to_be_visible()
    visitor.keyboard.press("e")
    expect(drawer.locator(f'[data-request="{events[1].id}"]')).to_be_visible()
    visitor.keyboard.press("k")
    expect(drawer.locator(f'[data-request="{events[3].id}"]')).to_be_visible()
    # However quickly: what is shown in the end is the last one.
    for _ in range(4):
        visitor.keyboard.press("j")
    expect(drawer.locator(f'[data-request="{events[-1].id}"]')).to_be_visible()
    assert active(visitor) == "/write"
    visitor.keyboard.press("Escape")
    expect(drawer).to_be_hidden()
    expect(visitor.locator("#session-tree")).to_be_focused()


def test_the_filter_shows_what_matches_with_what_is_above(
    visitor: Page, session_address: str, logged_session: LogSession
) -> None:
    logged_session()
    visitor.goto(session_address)
    visitor.keyboard.press("/")
    visitor.keyboard.type("read error")
    expect(visitor.locator("#session-found")).to_have_text("1 of 8")
    assert labels(visitor) == ["/research", "/gather", "/read", "/read"]
    expect(visitor.locator(".step:not(.is-above-found)")).to_have_count(1)
    assert "find=read+error" in visitor.url
    visitor.reload()
    assert labels(visitor) == ["/research", "/gather", "/read", "/read"]
    visitor.get_by_label("Filter the steps").fill("no such thing")
    expect(visitor.locator("#session-nothing")).to_be_visible()
    visitor.get_by_label("Filter the steps").press("Escape")
    expect(visitor.locator(".step")).to_have_count(8)


def test_what_no_step_is_called_is_searched_for_in_the_texts(
    visitor: Page, session_address: str, logged_session: LogSession
) -> None:
    logged_session()
    visitor.goto(f"{session_address}?find=wanted+words")
    visitor.get_by_role("link", name="Search the texts of its requests").click()
    expect(visitor.get_by_role("heading", name="No requests match")).to_be_visible()
    asked = parse_qs(urlsplit(visitor.url).query)
    assert (asked["session_id"], asked["q"]) == ([SESSION_ID], ['"wanted" "words"'])


def test_a_drag_on_the_axis_zooms_and_the_address_keeps_it(
    visitor: Page, session_address: str, logged_session: LogSession
) -> None:
    logged_session()
    visitor.goto(session_address)
    axis = visitor.locator("#session-axis").bounding_box()
    assert axis is not None
    bar = visitor.locator(".step").last.locator(".bar-all")
    before = bar.get_attribute("width") or ""
    visitor.mouse.move(axis["x"] + axis["width"] / 2, axis["y"] + 10)
    visitor.mouse.down()
    visitor.mouse.move(axis["x"] + axis["width"] - 1, axis["y"] + 10, steps=3)
    visitor.mouse.up()
    expect(visitor.get_by_role("button", name="Whole time")).to_be_visible()
    after = bar.get_attribute("width") or ""
    assert float(after) == pytest.approx(2 * float(before), rel=0.1)
    assert "zoom=" in visitor.url
    visitor.reload()
    expect(bar).to_have_attribute("width", re.compile(rf"^{int(float(after))}"))
    visitor.get_by_role("button", name="Whole time").click()
    expect(bar).to_have_attribute("width", before)
    assert "zoom=" not in visitor.url


def test_the_timeline_shows_steps_in_lanes(
    visitor: Page, session_address: str, logged_session: LogSession, barriers: Callable[[Page], list[str]]
) -> None:
    events = logged_session()
    visitor.goto(session_address)
    visitor.get_by_role("link", name="Timeline").click()
    blocks = visitor.get_by_role("option")
    expect(blocks).to_have_count(6)
    tops = blocks.evaluate_all("blocks => [...new Set(blocks.map(block => block.style.top))].sort()")
    assert tops == ["0px", "26px"]  # only the span below the tool runs beside another step
    assert "view=timeline" in visitor.url
    assert barriers(visitor) == []
    visitor.get_by_role("option", name="/write").click()
    expect(visitor.locator(f'#drawer [data-request="{events[-1].id}"]')).to_be_visible()
    visitor.keyboard.press("k")
    expect(visitor.locator(f'#drawer [data-request="{events[4].id}"]')).to_be_visible()


def test_the_critical_path_and_idle_time_are_marked(
    visitor: Page, session_address: str, logged_session: LogSession
) -> None:
    logged_session()
    visitor.goto(session_address)
    expect(visitor.locator("#session-layer .idle")).to_have_count(3)
    expect(visitor.locator('[data-card="duration"]')).to_contain_text("28 % idle")
    visitor.get_by_role("button", name="Critical path").click()
    expect(visitor.get_by_role("button", name="Critical path")).to_have_attribute("aria-pressed", "true")
    expect(visitor.locator(".step.is-critical")).to_have_count(8)
    assert "critical=1" in visitor.url


def test_what_arrives_is_added_without_losing_the_place(
    visitor: Page, session_address: str, organization: Tenant, logged_session: LogSession
) -> None:
    started_us = now_us() - 60_000_000
    logged_session(started_us=started_us)
    visitor.goto(session_address)
    expect(visitor.locator("#session-live")).to_be_visible()
    visitor.locator(".step").nth(3).locator(".twist").click()
    visitor.locator(".step").nth(1).click()
    expect(visitor.locator("#drawer")).to_contain_text("Plan it")
    late = ({"at_ms": 40_000, "path": "/research/check", "text": "Check it"},)
    log(*session_events(organization.id, late, started_us=started_us))
    expect(visitor.locator(".step", has_text="/check")).to_be_visible()
    assert labels(visitor) == ["/research", "/plan", "/gather", "/read", "fetch", "/write", "/check"]
    assert active(visitor) == "/plan"
    expect(visitor.locator('[data-card="steps"] .session-number')).to_have_text("7")
    expect(visitor.locator("#drawer")).to_contain_text("Plan it")


def test_hostile_names_stay_text(visitor: Page, session_address: str, logged_session: LogSession) -> None:
    steps = ({"at_ms": 0, "path": f"/{HOSTILE}", "model": HOSTILE, "span_name": HOSTILE},)
    logged_session(steps, session_name=HOSTILE, user_id=HOSTILE)
    visitor.goto(session_address)
    expect(visitor.locator("#session-layer .axis-line").first).to_be_attached()
    visitor.locator(".step").last.click()
    expect(visitor.locator("#drawer [data-request]")).to_be_visible()
    assert visitor.evaluate("window.hacked") is None


def test_rows_far_below_are_drawn_when_they_are_scrolled_to(
    visitor: Page, session_address: str, logged_session: LogSession
) -> None:
    steps = tuple({"at_ms": number * 10, "path": f"/loop/{number}", "latency_ms": 5} for number in range(400))
    events = logged_session(steps)
    visitor.goto(f"{session_address}?span={events[350].id}")
    expect(visitor.locator(".step", has_text="/350")).to_be_in_viewport()
    assert visitor.locator(".step").count() < 150
    visitor.keyboard.press("Escape")
    visitor.keyboard.press("Home")
    expect(visitor.locator(".step", has_text="/loop")).to_be_in_viewport()
    visitor.keyboard.press("End")
    expect(visitor.locator(".step", has_text="/399")).to_be_in_viewport()


def test_a_narrow_screen_has_the_tree_and_the_details_as_a_page(
    new_page: Callable[..., Page], organization: Tenant, session_address: str, logged_session: LogSession
) -> None:
    logged_session()
    page = new_page(organization.owner, viewport={"width": 390, "height": 800})
    page.goto(session_address)
    expect(page.locator(".step").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.locator(".step").last.click()
    expect(page.locator("#drawer")).to_contain_text("Write the report")


def test_numbers_are_written_as_the_server_writes_them(
    visitor: Page, session_address: str, logged_session: LogSession
) -> None:
    logged_session()
    visitor.goto(session_address)
    milliseconds = [
        0,
        1,
        840,
        999,
        1000,
        1420,
        9994,
        9995,
        59_949,
        59_951,
        119_499,
        3_599_400,
        3_600_000,
        9e8,
    ]
    costs = [
        None,
        0,
        1,
        310_000,
        999_999,
        9_999_000,
        10_000_000,
        72_500_000,
        412_000_000,
        12_400_000_000,
        2e15,
    ]
    written = visitor.evaluate(
        """async ([milliseconds, costs]) => {
            const loaded = performance.getEntriesByType("resource").map(({ name }) => name);
            const { duration, money } = await import(loaded.find((name) => /formats[.\\w]*\\.js$/.test(name)));
            return [milliseconds.map(duration), costs.map(money)];
        }""",
        [milliseconds, costs],
    )
    assert written[0] == [formats.duration(value) for value in milliseconds]
    assert written[1] == [formats.money(None if value is None else int(value)) for value in costs]


def test_the_script_asks_for_rows_only_when_there_are_others(
    stack: Stack, organization: Tenant, session_address: str, logged_session: LogSession
) -> None:
    logged_session()
    owner = WebClient(stack.url, organization.owner)
    rows = json.loads(owner.get(f"{session_address}tree/").text)
    assert len(rows["depth"]) == 8
    assert owner.get(f"{session_address}tree/?known={rows['version']}").status == 204


@pytest.mark.parametrize("bodies", [False, True])
def test_the_export_has_the_session_and_its_requests_in_order(
    stack: Stack, organization: Tenant, session_address: str, logged_session: LogSession, bodies: bool
) -> None:
    events = logged_session()
    owner = WebClient(stack.url, organization.owner)
    exported = json.loads(owner.get(f"{session_address}export/{'?bodies=1' if bodies else ''}").text)
    assert exported["session"]["session_id"] == SESSION_ID
    assert [row["id"] for row in exported["requests"]] == [str(event.id) for event in events]
    assert ("request_body" in exported["requests"][0]) is bodies
    if bodies:
        assert exported["requests"][0]["request_body"]["messages"][0]["content"] == "Plan it"


def test_of_a_session_without_end_the_first_steps_are_read(
    organization: Tenant, logged_session: LogSession
) -> None:
    events = logged_session()
    session = get_session(organization_id=organization.id, session_id=SESSION_ID)
    steps = read_steps(
        organization_id=organization.id,
        session_id=SESSION_ID,
        first_at=session.first_at,
        last_at=session.last_at,
        at_most=2,
    )
    assert [step.id for step in steps] == [str(event.id) for event in events[:2]]


def test_rest_tells_the_tree(stack: Stack, organization: Tenant, logged_session: LogSession) -> None:
    events = logged_session()
    url = stack.url + reverse("api-session-tree", args=[SESSION_ID])
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {organization.api_key}"})
    tree = json.load(urllib.request.urlopen(request))
    assert tree["duration_ms"] == 10_000
    names = [(node["name"], node["role"], node["parent_place"]) for node in tree["nodes"]]
    assert names[:5] == [
        ("/research", "folder", None),
        ("/plan", "step", 0),
        ("/gather", "step", 0),
        ("/read", "attempts", 2),
        ("/read", "step", 3),
    ]
    assert tree["nodes"][1]["id"] == str(events[0].id)


def test_a_session_of_others_is_not_there(
    stack: Stack, make_tenant: Callable[[], Tenant], logged_session: LogSession
) -> None:
    logged_session()
    stranger = make_tenant()
    client = WebClient(stack.url, stranger.owner)
    for name in ("detail", "tree", "export"):
        url = reverse(f"sessions:{name}", args=[stranger.organization.slug, SESSION_ID])
        assert client.get(url).status == 404
