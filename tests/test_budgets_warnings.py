"""People are told that a share of a budget is used: once for each share, period and subject."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from alerts_app.budgets import seeding, warning
from alerts_app.budgets.models import BudgetWarning
from alerts_app.budgets.spending import spending
from alerts_app.notices.models import Notice
from helicone_site.redis_client import sync_client
from limits_app import actions, queries, state
from limits_app.models import Budget
from limits_app.rules import Period, Subject
from tests.budgets import CENT, costing, count, counted
from tests.events import wait_until
from tests.live import Tenant
from tests.metric_rows import write_all

pytest_plugins = ("tests.budget_fixtures",)

SHARES = [50, 80, 90]
MAIL = "budgets@example.com"


@pytest.fixture
def spend(organization: Tenant) -> Callable[..., None]:
    """Returns a function that stores a call of so many cents, and has the budget count it."""

    def spend(budget: Budget, cents: int, **changes: Any) -> None:
        write_all([costing(organization.id, timezone.now(), cents=cents, **changes)])
        count(budget)

    return spend


def given(budget: Budget, value: str = "") -> list[int]:
    """Returns the shares that were told, in their order."""
    warnings = BudgetWarning.objects.filter(budget=budget, value=value).order_by("created_at", "id")
    return list(warnings.values_list("percent", flat=True))


def notices(budget: Budget) -> list[Notice]:
    """Returns what the budget sent, oldest first."""
    return list(Notice.objects.filter(key__startswith=f"budget:{budget.pk}:").order_by("created_at"))


def warned(budget: Budget, shares: list[int], value: str = "") -> None:
    """Wait until these shares were told, by the worker or by us, who do not wait for it."""
    wait_until(lambda: given(budget, value) == shares or warning.give_warnings(timezone.now()))


def test_of_several_shares_passed_at_once_the_highest_is_told_and_none_below_it_later(
    organization: Tenant, make_budget: Callable[..., Budget], spend: Callable[..., None]
) -> None:
    budget = make_budget(organization.organization, name="Team", warn_percents=SHARES, emails=[MAIL])
    spend(budget, 85)
    warned(budget, [80])
    spend(budget, 10)
    warned(budget, [80, 90])
    spend(budget, 10)
    warned(budget, [80, 90, 100])
    warning.warn()
    assert given(budget) == [80, 90, 100]
    told = notices(budget)
    assert [notice.receiver for notice in told] == [f"mail:{MAIL}"] * 3
    assert told[0].title == "Budget “Team” is 80 % used"
    assert told[0].text.startswith("$0.85 of $1.00 were spent in ")
    assert told[0].path == f"/o/{organization.organization.slug}/budgets/{budget.pk}/"
    assert told[2].title == "Budget “Team” is used up"


def test_a_share_is_told_once_however_many_look_at_once(
    organization: Tenant, make_budget: Callable[..., Budget], spend: Callable[..., None]
) -> None:
    budget = make_budget(organization.organization, warn_percents=SHARES, emails=[MAIL])
    spend(budget, 55)

    def look(_: int) -> None:
        try:
            warning.give_warnings(timezone.now())  # without the lock that keeps workers from doing it at once
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(look, range(4)))
    assert given(budget) == [50]
    assert len(notices(budget)) == 1


def test_each_is_told_of_alone(
    organization: Tenant, make_budget: Callable[..., Budget], spend: Callable[..., None]
) -> None:
    budget = make_budget(organization.organization, subject=Subject.USER, warn_percents=SHARES, emails=[MAIL])
    spend(budget, 60, user_id="ann")
    spend(budget, 20, user_id="bob")
    warned(budget, [50], "ann")
    spend(budget, 65, user_id="bob")
    warned(budget, [80], "bob")
    assert given(budget, "ann") == [50]
    assert [notice.title for notice in notices(budget)] == [
        "Budget “Test” is 50 % used for ann",
        "Budget “Test” is 80 % used for bob",
    ]
    assert notices(budget)[1].path.endswith("?of=bob")


def test_it_is_told_again_in_the_next_period(
    organization: Tenant, make_budget: Callable[..., Budget]
) -> None:
    now = timezone.now()
    yesterday = now - timedelta(days=1)
    write_all([costing(organization.id, moment, cents=60) for moment in (yesterday, now)])
    budget = make_budget(organization.organization, period=Period.DAY, warn_percents=[50])
    rule = queries.budget_rule(budget)
    state.seed(
        sync_client(), rule, at=yesterday, spent=spending(rule, [*seeding.edges(rule, yesterday), now])
    )
    warning.give_warnings(yesterday)
    warning.give_warnings(yesterday + timedelta(microseconds=1))
    warned(budget, [50, 50])
    starts = BudgetWarning.objects.filter(budget=budget).values_list("period_start", flat=True)
    assert len({*starts}) == 2


def test_a_window_tells_again_only_when_its_length_has_passed(
    organization: Tenant, make_budget: Callable[..., Budget], spend: Callable[..., None]
) -> None:
    budget = make_budget(
        organization.organization, period=Period.ROLLING, window_s=86_400, warn_percents=[50]
    )
    spend(budget, 60)
    warned(budget, [50])
    BudgetWarning.objects.filter(budget=budget).update(
        created_at=timezone.now() - timedelta(days=1, seconds=1),
        period_start=timezone.now() - timedelta(days=2),
    )
    warned(budget, [50, 50])


def test_another_amount_is_another_thing_to_be_told_of(
    organization: Tenant, make_budget: Callable[..., Budget], spend: Callable[..., None]
) -> None:
    budget = make_budget(organization.organization, warn_percents=[50])
    spend(budget, 60)
    warned(budget, [50])
    rule = queries.budget_rule(budget)
    terms = actions.BudgetTerms(
        name=budget.name,
        subject=rule.subject,
        amount_nanodollars=115 * CENT,
        period=rule.period,
        then=rule.then,
        warn_percents=[50],
    )
    actions.change_budget(budget=budget, terms=terms)
    warned(budget, [50, 50])


def test_whoever_is_blocked_has_used_it_up_though_some_is_left(
    organization: Tenant, make_budget: Callable[..., Budget]
) -> None:
    budget = make_budget(organization.organization, subject=Subject.USER)
    fuller = make_budget(
        organization.organization, subject=Subject.USER, amount_nanodollars=50 * CENT, emails=[MAIL]
    )
    now = timezone.now()
    write_all(
        [
            costing(organization.id, now, cents=45, user_id="ann"),
            costing(organization.id, now, cents=45, user_id="bob"),
            costing(organization.id, now, cents=0, user_id="ann", status=429, error="budget_exceeded"),
        ]
    )
    for one in (budget, fuller):
        count(one)
    warned(fuller, [100], "ann")
    assert given(budget, "ann") == []
    assert given(fuller, "bob") == []
    assert [notice.title for notice in notices(fuller)] == ["Budget “Test” blocks requests for ann"]


def test_nothing_is_told_while_nobody_knows_what_was_spent(
    organization: Tenant, make_budget: Callable[..., Budget]
) -> None:
    budget = make_budget(organization.organization, warn_percents=[50])
    actions.switch_budget(budget=budget, is_active=False)
    write_all([costing(organization.id, timezone.now(), cents=60)])
    seeding.count(budget.pk)
    warning.give_warnings(timezone.now())
    assert given(budget) == []
    actions.switch_budget(budget=budget, is_active=True)
    counted(budget)
    warned(budget, [50])


def test_a_period_begins_where_its_zone_says(organization: Tenant) -> None:
    budget = Budget(
        id=1, organization_id=1, name="T", subject="organization", amount_nanodollars=1, period="day",
        then="block", zone="Asia/Tokyo",
    )  # fmt: skip
    at = datetime.fromisoformat("2026-11-29T20:00:00+00:00")
    start = warning.period_start(queries.budget_rule(budget), at)
    assert start.isoformat() == "2026-11-29T15:00:00+00:00"
