"""Reads of limits."""

from collections import defaultdict
from collections.abc import Collection

from django.db.models import QuerySet

from limits_app import rules
from limits_app.models import Budget, RateLimit


class BudgetNotFound(Exception):
    """The organization has no such budget."""


class RateLimitNotFound(Exception):
    """The organization has no such rate limit."""


def budgets(organization_id: int) -> QuerySet[Budget]:
    """Returns all budgets of an organization, paused ones too, oldest first."""
    return Budget.objects.filter(organization_id=organization_id).order_by("created_at", "id")


def budget_of(organization_id: int, id: int) -> Budget:
    """Returns one budget of an organization. Raises BudgetNotFound."""
    try:
        return Budget.objects.get(organization_id=organization_id, id=id)
    except Budget.DoesNotExist as error:
        raise BudgetNotFound(str(id)) from error


def rate_limits(organization_id: int) -> QuerySet[RateLimit]:
    """Returns all rate limits of an organization, paused ones too, oldest first."""
    return RateLimit.objects.filter(organization_id=organization_id).order_by("created_at", "id")


def rate_limit_of(organization_id: int, id: int) -> RateLimit:
    """Returns one rate limit of an organization. Raises RateLimitNotFound."""
    try:
        return RateLimit.objects.get(organization_id=organization_id, id=id)
    except RateLimit.DoesNotExist as error:
        raise RateLimitNotFound(str(id)) from error


def budgets_in_force(organization_ids: Collection[int]) -> dict[int, rules.Limits]:
    """Returns the budgets that are switched on, of those of the organizations that have any."""
    found: dict[int, list[rules.Budget]] = defaultdict(list)
    for budget in Budget.objects.filter(organization_id__in=organization_ids, is_active=True).order_by("id"):
        found[budget.organization_id].append(budget_rule(budget))
    return {organization_id: rules.Limits(tuple(of_it)) for organization_id, of_it in found.items()}


def load_book() -> rules.Book:
    """Returns the limits of all organizations that are switched on."""
    budgets: dict[int, list[rules.Budget]] = defaultdict(list)
    for budget in Budget.objects.filter(is_active=True).order_by("id").iterator():
        budgets[budget.organization_id].append(budget_rule(budget))
    rates: dict[int, list[rules.RateLimit]] = defaultdict(list)
    for rate in RateLimit.objects.filter(is_active=True).order_by("id").iterator():
        rates[rate.organization_id].append(rate_rule(rate))
    return rules.Book(
        {
            organization_id: rules.Limits(tuple(budgets[organization_id]), tuple(rates[organization_id]))
            for organization_id in {*budgets, *rates}
        }
    )


def budget_rule(budget: Budget) -> rules.Budget:
    """Returns a stored budget as the gateway knows it."""
    return rules.Budget(
        id=budget.pk,
        organization_id=budget.organization_id,
        name=budget.name,
        subject=rules.Subject(budget.subject),
        amount_nanodollars=budget.amount_nanodollars,
        period=rules.Period(budget.period),
        then=rules.Then(budget.then),
        value=budget.value,
        property_name=budget.property_name.lower(),
        window_s=budget.window_s or 0,
        zone=budget.zone,
        cheaper_model=budget.cheaper_model,
        is_closed_when_unknown=budget.is_closed_when_unknown,
    )


def rate_rule(rate: RateLimit) -> rules.RateLimit:
    """Returns a stored rate limit as the gateway knows it."""
    policy = rules.RatePolicy(rate.quota, rate.window_s, rules.Unit(rate.unit), rate.segment.lower())
    return rules.RateLimit(rate.pk, rate.organization_id, rate.name, policy)
