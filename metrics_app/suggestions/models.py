"""Tables of suggestions: the look at an organization's calls, what it found, and what people want to see no more."""

import uuid
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from accounts_app.models import Organization, User


class Kind(models.TextChoices):
    """What a suggestion is about, by its detector in `kinds`."""

    REPEATED = "repeated", "Repeated requests"
    UNCACHED_PREFIX = "uncached_prefix", "No prompt cache"
    VARYING_HEAD = "varying_head", "Varying head"
    DEAR_MODEL = "dear_model", "Dear model"
    RETRIES = "retries", "Retries"
    CUT_OFF = "cut_off", "Cut-off answers"
    UNUSED_TOOLS = "unused_tools", "Unused tools"
    LOOPS = "loops", "Loops"


class LookState(models.TextChoices):
    """queued -> running -> done or failed; ordered again, from each of the last two."""

    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"


UNFINISHED = (LookState.QUEUED, LookState.RUNNING)


class Look(models.Model):
    """An organization's look: how the latest one goes, and what the last one that was finished went through."""

    organization = models.OneToOneField(
        Organization, on_delete=models.CASCADE, primary_key=True, related_name="suggestion_look"
    )
    state = models.CharField(max_length=7, choices=LookState.choices, default=LookState.QUEUED)
    ordered_at = models.DateTimeField(default=timezone.now)
    attempts = models.SmallIntegerField(default=0, help_text="How often a worker began.")
    done = models.IntegerField(default=0, help_text="Requests looked at so far.")
    total = models.IntegerField(null=True, help_text="Requests to look at.")
    error = models.TextField(help_text="Why it failed, for people; else empty.")
    # Of the last one that was finished; NULL and empty before.
    finished_at = models.DateTimeField(null=True)
    since = models.DateTimeField(null=True)
    until = models.DateTimeField(null=True)
    requests = models.IntegerField(null=True)
    cost_nanodollars = models.BigIntegerField(null=True)
    limits = ArrayField(models.TextField(), default=list, help_text="What it did not look at, in sentences.")

    class Meta:
        db_table = "suggestion_look"
        indexes: ClassVar = [
            models.Index(  # queries.unfinished_looks
                fields=["ordered_at"],
                condition=models.Q(state__in=UNFINISHED),
                name="suggestion_look_unfinished",
            ),
        ]

    def __str__(self) -> str:
        return f"look of {self.organization_id}"

    @property
    def is_unfinished(self) -> bool:
        return self.state in UNFINISHED

    @property
    def percent(self) -> int:
        """Returns how much is done of the one that is running."""
        return min(100, 100 * self.done // self.total) if self.total else 0


class Suggestion(models.Model):
    """What a look found. The next look replaces all of an organization's; the same finding keeps its id."""

    id = models.UUIDField(primary_key=True)
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="suggestions")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    provider = models.TextField()
    model = models.TextField()
    requests = models.IntegerField(help_text="That it is about.")
    unpriced = models.IntegerField(
        help_text="Those of them that are in no sum, since their price is unknown."
    )
    saving_nanodollars = models.BigIntegerField(help_text="What would have been saved on the others.")
    waited_ms = models.BigIntegerField(help_text="What people waited in vain; 0 where that is not the point.")
    facts = models.JSONField(help_text="More numbers and names, for `words`.")
    evidence = models.JSONField(
        help_text="[id, nano-dollars saved or null] of requests, the largest saving first."
    )

    class Meta:
        db_table = "suggestion"
        indexes: ClassVar = [
            models.Index(  # queries.suggestions_of
                fields=["organization", "-saving_nanodollars"], name="suggestion_list"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.provider} {self.model}"


class Dismissal(models.Model):
    """A suggestion that an organization wants to see no more, also when it is found again."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    suggestion_id = models.UUIDField()
    dismissed_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    dismissed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "suggestion_dismissal"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organization", "suggestion_id"], name="suggestion_dismissed_once"
            ),
        ]

    def __str__(self) -> str:
        return str(self.suggestion_id)


def suggestion_id(*, organization_id: int, kind: str, provider: str, model: str, about: str) -> uuid.UUID:
    """Returns the id that a suggestion has in every look that finds it."""
    # Providers and models may have any character but NUL.
    name = "\0".join((str(organization_id), kind, provider, model, about))
    return uuid.uuid5(uuid.NAMESPACE_OID, name)
