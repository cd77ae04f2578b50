"""Fixtures for tests of a session's page: `pytest_plugins = ("tests.browser", "tests.session_pages")`."""

from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse

from ingest_app.events import LogEvent, now_us
from tests.events import log
from tests.live import Tenant
from tests.made_sessions import SESSION_ID, STEPS, session_events


@pytest.fixture
def session_address(organization: Tenant) -> str:
    return reverse("sessions:detail", args=[organization.organization.slug, SESSION_ID])


@pytest.fixture
def logged_session(
    organization: Tenant, wait_for_rows: Callable[..., object]
) -> Callable[..., list[LogEvent]]:
    """Returns a function that logs a session, by default `STEPS` of an hour ago, and returns its events."""

    def log_all(steps: tuple[dict[str, Any], ...] = STEPS, **common: Any) -> list[LogEvent]:
        started_us = common.pop("started_us", now_us() - 3_600_000_000)
        events = session_events(organization.id, steps, started_us=started_us, **common)
        log(*events)
        wait_for_rows(organization.id, len(events))
        return events

    return log_all
