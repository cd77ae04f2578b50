"""Budgets that are used up, or soon will be."""

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from accounts_app.models import Organization
from alerts_app.budgets.queries import as_written
from alerts_app.budgets.standing import standings
from limits_app.models import Budget

FROM_PERCENT = 80
MOST = 5


@dataclass(frozen=True, slots=True)
class NearBudget:
    """A budget of which `subject` (empty: all together) has spent at least `FROM_PERCENT`."""

    name: str
    subject: str
    spent_nanodollars: int
    amount_nanodollars: int
    url: str

    @property
    def percent(self) -> float:
        """Returns how much of it is spent, which may be more than all."""
        return 100 * self.spent_nanodollars / self.amount_nanodollars


def near_budgets(organization: Organization, *, at: datetime) -> list[NearBudget]:
    """Returns the budgets of an organization that are nearest to their amounts; none while nobody can say."""
    budgets = {one.pk: one for one in Budget.objects.filter(organization=organization, is_active=True)}
    found = standings((as_written(one) for one in budgets.values()), at=at, at_most=MOST)
    near = [
        NearBudget(
            name=budgets[id].name,
            subject=subject if budgets[id].value is None else "",
            spent_nanodollars=spent.spent_nanodollars,
            amount_nanodollars=budgets[id].amount_nanodollars,
            url=reverse("alerts:budget", args=[organization.slug, id]),
        )
        for id, standing in found.items()
        for subject, spent in standing.spent.items()
    ]
    near = [one for one in near if one.percent >= FROM_PERCENT]
    return sorted(near, key=lambda one: (-one.percent, one.name, one.subject))[:MOST]
