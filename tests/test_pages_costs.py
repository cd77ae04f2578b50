"""The Cost page in a browser."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.events import chat_event
from tests.live import Tenant
from tests.logged_days import asking, days_ago, store

pytest_plugins = ("tests.browser",)

DRAWN_MS = 20_000
NARROW = {"width": 390, "height": 844}
# 100 tokens in and 20 out of gpt-4o at $2.50 and $10 a million come to $0.00045, of gpt-4o-mini at $0.15 and $0.60 to
# $0.000027.


@pytest.fixture
def address(organization: Tenant) -> str:
    return f"/o/{organization.organization.slug}/costs/"


@pytest.fixture
def traffic(organization: Tenant) -> None:
    """Five weeks with two dear calls a day and a cheap one; the last two days also have one of unknown price."""
    id = organization.id
    features = {"gpt-4o": {"Feature": "chat"}, "gpt-4o-mini": {"Feature": "search/ü & co"}, "acme-tuned": {}}
    store(
        *(
            asking(id, days_ago(day + 0.01 * n), model=model, user_id=f"user {n}", properties=features[model])
            for day in range(1, 36)
            for n, model in enumerate(["gpt-4o", "gpt-4o", "gpt-4o-mini", *["acme-tuned"] * (day < 3)])
        )
    )


@pytest.fixture
def seen(visitor: Page, address: str, traffic: None) -> Page:
    visitor.goto(address)
    return visitor


def cell(page: Page, row: str, column: str) -> Locator:
    """Returns a cell of the table of what was spent on what."""
    table = page.locator("#rows")
    heads = [head.rstrip(" ↓↑\n") for head in table.locator("thead th").all_inner_texts()]
    return table.get_by_role("row").filter(has_text=row).locator("td, th").nth(heads.index(column))


def card(page: Page, label: str) -> Locator:
    return page.get_by_role("article", name=label, exact=True)


def test_a_new_organization_learns_how_to_log(visitor: Page, address: str) -> None:
    visitor.goto(address)
    expect(
        visitor.get_by_text("waiting for", exact=False).or_(visitor.locator("main pre")).first
    ).to_be_visible()


def test_the_table_says_what_each_model_cost(seen: Page) -> None:
    expect(cell(seen, "gpt-4o-mini", "Requests")).to_have_text(re.compile("^(29|30)$"))
    expect(cell(seen, "gpt-4o-mini", "Per request")).to_have_text("$0.000027")
    expect(cell(seen, "gpt-4o-mini", "Per 1 M tokens")).to_have_text("$0.2250")
    expect(cell(seen, "acme-tuned", "Cost")).to_have_text("–")
    expect(cell(seen, "All", "Share")).to_have_text("100 %")


def test_a_row_leads_to_its_requests(seen: Page) -> None:
    seen.get_by_role("link", name="gpt-4o-mini", exact=True).click()
    expect(seen.get_by_role("heading", name="Requests")).to_be_visible()
    expect(seen.locator(".chip")).to_contain_text(["gpt-4o-mini"])
    expect(seen.locator(".table-foot")).to_contain_text(re.compile("29|30"))


def test_keys_walk_through_the_rows(seen: Page) -> None:
    seen.keyboard.press("j")
    seen.keyboard.press("Enter")
    seen.wait_for_url(re.compile(r"/requests/\?.*gpt-4o"))


def test_costs_are_told_apart_by_what_is_chosen(seen: Page) -> None:
    seen.get_by_text("By model", exact=True).click()
    seen.get_by_role("link", name="Feature").click()
    expect(seen).to_have_url(re.compile("by=properties.Feature"))
    expect(seen.get_by_role("heading", name="Cost per day by Feature")).to_be_visible()
    expect(seen.get_by_role("row").filter(has_text="search/ü & co")).to_be_visible()
    without = seen.get_by_role("row").filter(has_text="Without Feature")
    without.get_by_role("link").click()
    expect(seen.locator("#rows-body")).to_contain_text("acme-tuned")
    expect(seen.locator("#rows-body")).not_to_contain_text("gpt-4o")


def test_a_head_sorts(seen: Page) -> None:
    seen.get_by_role("link", name="Per request", exact=True).click()
    expect(seen.get_by_role("columnheader", name="Per request")).to_have_attribute("aria-sort", "descending")
    seen.get_by_role("columnheader", name="Per request").get_by_role("link").click()
    expect(seen.locator("#rows-body tr").first).to_contain_text("gpt-4o-mini")


def test_cards_lead_to_the_requests_behind_them(seen: Page) -> None:
    labels = ("Cost", "Today", "Saved by prompt caching", "Cost per request", "Tokens", "Without a price")
    for label in labels:
        expect(card(seen, label).get_by_role("link")).to_have_attribute(
            "href", re.compile(r"/requests/\?.*start=")
        )
    card(seen, "Without a price").get_by_role("link").click()
    expect(seen.locator("#rows-body .row-link")).to_have_count(2)


def test_models_without_a_price_lead_to_where_they_get_one(seen: Page) -> None:
    notice = seen.get_by_text("2 requests with tokens have no known price")
    expect(notice).to_be_visible()
    seen.get_by_role("link", name="Set their prices").click()
    expect(seen.get_by_role("region", name="Table of models without a price")).to_contain_text("acme-tuned")


def test_the_page_keeps_its_period_and_filter(seen: Page) -> None:
    seen.get_by_role("link", name="7d", exact=True).click()
    expect(seen.locator(".table-foot").first).to_contain_text("last 7 days")
    seen.get_by_label("Filter requests").fill("model:gpt-4o-mini")
    seen.keyboard.press("Enter")
    expect(seen.locator("#rows-body tr")).to_have_count(1)
    assert "range=7d" in seen.url
    expect(seen.get_by_role("region", name="Cost by model")).to_contain_text("gpt-4o-mini")


def test_the_forecast_says_how_it_was_made_and_is_drawn_dashed(seen: Page) -> None:
    how = seen.get_by_role("article", name=f"What {datetime.now(UTC):%B} will come to")
    expect(how).to_contain_text("28 complete days were looked at")
    expect(how).to_contain_text("between")
    months = seen.locator("#months")
    months.scroll_into_view_if_needed()
    expect(months.locator(".plot .scatterlayer .trace").first).to_be_attached(timeout=DRAWN_MS)
    if (datetime.now(UTC) + timedelta(days=1)).day == 1:
        pytest.skip("nothing is left to be drawn on the last day of a month")
    dashed = "lines => lines.filter(line => line.style.strokeDasharray.includes('4px')).length"
    assert months.locator(".plot .js-line").evaluate_all(dashed) >= 1


def test_too_little_data_is_said(visitor: Page, address: str, organization: Tenant) -> None:
    store(chat_event(organization.id))
    visitor.goto(address)
    expect(visitor.get_by_text("A forecast needs 7 complete days")).to_be_visible()
    expect(card(visitor, f"Forecast for {datetime.now(UTC):%B}")).to_contain_text("too little data")


def test_a_period_without_requests_says_so(seen: Page, address: str) -> None:
    seen.goto(f"{address}?start=2024-01-01T00:00:00Z&end=2024-02-01T00:00:00Z")
    expect(seen.get_by_role("heading", name="No requests")).to_be_visible()
    seen.get_by_role("link", name="Look at the last 90 days").click()
    expect(seen.locator("#rows")).to_be_visible()
    expect(cell(seen, "gpt-4o-mini", "Requests")).to_have_text("35")


def test_a_file_has_the_table(seen: Page) -> None:
    with seen.expect_download() as download:
        seen.locator(".costs-table").get_by_role("link", name="CSV").click()
    text = download.value.path().read_text()
    assert text.splitlines()[0].startswith("Model,cost (USD)")
    assert "gpt-4o-mini" in text


def test_nothing_moves_when_charts_come(
    visitor: Page, address: str, traffic: None, note_shifts: Callable[[Page], Callable[[], list[float]]]
) -> None:
    shifts = note_shifts(visitor)
    visitor.goto(address)
    expect(visitor.locator("#over-time .plot .bars .point").first).to_be_attached(timeout=DRAWN_MS)
    assert shifts() == []


def test_nothing_keeps_anybody_out(seen: Page, barriers_in_both_themes: Callable[[Page], list[str]]) -> None:
    expect(seen.locator("#over-time .plot .bars .point").first).to_be_attached(timeout=DRAWN_MS)
    assert barriers_in_both_themes(seen) == []


def test_a_narrow_window_does_not_scroll_sideways(
    new_page: Callable[..., Page], organization: Tenant, address: str, traffic: None
) -> None:
    page = new_page(organization.owner, viewport=NARROW)
    page.goto(f"{address}?by=user")
    expect(page.locator("#over-time .plot .bars .point").first).to_be_attached(timeout=DRAWN_MS)
    assert page.evaluate("document.documentElement.scrollWidth") == NARROW["width"]
