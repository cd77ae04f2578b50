"""The charts of the dashboard: their numbers as drawn and as files, of any period and on any clock."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from ingest_app.events import Usage
from ingest_app.rollups import fold_organization
from metrics_app.panels import DASHBOARD
from tests.dashboards import DAY, HOUR, THIS_DAY, TODAY, DashboardPage, cards_in, period, values
from tests.live import Stack, Tenant
from tests.metric_rows import model_call, write_all

pytest_plugins = ("tests.dashboard_pages",)

CHARTS = (
    "cost_by", "requests_by", "requests_by_status", "latency_percentiles", "first_token_percentiles",
    "errors_by_provider", "errors_by_model", "error_kinds", "generation_speed", "tokens_by_kind", "cache_savings",
    "request_rate", "throughput", "users_over_time",
)  # fmt: skip


@pytest.fixture
def page(dashboard_page: DashboardPage) -> DashboardPage:
    return dashboard_page


@pytest.mark.usefixtures("calls_of_two_days")
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


@pytest.mark.usefixtures("calls_of_two_days")
def test_an_unknown_breakdown_is_by_model(page: DashboardPage) -> None:
    assert "claude-sonnet-4-20250514 (USD)" in page.csv("cost_by", by="weather", **THIS_DAY)[0]


@pytest.mark.usefixtures("todays_calls")
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


@pytest.mark.usefixtures("calls_of_two_days")
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


@pytest.mark.usefixtures("todays_calls")
@pytest.mark.parametrize("panel", CHARTS)
def test_each_chart_can_be_had_as_csv(page: DashboardPage, panel: str) -> None:
    lines = page.csv(panel, **THIS_DAY)
    assert list(lines[0])[:2] == ["start", "end"]
    assert len(list(lines[0])) > 2
    assert (lines[0]["start"], lines[-1]["end"]) == ("2025-03-12T00:00:00Z", "2025-03-13T00:00:00Z")
    assert all(before["end"] == after["start"] for before, after in pairwise(lines))


def test_charts_are_all_that_have_a_csv(page: DashboardPage, todays_calls: None) -> None:
    for panel in DASHBOARD.panels:
        status = page.client.get(f"{page.path}{panel.name}.csv").status
        assert (panel.name, status) == (panel.name, 200 if panel.name in CHARTS else 404)
    assert page.client.get(f"{page.path}weather.csv").status == 404


@pytest.mark.usefixtures("todays_calls")
def test_a_csv_of_a_filter_that_cannot_be_asked_says_why(page: DashboardPage) -> None:
    answer = page.client.get(f"{page.path}cost_by.csv?compare=filter&compare_q=cost>much")
    assert answer.status == 422
    assert answer.text.startswith("Compare with: ")


def test_a_csv_has_nothing_that_a_spreadsheet_would_run(page: DashboardPage, organization: Tenant) -> None:
    usage = Usage(prompt_tokens=1)
    write_all([model_call(organization.id, TODAY, model='=HYPERLINK("https://example.com")', usage=usage)])
    (name,) = list(page.csv("requests_by", **THIS_DAY)[0])[2:]
    assert name.startswith("'=")


@pytest.mark.usefixtures("todays_calls")
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
@pytest.mark.usefixtures("calls_of_two_days")
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
