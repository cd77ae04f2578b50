"""Requests that somebody picked, to look at them or to train on them. Written by `actions` only."""

import uuid
from typing import ClassVar

from django.db import models
from django.utils import timezone

from accounts_app.models import Organization


class Dataset(models.Model):
    """A list of requests under a name, which need not be unique."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="datasets", db_index=False
    )
    name = models.CharField(max_length=200)
    meta = models.JSONField(null=True, help_text="The caller's own.")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "dataset"
        indexes: ClassVar = [
            models.Index(fields=["organization", "-created_at"], name="dataset_list"),  # queries.datasets
        ]

    def __str__(self) -> str:
        return self.name


class DatasetRow(models.Model):
    """A request in a dataset: where it is, and what somebody made of its bodies.

    It goes with its request, in the same transaction (ingest_app/sql/remove_rows.sql), or soon after its week was
    dropped (note_dropped_weeks.sql), so that what was erased cannot be read here.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+", db_index=False)
    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="rows", db_index=False)
    request_created_at = models.DateTimeField()
    request_row_id = models.UUIDField(help_text="With the time the key of the request.")
    request_id = models.TextField(help_text="Copied from the request: what its client calls it.")
    edited_ciphertext = models.BinaryField(
        null=True, help_text='{"request": …, "response": …} in place of the bodies; NULL: those as logged.'
    )
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "dataset_row"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organization", "dataset", "request_created_at", "request_row_id"],
                name="dataset_row_once",
            ),
        ]
        indexes: ClassVar = [
            models.Index(  # queries.rows, and what deletes a dataset
                fields=["dataset", "-created_at", "-request_created_at", "-id"], name="dataset_row_list"
            ),
            models.Index(  # ingest_app/sql/remove_rows.sql
                fields=["organization", "request_created_at", "request_row_id"], name="dataset_row_request"
            ),
        ]

    def __str__(self) -> str:
        return self.request_id
