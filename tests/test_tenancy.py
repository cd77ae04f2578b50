"""No address gives anything of an organization to people outside it, or to too low a role."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import openai
import pytest
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts_app import actions
from accounts_app.models import Membership, Role
from tests.cast import Cast, make_cast
from tests.live import Stack, Tenant
from tests.web_client import WebClient

# Open to everybody.
PUBLIC_VIEWS = {
    "account_inactive",
    "account_login",
    "account_logout",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
    "account_signup",
    "api-docs",
    "api-schema",
    "document",
    "llms-full-txt",
    "llms-txt",
    "prometheus",
    "ready",
}
# They show nothing unless the address names a property that there is.
OF_A_PROPERTY = {"metrics:property-numbers", "metrics:property-values-csv", "metrics:property-chart-csv"}
# Open to whoever is logged in, and about nothing but them.
PERSONAL_VIEWS = {
    "account_change_password",
    "account_set_password",
    "accounts:organization-create",
    "home",
    "requests",
}


@dataclass(frozen=True)
class View:
    """An address of the site."""

    name: str
    callback: Any
    parameters: tuple[str, ...]

    @property
    def role(self) -> Role | None:
        """Returns the role that `organization_view` was given."""
        return getattr(self.callback, "required_role", None)


def _views(resolver: URLResolver, prefix: str = "", parameters: tuple[str, ...] = ()) -> Iterator[View]:
    for pattern in resolver.url_patterns:
        found = parameters + tuple(pattern.pattern.regex.groupindex)
        if isinstance(pattern, URLPattern):
            yield View(prefix + (pattern.name or str(pattern.pattern)), pattern.callback, found)
        else:
            namespace = f"{pattern.namespace}:" if pattern.namespace else ""
            yield from _views(pattern, prefix + namespace, found)


VIEWS = list(_views(get_resolver()))
PAGES = [view for view in VIEWS if "organization" in view.parameters]


def test_every_view_declares_who_may_see_it() -> None:
    undeclared = {
        view.name
        for view in VIEWS
        if view.role is None
        and view.name not in PUBLIC_VIEWS | PERSONAL_VIEWS
        and not getattr(getattr(view.callback, "cls", None), "permission_classes", None)
    }
    assert undeclared == set()


def test_every_view_of_an_organization_declares_a_role() -> None:
    assert {view.name for view in PAGES if view.role is None} == set()


def test_the_lists_name_only_views_that_exist() -> None:
    assert {view.name for view in VIEWS} >= PUBLIC_VIEWS | PERSONAL_VIEWS


@pytest.mark.parametrize("name", sorted(PERSONAL_VIEWS))
def test_personal_views_ask_strangers_to_log_in(stack: Stack, name: str) -> None:
    answer = WebClient(stack.url).get(reverse(name))
    assert answer.status == 302
    assert answer.location.startswith("/accounts/login/")


@pytest.fixture
def cast(stack: Stack) -> Cast:
    return make_cast()


@pytest.fixture
def path(cast: Cast) -> Callable[..., str]:
    """Returns a function that makes a view's address, of things that the cast's organization has."""

    def make(view: View) -> str:
        known = {
            "organization": cast.organization.slug,
            "key_id": cast.key.pk,
            "member_id": cast.pat.pk,
            "provider": "openai",
            "id": "01890000-0000-7000-8000-000000000000",
            "part": "request",
            "view_id": 1,
            "session_id": "a/b",
            "dashboard": "dashboard",
            "panel": "cost_by",
            "kind": "email",
            "chart": "course",
            "name": "breakdown",
            "user_id": "a/b",
            "budget_id": 1,
            "rate_limit_id": 1,
            "delivery_id": "01890000-0000-7000-8000-000000000000",
        }
        return reverse(view.name, kwargs={name: known[name] for name in view.parameters})

    return make


@pytest.mark.parametrize("view", PAGES, ids=lambda view: view.name)
def test_an_organization_does_not_exist_for_strangers(
    stack: Stack, cast: Cast, path: Callable[..., str], view: View
) -> None:
    stranger = WebClient(stack.url, cast.stranger)
    answers = {stranger.get(path(view)).status, stranger.post(path(view)).status}
    # 405 where a view does not know the method, for whomever.
    assert 404 in answers
    assert answers <= {404, 405}


@pytest.mark.parametrize("view", PAGES, ids=lambda view: view.name)
def test_visitors_are_asked_to_log_in(stack: Stack, path: Callable[..., str], view: View) -> None:
    visitor = WebClient(stack.url)
    for answer in (visitor.get(path(view)), visitor.post(path(view))):
        assert answer.status == 302
        assert answer.location.startswith("/accounts/login/")


@pytest.mark.parametrize(
    "view", [view for view in PAGES if view.role != Role.VIEWER], ids=lambda view: view.name
)
def test_a_lower_role_is_refused(stack: Stack, cast: Cast, path: Callable[..., str], view: View) -> None:
    assert view.role is not None
    lower = max(role for role in Role if role < view.role)
    client = WebClient(stack.url, cast.people[lower])
    answers = {client.get(path(view)).status, client.post(path(view)).status}
    assert 403 in answers
    assert answers <= {403, 405}


@pytest.mark.parametrize(
    "view",
    [
        view
        for view in PAGES
        if not {"id", "session_id", "user_id", "budget_id", "rate_limit_id"} & {*view.parameters}
        and view.name not in OF_A_PROPERTY
    ],
    ids=lambda view: view.name,
)
def test_an_owner_is_let_in(stack: Stack, cast: Cast, path: Callable[..., str], view: View) -> None:
    assert WebClient(stack.url, cast.people[Role.OWNER]).get(path(view)).status in {200, 405}


@pytest.mark.parametrize(
    ("name", "parameter"),
    [
        ("accounts:api-key-revoke", "key_id"),
        ("accounts:member-role", "member_id"),
        ("accounts:member-remove", "member_id"),
        ("accounts:member-link", "member_id"),
    ],
)
def test_things_of_others_are_not_found_in_ones_own_organization(
    stack: Stack, cast: Cast, name: str, parameter: str
) -> None:
    own = Membership.objects.get(user=cast.stranger).organization
    id = cast.key.pk if parameter == "key_id" else cast.pat.pk
    url = reverse(name, kwargs={"organization": own.slug, parameter: id})
    assert WebClient(stack.url, cast.stranger).post(url, {"role": int(Role.MEMBER)}).status == 404
    cast.key.refresh_from_db()
    cast.pat.refresh_from_db()
    assert (cast.key.revoked_at, cast.pat.role) == (None, Role.VIEWER)


@pytest.mark.parametrize("part", [None, "request", "response"])
def test_requests_of_others_are_not_found_in_ones_own_organization(
    stack: Stack,
    cast: Cast,
    organization: Tenant,
    openai_client: openai.OpenAI,
    wait_for_rows: Callable[..., list[Any]],
    part: str | None,
) -> None:
    openai_client.chat.completions.create(
        model="gpt-4o-mini", messages=[{"role": "user", "content": "Only for us"}]
    )
    row = wait_for_rows(organization.id)[0]

    def url(slug: str) -> str:
        arguments = {"organization": slug, "id": row.id} | ({"part": part} if part else {})
        return reverse("requests:body" if part else "requests:detail", kwargs=arguments)

    other = Membership.objects.get(user=cast.stranger).organization
    assert WebClient(stack.url, organization.owner).get(url(organization.organization.slug)).status == 200
    assert WebClient(stack.url, cast.stranger).get(url(other.slug)).status == 404
    assert WebClient(stack.url, cast.stranger).get(url(organization.organization.slug)).status == 404


def test_a_person_who_is_removed_is_a_stranger(stack: Stack, cast: Cast, path: Callable[..., str]) -> None:
    viewer = WebClient(stack.url, cast.people[Role.VIEWER])
    page = path(next(view for view in PAGES if view.name == "accounts:members"))
    assert viewer.get(page).status == 200
    actions.remove_member(membership=cast.membership(Role.VIEWER), actor=cast.membership(Role.OWNER))
    assert viewer.get(page).status == 404
