"""Who is told that a share of a budget is used: each share once in a period, only the highest that was passed."""

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from django.db import transaction
from django.utils import timezone

from alerts_app.budgets.messages import USED_UP, message
from alerts_app.budgets.models import BudgetWarning
from alerts_app.budgets.queries import NOBODY, Receivers, receivers_by_budget, warned_percents
from alerts_app.notices.actions import post
from helicone_site.redis_client import sync_client
from ingest_app.short_locks import one_at_a_time
from limits_app import queries, state
from limits_app.models import Budget
from limits_app.periods import span_of
from limits_app.pots import About, subjects_of
from limits_app.rules import Budget as Rule
from limits_app.rules import Period, Then
from limits_app.state import Spent
from requests_app.queries import requests_of

MOST_SUBJECTS = 1000
"""Of a budget that each has alone: those who spent most. Others that passed a share are not told of."""

ROUND_S = 8.0
"""Of one task, after which others get the thread."""

BLOCKED = "budget_exceeded"
"""The error of a request that a budget blocked."""

_LOOKED_BACK = timedelta(minutes=1)
_MOST_BLOCKED = 1000
_MUCH = 0.5
_NOTHING = Spent(0, 0)


@dataclass(frozen=True, slots=True)
class Watched:
    """A budget, as it is stored and as the gateway knows it, and what was spent of it by subject."""

    budget: Budget
    rule: Rule
    spent: Mapping[str, Spent]

    def share(self, subject: str) -> float:
        """Returns how much of the amount a subject has spent, 1 being all."""
        return self.spent.get(subject, _NOTHING).spent_nanodollars / self.rule.amount_nanodollars


def warn() -> None:
    """Give the warnings that are due, one worker at a time."""
    with one_at_a_time("budgets.warn") as is_alone:
        if is_alone:
            give_warnings(timezone.now())


def period_start(rule: Rule, at: datetime) -> datetime:
    """Returns when the period of `at` began; of a rolling window the last multiple of its length."""
    if rule.period is not Period.ROLLING:
        return span_of(rule.period, rule.zone, at).start
    return datetime.fromtimestamp(int(at.timestamp()) // rule.window_s * rule.window_s, UTC)


def give_warnings(now: datetime) -> None:
    """Give the warnings that are due, of all budgets; what takes longer than `ROUND_S` is left for the next round.

    Doing it again, or twice at once, tells nobody twice.
    """
    ends = time.monotonic() + ROUND_S
    all_watched = list(_watched(now))
    blocked = _blocked(all_watched, now)
    receivers = receivers_by_budget(one.budget for one in all_watched)
    for watched in all_watched:
        passed = dict(_passed(watched, blocked))
        if not passed:
            continue
        told = _told(watched, passed, now)
        for subject, percent in passed.items():
            if time.monotonic() > ends:
                return
            if percent > told.get(subject, 0):
                _tell(watched, subject, percent, receivers.get(watched.rule.id, NOBODY), now)


def _watched(now: datetime) -> Iterator[Watched]:
    """Yields the budgets of which Redis knows what was spent."""
    redis = sync_client()
    budgets = list(Budget.objects.filter(is_active=True).select_related("organization").order_by("id"))
    rules = [queries.budget_rule(budget) for budget in budgets]
    known = state.are_ready(redis, rules)
    for budget, rule in zip(budgets, rules, strict=True):
        if known[rule.id]:
            yield Watched(budget, rule, state.spent(redis, rule, at=now, at_most=MOST_SUBJECTS))


def _passed(watched: Watched, blocked: set[tuple[int, str]]) -> Iterator[tuple[str, int]]:
    """Yields the highest share that each subject has passed. Whoever is blocked has used all that there was."""
    shares = sorted({*watched.budget.warn_percents, USED_UP}, reverse=True)
    for subject in {*watched.spent, *(subject for id, subject in blocked if id == watched.rule.id)}:
        used = 100 * watched.spent.get(subject, _NOTHING).spent_nanodollars
        if (watched.rule.id, subject) in blocked:
            yield subject, USED_UP
        elif share := next((one for one in shares if used >= one * watched.rule.amount_nanodollars), None):
            yield subject, share


def _blocked(all_watched: Iterable[Watched], now: datetime) -> set[tuple[int, str]]:
    """Returns budget ids and subjects that requests of the last minute were blocked for.

    A request is held against what it could cost at most, so that it may be blocked while some is left. Its row does not
    say by which budget: of several that are about it, by the fullest. Where less than half is spent it was a request
    that may cost very much, or many at once: others pass.
    """
    blocking: dict[int, list[Watched]] = {}
    for one in all_watched:
        if one.rule.then is Then.BLOCK:
            blocking.setdefault(one.rule.organization_id, []).append(one)
    found = set()
    for organization_id, candidates in blocking.items():
        rows = requests_of(organization_id).filter(created_at__gte=now - _LOOKED_BACK, error=BLOCKED)
        columns = rows.values_list("api_key_id", "user_id", "model", "properties")
        for api_key_id, user_id, model, properties in columns[:_MOST_BLOCKED]:
            about = About(api_key_id, user_id, (model,), properties)
            by = [(one, subject) for one in candidates for subject in subjects_of(one.rule, about)]
            if by:
                watched, subject = max(by, key=lambda each: each[0].share(each[1]))
                if watched.share(subject) >= _MUCH:
                    found.add((watched.rule.id, subject))
    return found


def _told(watched: Watched, subjects: Iterable[str], now: datetime) -> dict[str, int]:
    """Returns the largest share that was told of each in this period; of a window, in its length before now."""
    rule = watched.rule
    if rule.period is Period.ROLLING:
        after = now - timedelta(seconds=rule.window_s)
        return warned_percents(watched.budget, [*subjects], told_after=after)
    return warned_percents(watched.budget, [*subjects], period_start=period_start(rule, now))


@transaction.atomic
def _tell(watched: Watched, subject: str, percent: int, receivers: Receivers, now: datetime) -> None:
    budget, start = watched.budget, period_start(watched.rule, now)
    spent = watched.spent.get(subject, _NOTHING).spent_nanodollars
    _, is_new = BudgetWarning.objects.get_or_create(
        organization_id=budget.organization_id,
        budget=budget,
        value=subject,
        period_start=start,
        amount_nanodollars=budget.amount_nanodollars,
        percent=percent,
        defaults={"spent_nanodollars": spent, "created_at": now},
    )
    if is_new:
        whom = sha256(subject.encode()).hexdigest()[:16]
        post(
            organization=budget.organization_id,
            key=f"budget:{budget.pk}:{whom}:{start:%Y%m%dT%H%M%S}:{budget.amount_nanodollars}:{percent}",
            message=message(budget, subject, percent=percent, spent_nanodollars=spent, start=start),
            channels=receivers.channels,
            emails=receivers.emails,
        )
