"""Reads of whom a budget tells, and of what it has told."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Max, QuerySet

from accounts_app.models import ApiKey
from alerts_app.budgets.models import BudgetReceivers, BudgetWarning
from alerts_app.notices.models import Channel
from limits_app import rules
from limits_app.models import Budget
from limits_app.queries import budget_rule


@dataclass(frozen=True, slots=True)
class Receivers:
    """Whom a budget tells."""

    channels: tuple[Channel, ...] = ()
    emails: tuple[str, ...] = ()

    @property
    def names(self) -> list[str]:
        """Returns what people call them."""
        return [*(channel.name for channel in self.channels), *self.emails]


NOBODY = Receivers()


def as_written(budget: Budget) -> rules.Budget:
    """Returns what a budget says, with the name of its property as people wrote it."""
    return replace(budget_rule(budget), property_name=budget.property_name)


def receivers_of(budget: Budget) -> Receivers:
    """Returns whom a budget tells."""
    return receivers_by_budget([budget]).get(budget.pk, NOBODY)


def receivers_by_budget(budgets: Iterable[Budget]) -> dict[int, Receivers]:
    """Returns whom each budget tells, by its id; those that tell nobody may be left out."""
    found = BudgetReceivers.objects.filter(budget__in=list(budgets)).prefetch_related("channels")
    return {one.pk: Receivers(tuple(one.channels.all()), tuple(one.emails)) for one in found}


def warnings_of(budget: Budget) -> QuerySet[BudgetWarning]:
    """Returns the warnings that were given, the latest first."""
    found = BudgetWarning.objects.filter(organization_id=budget.organization_id, budget=budget)
    return found.order_by("-created_at", "-id")


def warned_percents(
    budget: Budget,
    values: Collection[str],
    *,
    period_start: datetime | None = None,
    told_after: datetime | None = None,
) -> dict[str, int]:
    """Returns the largest share of its amount that was told of each of `values`.

    In the period that began at `period_start`, or after the moment `told_after`.
    """
    warnings = warnings_of(budget).filter(value__in=values, amount_nanodollars=budget.amount_nanodollars)
    if period_start is not None:
        warnings = warnings.filter(period_start=period_start)
    if told_after is not None:
        warnings = warnings.filter(created_at__gt=told_after)
    return dict(warnings.order_by().values_list("value").annotate(Max("percent")))


def api_key_names(organization_id: int) -> dict[str, str]:
    """Returns what an organization's API keys are called, revoked ones too, by id as budgets have it."""
    keys = ApiKey.objects.filter(organization_id=organization_id)
    return {str(key.pk): str(key) for key in keys}
