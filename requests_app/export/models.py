"""The table of exports that are made in the background."""

import uuid
from pathlib import Path
from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from accounts_app.models import Organization, User
from requests_app.export.file_format import Format


class ExportState(models.TextChoices):
    """queued -> running -> done -> expired; or failed or cancelled, from the first two."""

    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"
    EXPIRED = "expired", "Expired"


UNFINISHED = (ExportState.QUEUED, ExportState.RUNNING)


class Export(models.Model):
    """A file of requests, ordered by somebody, made by a worker and deleted at `expires_at`."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="exports")
    requested_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, related_name="+", help_text="None: by an API key."
    )
    format = models.CharField(max_length=8, choices=[(f.value, f.label) for f in Format])
    query = models.TextField(help_text="The filter, as the list's query string; empty where there are ids.")
    ids = ArrayField(models.UUIDField(), null=True, help_text="Of the requests that were picked one by one.")
    picked = models.IntegerField(null=True, help_text="How many ids there are, which lists do not read.")
    fields = models.TextField(help_text="Names of columns, separated by commas; empty: all.")
    with_bodies = models.BooleanField()
    state = models.CharField(max_length=9, choices=ExportState.choices, default=ExportState.QUEUED)
    error = models.TextField(help_text="Why it failed, for people; else empty.")
    attempts = models.SmallIntegerField(default=0, help_text="How often a worker began.")
    rows_done = models.BigIntegerField(default=0)
    rows_about = models.BigIntegerField(null=True, help_text="How many there were at the start.")
    bytes = models.BigIntegerField(default=0, help_text="Of the file, so far.")
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "export"
        indexes: ClassVar = [
            models.Index(fields=["organization", "-created_at"], name="export_list"),  # store.exports_of
            models.Index(  # store.unfinished_exports
                fields=["created_at"], condition=models.Q(state__in=UNFINISHED), name="export_unfinished"
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(state__in=ExportState.values), name="export_state_known"
            ),
            models.CheckConstraint(
                condition=models.Q(format__in=[f.value for f in Format]), name="export_format_known"
            ),
        ]

    def __str__(self) -> str:
        return self.filename

    @property
    def is_unfinished(self) -> bool:
        """Whether a worker has it before it."""
        return self.state in UNFINISHED

    @property
    def percent(self) -> int:
        """How far it is, 0 to 100; below 100 until it is done, since rows may have gone or come meanwhile."""
        if self.state == ExportState.DONE:
            return 100
        return min(99, 100 * self.rows_done // self.rows_about) if self.rows_about else 0

    @property
    def extension(self) -> str:
        """How the file's name ends. Text is packed; Parquet is by itself."""
        extension = Format(self.format).extension
        return extension if self.format == Format.PARQUET else f"{extension}.gz"

    @property
    def filename(self) -> str:
        """What the file is called for whoever downloads it."""
        return f"requests-{self.created_at:%Y%m%d-%H%M%S}.{self.extension}"

    @property
    def content_type(self) -> str:
        """The media type of the file."""
        return Format.PARQUET.content_type if self.format == Format.PARQUET else "application/gzip"

    @property
    def path(self) -> Path:
        """Where the file is once it is done."""
        return directory() / f"{self.id}.{self.extension}"

    @property
    def part_path(self) -> Path:
        """Where it is until then, so that half a file is never taken for a whole one."""
        return directory() / f"{self.id}.part"


def directory() -> Path:
    """Returns where the files are."""
    return settings.DATA_DIR / "exports"
