"""Reads of accounts."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db.models import Count, F, QuerySet

from accounts_app import secrets
from accounts_app.directory import Caller, Directory, StoredAccess
from accounts_app.models import ApiKey, Erasure, Membership, Organization, ProviderKey, User

log = structlog.get_logger(__name__)


class NotAMember(Exception):
    """The organization does not exist, or the user does not belong to it: the caller may not learn which."""


@dataclass(frozen=True, slots=True)
class KeyHolder:
    """An authenticated API key with its organization loaded."""

    api_key: ApiKey
    organization: Organization


def membership_of(*, user: User, slug: str) -> Membership:
    """Returns the user's membership (with its organization) in the organization `slug`. Raises NotAMember."""
    try:
        return Membership.objects.select_related("organization").get(user=user, organization__slug=slug)
    except Membership.DoesNotExist as error:
        raise NotAMember(slug) from error


def memberships_of(user: User) -> QuerySet[Membership]:
    """Returns the user's memberships with their organizations, oldest first."""
    return user.memberships.select_related("organization").order_by("created_at", "id")


def current_organization(*, user: User, slug: str | None) -> Organization | None:
    """Returns the user's organization `slug`, or their first one; None for a user without any."""
    memberships = list(memberships_of(user))
    chosen = [m for m in memberships if m.organization.slug == slug] or memberships
    return chosen[0].organization if chosen else None


def members(organization: Organization) -> QuerySet[Membership]:
    """Returns the memberships of `organization` with their users, highest role first."""
    return organization.memberships.select_related("user").order_by("-role", "user__email")


def api_keys(organization: Organization) -> QuerySet[ApiKey]:
    """Returns all keys of `organization`: active ones, newest first, then revoked ones, latest first."""
    active_first = F("revoked_at").desc(nulls_first=True)
    return organization.api_keys.select_related("created_by").order_by(active_first, "-created_at", "-id")


def awaiting_password(organization: Organization) -> set[int]:
    """Returns the ids of memberships whose user never set a password and belongs to no other organization.

    Only to them may a member of `organization` hand a link that sets one: it opens all that the user can see.
    """
    waiting = organization.memberships.filter(user__password__startswith=UNUSABLE_PASSWORD_PREFIX)
    alone = waiting.annotate(organization_count=Count("user__memberships")).filter(organization_count=1)
    return set(alone.values_list("id", flat=True))


def provider_keys(organization: Organization) -> dict[str, ProviderKey]:
    """Returns the stored provider keys of `organization` by provider name."""
    return {key.provider: key for key in organization.provider_keys.select_related("created_by")}


def key_holder(key: str) -> KeyHolder | None:
    """Returns who holds the active API key `key`, or None."""
    found = (
        ApiKey.objects.active()
        .select_related("organization")
        .filter(key_hash=secrets.hash_api_key(key))
        .first()
    )
    return KeyHolder(api_key=found, organization=found.organization) if found else None


def load_directory() -> Directory:
    """Returns the snapshot that the gateway answers from: every active API key and provider key."""
    callers = {
        bytes(key_hash): Caller(organization_id, api_key_id, scope)
        for key_hash, organization_id, api_key_id, scope in ApiKey.objects.active().values_list(
            "key_hash", "organization_id", "id", "scope"
        )
    }
    accesses = {}
    for organization_id, provider, ciphertext, endpoint in ProviderKey.objects.values_list(
        "organization_id", "provider", "ciphertext", "endpoint"
    ):
        try:
            accesses[organization_id, provider] = StoredAccess(secrets.decrypt(ciphertext), endpoint)
        except secrets.UndecryptableSecret:
            # One unreadable key (HELICONE_SECRET_KEY was changed) must not close the gateway for all.
            log.error("provider key unreadable", organization_id=organization_id, provider=provider)
    return Directory(callers=callers, accesses=accesses)


def kept_days() -> dict[int, int | None]:
    """Returns of every organization, by id, how many days its traffic is kept; None: for ever."""
    return {organization.pk: organization.kept_days for organization in Organization.objects.iterator()}


def only_totals_before(organization_id: int, now: datetime) -> datetime | None:
    """Returns the moment from before which an organization keeps totals alone; None: none, or requests as well."""
    organization = Organization.objects.filter(pk=organization_id).first()
    if organization is None or not organization.keeps_totals or organization.kept_days is None:
        return None
    return now - timedelta(days=organization.kept_days)


def erasures(organization: Organization) -> QuerySet[Erasure]:
    """Returns the erasures of `organization` with who ordered them: unfinished ones first, then the latest."""
    unfinished_first = F("finished_at").desc(nulls_first=True)
    return organization.erasures.select_related("requested_by").order_by(unfinished_first, "-id")


def organizations_erased_since(moment: datetime) -> set[int]:
    """Returns the ids of the organizations of which something was erased, finished at `moment` or later."""
    finished = Erasure.objects.filter(finished_at__gte=moment)
    return set(finished.values_list("organization_id", flat=True))


def unfinished_erasures() -> QuerySet[Erasure]:
    """Returns the erasures of all organizations that still have something to delete, oldest first."""
    return Erasure.objects.filter(finished_at=None).order_by("id")
