"""Every write to budgets as people make it: the budget itself, and whom it tells."""

from collections.abc import Iterable

from django.db import transaction

from accounts_app.models import Organization
from alerts_app.budgets.models import BudgetReceivers
from alerts_app.notices.models import Channel
from limits_app import actions
from limits_app.actions import BudgetTerms
from limits_app.models import Budget


@transaction.atomic
def create_budget(
    *,
    organization: Organization,
    terms: BudgetTerms,
    channels: Iterable[Channel] = (),
    emails: Iterable[str] = (),
) -> Budget:
    """Returns the new budget. The database refuses what `Budget` says is impossible."""
    budget = actions.create_budget(organization=organization, terms=terms)
    set_receivers(budget=budget, channels=channels, emails=emails)
    return budget


@transaction.atomic
def change_budget(
    *, budget: Budget, terms: BudgetTerms, channels: Iterable[Channel], emails: Iterable[str]
) -> None:
    """Give a budget other terms and receivers, from now on."""
    actions.change_budget(budget=budget, terms=terms)
    set_receivers(budget=budget, channels=channels, emails=emails)


@transaction.atomic
def set_receivers(*, budget: Budget, channels: Iterable[Channel], emails: Iterable[str]) -> None:
    """Have a budget tell these, and nobody else. Raises ValueError for a channel of another organization."""
    channels = list(channels)
    if any(channel.organization_id != budget.organization_id for channel in channels):
        raise ValueError("a channel is of another organization")
    receivers, _ = BudgetReceivers.objects.update_or_create(budget=budget, defaults={"emails": list(emails)})
    receivers.channels.set(channels)
