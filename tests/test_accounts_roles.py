"""What each role may do. A refusal shares its set-up with the success, and leaves everything as it was."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.urls import reverse

from accounts_app import actions
from accounts_app.models import Membership, Role
from tests.cast import Cast, make_cast
from tests.live import Stack
from tests.web_client import Page, WebClient


@pytest.fixture
def cast(stack: Stack) -> Cast:
    return make_cast()


@pytest.fixture
def post(stack: Stack, cast: Cast) -> Callable[..., Page]:
    """Returns a function that sends a form as the person with a role."""

    def send(role: Role, name: str, data: dict[str, Any] | None = None, **kwargs: Any) -> Page:
        path = reverse(
            name if ":" in name else f"accounts:{name}",
            kwargs={"organization": cast.organization.slug, **kwargs},
        )
        return WebClient(stack.url, cast.people[role]).post(path, data)

    return send


@dataclass(frozen=True)
class Deed:
    """Something that takes a role: `lowest` and those above it may."""

    lowest: Role
    name: str
    data: dict[str, Any] = field(default_factory=dict)
    url: Callable[[Cast], dict[str, Any]] = lambda cast: {}


# Its own in each worker of a parallel run: they share the product.
NEW_ADDRESS = f"new-{secrets.token_hex(6)}@example.com"


def _pat(cast: Cast) -> dict[str, Any]:
    return {"member_id": cast.pat.pk}


DEEDS = [
    Deed(Role.MEMBER, "api-key-create", {"name": "New", "scope": "rw"}),
    Deed(Role.ADMIN, "api-key-revoke", url=lambda cast: {"key_id": cast.key.pk}),
    Deed(Role.ADMIN, "providers:key", {"secret": "sk-ant-new"}, lambda cast: {"provider": "anthropic"}),
    Deed(Role.ADMIN, "providers:key-delete", url=lambda cast: {"provider": "openai"}),
    Deed(Role.ADMIN, "member-add", {"email": NEW_ADDRESS, "role": int(Role.VIEWER)}),
    Deed(Role.ADMIN, "member-role", {"role": int(Role.MEMBER)}, _pat),
    Deed(Role.ADMIN, "member-remove", url=_pat),
    Deed(Role.OWNER, "organization-rename", {"name": "Renamed"}),
]


@pytest.mark.parametrize("role", Role, ids=lambda role: role.label)
@pytest.mark.parametrize("deed", DEEDS, ids=lambda deed: deed.name)
def test_a_deed_takes_its_role(cast: Cast, post: Callable[..., Page], deed: Deed, role: Role) -> None:
    before = _state(cast)
    answer = post(role, deed.name, deed.data, **deed.url(cast))
    if role >= deed.lowest:
        assert answer.status in {200, 302}
        assert _state(cast) != before
    else:
        assert answer.status == 403
        assert _state(cast) == before


@pytest.mark.parametrize("role", Role, ids=lambda role: role.label)
@pytest.mark.parametrize("name", ["api-keys", "providers:list", "members", "settings"])
def test_every_member_reads(stack: Stack, cast: Cast, name: str, role: Role) -> None:
    path = reverse(name if ":" in name else f"accounts:{name}", args=[cast.organization.slug])
    assert WebClient(stack.url, cast.people[role]).get(path).status == 200


def test_members_revoke_the_keys_that_they_made(cast: Cast, post: Callable[..., Page]) -> None:
    own = actions.issue_api_key(organization=cast.organization, name="Own", actor=cast.people[Role.MEMBER])
    assert post(Role.MEMBER, "api-key-revoke", key_id=own.api_key.pk).status == 302
    own.api_key.refresh_from_db()
    assert own.api_key.revoked_at is not None


def test_nobody_gives_a_role_above_their_own(cast: Cast, post: Callable[..., Page]) -> None:
    data = {"email": "climber@example.com", "role": int(Role.OWNER)}
    assert post(Role.ADMIN, "member-add", data).status == 422
    assert post(Role.ADMIN, "member-role", {"role": int(Role.OWNER)}, member_id=cast.pat.pk).status == 422
    assert post(Role.OWNER, "member-role", {"role": int(Role.OWNER)}, member_id=cast.pat.pk).status == 302


@pytest.mark.parametrize(
    ("name", "data"), [("member-role", {"role": int(Role.VIEWER)}), ("member-remove", {})]
)
def test_admins_do_not_touch_owners(
    cast: Cast, post: Callable[..., Page], name: str, data: dict[str, Any]
) -> None:
    _second_owner(cast)
    owner = cast.membership(Role.OWNER)
    assert post(Role.ADMIN, name, data, member_id=owner.pk).status == 403
    assert post(Role.OWNER, name, data, member_id=owner.pk).status == 302
    assert not Membership.objects.filter(pk=owner.pk, role=Role.OWNER).exists()


@pytest.mark.parametrize(
    ("name", "data", "has_id"),
    [
        ("member-role", {"role": int(Role.ADMIN)}, True),
        ("member-remove", {}, True),
        ("organization-leave", {}, False),
    ],
)
def test_the_last_owner_stays(
    cast: Cast, post: Callable[..., Page], name: str, data: dict[str, Any], has_id: bool
) -> None:
    owner = cast.membership(Role.OWNER)
    url = {"member_id": owner.pk} if has_id else {}
    post(Role.OWNER, name, data, **url)
    owner.refresh_from_db()
    assert owner.role == Role.OWNER
    _second_owner(cast)
    post(Role.OWNER, name, data, **url)
    assert not Membership.objects.filter(pk=owner.pk, role=Role.OWNER).exists()


def test_a_member_is_added_once(cast: Cast, post: Callable[..., Page]) -> None:
    data = {"email": cast.people[Role.VIEWER].email.upper(), "role": int(Role.VIEWER)}
    answer = post(Role.ADMIN, "member-add", data)
    assert answer.status == 422
    assert "is a member already" in answer.text


def test_a_link_opens_only_accounts_with_nothing_elsewhere(cast: Cast, post: Callable[..., Page]) -> None:
    assert "/password/reset/key/" in post(Role.ADMIN, "member-link", member_id=cast.pat.pk).text
    actions.create_organization(name="Pat's own", owner=cast.pat.user)
    assert post(Role.ADMIN, "member-link", member_id=cast.pat.pk).status == 403


def test_a_link_never_opens_an_account_with_a_password(cast: Cast, post: Callable[..., Page]) -> None:
    viewer = cast.membership(Role.VIEWER)
    assert post(Role.ADMIN, "member-link", member_id=viewer.pk).status == 403


def test_a_link_never_opens_a_higher_role(cast: Cast, post: Callable[..., Page]) -> None:
    actions.change_role(membership=cast.pat, role=Role.OWNER, actor=cast.membership(Role.OWNER))
    assert post(Role.ADMIN, "member-link", member_id=cast.pat.pk).status == 403
    assert post(Role.OWNER, "member-link", member_id=cast.pat.pk).status == 200


@pytest.mark.parametrize(
    "secret", ["", "two words", "sk-ünicode", "sk-helicone-aaaaaaa-bbbbbbb-ccccccc-ddddddd", "x" * 1001]
)
def test_a_provider_key_is_checked(cast: Cast, post: Callable[..., Page], secret: str) -> None:
    assert post(Role.ADMIN, "providers:key", {"secret": secret}, provider="anthropic").status == 422


def test_a_stored_provider_key_never_comes_back(stack: Stack, cast: Cast, post: Callable[..., Page]) -> None:
    secret = "sk-ant-very-secret-0123456789"
    post(Role.ADMIN, "providers:key", {"secret": secret}, provider="anthropic")
    client = WebClient(stack.url, cast.people[Role.OWNER])
    listed = client.get(reverse("providers:list", args=[cast.organization.slug]))
    form = client.get(reverse("providers:key", args=[cast.organization.slug, "anthropic"]))
    assert "sk-ant-ve…6789" in listed.text
    assert secret not in listed.text + form.text


def test_an_unknown_provider_is_not_found(cast: Cast, post: Callable[..., Page]) -> None:
    assert post(Role.ADMIN, "providers:key", {"secret": "sk-x"}, provider="acme").status == 404


def test_anybody_may_create_an_organization(stack: Stack, cast: Cast) -> None:
    viewer = cast.people[Role.VIEWER]
    answer = WebClient(stack.url, viewer).post(reverse("accounts:organization-create"), {"name": "Side line"})
    assert answer.status == 302
    assert Membership.objects.get(user=viewer, organization__name="Side line").role == Role.OWNER


def test_a_form_of_another_site_is_refused(stack: Stack, cast: Cast) -> None:
    path = reverse("accounts:api-key-create", args=[cast.organization.slug])
    client = WebClient(stack.url, cast.people[Role.OWNER])
    data = {"name": "Forged", "scope": "rw"}
    assert client.post(path, data, with_token=False).status == 403
    assert client.post(path, data).status == 200


def _second_owner(cast: Cast) -> None:
    actions.change_role(membership=cast.pat, role=Role.OWNER, actor=cast.membership(Role.OWNER))


def _state(cast: Cast) -> dict[str, Any]:
    """Returns all that the deeds could change."""
    organization = cast.organization
    organization.refresh_from_db()
    return {
        "name": organization.name,
        "keys": set(organization.api_keys.values_list("id", "revoked_at")),
        "provider keys": set(organization.provider_keys.values_list("provider", "created_at")),
        "members": set(organization.memberships.values_list("user_id", "role")),
    }
