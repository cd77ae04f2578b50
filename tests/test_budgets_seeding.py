"""What was spent of a budget is told to Redis as the stored requests have it."""

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from alerts_app.budgets import seeding
from helicone_site.redis_client import sync_client
from limits_app import actions, queries, state
from limits_app.actions import BudgetTerms
from limits_app.models import Budget
from limits_app.periods import span_of
from limits_app.rules import Period, Subject, Then
from tests.budgets import CENT, cents_of, costing, counted
from tests.events import wait_until
from tests.live import Tenant
from tests.metric_rows import write_all

pytest_plugins = ("tests.budget_fixtures",)

AGES = [timedelta(minutes=3), timedelta(hours=5), timedelta(days=1), timedelta(days=4), timedelta(days=9)]
LONG = "x" * 150
Made = list[dict[str, Any]]


@pytest.fixture
def rows(organization: Tenant) -> Made:
    """Calls of several users, keys, models and teams, some minutes to some days old; each costs some cents."""
    now = timezone.now()
    made = [
        {
            "moment": now - age,
            "cents": 1 + n,
            "user_id": ("ann", "bob", f"{LONG}1", f"{LONG}2", "")[n % 5],
            "api_key_id": (None, 7, 8)[n % 3],
            "properties": ({"Team": "search"}, {"team": "chat"}, {"Team": f"{LONG}3"}, {})[n % 4],
        }
        for n, age in enumerate(age for age in AGES for _ in range(4))
    ]
    write_all([costing(organization.id, **one) for one in made])
    return made


def subject_of(row: dict[str, Any], subject: Subject) -> str:
    """Returns whose spending a row is, "" for nobody's."""
    match subject:
        case Subject.USER:
            return str(row["user_id"])
        case Subject.API_KEY:
            return str(row["api_key_id"] or "")
        case Subject.PROPERTY:
            return next(iter(row["properties"].values()), "")
    return "gpt-4o"


def start_of(budget: Budget, now: datetime) -> datetime:
    """Returns from when on rows count."""
    if budget.period == Period.ROLLING:
        assert budget.window_s is not None
        return now - timedelta(seconds=budget.window_s)
    return span_of(Period(budget.period), budget.zone, now).start


@pytest.mark.parametrize(
    "period",
    [
        {"period": Period.DAY, "zone": "Asia/Kolkata"},
        {"period": Period.WEEK, "zone": "America/New_York"},
        {"period": Period.MONTH, "zone": "Europe/Berlin"},
        {"period": Period.ROLLING, "window_s": 7 * 86_400},
    ],
    ids=lambda period: str(period["period"]),
)
def test_what_each_has_spent_is_what_their_rows_cost(
    organization: Tenant, make_budget: Callable[..., Budget], rows: Made, period: dict[str, Any]
) -> None:
    for subject in (Subject.USER, Subject.API_KEY, Subject.PROPERTY, Subject.MODEL):
        name = "TEAM" if subject is Subject.PROPERTY else ""
        budget = make_budget(organization.organization, subject=subject, property_name=name, **period)
        now = timezone.now()
        expected: defaultdict[str, float] = defaultdict(float)
        for row in rows:
            if row["moment"] >= start_of(budget, now) and (whose := subject_of(row, subject)):
                expected[whose] += row["cents"]
        assert cents_of(budget, now) == expected, subject


def test_one_value_and_everything_are_counted_alone(
    organization: Tenant, make_budget: Callable[..., Budget], rows: Made
) -> None:
    of_all = make_budget(organization.organization, period=Period.ROLLING, window_s=30 * 86_400)
    of_ann = make_budget(
        organization.organization,
        period=Period.ROLLING,
        window_s=30 * 86_400,
        subject=Subject.USER,
        value="ann",
    )
    now = timezone.now()
    assert cents_of(of_all, now) == {"": sum(row["cents"] for row in rows)}
    assert cents_of(of_ann, now) == {"ann": sum(row["cents"] for row in rows if row["user_id"] == "ann")}


def test_a_memory_that_was_lost_is_filled_in_again(
    organization: Tenant, make_budget: Callable[..., Budget], rows: Made
) -> None:
    budget = make_budget(organization.organization, period=Period.ROLLING, window_s=30 * 86_400)
    before = cents_of(budget, timezone.now())
    state.forget(sync_client(), budget.pk)
    assert cents_of(budget, timezone.now()) == {}
    rule = queries.budget_rule(budget)
    # By the worker, if it comes first.
    wait_until(lambda: state.is_ready(sync_client(), rule) or seeding.seed_unknown())
    assert cents_of(budget, timezone.now()) == before


def test_a_row_that_came_by_no_gateway_counts_once_however_often_it_is_counted(
    organization: Tenant, make_budget: Callable[..., Budget]
) -> None:
    budget = make_budget(organization.organization)
    write_all([costing(organization.id, timezone.now(), cents=3)])
    for _ in range(3):
        seeding.count(budget.pk)
    wait_until(lambda: cents_of(budget, timezone.now()) == {"": 3})
    seeding.seed_all()
    assert cents_of(budget, timezone.now()) == {"": 3}


def test_a_budget_that_is_made_about_others_forgets_what_it_counted(
    organization: Tenant, make_budget: Callable[..., Budget]
) -> None:
    write_all([costing(organization.id, timezone.now(), cents=3, user_id="ann")])
    budget = make_budget(organization.organization)
    assert cents_of(budget, timezone.now()) == {"": 3}
    actions.change_budget(
        budget=budget,
        terms=BudgetTerms(
            name="Each user",
            subject=Subject.USER,
            amount_nanodollars=CENT,
            period=Period.DAY,
            then=Then.WARN,
        ),
    )
    counted(budget)
    wait_until(lambda: cents_of(budget, timezone.now()) == {"ann": 3})


def test_slots_begin_with_the_period_also_where_clocks_change() -> None:
    budget = Budget(
        id=1, organization_id=1, name="Berlin", subject="organization", amount_nanodollars=1, period="month",
        then="block", zone="Europe/Berlin",
    )  # fmt: skip
    berlin = ZoneInfo("Europe/Berlin")
    at = datetime(2026, 10, 31, 12, tzinfo=berlin)
    edges = seeding.edges(queries.budget_rule(budget), at)
    assert edges[0] == datetime(2026, 10, 1, tzinfo=berlin)
    assert edges[-1] == at
    assert edges == sorted(set(edges))
