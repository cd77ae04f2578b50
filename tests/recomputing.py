"""What tests of working costs out anew log, and what it costs."""

from typing import Any

from ingest_app.events import LogEvent
from tests.events import chat_event
from tests.live import Tenant
from tests.logged_days import rows

HOUSE = "house-7b"
GPT_4O_COST = 100 * 2_500 + 20 * 10_000  # chat_event's tokens
HOUSE_COST = 120 * 3_000


def costs(organization: Tenant) -> list[int | None]:
    """Returns what the organization's requests cost, oldest first."""
    return [row.cost_nanodollars for row in rows(organization.id)]


def events(organization: Tenant, *models: str, **changes: Any) -> list[LogEvent]:
    return [chat_event(organization.id, model=model, **changes) for model in models]
