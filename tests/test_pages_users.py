"""The Users page and one user's page in a browser."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from ingest_app.events import now_us
from tests.cast import Role, make_cast
from tests.events import chat_event
from tests.live import Stack, Tenant
from tests.logged_days import store
from tests.web_client import WebClient

pytest_plugins = ("tests.browser",)

DAY_US = 86_400_000_000
HOSTILE = "<script>document.title='owned'</script>\"'><img src=x onerror=\"document.title='owned'\">"
NOTE_SHIFTS = """
    window.shifts = [];
    new PerformanceObserver((seen) => {
        for (const entry of seen.getEntries()) {
            shifts.push(`${entry.value} ${entry.sources.map(({ node }) => node?.className ?? node?.nodeName)}`);
        }
    }).observe({ type: "layout-shift", buffered: true });
"""


@pytest.fixture
def address(organization: Tenant) -> str:
    return f"/o/{organization.organization.slug}/users/"


@pytest.fixture
def asked(organization: Tenant) -> Callable[..., None]:
    """Returns a function that logs one request for each (user, days ago, changes)."""

    def log_all(*requests: tuple[str, float, dict[str, Any]]) -> None:
        now = now_us() - 60_000_000
        store(
            *(
                chat_event(organization.id, at_us=int(now - days * DAY_US), user_id=user, **changes)
                for user, days, changes in requests
            )
        )

    return log_all


@pytest.fixture
def few_users(asked: Callable[..., None]) -> None:
    """Ann asks most, and failed once; bob came three weeks ago and today; cem only three weeks ago."""
    asked(
        *(("ann", day, {}) for day in (0, 0, 1, 2)),
        ("ann", 1, {"status": 429}),
        ("bob", 21, {"session_id": "trip"}),
        ("bob", 0, {"session_id": "trip"}),
        ("cem", 21, {"model": "gpt-4o-mini"}),
    )


def row(page: Page, user: str) -> Any:
    return page.locator("[data-row]").filter(has=page.get_by_role("link", name=user, exact=True))


def expect_users(page: Page, *users: str) -> None:
    expect(page.locator("td.breakdown-name")).to_have_text(list(users))


def test_without_any_user_one_learns_the_header(
    visitor: Page, address: str, asked: Callable[..., None]
) -> None:
    asked(("", 0, {}))
    visitor.goto(address)
    expect(visitor.get_by_role("heading", name="Say who asks")).to_be_visible()
    expect(visitor.get_by_text("Helicone-User-Id")).to_be_visible()


def test_a_row_says_what_the_user_asked_and_spent(visitor: Page, address: str, few_users: None) -> None:
    visitor.goto(address)
    expect_users(visitor, "ann", "bob", "cem")
    cells = row(visitor, "ann").get_by_role("cell")
    expect(cells.nth(2)).to_have_text("5")
    expect(cells.nth(3)).to_have_text("1 20 %")
    expect(cells.nth(4)).to_have_text("600")
    expect(cells.nth(5)).to_have_text("500 ms")
    expect(row(visitor, "bob").get_by_role("cell").nth(6)).to_have_text("1")
    expect(visitor.locator("tfoot tr")).to_contain_text("8")
    expect(visitor.locator(".table-foot")).to_contain_text("1–3 of 3 users")


def test_numbers_lead_to_their_requests_and_sessions(visitor: Page, address: str, few_users: None) -> None:
    visitor.goto(address)
    row(visitor, "ann").get_by_role("link", name="5", exact=True).click()
    expect(visitor).to_have_url(re.compile(r"/requests/\?q=.*ann.*&start="))
    expect(visitor.locator("[data-row]")).to_have_count(5)
    visitor.go_back()
    row(visitor, "ann").locator(".badge").click()
    expect(visitor.locator("[data-row]")).to_have_count(1)
    visitor.go_back()
    row(visitor, "bob").get_by_role("cell").nth(6).get_by_role("link").click()
    expect(visitor.locator("td.session-id")).to_have_text("trip")


def test_heads_sort_and_the_address_keeps_it(visitor: Page, address: str, few_users: None) -> None:
    visitor.goto(address)
    visitor.get_by_role("link", name="User", exact=True).click()
    expect(visitor).to_have_url(re.compile("sort=-user"))
    expect_users(visitor, "cem", "bob", "ann")
    visitor.get_by_role("link", name="Last seen").click()
    expect(visitor).to_have_url(re.compile("sort=-last_seen"))
    expect(visitor.locator("td.breakdown-name").last).to_have_text("cem")
    visitor.reload()
    expect(visitor.locator("td.breakdown-name").last).to_have_text("cem")


def test_a_part_of_an_id_finds_users_and_a_filter_narrows_them(
    visitor: Page, address: str, few_users: None
) -> None:
    visitor.goto(address)
    visitor.get_by_label("Part of an id").fill("B")
    visitor.get_by_label("Part of an id").press("Enter")
    expect_users(visitor, "bob")
    visitor.get_by_label("Part of an id").fill("")
    visitor.get_by_label("Part of an id").press("Enter")
    expect(visitor.locator("[data-row]")).to_have_count(3)
    visitor.goto(f"{address}?q=model:gpt-4o-mini")
    expect_users(visitor, "cem")
    visitor.goto(f"{address}?find=nobody")
    expect(visitor.get_by_role("heading", name="No user with this in the id")).to_be_visible()


def test_it_says_who_is_new_and_who_came_back(visitor: Page, address: str, few_users: None) -> None:
    visitor.goto(f"{address}?range=7d")
    for label, value in (("Active users", "2"), ("New", "1"), ("Returning", "1")):
        card = visitor.locator(".stat").filter(has=visitor.get_by_text(label, exact=True))
        expect(card.locator(".stat-value")).to_have_text(value)
    visitor.get_by_role("link", name="Who comes back").click()
    cohort = visitor.locator(".retention tbody tr").first
    expect(cohort.get_by_role("cell").first).to_have_text("2")
    expect(cohort).to_contain_text("50 %")
    expect(visitor.locator(".users-class").first).to_contain_text("2 users")
    expect(visitor.locator("#users-course .plot .lines path.js-line").first).to_be_attached()


def test_what_takes_long_stays_while_one_sorts(visitor: Page, address: str, few_users: None) -> None:
    visitor.goto(address)
    expect(visitor.locator(".stat")).to_have_count(3)
    asked_for: list[str] = []
    visitor.on("request", lambda request: asked_for.append(request.headers.get("hx-target", "")))
    visitor.get_by_role("link", name="Tokens").click()
    expect(visitor).to_have_url(re.compile("sort=-tokens"))
    expect(visitor.locator(".stat")).to_have_count(3)
    assert [target for target in asked_for if target] == ["metrics"]


@pytest.mark.parametrize(("path", "target"), [("", "users"), ("ann/", "user-panels")])
def test_what_takes_long_can_be_asked_for_alone(
    visitor: Page, address: str, few_users: None, path: str, target: str
) -> None:
    answer = visitor.request.get(address + path, headers={"HX-Request": "true", "HX-Target": target})
    assert answer.status == 200
    assert answer.text().strip().startswith("<div")
    assert f'id="{target}"' in answer.text()
    assert "gpt-4o" in answer.text() or "ann" in answer.text()


def test_nothing_moves_when_charts_and_tables_come(visitor: Page, address: str, few_users: None) -> None:
    visitor.add_init_script(NOTE_SHIFTS)
    visitor.goto(address)
    expect(visitor.locator("#users-newcomers .plot .bars .point").first).to_be_attached()
    expect(visitor.locator(".retention")).to_be_attached()
    assert visitor.evaluate("shifts") == []


def test_the_keyboard_goes_here_and_opens_a_user(visitor: Page, address: str, few_users: None) -> None:
    visitor.goto(address.replace("/users/", "/requests/"))
    visitor.keyboard.press("g")
    visitor.keyboard.press("u")
    expect(visitor).to_have_url(re.compile(r"/users/$"))
    visitor.wait_for_load_state()
    visitor.keyboard.press("j")
    visitor.keyboard.press("Enter")
    expect(visitor).to_have_url(re.compile(r"/users/ann/"))
    expect(visitor.get_by_role("heading", name="ann", level=1)).to_be_visible()


def test_a_users_page_keeps_the_period_and_the_filter(visitor: Page, address: str, few_users: None) -> None:
    visitor.goto(f"{address}?range=7d&q=-status:429")
    row(visitor, "ann").get_by_role("link", name="ann").click()
    expect(visitor).to_have_url(re.compile(r"/users/ann/\?.*range=7d"))
    card = visitor.locator(".stat").filter(has=visitor.get_by_text("Requests", exact=True))
    expect(card.locator(".stat-value")).to_have_text("4")
    expect(visitor.locator(".users-requests tbody tr")).to_have_count(4)
    visitor.get_by_role("link", name="All users").click()
    expect(visitor).to_have_url(re.compile(r"/users/\?.*range=7d"))


def test_a_user_has_charts_models_requests_and_sessions(visitor: Page, address: str, few_users: None) -> None:
    visitor.goto(f"{address}bob/")
    expect(visitor.get_by_role("article", name="Requests by status")).to_be_visible()
    expect(visitor.get_by_role("article", name="Top models")).to_contain_text("gpt-4o")
    expect(visitor.locator(".users-sessions tbody tr")).to_contain_text("trip")
    visitor.locator(".users-requests [data-row]").first.click()
    expect(visitor).to_have_url(re.compile(r"/requests/[0-9a-f-]{36}/"))


def test_a_request_leads_to_its_user(visitor: Page, address: str, few_users: None) -> None:
    visitor.goto(f"{address}cem/")
    visitor.locator(".users-requests [data-row]").first.click()
    visitor.locator(".detail-ids").get_by_role("link", name="cem").click()
    expect(visitor).to_have_url(re.compile(r"/users/cem/$"))


@pytest.mark.parametrize("user", ["a/b ü?&#%~x", "...", "charts", "names", HOSTILE])
def test_a_user_may_be_called_anything(
    visitor: Page, address: str, asked: Callable[..., None], user: str
) -> None:
    asked((user, 0, {}))
    visitor.goto(address)
    row(visitor, user).get_by_role("link", name=user, exact=True).click()
    expect(visitor.get_by_role("heading", level=1)).to_have_text(user)
    expect(visitor.locator(".users-requests tbody tr")).to_have_count(1)


def test_a_user_whose_id_is_cut_leads_to_the_requests(
    visitor: Page, address: str, asked: Callable[..., None]
) -> None:
    asked(("x" * 300, 0, {}))
    visitor.goto(address)
    visitor.locator("td.breakdown-name a").click()
    expect(visitor).to_have_url(re.compile("/requests/"))
    expect(visitor.locator("[data-row]")).to_have_count(1)


def test_a_user_of_whom_nothing_is_kept_is_not_found(
    organization: Tenant, stack: Stack, address: str, few_users: None
) -> None:
    client = WebClient(stack.url, organization.owner)
    assert client.get(f"{address}ann/").status == 200
    assert client.get(f"{address}dora/").status == 404
    assert client.get(f"{address}%00/").status == 404


def test_only_who_may_erase_is_led_there(stack: Stack) -> None:
    cast = make_cast()
    store(chat_event(cast.organization.pk, user_id="ann"))
    path = f"/o/{cast.organization.slug}/users/ann/"
    for role, may in ((Role.VIEWER, False), (Role.ADMIN, True)):
        assert ("Erase what is kept" in WebClient(stack.url, cast.people[role]).get(path).text) is may


def test_a_filter_that_cannot_be_read_says_so_and_keeps_the_page(
    visitor: Page, address: str, few_users: None
) -> None:
    for path in (address, f"{address}ann/"):
        visitor.goto(f"{path}?q=cost:")
        expect(visitor.get_by_role("alert")).to_be_visible()
        visitor.goto(f"{path}?q=hello")
        expect(visitor.get_by_text("Metrics cannot be narrowed by words in bodies")).to_be_visible()


@pytest.mark.parametrize("width", [1440, 390])
def test_everyone_can_use_the_pages_of_users(
    visitor: Page,
    address: str,
    few_users: None,
    barriers_in_both_themes: Callable[[Page], list[str]],
    width: int,
) -> None:
    visitor.set_viewport_size({"width": width, "height": 900})
    visitor.goto(address)
    expect(visitor.locator(".retention")).to_be_attached()
    expect(visitor.locator(".stat")).to_have_count(3)
    expect(visitor.locator(".users-class").first).to_be_attached()
    assert barriers_in_both_themes(visitor) == []
    assert visitor.evaluate("document.documentElement.scrollWidth") == width
    visitor.goto(f"{address}ann/")
    assert barriers_in_both_themes(visitor) == []
    assert visitor.evaluate("document.documentElement.scrollWidth") == width
