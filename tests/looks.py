"""A look at the calls of an organization: `pytest_plugins = ("tests.looks",)`."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

import pytest

from accounts_app.models import Organization
from ingest_app.events import LogEvent
from metrics_app.suggestions import actions
from metrics_app.suggestions.models import Look, LookState, Suggestion
from tests.events import log, wait_until
from tests.live import Tenant


@pytest.fixture(scope="session")
def have_looked() -> Callable[[Organization], Look]:
    """Returns a function that orders a look, and returns it when a worker is done with it."""

    def order_and_wait(organization: Organization) -> Look:
        before = datetime.now(UTC)
        actions.order_look(organization)

        def done() -> Look | None:
            look = Look.objects.get(organization=organization)
            assert look.state != LookState.FAILED, look.error
            return look if look.finished_at and look.finished_at > before else None

        look: Look = wait_until(done, within_s=30)
        return look

    return order_and_wait


@pytest.fixture
def look_at(
    organization: Tenant, wait_for_rows: Callable[..., Any], have_looked: Callable[[Organization], Look]
) -> Callable[..., dict[str, Suggestion]]:
    """Returns a function that logs calls, has a worker look, and returns what it found by kind: one of each at most."""
    logged: list[LogEvent] = []

    def look(events: Iterable[LogEvent] = ()) -> dict[str, Suggestion]:
        new = list(events)
        logged.extend(new)
        log(*new)
        wait_for_rows(organization.id, len(logged))
        have_looked(organization.organization)
        found = list(Suggestion.objects.filter(organization_id=organization.id))
        by_kind = {suggestion.kind: suggestion for suggestion in found}
        assert len(by_kind) == len(found)
        return by_kind

    return look
