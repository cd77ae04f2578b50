"""An organization with a person of each role in it, and a stranger who owns another one."""

import secrets
from dataclasses import dataclass

from accounts_app import actions
from accounts_app.models import ApiKey, Membership, Organization, Role, User


@dataclass(frozen=True)
class Cast:
    """`people` by role; Pat was added but never set a password; `key` and a provider key are the owner's."""

    organization: Organization
    people: dict[Role, User]
    pat: Membership
    key: ApiKey
    stranger: User

    def membership(self, role: Role) -> Membership:
        """Returns the membership of the person with this role."""
        return Membership.objects.get(organization=self.organization, user=self.people[role])


def make_cast() -> Cast:
    """Returns a new cast, in two new organizations."""
    mark = secrets.token_hex(6)
    # Hashing a password takes longer than most tests, so all but Pat have one that nobody knows the text of.
    people = {role: _person(f"{role.label.lower()}-{mark}@example.com") for role in Role}
    stranger = _person(f"stranger-{mark}@example.com")
    organization = actions.create_organization(name=f"Cast {mark}", owner=people[Role.OWNER])
    actions.create_organization(name=f"Other {mark}", owner=stranger)
    owner = Membership.objects.get(organization=organization, user=people[Role.OWNER])
    for role in (Role.VIEWER, Role.MEMBER, Role.ADMIN):
        actions.add_member(organization=organization, email=people[role].email, role=role, actor=owner)
    pat = actions.add_member(
        organization=organization, email=f"pat-{mark}@example.com", role=Role.VIEWER, actor=owner
    )
    issued = actions.issue_api_key(organization=organization, name="Owner's key", actor=people[Role.OWNER])
    actions.store_provider_key(organization=organization, provider="openai", secret=f"sk-stored-{mark}-0000")
    return Cast(organization, people, pat, issued.api_key, stranger)


def _person(email: str) -> User:
    user = actions.create_user(email=email, password=None)
    user.password = "md5$salt$0"
    user.save(update_fields=["password"])
    return user
