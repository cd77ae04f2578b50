"""What the dashboard says of requests is what comes of them by hand, however its numbers are kept and asked for."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ingest_app.events import LogEvent, SpanKind, Usage
from ingest_app.rollups import fold_organization
from metrics_app.panels import DASHBOARD
from tests.dashboard_pages import DashboardPage, cards_in, period, values
from tests.live import Stack, Tenant
from tests.metric_rows import model_call, write_all
from tests.web_client import WebClient

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TODAY = datetime(2025, 3, 12, tzinfo=UTC)
# A day of six calls (and a step that is none), on which most tests look.
THIS_DAY = period(TODAY, TODAY + DAY)
CHARTS = (
    "cost_by", "requests_by", "requests_by_status", "latency_percentiles", "first_token_percentiles",
    "errors_by_provider", "errors_by_model", "error_kinds", "generation_speed", "tokens_by_kind", "cache_savings",
    "request_rate", "throughput", "users_over_time",
)  # fmt: skip


def calls_of_today(organization_id: int) -> list[LogEvent]:
    """Returns six calls that cost $0.0225 together, and a step of a run.

    gpt-4o takes $2.50 a million tokens, $1.25 for those that it has cached, and $10 for what it says; Claude Sonnet 4
    $3 and $15.
    """

    def call(hour: float, **changes: Any) -> LogEvent:
        return model_call(organization_id, TODAY + hour * HOUR, **changes)

    cached = Usage(prompt_tokens=1_000, cache_read_tokens=400, completion_tokens=100)  # $0.003
    chat = {"user_id": "ann", "properties": {"Feature": "chat"}, "usage": cached}
    return [
        call(1, **chat, latency_ms=1_000, first_ms=200),
        call(1.5, **chat, latency_ms=2_000, first_ms=300),
        call(9, **chat, latency_ms=4_000, first_ms=500),
        call(
            9.2, user_id="bob", properties={"Feature": "chat"}, status=429, error="rate_limit", latency_ms=50
        ),
        call(
            17,
            user_id="bob",
            properties={"Feature": "search"},
            provider="anthropic",
            path="/v1/messages",
            model="claude-sonnet-4-20250514",
            usage=Usage(prompt_tokens=2_000, completion_tokens=500),  # $0.0135
            latency_ms=3_000,
        ),
        call(18, model="nobody-knows", usage=Usage(prompt_tokens=10, completion_tokens=5), latency_ms=100),
        call(18, kind=SpanKind.TOOL, span_name="search", latency_ms=9_999_999),
    ]


def calls_before(organization_id: int, days: int) -> list[LogEvent]:
    """Returns four calls of so many days before; three cost $0.0035 each, one fails."""
    usage = Usage(prompt_tokens=1_000, completion_tokens=100)
    moments = [TODAY - days * DAY + hour * HOUR for hour in (2, 4, 6)]
    failed = model_call(
        organization_id, TODAY - days * DAY + 8 * HOUR, user_id="ann", status=500, latency_ms=1_000
    )
    good = [
        model_call(organization_id, moment, user_id="ann", usage=usage, latency_ms=1_000, first_ms=300)
        for moment in moments
    ]
    return [*good, failed]


@pytest.fixture(params=["of rows", "of sums"])
def keep(request: pytest.FixtureRequest, organization: Tenant) -> Callable[[list[LogEvent]], None]:
    """Returns a function that stores events and leaves them as rows, or folds in those of before noon."""

    def store(events: list[LogEvent]) -> None:
        write_all(events)
        if request.param == "of sums":
            fold_organization(organization.id, TODAY + 12 * HOUR)

    return store


@pytest.fixture
def page(stack: Stack, organization: Tenant) -> DashboardPage:
    return DashboardPage(stack, organization)


@pytest.fixture
def days(organization: Tenant, keep: Callable[[list[LogEvent]], None]) -> None:
    """Today's calls and those of yesterday."""
    keep([*calls_of_today(organization.id), *calls_before(organization.id, 1)])


@pytest.fixture
def today(organization: Tenant) -> None:
    """Today's calls alone."""
    write_all(calls_of_today(organization.id))


@pytest.mark.usefixtures("days")
def test_cards_say_what_the_requests_come_to(page: DashboardPage) -> None:
    found = page.cards(**THIS_DAY)
    assert {label: card.exact for label, card in found.items()} == {
        "Requests": "6",
        "Cost": "$0.0225",
        "Error rate": "16.7 %",
        "Tokens": "5,815",  # 3 × 1,100 + 2,500 + 15
        "Latency p95": "4.02 s",  # right to 1 %: 4 s
        "First token p50": "300 ms",
        "Active users": "2",
        "Prompt cache hits": "50 %",
    }


@pytest.mark.usefixtures("days")
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
    assert 295 < float(found["Latency p95"].split()[0]) < 305


def test_a_period_can_be_compared_with_a_week_earlier(page: DashboardPage, organization: Tenant) -> None:
    write_all([*calls_of_today(organization.id), *calls_before(organization.id, 7)])
    assert page.cards(**THIS_DAY)["Requests"].change == ""
    assert page.cards(**THIS_DAY, compare="week")["Requests"].change == "+50.0 % vs a week earlier"


@pytest.mark.usefixtures("days")
def test_a_period_can_be_compared_with_another_filter(page: DashboardPage) -> None:
    query = {**THIS_DAY, "compare": "filter", "compare_q": "provider:openai"}
    found = page.cards(**query, q="provider:anthropic")
    assert found["Requests"].exact == "1"
    assert found["Requests"].change == "−80.0 % vs provider:openai"  # 1 against 5
    assert found["Cost"].change == "+50.0 % vs provider:openai"  # $0.0135 against $0.009


@pytest.mark.usefixtures("days")
def test_a_period_can_be_compared_with_nothing(page: DashboardPage) -> None:
    assert {card.change for card in page.cards(**THIS_DAY, compare="none").values()} == {""}


@pytest.mark.usefixtures("today")
def test_a_filter_to_compare_with_that_cannot_be_read_is_named(page: DashboardPage) -> None:
    answer = page.get(**THIS_DAY, compare="filter", compare_q="cost>much")
    assert answer.status == 200
    assert "Compare with: " in answer.text
    assert 'aria-label="Period"' in answer.text
    assert cards_in(answer.text) == {}


@pytest.mark.usefixtures("days")
@pytest.mark.parametrize(
    ("by", "costs"),
    [
        ("properties.Feature", {"chat": "0.009", "search": "0.0135"}),
        ("model", {"gpt-4o": "0.009", "claude-sonnet-4-20250514": "0.0135"}),
        ("provider", {"openai": "0.009", "anthropic": "0.0135"}),
        ("user", {"ann": "0.009", "bob": "0.0135"}),
        ("status", {"200": "0.0225"}),
    ],
)
def test_costs_are_told_apart_by_what_the_viewer_chooses(
    page: DashboardPage, by: str, costs: dict[str, str]
) -> None:
    lines = page.csv("cost_by", by=by, **THIS_DAY)
    totals = {
        name.removesuffix(" (USD)"): sum(Decimal(line[name]) for line in lines) for name in list(lines[0])[2:]
    }
    assert {name: total for name, total in totals.items() if total} == {
        name: Decimal(cost) for name, cost in costs.items()
    }


@pytest.mark.usefixtures("days")
def test_an_unknown_breakdown_is_by_model(page: DashboardPage) -> None:
    assert "claude-sonnet-4-20250514 (USD)" in page.csv("cost_by", by="weather", **THIS_DAY)[0]


@pytest.mark.usefixtures("days")
def test_lists_name_the_dearest_first(page: DashboardPage) -> None:
    models = [(row.name, row.exact) for row in page.rows("Top models", **THIS_DAY)]
    assert models[:2] == [("claude-sonnet-4-20250514", "$0.0135"), ("gpt-4o", "$0.0090")]
    assert [row.name for row in page.rows("Top users", **THIS_DAY)] == ["bob", "ann"]
    assert [(row.name, row.exact) for row in page.rows("Top errors", **THIS_DAY)] == [("rate_limit", "1")]
    assert [row.name for row in page.rows("Top by cost", **THIS_DAY, top="properties.Feature")] == [
        "search",
        "chat",
    ]


@pytest.mark.usefixtures("today")
def test_the_number_of_a_list_is_that_of_the_view_that_it_leads_to(page: DashboardPage) -> None:
    for title in ("Top models", "Top users", "Top by cost"):
        row = page.rows(title, **THIS_DAY)[0]
        narrowed = cards_in(page.client.get(row.url).text)
        assert narrowed["Cost"].exact == row.exact


@pytest.mark.usefixtures("days")
def test_the_link_of_a_card_leads_to_its_requests(page: DashboardPage) -> None:
    for query in ({}, {"q": "status:error"}, {"q": "property.Feature:chat"}, {"q": "has:kind"}):
        for card in page.cards(**THIS_DAY, **query).values():
            assert page.listed(card.url) == int(page.cards(**THIS_DAY, **query)["Requests"].exact)


@pytest.mark.usefixtures("today")
@pytest.mark.parametrize("panel", ["requests_by_status", "error_kinds"])
def test_each_part_of_a_bar_leads_to_its_requests(page: DashboardPage, panel: str) -> None:
    chart = page.chart(panel, **THIS_DAY)
    ends = [*chart["starts"][1:], chart["end"]]
    parts = [
        (series["query"], start, end, count)
        for series in chart["series"]
        for start, end, count in zip(chart["starts"], ends, series["values"], strict=True)
        if count
    ]
    assert sum(count for *_, count in parts) == {"requests_by_status": 6, "error_kinds": 1}[panel]
    requests = page.path.replace("dashboard", "requests")
    for query, start, end, count in parts:
        assert page.listed(f"{requests}?{query}&start={start}&end={end}") == count


@pytest.mark.usefixtures("today")
def test_words_in_bodies_are_left_to_the_list_of_requests(page: DashboardPage) -> None:
    answer = page.get(**THIS_DAY, q="hello")
    assert answer.status == 200
    assert "Metrics cannot be narrowed by words in bodies: the list of requests can." in answer.text
    assert cards_in(answer.text) == {}


@pytest.mark.usefixtures("today")
def test_a_filter_that_cannot_be_read_shows_what_is_wrong_and_the_page_stays(page: DashboardPage) -> None:
    answer = page.get(**THIS_DAY, q="cost>much")
    assert answer.status == 200
    assert "<h1>Dashboard</h1>" in answer.text
    assert "much" in answer.text
    assert 'aria-label="Period"' in answer.text
    assert cards_in(answer.text) == {}


@pytest.mark.usefixtures("today")
def test_a_period_that_ends_before_it_begins_is_named(page: DashboardPage) -> None:
    answer = page.get(**period(TODAY + DAY, TODAY))
    assert answer.status == 200
    assert "The period ends before it begins." in answer.text


def test_an_organization_without_requests_is_welcomed(page: DashboardPage) -> None:
    answer = page.get()
    assert answer.status == 200
    assert cards_in(answer.text) == {}
    assert "Waiting for your first request" in answer.text


@pytest.mark.usefixtures("today")
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
    assert answer.text.count("Nothing in this period.") == 12  # charts and lists
    assert page.listed(found["Requests"].url) == 0


@pytest.mark.usefixtures("days")
def test_the_csv_of_a_chart_has_its_numbers_to_the_last_digit(page: DashboardPage) -> None:
    def total(panel: str) -> Decimal:
        return sum(
            (Decimal(cell) for line in values(page.csv(panel, **THIS_DAY)) for cell in line if cell),
            Decimal(),
        )

    assert total("cost_by") == Decimal("0.022500000")
    assert total("requests_by") == total("requests_by_status") == 6
    assert total("error_kinds") == 1
    assert total("tokens_by_kind") == 5_815
    # 3 × 400 tokens for $1.25 less a million.
    assert total("cache_savings") == Decimal("0.001500000")


@pytest.mark.usefixtures("today")
@pytest.mark.parametrize("panel", CHARTS)
def test_each_chart_can_be_had_as_csv(page: DashboardPage, panel: str) -> None:
    lines = page.csv(panel, **THIS_DAY)
    assert list(lines[0])[:2] == ["start", "end"]
    assert len(list(lines[0])) > 2
    assert (lines[0]["start"], lines[-1]["end"]) == ("2025-03-12T00:00:00Z", "2025-03-13T00:00:00Z")
    assert all(before["end"] == after["start"] for before, after in pairwise(lines))


def test_charts_are_all_that_have_a_csv(page: DashboardPage, today: None) -> None:
    for panel in DASHBOARD.panels:
        status = page.client.get(f"{page.path}{panel.name}.csv").status
        assert (panel.name, status) == (panel.name, 200 if panel.name in CHARTS else 404)
    assert page.client.get(f"{page.path}weather.csv").status == 404


@pytest.mark.usefixtures("today")
def test_a_csv_of_a_filter_that_cannot_be_asked_says_why(page: DashboardPage) -> None:
    answer = page.client.get(f"{page.path}cost_by.csv?compare=filter&compare_q=cost>much")
    assert answer.status == 422
    assert answer.text.startswith("Compare with: ")


def test_a_csv_has_nothing_that_a_spreadsheet_would_run(page: DashboardPage, organization: Tenant) -> None:
    usage = Usage(prompt_tokens=1)
    write_all([model_call(organization.id, TODAY, model='=HYPERLINK("https://example.com")', usage=usage)])
    (name,) = list(page.csv("requests_by", **THIS_DAY)[0])[2:]
    assert name.startswith("'=")


@pytest.mark.usefixtures("today")
def test_a_panel_by_itself_says_what_it_says_in_the_page(page: DashboardPage) -> None:
    cards = page.cards(**THIS_DAY)
    query = "&".join(f"{name}={value.replace('+', '%2B')}" for name, value in THIS_DAY.items())
    alone = page.client.get(f"{page.path}panels/cost/?{query}&wait=1")
    assert cards_in(alone.text) == {"Cost": cards["Cost"]}
    assert page.client.get(f"{page.path}panels/weather/").status == 404


@pytest.mark.parametrize(
    ("start", "end", "requests"),
    [
        (TODAY + HOUR - timedelta(minutes=2), TODAY + HOUR + timedelta(minutes=3), 1),
        (TODAY + HOUR, TODAY + 2 * HOUR, 2),
        (TODAY - 3 * DAY, TODAY + 4 * DAY, 10),
        (TODAY - 300 * DAY, TODAY + 65 * DAY, 10),
        (TODAY - 3650 * DAY, TODAY + 365 * DAY, 10),
    ],
)
@pytest.mark.usefixtures("days")
def test_a_period_may_be_minutes_or_years(
    page: DashboardPage, start: datetime, end: datetime, requests: int
) -> None:
    assert page.cards(**period(start, end))["Requests"].exact == str(requests)
    lines = page.csv("requests_by_status", **period(start, end))
    assert sum(float(cell) for line in values(lines) for cell in line) == requests
    assert 5 <= len(lines) <= 77


@pytest.mark.parametrize(
    ("zone", "first", "hours"),
    [
        ("Asia/Kolkata", date(2025, 3, 10), [24] * 31),
        # Summer time ends on 26 October: a day of 25 hours.
        ("Europe/Berlin", date(2025, 10, 10), [24] * 16 + [25] + [24] * 14),
        ("Europe/Berlin", date(2025, 3, 10), [24] * 20 + [23] + [24] * 10),
    ],
)
def test_the_days_of_a_zone_have_the_requests_of_its_hours(
    stack: Stack, organization: Tenant, zone: str, first: date, hours: list[int]
) -> None:
    start = datetime.combine(first, time(), ZoneInfo(zone)).astimezone(UTC)
    end = start + sum(hours) * HOUR
    write_all([model_call(organization.id, start + n * HOUR + HOUR / 4) for n in range(sum(hours))])
    fold_organization(organization.id, start + 20 * DAY)
    page = DashboardPage(stack, organization, zone=zone)
    lines = page.csv("requests_by_status", **period(start, end))
    by_day: dict[str, float] = {}
    for line, (count,) in zip(lines, values(lines), strict=True):
        day = f"{datetime.fromisoformat(line['start']).astimezone(ZoneInfo(zone)):%m-%d}"
        by_day[day] = by_day.get(day, 0) + float(count)
    assert list(by_day.values()) == hours
    assert page.cards(**period(start, end))["Requests"].exact == f"{sum(hours):,}"


@pytest.mark.usefixtures("days")
def test_steps_that_called_no_model_count_only_when_they_are_asked_for(page: DashboardPage) -> None:
    assert page.cards(**THIS_DAY, q="has:kind")["Requests"].exact == "1"
    assert page.cards(**THIS_DAY, q="kind:tool")["Requests"].exact == "1"
    assert page.cards(**THIS_DAY, q="has:kind OR -has:kind")["Requests"].exact == "7"


@pytest.mark.usefixtures("days")
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
