"""Every write to accounts. Each function owns its transaction and tells the gateways after commit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.db.models.functions import Greatest
from django.utils import timezone
from django.utils.text import slugify

from accounts_app import secrets
from accounts_app.directory import CHANGED_CHANNEL
from accounts_app.models import ApiKey, Membership, Organization, ProviderKey, Role, Scope, User
from accounts_app.rewrapping import Rewrapped, rewrap
from helicone_site.redis_client import publish_on_commit

KEY_PREFIXES = ("sk-helicone-", "pk-helicone-")
# The last use is shown to people: a step of a minute spares an update for each batch.
LAST_USE_STEP = timedelta(minutes=1)


class EmailTaken(Exception):
    """A user with this address exists."""


class AlreadyMember(Exception):
    """The user belongs to the organization already."""


class LastOwner(Exception):
    """An organization keeps at least one owner."""


class RoleTooHigh(Exception):
    """Nobody grants, changes or removes a role above their own."""


class MalformedApiKey(Exception):
    """A given key does not look like a Helicone key, or is taken."""


@dataclass(frozen=True, slots=True)
class IssuedApiKey:
    """A new key: `secret` is known only here and never again."""

    api_key: ApiKey
    secret: str


def create_user(*, email: str, password: str | None) -> User:
    """Returns the new user. Raises EmailTaken."""
    try:
        with transaction.atomic():
            return User.objects.create_user(email=email, password=password)
    except IntegrityError as error:
        raise EmailTaken(email) from error


@transaction.atomic
def create_organization(*, name: str, owner: User) -> Organization:
    """Returns the new organization, with `owner` as its owner and a free slug made of its name."""
    stem = slugify(name)[:50] or "organization"
    taken = set(Organization.objects.filter(slug__startswith=stem).values_list("slug", flat=True))
    slug = next(s for s in (stem, *(f"{stem}-{n}" for n in range(2, len(taken) + 3))) if s not in taken)
    organization = Organization.objects.create(name=name, slug=slug)
    Membership.objects.create(organization=organization, user=owner, role=Role.OWNER)
    return organization


def rename_organization(*, organization: Organization, name: str) -> None:
    """Rename; the slug stays, since links contain it."""
    organization.name = name
    organization.save(update_fields=["name"])


@transaction.atomic
def add_member(*, organization: Organization, email: str, role: Role, actor: Membership) -> Membership:
    """Returns the new membership; an unknown address gets a user without a password (set by link).

    Raises AlreadyMember, RoleTooHigh.
    """
    if role > actor.role:
        raise RoleTooHigh(role.label)
    user = _user_of(email)
    membership, created = Membership.objects.get_or_create(
        organization=organization, user=user, defaults={"role": role}
    )
    if not created:
        raise AlreadyMember(email)
    return membership


def _user_of(email: str) -> User:
    known = User.objects.filter(email__iexact=email)
    try:
        return known.first() or create_user(email=email, password=None)
    except EmailTaken:
        return known.get()  # another admin added the same person in between


@transaction.atomic
def change_role(*, membership: Membership, role: Role, actor: Membership) -> None:
    """Raises RoleTooHigh, LastOwner."""
    if max(role, membership.role) > actor.role:
        raise RoleTooHigh(role.label)
    _keep_an_owner(membership, role)
    membership.role = role
    membership.save(update_fields=["role"])


@transaction.atomic
def remove_member(*, membership: Membership, actor: Membership) -> None:
    """Raises RoleTooHigh, LastOwner. Keys that the member made stay: machines use them."""
    if membership.role > actor.role:
        raise RoleTooHigh(membership.get_role_display())
    _keep_an_owner(membership, None)
    membership.delete()


def _keep_an_owner(membership: Membership, new_role: Role | None) -> None:
    if membership.role != Role.OWNER or new_role == Role.OWNER:
        return
    # Locking the owners' rows makes two owners who demote each other at once wait for one another.
    owners = Membership.objects.select_for_update().filter(
        organization=membership.organization_id, role=Role.OWNER
    )
    if len(owners) <= 1:
        raise LastOwner


def issue_api_key(
    *,
    organization: Organization,
    name: str,
    scope: str = Scope.READ_WRITE,
    actor: User | None = None,
    secret: str | None = None,
) -> IssuedApiKey:
    """Returns a new key; `secret` gives it a fixed value (unattended set-up). Raises MalformedApiKey."""
    if secret is not None and not (
        secret.startswith(KEY_PREFIXES) and secret.isascii() and secret.isprintable()
    ):
        raise MalformedApiKey("an API key begins with sk-helicone-")
    secret = secret or secrets.new_api_key()
    try:
        with transaction.atomic():
            api_key = ApiKey.objects.create(
                organization=organization,
                name=name,
                key_hash=secrets.hash_api_key(secret),
                hint=f"{secret[:15]}…{secret[-4:]}",
                scope=scope,
                created_by=actor,
            )
            announce_change()
    except IntegrityError as error:
        raise MalformedApiKey("this API key exists already") from error
    return IssuedApiKey(api_key=api_key, secret=secret)


def rename_api_key(*, api_key: ApiKey, name: str) -> None:
    """Rename; rows logged with it are shown under the new name."""
    api_key.name = name
    api_key.save(update_fields=["name"])


@transaction.atomic
def revoke_api_key(*, api_key: ApiKey) -> None:
    """Close the key for good. Rows logged with it keep its name."""
    ApiKey.objects.active().filter(pk=api_key.pk).update(revoked_at=timezone.now())
    announce_change()


def note_api_key_use(used_at: Mapping[int, datetime]) -> None:
    """Move `last_used_at` of the given keys (id → time) forward, never back.

    Keys are locked in the order of their ids, so that several writers never deadlock.
    """
    for api_key_id in sorted(used_at):
        when = used_at[api_key_id]
        ApiKey.objects.filter(
            Q(last_used_at=None) | Q(last_used_at__lt=when - LAST_USE_STEP), pk=api_key_id
        ).update(last_used_at=Greatest(F("last_used_at"), when))


@transaction.atomic
def store_provider_key(
    *, organization: Organization, provider: str, secret: str, endpoint: str = "", actor: User | None = None
) -> ProviderKey:
    """Returns the stored key, which replaces an earlier one for the same provider.

    `endpoint` is the organization's own address of the provider; who calls has checked that it may be reached.
    """
    stored, _ = ProviderKey.objects.update_or_create(
        organization=organization,
        provider=provider,
        defaults={
            "ciphertext": secrets.encrypt(secret),
            "hint": secrets.hint(secret) if secret else "",
            "endpoint": endpoint,
            "created_by": actor,
            "created_at": timezone.now(),
        },
    )
    announce_change()
    return stored


@transaction.atomic
def delete_provider_key(*, organization: Organization, provider: str) -> None:
    """Forget the key; clients must then send their own."""
    ProviderKey.objects.filter(organization=organization, provider=provider).delete()
    announce_change()


def rewrap_provider_keys(previous: Sequence[str]) -> Rewrapped:
    """Encrypt all provider keys anew, under HELICONE_SECRET_KEY. Returns how many, and how many nobody can read."""
    rewrapped = rewrap(ProviderKey.objects.all(), "ciphertext", previous)
    announce_change()
    return rewrapped


def announce_change() -> None:
    """After commit, tell every gateway to read the directory again."""
    publish_on_commit(CHANGED_CHANNEL)
