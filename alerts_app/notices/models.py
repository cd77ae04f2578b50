"""Where notices go, and the notices on their way. Written by `actions` and `sending` only."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models.functions import Now
from django.utils import timezone

from accounts_app.models import Organization, User

LONGEST_KEY = 200


class ChannelKind(models.TextChoices):
    """By what a channel tells people."""

    EMAIL = "email", "E-mail"
    SLACK = "slack", "Slack"
    DISCORD = "discord", "Discord"
    PAGERDUTY = "pagerduty", "PagerDuty"
    WEBHOOK = "webhook", "Webhook"
    APPRISE = "apprise", "Another service"


class NoticeKind(models.TextChoices):
    """What a notice is about: the beginning of something, its end, neither, or nothing at all."""

    FIRING = "firing", "Firing"
    RESOLVED = "resolved", "Resolved"
    INFO = "info", "Notice"
    TEST = "test", "Test"


class NoticeState(models.TextChoices):
    """pending -> sent or given up. What failed is pending until it is tried again."""

    PENDING = "pending", "Waiting"
    SENT = "sent", "Sent"
    GIVEN_UP = "given_up", "Given up"


class Channel(models.Model):
    """A receiver that alerts, budgets and webhooks may be given by its name."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="channels", db_index=False
    )
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=10, choices=ChannelKind.choices)
    config_ciphertext = models.BinaryField(
        help_text="The JSON of `config.Config`: addresses of services are secrets."
    )
    hint = models.CharField(max_length=200, help_text="What it leads to, as far as everybody may see it.")
    is_active = models.BooleanField(default=True, help_text="Else it is told of nothing.")
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "channel"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization", "name"], name="channel_name_once"),
            models.CheckConstraint(
                condition=models.Q(kind__in=ChannelKind.values), name="channel_kind_known"
            ),
            models.CheckConstraint(condition=~models.Q(name=""), name="channel_name_given"),
        ]

    def __str__(self) -> str:
        return self.name


class Notice(models.Model):
    """A message to one receiver. Kept for some months as the record of who was told.

    `receiver` is `channel:<id>` or `mail:<address>`, which stays when the channel is deleted.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="notices", db_index=False
    )
    key = models.CharField(max_length=LONGEST_KEY, help_text="Each receiver gets one notice of a key.")
    receiver = models.CharField(max_length=400)
    receiver_name = models.CharField(max_length=400, help_text="For people.")
    channel = models.ForeignKey(Channel, on_delete=models.SET_NULL, null=True, related_name="notices")
    email = models.CharField(max_length=320, default="", help_text="Where no channel was chosen.")
    kind = models.CharField(max_length=8, choices=NoticeKind.choices)
    thread_key = models.CharField(
        max_length=LONGEST_KEY, default="", help_text="The same for the beginning and the end of something."
    )
    title = models.TextField()
    text = models.TextField()
    facts = models.JSONField(default=list, help_text="[[label, value], …]")
    path = models.TextField(help_text="Of the page behind it, below the site's address; empty: none.")
    html = models.TextField(default="", help_text="The mail's, where it is not made from the rest.")
    state = models.CharField(max_length=8, choices=NoticeState.choices, default=NoticeState.PENDING)
    attempts = models.SmallIntegerField(default=0)
    # By the database's clock, like all that is compared with it.
    next_attempt_at = models.DateTimeField(
        db_default=Now(), help_text="While it is being sent: when another worker may take it over."
    )
    sent_at = models.DateTimeField(null=True)
    error = models.TextField(default="", help_text="What came of the last attempt, if it failed.")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "notice"
        indexes: ClassVar = [
            models.Index(  # sending.claim_due
                fields=["next_attempt_at"],
                condition=models.Q(state=NoticeState.PENDING),
                name="notice_due",
            ),
            models.Index(  # queries.recent_notices
                fields=["organization", "-created_at"], name="notice_recent"
            ),
            models.Index(  # queries.notices_of
                fields=["organization", "thread_key", "created_at"],
                condition=~models.Q(thread_key=""),
                name="notice_thread",
            ),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization", "key", "receiver"], name="notice_once"),
            models.CheckConstraint(condition=models.Q(kind__in=NoticeKind.values), name="notice_kind_known"),
            models.CheckConstraint(
                condition=models.Q(state__in=NoticeState.values), name="notice_state_known"
            ),
            models.CheckConstraint(
                condition=models.Q(state=NoticeState.SENT, sent_at__isnull=False)
                | (~models.Q(state=NoticeState.SENT) & models.Q(sent_at=None)),
                name="notice_sent_at",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} → {self.receiver_name}"

    @property
    def is_failing(self) -> bool:
        """Returns whether it was tried in vain, and will be tried again."""
        return self.state == NoticeState.PENDING and bool(self.error)
