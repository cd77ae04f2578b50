"""Fixtures for tests of the dashboard: `pytest_plugins = ("tests.dashboard_pages",)`."""

from collections.abc import Callable

import pytest

from ingest_app.events import LogEvent
from ingest_app.rollups import fold_organization
from tests.dashboards import HOUR, TODAY, DashboardPage, calls_before, calls_of_today
from tests.live import Stack, Tenant
from tests.metric_rows import write_all


@pytest.fixture
def dashboard_page(stack: Stack, organization: Tenant) -> DashboardPage:
    return DashboardPage(stack, organization)


@pytest.fixture
def todays_calls(organization: Tenant) -> None:
    """Today's calls alone."""
    write_all(calls_of_today(organization.id))


@pytest.fixture(params=["of rows", "of sums"])
def keep_calls(request: pytest.FixtureRequest, organization: Tenant) -> Callable[[list[LogEvent]], None]:
    """Returns a function that stores events and leaves them as rows, or folds in those of before noon."""

    def store(events: list[LogEvent]) -> None:
        write_all(events)
        if request.param == "of sums":
            fold_organization(organization.id, TODAY + 12 * HOUR)

    return store


@pytest.fixture
def calls_of_two_days(organization: Tenant, keep_calls: Callable[[list[LogEvent]], None]) -> None:
    """Today's calls and those of yesterday."""
    keep_calls([*calls_of_today(organization.id), *calls_before(organization.id, 1)])
