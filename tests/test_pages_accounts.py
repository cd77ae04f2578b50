"""The account pages in a browser: logging in, keys, members, passwords."""

import re
import secrets
from collections.abc import Callable

import pytest
from django.contrib.sessions.models import Session
from django.urls import reverse
from playwright.sync_api import Page, expect

from accounts_app import actions, queries
from accounts_app.models import Membership, Organization, Role, User
from tests.live import Stack
from tests.sinks import wait_for_mails

pytest_plugins = ("tests.browser",)

PASSWORD = "a long and quiet street"
PAGES = ["api-keys", "providers:list", "members", "settings"]


@pytest.fixture
def owner(stack: Stack) -> User:
    """Somebody with a password and an organization."""
    user = actions.create_user(email=f"owner-{secrets.token_hex(6)}@example.com", password=PASSWORD)
    actions.create_organization(name=f"Pages {secrets.token_hex(6)}", owner=user)
    return user


@pytest.fixture
def organization(owner: User) -> Organization:
    return owner.organizations.get()


@pytest.fixture
def open_page(organization: Organization) -> Callable[[Page, str], None]:
    """Returns a function that opens an account page of the organization."""

    def go(page: Page, name: str) -> None:
        page.goto(reverse(name if ":" in name else f"accounts:{name}", args=[organization.slug]))

    return go


@pytest.fixture
def inside(new_page: Callable[..., Page], owner: User) -> Page:
    """A browser in which the owner is logged in: by cookie, as only so many log-ins a minute are allowed."""
    return new_page(owner)


def log_in(page: Page, email: str, password: str) -> None:
    page.goto(reverse("account_login"))
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Log in").click()


def choose_password(page: Page, password: str) -> None:
    page.get_by_label("New Password", exact=True).fill(password)
    page.get_by_label("New Password (again)").fill(password)


def create_key(page: Page, name: str) -> str:
    """Returns the new key, as the page shows it."""
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Create key").click()
    return page.locator("#issued-key").inner_text()


def test_a_key_is_shown_once_and_can_be_revoked(
    inside: Page, organization: Organization, open_page: Callable[[Page, str], None]
) -> None:
    open_page(inside, "api-keys")
    secret = create_key(inside, "Night job")
    holder = queries.key_holder(secret)
    assert holder is not None
    assert holder.organization == organization
    assert secret in inside.locator("#issued-curl").inner_text()
    assert secret not in inside.url
    assert not any(secret in str(session.get_decoded()) for session in Session.objects.all())

    open_page(inside, "api-keys")
    assert secret not in inside.content()
    inside.get_by_role("button", name="Revoke Night job").click()
    inside.get_by_role("button", name="Revoke key").click()
    expect(inside.get_by_text("“Night job” is revoked")).to_be_visible()
    assert queries.key_holder(secret) is None


def test_keys_work_without_scripts(
    new_page: Callable[..., Page], owner: User, open_page: Callable[[Page, str], None]
) -> None:
    page = new_page(java_script_enabled=False)
    log_in(page, owner.email, PASSWORD)
    open_page(page, "api-keys")
    secret = create_key(page, "By hand")
    page.get_by_role("button", name="Revoke By hand").click()
    expect(page.get_by_text("“By hand” is revoked")).to_be_visible()
    assert queries.key_holder(secret) is None


def test_a_wrong_password_is_refused(page: Page, owner: User) -> None:
    log_in(page, owner.email, "a loud and short street")
    expect(page.get_by_role("alert")).to_contain_text("not correct")
    expect(page).to_have_url(re.compile("/accounts/login/"))


def test_logging_out_ends_the_session(inside: Page, open_page: Callable[[Page, str], None]) -> None:
    open_page(inside, "settings")
    inside.get_by_role("button", name="Log out").click()
    expect(inside.get_by_text("You are logged out")).to_be_visible()
    open_page(inside, "settings")
    expect(inside).to_have_url(re.compile("/accounts/login/"))


def test_a_password_can_be_changed(inside: Page, owner: User) -> None:
    inside.goto(reverse("account_change_password"))
    inside.get_by_label("Current Password").fill(PASSWORD)
    choose_password(inside, "an even longer street")
    inside.get_by_role("button", name="Change password").click()
    expect(inside.get_by_text("Your password is changed")).to_be_visible()
    owner.refresh_from_db()
    assert owner.check_password("an even longer street")


def test_a_forgotten_password_is_reset_by_a_link(page: Page, owner: User) -> None:
    page.goto(reverse("account_reset_password"))
    page.get_by_label("Email").fill(owner.email)
    page.get_by_role("button", name="Send link").click()
    expect(page.get_by_text("a message with a link is on its way")).to_be_visible()

    [mail] = wait_for_mails(owner.email)
    found = re.search(r"https?://\S+/accounts/\S+", mail.get_content())
    assert found is not None
    link = found[0]
    page.goto(link)
    choose_password(page, "a street by the sea")
    page.get_by_role("button", name="Set password").click()
    page.get_by_role("link", name="Log in").click()
    log_in(page, owner.email, "a street by the sea")
    expect(page.get_by_role("navigation", name="Main")).to_be_visible()
    page.goto(link)
    expect(page.get_by_text("This link no longer works")).to_be_visible()


def test_somebody_new_joins_by_a_link(
    inside: Page,
    new_page: Callable[..., Page],
    organization: Organization,
    open_page: Callable[[Page, str], None],
) -> None:
    other_page = new_page()
    email = f"nora-{secrets.token_hex(6)}@example.com"
    open_page(inside, "members")
    inside.get_by_label("E-mail").fill(email)
    inside.get_by_label("Role", exact=True).select_option("Viewer")
    inside.get_by_role("button", name="Add member").click()
    other_page.goto(inside.locator("#invitation-link").inner_text())
    choose_password(other_page, "the street of a newcomer")
    other_page.get_by_role("button", name="Set password").click()
    log_in(other_page, email, "the street of a newcomer")
    open_page(other_page, "members")
    expect(other_page.get_by_role("row", name=email)).to_contain_text("Viewer")
    assert Membership.objects.get(organization=organization, user__email=email).role == Role.VIEWER


def test_sign_up_is_closed(page: Page) -> None:
    page.goto(reverse("account_signup"))
    expect(page.get_by_role("heading", name="Sign-up is closed")).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_account_pages_keep_nobody_out(
    inside: Page,
    theme: str,
    barriers: Callable[[Page], list[str]],
    open_page: Callable[[Page, str], None],
) -> None:
    inside.emulate_media(color_scheme=theme)
    for name in PAGES:
        open_page(inside, name)
        if name == "api-keys":
            create_key(inside, "Checked")
        assert barriers(inside) == [], name


def test_account_pages_fit_a_phone(inside: Page, open_page: Callable[[Page, str], None]) -> None:
    inside.set_viewport_size({"width": 390, "height": 844})
    for name in PAGES:
        open_page(inside, name)
        if name == "api-keys":
            create_key(inside, "A name that is rather long for such a small screen as this")
        assert inside.evaluate("document.documentElement.scrollWidth") <= 390, name
