"""Every write to limits. Each tells the gateways, and has a worker count anew what was spent where that has changed."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import structlog
from celery.exceptions import CeleryError
from django.db import transaction
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from accounts_app.models import Organization
from helicone_site.celery import app
from helicone_site.redis_client import publish_on_commit, sync_client
from limits_app.models import Budget, RateLimit
from limits_app.pots import ready_key
from limits_app.rules import CHANGED_CHANNEL, Period, RatePolicy, Subject, Then

COUNT, COUNT_ANEW = "budgets.count", "budgets.count_anew"
"""The tasks that read from the database what was spent of a budget; the second forgets first what Redis knew of it."""

AGAIN_AFTER_S = 5
"""By then all processes have heard of the budget, and what they did not count is stored."""

# What says which requests are counted, and in which slots of time.
_COUNTED = ("subject", "value", "property_name", "period", "window_s", "zone")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class BudgetTerms:
    """What a budget says: the columns of `Budget` that people choose."""

    name: str
    subject: Subject
    amount_nanodollars: int
    period: Period
    then: Then
    property_name: str = ""
    value: str | None = None
    window_s: int | None = None
    zone: str = "UTC"
    warn_percents: Sequence[int] = ()
    cheaper_model: str = ""
    is_closed_when_unknown: bool = False


@transaction.atomic
def create_budget(*, organization: Organization, terms: BudgetTerms) -> Budget:
    """Returns the new budget. The database refuses what `Budget` says is impossible."""
    budget = Budget.objects.create(organization=organization, **_columns(terms))
    publish_on_commit(CHANGED_CHANNEL)
    _count_on_commit(budget.pk, task=COUNT)
    return budget


@transaction.atomic
def change_budget(*, budget: Budget, terms: BudgetTerms) -> None:
    """Give a budget other terms, from now on. What was spent so far counts by them, too."""
    before = [getattr(budget, name) for name in _COUNTED]
    for name, value in _columns(terms).items():
        setattr(budget, name, value)
    budget.save()
    publish_on_commit(CHANGED_CHANNEL)
    if [getattr(budget, name) for name in _COUNTED] != before:
        _count_on_commit(budget.pk)


@transaction.atomic
def switch_budget(*, budget: Budget, is_active: bool) -> None:
    """Pause a budget, or go on with it: while it is paused nothing is held against it, and nothing counted."""
    budget.is_active = is_active
    budget.save(update_fields=["is_active"])
    publish_on_commit(CHANGED_CHANNEL)
    _count_on_commit(budget.pk)


@transaction.atomic
def delete_budget(*, budget: Budget) -> None:
    """Limit no longer."""
    id = budget.pk
    budget.delete()
    publish_on_commit(CHANGED_CHANNEL)
    _count_on_commit(id)


@transaction.atomic
def create_rate_limit(*, organization: Organization, name: str, policy: RatePolicy) -> RateLimit:
    """Returns the new rate limit. The database refuses what `RateLimit` says is impossible."""
    rate = RateLimit.objects.create(organization=organization, name=name, **asdict(policy))
    publish_on_commit(CHANGED_CHANNEL)
    return rate


@transaction.atomic
def change_rate_limit(*, rate: RateLimit, name: str, policy: RatePolicy) -> None:
    """Give a rate limit another name or policy."""
    rate.name = name
    for column, value in asdict(policy).items():
        setattr(rate, column, value)
    rate.save()
    publish_on_commit(CHANGED_CHANNEL)


@transaction.atomic
def switch_rate_limit(*, rate: RateLimit, is_active: bool) -> None:
    """Pause a rate limit, or go on with it."""
    rate.is_active = is_active
    rate.save(update_fields=["is_active"])
    publish_on_commit(CHANGED_CHANNEL)


@transaction.atomic
def delete_rate_limit(*, rate: RateLimit) -> None:
    """Limit no longer."""
    rate.delete()
    publish_on_commit(CHANGED_CHANNEL)


def _columns(terms: BudgetTerms) -> dict[str, object]:
    return asdict(terms) | {"warn_percents": sorted(set(terms.warn_percents))}


def _count_on_commit(budget_id: int, *, task: str = COUNT_ANEW) -> None:
    """After commit nobody knows what was spent, until a worker has counted it."""

    def count() -> None:
        try:
            sync_client().delete(ready_key(budget_id))
            app.send_task(task, kwargs={"budget_id": budget_id})
            app.send_task(COUNT, kwargs={"budget_id": budget_id}, countdown=AGAIN_AFTER_S)
        except (RedisError, CeleryError, OperationalError) as error:
            # Beat has it counted within some seconds where Redis forgot it, else within minutes.
            log.warning("budget waits for beat", error=str(error))

    transaction.on_commit(count)
