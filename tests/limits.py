"""Budgets and rate limits that tests make."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from helicone_site.redis_client import sync_client
from limits_app import actions, rules
from limits_app.models import Budget, RateLimit
from limits_app.policy import parse_policy
from limits_app.queries import budget_rule
from limits_app.state import Spent, is_ready, spent
from tests.instances import wait_until
from tests.live import Tenant
from tests.raw_http import RawAnswer

CENT = 10_000_000
WORD_NANODOLLARS = 10_000  # of gpt-4o's output
Post = Callable[..., RawAnswer]


def make_rate(tenant: Tenant, policy: str, name: str = "Limit") -> RateLimit:
    """Returns a stored rate limit, written as the header is."""
    parsed = parse_policy(policy)
    assert parsed is not None
    return actions.create_rate_limit(organization=tenant.organization, name=name, policy=parsed)


def make_budget(tenant: Tenant, amount_nanodollars: int, **terms: Any) -> Budget:
    """Returns a budget of a day that blocks, unless told otherwise, once it is known that nothing was spent."""
    wanted: dict[str, Any] = {
        "name": "Budget",
        "subject": rules.Subject.ORGANIZATION,
        "amount_nanodollars": amount_nanodollars,
        "period": rules.Period.DAY,
        "then": rules.Then.BLOCK,
        **terms,
    }
    budget = actions.create_budget(organization=tenant.organization, terms=actions.BudgetTerms(**wanted))
    rule = budget_rule(budget)
    wait_until(lambda: is_ready(sync_client(), rule), within_s=10)
    return budget


def spent_of(budget: Budget, subject: str = "") -> Spent:
    """Returns what a subject of a budget has spent in the present period."""
    now = datetime.now(UTC)
    return spent(sync_client(), budget_rule(budget), at=now, subjects=[subject])[subject]
