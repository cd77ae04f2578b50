"""Budgets for tests: `pytest_plugins = ("tests.budget_fixtures",)`."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts_app.models import Organization
from alerts_app.budgets import actions
from limits_app.actions import BudgetTerms
from limits_app.models import Budget
from limits_app.rules import Period, Subject, Then
from tests.budgets import CENT, counted


@pytest.fixture
def make_budget() -> Callable[..., Budget]:
    """Returns a function that makes a budget of a dollar a month for everything, unless told otherwise."""

    def make(organization: Organization, *, emails: list[str] | None = None, **changes: Any) -> Budget:
        terms = BudgetTerms(
            **{
                "name": "Test",
                "subject": Subject.ORGANIZATION,
                "amount_nanodollars": 100 * CENT,
                "period": Period.MONTH,
                "then": Then.BLOCK,
                **changes,
            }
        )
        return counted(actions.create_budget(organization=organization, terms=terms, emails=emails or []))

    return make
