"""Organizations, people, their roles, and the two kinds of key. Written by `actions.py` only."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import BaseUserManager
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils import timezone


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Returns the saved user. Without a password nobody can log in until one is set by link."""
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)


class User(AbstractUser):
    """A person. The e-mail address is the login; what they may do is said by their memberships."""

    username = None  # type: ignore[assignment]
    email = models.EmailField(unique=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects: ClassVar[UserManager] = UserManager()  # type: ignore[assignment]

    def __str__(self) -> str:
        return self.email


class Plan(models.TextChoices):
    """How long traffic is kept."""

    FREE = "free", "Free"
    PRO = "pro", "Pro"
    ENTERPRISE = "enterprise", "Enterprise"  # as many days as the organization chose, or for ever


DAYS_OF_PLAN = {Plan.FREE: 30, Plan.PRO: 90}
MAX_RETENTION_DAYS = 36_500


class Organization(models.Model):
    """The tenant: every row of traffic carries its id."""

    name = models.CharField(max_length=100)
    slug = models.SlugField(max_length=60, unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    members = models.ManyToManyField(User, through="Membership", related_name="organizations")
    # Whoever hosts the product decides how long data stays: so no limit until one is chosen.
    plan = models.CharField(
        max_length=10, choices=Plan.choices, default=Plan.ENTERPRISE, db_default=Plan.ENTERPRISE
    )
    retention_days = models.PositiveIntegerField(null=True, help_text="Enterprise only. NULL: for ever.")
    keeps_totals = models.BooleanField(
        default=False,
        db_default=False,
        help_text="What requests add up to stays when they are deleted by age.",
    )

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(plan__in=Plan.values), name="organization_plan_known"),
            models.CheckConstraint(
                condition=models.Q(retention_days=None)
                | models.Q(plan=Plan.ENTERPRISE, retention_days__range=(1, MAX_RETENTION_DAYS)),
                name="organization_retention_days",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def kept_days(self) -> int | None:
        """How many days traffic is kept; None: for ever."""
        return DAYS_OF_PLAN.get(Plan(self.plan), self.retention_days)


class Role(models.IntegerChoices):
    """Ordered: a higher role may do all that a lower one may."""

    VIEWER = 10, "Viewer"  # reads everything but secrets
    MEMBER = 20, "Member"  # also makes API keys and revokes their own
    ADMIN = 30, "Admin"  # also manages provider keys, members and all API keys
    OWNER = 40, "Owner"  # also names owners and renames the organization


class Membership(models.Model):
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.PositiveSmallIntegerField(choices=Role.choices, default=Role.MEMBER)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization", "user"], name="membership_once"),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="membership_role_known"),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.organization}"


class Scope(models.TextChoices):
    """What an API key opens; Helicone's letters. Logging through the gateway needs `w`, REST reads need `r`."""

    READ_WRITE = "rw", "Read and write"
    READ = "r", "Read only"
    WRITE = "w", "Write only"


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def active(self) -> "ApiKeyQuerySet":
        return self.filter(revoked_at=None)


class ApiKey(models.Model):
    """A Helicone key (`sk-helicone-…`). Only its SHA-256 is kept: 28 random characters need no slow hash."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=100)
    key_hash = models.BinaryField(max_length=32, unique=True)
    hint = models.CharField(max_length=24, help_text="The first and last characters, to recognise it by.")
    scope = models.CharField(max_length=2, choices=Scope.choices, default=Scope.READ_WRITE)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    objects: ClassVar = ApiKeyQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(scope__in=Scope.values), name="api_key_scope_known"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.hint})"


class ProviderKey(models.Model):
    """A provider's own key, used for clients that send only a Helicone key. Encrypted with the master key.

    Providers without an address of their own (an Azure resource, a server in the house) have an `endpoint`, too.
    """

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="provider_keys")
    provider = models.CharField(max_length=40)
    ciphertext = models.BinaryField()  # of "" where the provider needs no key
    hint = models.CharField(max_length=24)
    endpoint = models.CharField(max_length=500, blank=True, default="")
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization", "provider"], name="provider_key_once"),
        ]

    def __str__(self) -> str:
        return f"{self.provider} ({self.hint})"


class ErasureKind(models.TextChoices):
    """Whose data an erasure deletes."""

    USER = "user", "User"
    SESSION = "session", "Session"
    ORGANIZATION = "organization", "Organization"


class Erasure(models.Model):
    """An order to delete traffic that came before `requested_at`; kept afterwards as the record that it was done.

    Waiting until `started_at`, under way until `finished_at`.
    """

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="erasures")
    kind = models.CharField(max_length=12, choices=ErasureKind.choices)
    value = models.TextField(help_text="The id of the user or session; empty for the whole organization.")
    requested_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    requested_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    rows_about = models.BigIntegerField(null=True, help_text="How many rows there were, exact if few.")
    rows_done = models.BigIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(kind__in=ErasureKind.values), name="erasure_kind_known"
            ),
            models.CheckConstraint(
                condition=models.Q(kind=ErasureKind.ORGANIZATION, value="")
                | (~models.Q(kind=ErasureKind.ORGANIZATION) & ~models.Q(value="")),
                name="erasure_value_given",
            ),
            models.UniqueConstraint(
                fields=["organization", "kind", "value"],
                condition=models.Q(finished_at=None),
                name="erasure_once_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.value}".strip()

    @property
    def percent(self) -> int:
        """How far it is, 0 to 100; below 100 until it is finished, since the number of rows is an estimate."""
        if self.finished_at is not None:
            return 100
        return min(99, 100 * self.rows_done // self.rows_about) if self.rows_about else 0
