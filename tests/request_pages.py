"""Fixtures for tests of the list of requests: `pytest_plugins = ("tests.browser", "tests.request_pages")`."""

from collections.abc import Callable

import pytest

from tests.events import chat_event, log
from tests.live import Tenant


@pytest.fixture
def address(organization: Tenant) -> str:
    return f"/o/{organization.organization.slug}/requests/"


@pytest.fixture
def logged_chats(organization: Tenant, wait_for_rows: Callable[..., object]) -> Callable[..., None]:
    """Returns a function that logs one chat request per dict of changes, the first of them being the oldest."""

    def log_all(*all_changes: dict[str, object]) -> None:
        log(*(chat_event(organization.id, **changes) for changes in all_changes))
        wait_for_rows(organization.id, len(all_changes))

    return log_all
