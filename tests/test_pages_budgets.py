"""The Budgets and Rate limits pages."""

from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts_app.models import Organization, Role
from alerts_app.budgets import warning
from alerts_app.budgets.queries import receivers_of
from limits_app import actions, queries
from limits_app.models import Budget, RateLimit
from limits_app.rules import Period, RatePolicy, Subject, Then
from tests.budgets import costing, count
from tests.cast import make_cast
from tests.events import wait_until
from tests.live import Stack, Tenant
from tests.metric_rows import write_all
from tests.web_client import WebClient

pytest_plugins = ("tests.browser", "tests.budget_fixtures")

FORM = {
    "name": "Everything",
    "subject": "organization",
    "amount": "100",
    "period": "month",
    "zone": "Europe/Berlin",
    "then": "block",
    "when_unknown": "open",
    "warn_percents": "50, 80",
    "emails": "a@example.com",
}
RATE_FORM = {"name": "All", "quota": "5", "unit": "request", "window": "1", "window_unit": "60"}


def address(organization: Organization, name: str = "budgets", **arguments: Any) -> str:
    return reverse(f"alerts:{name}", kwargs={"organization": organization.slug, **arguments})


@pytest.fixture
def owner(stack: Stack, organization: Tenant) -> WebClient:
    return WebClient(stack.url, organization.owner)


def test_a_budget_is_made_watched_paused_and_deleted(visitor: Page, organization: Tenant) -> None:
    write_all([costing(organization.id, timezone.now(), cents=85, user_id="ann")])
    visitor.goto(address(organization.organization))
    expect(visitor.get_by_role("heading", name="No budget yet")).to_be_visible()
    visitor.get_by_role("link", name="New budget").first.click()
    visitor.get_by_label("Name").fill("Each user")
    expect(visitor.get_by_label("Which user")).to_be_hidden()
    visitor.get_by_label("Whose spending").select_option("user")
    expect(visitor.get_by_label("Which user")).to_be_visible()
    visitor.get_by_label("Amount").fill("1")
    visitor.get_by_label("Switch to a cheaper model").check()
    visitor.get_by_label("Cheaper model", exact=True).fill("gpt-4o-mini")
    visitor.get_by_label("E-mail addresses").fill("ann@example.com, bob@example.com")
    visitor.get_by_role("button", name="Create budget").click()
    expect(visitor.get_by_role("status").filter(has_text="is in force")).to_be_visible()
    budget = Budget.objects.get(organization=organization.organization)
    assert (budget.subject, budget.value, budget.then) == (Subject.USER, None, Then.CHEAPER)
    assert receivers_of(budget).emails == ("ann@example.com", "bob@example.com")
    count(budget)
    visitor.goto(address(organization.organization))
    card = visitor.locator(".budget")
    expect(card).to_contain_text("ann has spent most")
    expect(card).to_contain_text("$0.85 of $1.00, 85 %")
    expect(card).to_contain_text("over 80 %")
    card.get_by_role("button", name="Pause").click()
    expect(visitor.locator(".budget .badge")).to_have_text("paused")
    visitor.get_by_role("button", name="Delete").click()
    visitor.get_by_role("button", name="Delete budget").click()
    expect(visitor.get_by_role("heading", name="No budget yet")).to_be_visible()
    assert not Budget.objects.filter(organization=organization.organization).exists()


def test_a_budget_shows_who_spent_it_who_was_told_and_what_was_blocked(
    visitor: Page, organization: Tenant, make_budget: Callable[..., Budget]
) -> None:
    now = timezone.now()
    refused = {"cents": 0, "status": 429, "error": "budget_exceeded"}
    write_all(
        [
            costing(organization.id, now, cents=120, properties={"Team": "search"}),
            costing(organization.id, now, cents=30, properties={"Team": "chat"}),
            *(costing(organization.id, now, properties={"Team": "search"}, **refused) for _ in range(3)),
        ]
    )
    budget = make_budget(
        organization.organization, subject=Subject.PROPERTY, property_name="Team", warn_percents=[50]
    )
    wait_until(lambda: budget.warnings.exists() or warning.give_warnings(timezone.now()))
    visitor.goto(address(organization.organization, "budget", budget_id=budget.pk))
    expect(visitor.locator(".budget-facts")).to_contain_text("used up by 1")
    expect(visitor.get_by_role("heading", name="Spending of search")).to_be_visible()
    expect(visitor.locator("#spending-plot .main-svg").first).to_be_visible()
    rows = visitor.locator(".budget-table tbody tr")
    expect(rows).to_have_count(2)
    expect(rows.nth(0)).to_contain_text("search")
    expect(rows.nth(0)).to_contain_text("120 %")
    expect(rows.nth(1)).to_contain_text("$0.70")
    expect(visitor.get_by_label("Warnings given", exact=True).last).to_contain_text("used up")
    visitor.get_by_role("link", name="3 blocked").click()
    expect(visitor.locator("[data-row]")).to_have_count(3)


def test_a_rate_limit_is_made_and_a_policy_written_out(visitor: Page, organization: Tenant) -> None:
    now = timezone.now()
    limited = {"cents": 0, "status": 429, "error": "rate_limited"}
    write_all([costing(organization.id, now, user_id="ann", **limited) for _ in range(2)])
    visitor.goto(address(organization.organization, "rate-limits"))
    expect(visitor.get_by_role("heading", name="No rate limit yet")).to_be_visible()
    expect(visitor.get_by_role("region", name="Limited most")).to_contain_text("ann")
    expect(visitor.locator("#policy-header")).to_have_text("Helicone-RateLimit-Policy: 1000;w=3600;s=user")
    visitor.get_by_label("At most").fill("250")
    visitor.get_by_label("Unit", exact=True).select_option("cents")
    visitor.get_by_label("Counted for").select_option("property")
    visitor.get_by_label("Property").fill("Team")
    expect(visitor.locator("#policy-header")).to_have_text(
        "Helicone-RateLimit-Policy: 250;w=3600;u=cents;s=Team"
    )
    visitor.get_by_role("link", name="New rate limit").first.click()
    visitor.get_by_label("Name").fill("Users")
    visitor.get_by_label("Window", exact=True).fill("30")
    visitor.get_by_label("Unit of the window").select_option("60")
    visitor.get_by_role("button", name="Create rate limit").click()
    expect(
        visitor.get_by_role("cell", name="1,000 requests in any 30 minutes, for each user")
    ).to_be_visible()
    rate = RateLimit.objects.get(organization=organization.organization)
    assert queries.rate_rule(rate).policy == RatePolicy(1000, 1800, segment="user")


def test_the_pages_keep_nobody_out_and_fit_a_phone(
    visitor: Page,
    organization: Tenant,
    make_budget: Callable[..., Budget],
    barriers: Callable[[Page], list[str]],
    barriers_in_both_themes: Callable[[Page], list[str]],
) -> None:
    write_all([costing(organization.id, timezone.now(), cents=85, user_id="ann" * 30)])
    budget = make_budget(organization.organization, subject=Subject.USER, name="Users " * 20)
    actions.create_rate_limit(
        organization=organization.organization, name="Rate " * 20, policy=RatePolicy(5, 60)
    )
    here = organization.organization
    for path in (address(here), address(here, "rate-limits")):
        visitor.goto(path)
        assert barriers_in_both_themes(visitor) == [], path
    for path in (
        address(here, "budget", budget_id=budget.pk),
        address(here, "budget-edit", budget_id=budget.pk),
    ):
        visitor.goto(path)
        assert barriers(visitor) == [], path
    visitor.set_viewport_size({"width": 390, "height": 844})
    for path in (
        address(here),
        address(here, "budget", budget_id=budget.pk),
        address(here, "budget-edit", budget_id=budget.pk),
        address(here, "rate-limits"),
    ):
        visitor.goto(path)
        assert visitor.evaluate("document.documentElement.scrollWidth") == 390, path


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"amount": "0"}, "greater than or equal"),
        ({"amount": "a lot"}, "Enter a number"),
        ({"zone": "Moon/Crater"}, "There is no time zone"),
        ({"warn_percents": "50, 120"}, "whole numbers from 1 to 99"),
        ({"subject": "property"}, "Name the property."),
        ({"period": "rolling"}, "Say how long the window is."),
        ({"period": "rolling", "window": "30", "window_unit": "1"}, "A window is 1 minute to 365 days long."),
        ({"emails": "nobody"}, "is not an e-mail address"),
        ({"name": "\x00"}, "Null characters"),
    ],
    ids=lambda given: str(given)[:30],
)
def test_a_budget_that_makes_no_sense_is_not_made(
    owner: WebClient, organization: Tenant, wrong: dict[str, str], said: str
) -> None:
    page = owner.post(address(organization.organization, "budget-new"), FORM | wrong)
    assert page.status == 422
    assert said in page.text
    assert not Budget.objects.filter(organization=organization.organization).exists()


def test_a_budget_comes_back_from_its_form_as_it_was(owner: WebClient, organization: Tenant) -> None:
    form = FORM | {
        "subject": "user",
        "user": " ann ",
        "amount": "0.25",
        "period": "rolling",
        "window": "36",
        "window_unit": "3600",
        "then": "cheaper",
        "cheaper_model": "m",
        "when_unknown": "closed",
    }
    assert owner.post(address(organization.organization, "budget-new"), form).status == 302
    budget = Budget.objects.get(organization=organization.organization)
    assert (budget.value, budget.window_s, budget.is_closed_when_unknown) == (" ann ", 129_600, True)
    page = owner.get(address(organization.organization, "budget-edit", budget_id=budget.pk))
    for part in (
        'value=" ann "',
        'value="0.25"',
        'value="36"',
        'value="50, 80"',
        "a@example.com</textarea>",
    ):
        assert part in page.text, part
    owner.post(address(organization.organization, "budget-edit", budget_id=budget.pk), form)
    again = Budget.objects.get(pk=budget.pk)
    assert queries.budget_rule(again) == queries.budget_rule(budget)


def test_numbers_come_as_csv(
    owner: WebClient, organization: Tenant, make_budget: Callable[..., Budget]
) -> None:
    write_all([costing(organization.id, timezone.now(), cents=85)])
    budget = make_budget(organization.organization)
    page = owner.get(address(organization.organization, "budget-csv", budget_id=budget.pk))
    assert page.text.splitlines()[0] == "start,end,Spent (USD),Amount (USD)"
    assert "0.850000000,1.000000000" in page.text
    refused = owner.get(address(organization.organization, "rate-limits-csv"))
    assert refused.text.splitlines()[0] == "start,end,Refused (count)"


def test_a_viewer_looks_and_changes_nothing(stack: Stack) -> None:
    cast = make_cast()
    budget = actions.create_budget(
        organization=cast.organization,
        terms=actions.BudgetTerms(
            name="Team",
            subject=Subject.ORGANIZATION,
            amount_nanodollars=1,
            period=Period.DAY,
            then=Then.WARN,
        ),
    )
    viewer = WebClient(stack.url, cast.people[Role.VIEWER])
    page = viewer.get(address(cast.organization))
    assert page.status == 200
    assert "Team" in page.text
    for part in ("Pause", "Delete", "New budget"):
        assert f">{part}<" not in page.text
    assert viewer.post(address(cast.organization, "budget-delete", budget_id=budget.pk)).status == 403
    member = WebClient(stack.url, cast.people[Role.MEMBER])
    assert member.post(address(cast.organization, "budget-delete", budget_id=budget.pk)).status == 302


def test_limits_of_another_organization_are_not_found(
    owner: WebClient,
    organization: Tenant,
    make_tenant: Callable[[], Tenant],
    make_budget: Callable[..., Budget],
) -> None:
    other = make_tenant()
    actions.create_rate_limit(organization=other.organization, name="R", policy=RatePolicy(5, 60))
    rate = RateLimit.objects.get(organization=other.organization)
    budget = make_budget(other.organization)
    here = organization.organization
    for name in ("budget", "budget-csv", "budget-edit"):
        assert owner.get(address(here, name, budget_id=budget.pk)).status == 404, name
    for name in ("budget-edit", "budget-switch", "budget-delete"):
        assert owner.post(address(here, name, budget_id=budget.pk), FORM).status == 404, name
    for name in ("rate-limit-edit", "rate-limit-switch", "rate-limit-delete"):
        assert owner.post(address(here, name, rate_limit_id=rate.pk), RATE_FORM).status == 404, name
