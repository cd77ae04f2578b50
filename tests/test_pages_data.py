"""The Data page: retention and erasure in a browser, and who may order what."""

import secrets
from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from accounts_app import actions
from accounts_app.data import choose_plan
from accounts_app.models import Erasure, ErasureKind, Organization, Plan, Role, User
from tests.cast import Cast, make_cast
from tests.live import Stack
from tests.logged_days import asking, count, days_ago, store
from tests.web_client import Page as Answer
from tests.web_client import WebClient

pytest_plugins = ("tests.browser",)


@pytest.fixture
def cast(stack: Stack) -> Cast:
    return make_cast()


@pytest.fixture
def post(stack: Stack, cast: Cast) -> Callable[..., Answer]:
    """Returns a function that sends a form as the person with a role."""

    def send(role: Role, name: str, data: dict[str, Any]) -> Answer:
        path = reverse(f"accounts:{name}", args=[cast.organization.slug])
        return WebClient(stack.url, cast.people[role]).post(path, data)

    return send


@pytest.fixture
def owner(stack: Stack) -> User:
    user = actions.create_user(email=f"owner-{secrets.token_hex(6)}@example.com", password=None)
    actions.create_organization(name=f"Data {secrets.token_hex(6)}", owner=user)
    return user


@pytest.fixture
def organization(owner: User) -> Organization:
    return owner.organizations.get()


@pytest.fixture
def inside(new_page: Callable[..., Page], owner: User, organization: Organization) -> Page:
    """The Data page, as its owner sees it."""
    page = new_page(owner)
    page.goto(reverse("accounts:data", args=[organization.slug]))
    return page


@pytest.mark.parametrize("role", Role, ids=lambda role: role.label)
def test_an_owner_chooses_the_plan(cast: Cast, post: Callable[..., Answer], role: Role) -> None:
    answer = post(role, "plan-choose", {"plan": "enterprise", "retention_days": "14"})
    cast.organization.refresh_from_db()
    expected = (302, 14) if role == Role.OWNER else (403, None)
    assert (answer.status, cast.organization.kept_days) == expected


@pytest.mark.parametrize("role", Role, ids=lambda role: role.label)
def test_an_admin_erases_a_user(cast: Cast, post: Callable[..., Answer], role: Role) -> None:
    answer = post(role, "data-erase", {"kind": "user", "value": "ann"})
    orders = [
        (one.kind, one.value, one.requested_by)
        for one in Erasure.objects.filter(organization=cast.organization)
    ]
    if role >= Role.ADMIN:
        assert (answer.status, orders) == (302, [("user", "ann", cast.people[role])])
    else:
        assert (answer.status, orders) == (403, [])


@pytest.mark.parametrize("role", Role, ids=lambda role: role.label)
def test_an_owner_erases_everything(cast: Cast, post: Callable[..., Answer], role: Role) -> None:
    answer = post(role, "data-erase-all", {"name": cast.organization.name})
    kinds = list(Erasure.objects.filter(organization=cast.organization).values_list("kind", flat=True))
    expected = (302, ["organization"]) if role == Role.OWNER else (403, [])
    assert (answer.status, kinds) == expected


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("plan-choose", {"plan": "enterprise", "retention_days": "0"}, "greater than or equal to 1"),
        ("plan-choose", {"plan": "gold"}, "not one of the available choices"),
        ("data-erase", {"kind": "user", "value": ""}, "This field is required"),
        ("data-erase", {"kind": "organization", "value": "x"}, "not one of the available choices"),
        ("data-erase-all", {"name": "another"}, "to erase its data"),
    ],
)
def test_what_makes_no_sense_is_refused_on_the_page(
    cast: Cast, post: Callable[..., Answer], name: str, data: dict[str, str], said: str
) -> None:
    answer = post(Role.OWNER, name, data)
    assert answer.status == 422
    assert said in answer.text
    assert not Erasure.objects.filter(organization=cast.organization).exists()


def test_a_viewer_sees_how_long_data_is_kept_and_no_forms(stack: Stack, cast: Cast) -> None:
    choose_plan(organization=cast.organization, plan=Plan.PRO, retention_days=None)
    page = WebClient(stack.url, cast.people[Role.VIEWER]).get(
        reverse("accounts:data", args=[cast.organization.slug])
    )
    assert page.status == 200
    assert "90 days" in page.text
    assert "Erase" not in page.text


def test_a_plan_is_chosen(inside: Page, organization: Organization) -> None:
    inside.get_by_label("Plan").select_option("enterprise")
    inside.get_by_label("Days").fill("45")
    inside.get_by_role("button", name="Save").click()
    inside.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(inside.get_by_text("Traffic is kept for 45 days")).to_be_visible()
    organization.refresh_from_db()
    assert (organization.plan, organization.retention_days) == (Plan.ENTERPRISE, 45)


def test_a_users_data_is_erased_and_the_page_says_when(inside: Page, organization: Organization) -> None:
    store(*(asking(organization.pk, days_ago(2), user_id=user) for user in ("ann", "ann", "bob")))
    inside.get_by_label("Id").fill("ann")
    inside.get_by_role("button", name="Erase data").click()
    inside.get_by_role("dialog").get_by_role("button", name="Erase").click()
    row = inside.get_by_role("row", name="User ann")
    # Without a reload: the list asks for itself.
    expect(row).to_contain_text("finished")
    expect(row.get_by_role("cell").nth(2)).to_have_text("2")
    assert count("request", organization.pk) == 1


def test_a_cancelled_dialog_erases_nothing(inside: Page, organization: Organization) -> None:
    inside.get_by_label("Name of the organization").fill(organization.name)
    inside.get_by_role("button", name="Erase all traffic").click()
    inside.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    expect(inside.get_by_role("dialog")).to_be_hidden()
    assert not Erasure.objects.filter(organization=organization).exists()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_data_page_keeps_nobody_out(
    inside: Page, organization: Organization, theme: str, barriers: Callable[[Page], list[str]]
) -> None:
    for value, started in (("waiting", None), ("under way", days_ago(0.001)), ("done", days_ago(1))):
        Erasure.objects.create(
            organization=organization,
            kind=ErasureKind.SESSION,
            value=value,
            started_at=started,
            rows_about=started and 10,
            rows_done=4 if started else 0,
            finished_at=days_ago(0.5) if value == "done" else None,
        )
    inside.emulate_media(color_scheme=theme)
    inside.reload()
    assert barriers(inside) == []


def test_the_data_page_fits_a_phone(inside: Page, organization: Organization) -> None:
    Erasure.objects.create(
        organization=organization,
        kind=ErasureKind.USER,
        value="a-rather-long-user-id-" * 6,
        finished_at=days_ago(1),
    )
    inside.set_viewport_size({"width": 390, "height": 844})
    inside.reload()
    assert inside.evaluate("document.documentElement.scrollWidth") <= 390
