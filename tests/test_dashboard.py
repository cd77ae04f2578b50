"""The numbers of the dashboard are those that its requests come to by hand, and lead to them."""

from collections.abc import Callable

import pytest

from metrics_app.panels import DASHBOARD
from tests.dashboards import (
    DAY,
    THIS_DAY,
    TODAY,
    DashboardPage,
    calls_before,
    calls_of_today,
    cards_in,
    period,
)
from tests.live import Stack, Tenant
from tests.metric_rows import write_all
from tests.web_client import WebClient

pytest_plugins = ("tests.dashboard_pages",)


@pytest.fixture
def page(dashboard_page: DashboardPage) -> DashboardPage:
    return dashboard_page


@pytest.mark.usefixtures("calls_of_two_days")
def test_cards_say_what_the_requests_come_to(page: DashboardPage) -> None:
    found = {label: card.exact for label, card in page.cards(**THIS_DAY).items()}
    assert found == {
        "Requests": "6",
        "Cost": "$0.0225",
        "Error rate": "16.7 %",
        "Tokens": "5,815",  # 3 × 1,100 + 2,500 + 15
        "Latency p95": found["Latency p95"],
        "First token p50": found["First token p50"],
        "Active users": "2",
        "Prompt cache hits": "50 %",
    }
    assert float(found["Latency p95"].removesuffix(" s")) == pytest.approx(4, rel=0.01)
    assert float(found["First token p50"].removesuffix(" ms")) == pytest.approx(300, rel=0.01)


@pytest.mark.usefixtures("calls_of_two_days")
def test_cards_say_how_that_differs_from_the_period_before(page: DashboardPage) -> None:
    found = {label: card.change for label, card in page.cards(**THIS_DAY).items()}
    assert found == {
        "Requests": "+50.0 % vs previous period",  # 6 after 4
        "Cost": "+114.3 % vs previous period",  # $0.0225 after $0.0105
        "Error rate": "−8.33 pp vs previous period",  # 1 of 6 after 1 of 4
        "Tokens": "+76.2 % vs previous period",  # 5,815 after 3,300
        "Latency p95": found["Latency p95"],
        "First token p50": "±0 % vs previous period",
        "Active users": "+100.0 % vs previous period",
        "Prompt cache hits": "+50.00 pp vs previous period",
    }
    assert float(found["Latency p95"].split()[0]) == pytest.approx(300, rel=0.02)  # 4 s after 1 s


def test_a_period_can_be_compared_with_a_week_earlier(page: DashboardPage, organization: Tenant) -> None:
    write_all([*calls_of_today(organization.id), *calls_before(organization.id, 7)])
    assert page.cards(**THIS_DAY)["Requests"].change == ""
    assert page.cards(**THIS_DAY, compare="week")["Requests"].change == "+50.0 % vs a week earlier"


@pytest.mark.usefixtures("calls_of_two_days")
def test_a_period_can_be_compared_with_another_filter(page: DashboardPage) -> None:
    query = {**THIS_DAY, "compare": "filter", "compare_q": "provider:openai"}
    found = page.cards(**query, q="provider:anthropic")
    assert found["Requests"].exact == "1"
    assert found["Requests"].change == "−80.0 % vs provider:openai"  # 1 against 5
    assert found["Cost"].change == "+50.0 % vs provider:openai"  # $0.0135 against $0.009


@pytest.mark.usefixtures("calls_of_two_days")
def test_a_period_can_be_compared_with_nothing(page: DashboardPage) -> None:
    assert {card.change for card in page.cards(**THIS_DAY, compare="none").values()} == {""}


@pytest.mark.usefixtures("todays_calls")
def test_a_filter_to_compare_with_that_cannot_be_read_is_named(page: DashboardPage) -> None:
    answer = page.get(**THIS_DAY, compare="filter", compare_q="cost>much")
    assert answer.status == 200
    assert "Compare with: " in answer.text
    assert 'aria-label="Period"' in answer.text
    assert cards_in(answer.text) == {}


@pytest.mark.usefixtures("calls_of_two_days")
def test_lists_name_the_dearest_first(page: DashboardPage) -> None:
    models = [(row.name, row.exact) for row in page.rows("Top models", **THIS_DAY)]
    assert models[:2] == [("claude-sonnet-4-20250514", "$0.0135"), ("gpt-4o", "$0.009")]
    assert [row.name for row in page.rows("Top users", **THIS_DAY)] == ["bob", "ann"]
    assert [(row.name, row.exact) for row in page.rows("Top errors", **THIS_DAY)] == [("rate_limit", "1")]
    assert [row.name for row in page.rows("Top by cost", **THIS_DAY, top="properties.Feature")] == [
        "search",
        "chat",
    ]


@pytest.mark.usefixtures("todays_calls")
def test_the_number_of_a_list_is_that_of_the_view_that_it_leads_to(page: DashboardPage) -> None:
    for title in ("Top models", "Top users", "Top by cost"):
        row = page.rows(title, **THIS_DAY)[0]
        narrowed = cards_in(page.client.get(row.url).text)
        assert narrowed["Cost"].exact == row.exact


@pytest.mark.usefixtures("calls_of_two_days")
def test_the_link_of_a_card_leads_to_its_requests(page: DashboardPage) -> None:
    for text in ("", "status:error", "property.Feature:chat", "has:kind"):
        found = page.cards(**THIS_DAY, q=text)
        (url,) = {card.url for card in found.values()}
        assert page.listed(url) == int(found["Requests"].exact)


@pytest.mark.usefixtures("todays_calls")
def test_words_in_bodies_are_left_to_the_list_of_requests(page: DashboardPage) -> None:
    answer = page.get(**THIS_DAY, q="hello")
    assert answer.status == 200
    assert "Metrics cannot be narrowed by words in bodies: the list of requests can." in answer.text
    assert cards_in(answer.text) == {}


@pytest.mark.usefixtures("todays_calls")
def test_a_filter_that_cannot_be_read_shows_what_is_wrong_and_the_page_stays(page: DashboardPage) -> None:
    answer = page.get(**THIS_DAY, q="cost>much")
    assert answer.status == 200
    assert "<h1>Dashboard</h1>" in answer.text
    assert "much" in answer.text
    assert 'aria-label="Period"' in answer.text
    assert cards_in(answer.text) == {}


@pytest.mark.usefixtures("todays_calls")
def test_a_period_that_ends_before_it_begins_is_named(page: DashboardPage) -> None:
    answer = page.get(**period(TODAY + DAY, TODAY))
    assert answer.status == 200
    assert "The period ends before it begins." in answer.text


def test_an_organization_without_requests_is_welcomed(page: DashboardPage) -> None:
    answer = page.get()
    assert answer.status == 200
    assert cards_in(answer.text) == {}
    assert "Send the first request" in answer.text


@pytest.mark.usefixtures("todays_calls")
def test_an_empty_period_says_so(page: DashboardPage) -> None:
    query = period(TODAY - 30 * DAY, TODAY - 29 * DAY)
    answer = page.get(**query)
    found = cards_in(answer.text)
    assert {label: card.value for label, card in found.items()} == {
        "Requests": "0",
        "Cost": "$0",
        "Error rate": "–",
        "Tokens": "0",
        "Latency p95": "–",
        "First token p50": "–",
        "Active users": "0",
        "Prompt cache hits": "–",
    }
    assert {card.change for card in found.values()} == {""}
    shown = [panel for panel in DASHBOARD.panels if panel.is_shown]
    assert answer.text.count("Nothing in this period.") == len(shown) - len(found)  # charts and lists
    assert page.listed(found["Requests"].url) == 0


@pytest.mark.usefixtures("calls_of_two_days")
def test_steps_that_called_no_model_count_only_when_they_are_asked_for(page: DashboardPage) -> None:
    assert page.cards(**THIS_DAY, q="has:kind")["Requests"].exact == "1"
    assert page.cards(**THIS_DAY, q="kind:tool")["Requests"].exact == "1"
    assert page.cards(**THIS_DAY, q="has:kind OR -has:kind")["Requests"].exact == "7"


@pytest.mark.usefixtures("calls_of_two_days")
def test_requests_of_another_organization_are_in_no_number(
    stack: Stack, page: DashboardPage, make_tenant: Callable[[], Tenant]
) -> None:
    other = make_tenant()
    before = page.cards(**THIS_DAY)
    write_all(calls_of_today(other.id))
    assert page.cards(**THIS_DAY) == before
    assert DashboardPage(stack, other).cards(**THIS_DAY)["Requests"].exact == "6"
    stranger = WebClient(stack.url, other.owner)
    for address in (page.path, f"{page.path}cost_by.csv", f"{page.path}panels/cost/"):
        assert stranger.get(address).status == 404
