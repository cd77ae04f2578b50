"""Counts over time of filters that are hard to count."""

from collections.abc import Callable
from datetime import datetime, timedelta
from importlib import import_module
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from tests.events import chat_event, log
from tests.live import Stack, Tenant

pytest_plugins = ("tests.browser",)


@pytest.fixture
def address(organization: Tenant) -> str:
    return f"/o/{organization.organization.slug}/requests/histogram/"


def test_one_that_takes_too_long_says_what_to_do(
    stack: Stack,
    organization: Tenant,
    address: str,
    wait_for_rows: Callable[..., object],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In this process, on the same database: the limit is of seconds."""
    long = "https://example.com/" + "x" * 8_000
    log(*(chat_event(organization.id, target_url=long) for _ in range(60)))
    wait_for_rows(organization.id, 60)
    monkeypatch.setattr(import_module("metrics_app.reading.sums"), "LONGEST_MS", 20)
    client = Client()
    client.force_login(organization.owner)
    filters = {"q": " OR ".join(f"url~~%y{n}%" for n in range(190))}
    page = client.get(f"{address}?{urlencode(filters)}").content.decode()
    assert "Counting these takes too long. Choose a shorter period or another filter." in page


@pytest.mark.parametrize(
    ("zone", "start", "bars"),
    [
        # Clocks are put back half an hour on 5 April 2026 and forward on 4 October.
        (
            "Australia/Lord_Howe",
            "2026-04-02T13:00:00Z",
            ["2026-04-03 00:00:00", "2026-04-05 00:00:00", "2026-04-06 00:00:00"],
        ),
        (
            "America/New_York",
            "2026-03-06T05:00:00Z",
            ["2026-03-06 00:00:00", "2026-03-08 00:00:00", "2026-03-09 00:00:00"],
        ),
        (
            "America/New_York",
            "2026-10-30T04:00:00Z",
            ["2026-10-30 00:00:00", "2026-11-01 00:00:00", "2026-11-02 00:00:00"],
        ),
    ],
)
def test_days_begin_at_midnight_on_both_sides_of_a_change_of_clocks(
    new_page: Callable[..., Page],
    organization: Tenant,
    wait_for_rows: Callable[..., object],
    zone: str,
    start: str,
    bars: list[str],
) -> None:
    middays = [datetime.fromisoformat(f"{bar[:10]}T12:00:00").replace(tzinfo=ZoneInfo(zone)) for bar in bars]
    log(*(chat_event(organization.id, at_us=round(midday.timestamp() * 1_000_000)) for midday in middays))
    wait_for_rows(organization.id, len(bars))
    page = new_page(organization.owner, timezone_id=zone)
    end = (datetime.fromisoformat(start) + timedelta(days=60)).strftime("%Y-%m-%dT%H:%M:%SZ")
    page.goto(f"/o/{organization.organization.slug}/requests/?start={start}&end={end}")
    page.reload()
    chart = page.get_by_role("region", name="Requests over time", exact=True)
    chart.get_by_text("Show as a table").click()
    expect(chart.locator("tbody th")).to_have_text(bars)
