"""Celery's side of budgets."""

from typing import Any

from celery import shared_task

from alerts_app.budgets import seeding, warning
from limits_app.actions import COUNT, COUNT_ANEW


@shared_task(name="budgets.seed")
def seed_budgets(**_: Any) -> None:
    """Have Redis know what was spent of budgets of which it does not. Sent by beat every few seconds."""
    seeding.seed_unknown()


@shared_task(name="budgets.reconcile")
def reconcile_budgets(**_: Any) -> None:
    """Have Redis and the database agree about all budgets. Sent by beat every few minutes."""
    seeding.seed_all()


@shared_task(name=COUNT)
def count_budget(*, budget_id: int, **_: Any) -> None:
    """Count what was spent of one budget. Sent when it is made, and some seconds after each change."""
    seeding.count(budget_id)


@shared_task(name=COUNT_ANEW)
def count_budget_anew(*, budget_id: int, **_: Any) -> None:
    """Count what was spent of one budget from the beginning. Sent when it is changed, switched or deleted."""
    seeding.count_anew(budget_id)


@shared_task(name="budgets.warn")
def warn_of_budgets(**_: Any) -> None:
    """Tell people which shares of budgets are used. Sent by beat every few seconds."""
    warning.warn()
