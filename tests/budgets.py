"""What tests know of budgets, and rows that cost a round sum."""

from datetime import datetime
from typing import Any

from django.utils import timezone

from alerts_app.budgets import seeding
from alerts_app.budgets.spending import spending
from helicone_site.redis_client import sync_client
from ingest_app.events import LogEvent, Usage
from limits_app import queries, state
from limits_app.models import Budget
from limits_app.state import Spent
from tests.events import wait_until
from tests.metric_rows import model_call

CENT = 10_000_000
# Of gpt-4o at $2.50 and $10 for a million tokens.
COSTS_A_CENT = Usage(prompt_tokens=3_200, completion_tokens=200)


def costing(organization_id: int, moment: datetime, *, cents: int = 1, **changes: Any) -> LogEvent:
    """Returns a call that began at `moment` and cost so many US cents."""
    usage = Usage(
        prompt_tokens=cents * COSTS_A_CENT.prompt_tokens,
        completion_tokens=cents * COSTS_A_CENT.completion_tokens,
    )
    return model_call(organization_id, moment, usage=usage, **changes)


def spent_of(budget: Budget, at: datetime, **options: Any) -> dict[str, Spent]:
    """Returns what Redis knows was spent of a budget, by subject."""
    return state.spent(sync_client(), queries.budget_rule(budget), at=at, **options)


def cents_of(budget: Budget, at: datetime) -> dict[str, float]:
    """Returns the same in US cents; those who spent nothing left out."""
    spent = {subject: one.spent_nanodollars / CENT for subject, one in spent_of(budget, at).items()}
    return {subject: cents for subject, cents in spent.items() if cents}


def counted(budget: Budget) -> Budget:
    """Returns the budget once the worker has counted what was spent of it."""
    rule = queries.budget_rule(budget)
    wait_until(lambda: state.is_ready(sync_client(), rule))
    return budget


def count(budget: Budget) -> None:
    """Have Redis know what the rows cost, without waiting for what nobody does in a test."""
    rule, now = queries.budget_rule(budget), timezone.now()
    state.seed(sync_client(), rule, at=now, spent=spending(rule, seeding.edges(rule, now)))
