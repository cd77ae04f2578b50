"""The request table as Django sees it.

The schema is `sql/0001_request.sql` and the migrations after it. Rows are written by `ingest_app.writer`; what is
said of them later, by `actions`.
"""

from typing import ClassVar

from django.db import models
from django.utils import timezone

from accounts_app.models import Organization, User
from requests_app.export.models import Export

__all__ = ["Export", "Request", "SavedView"]


class Request(models.Model):
    """One logged request. See the schema for what each column means."""

    pk = models.CompositePrimaryKey("organization_id", "created_at", "id")
    organization_id = models.BigIntegerField()
    created_at = models.DateTimeField()
    id = models.UUIDField()
    request_id = models.TextField()
    api_key_id = models.BigIntegerField(null=True)
    provider = models.TextField()
    model = models.TextField()
    request_model = models.TextField()
    response_model = models.TextField()
    path = models.TextField()
    target_url = models.TextField()
    status = models.SmallIntegerField()
    error = models.TextField()
    is_stream = models.BooleanField()
    latency_ms = models.IntegerField()
    time_to_first_token_ms = models.IntegerField(null=True)
    prompt_tokens = models.IntegerField(null=True)
    completion_tokens = models.IntegerField(null=True)
    total_tokens = models.BigIntegerField(
        null=True, editable=False
    )  # the sum of the two, made by the database
    cache_read_tokens = models.IntegerField(null=True)
    cache_read_audio_tokens = models.IntegerField(null=True)
    cache_read_image_tokens = models.IntegerField(null=True)
    cache_write_tokens = models.IntegerField(null=True)
    cache_write_1h_tokens = models.IntegerField(null=True)
    reasoning_tokens = models.IntegerField(null=True)
    prompt_audio_tokens = models.IntegerField(null=True)
    prompt_image_tokens = models.IntegerField(null=True)
    completion_audio_tokens = models.IntegerField(null=True)
    completion_image_tokens = models.IntegerField(null=True)
    prompt_audio_seconds = models.IntegerField(null=True)
    usage_is_estimated = models.BooleanField()
    cost_nanodollars = models.BigIntegerField(null=True)
    price_id = models.BigIntegerField(null=True)
    user_id = models.TextField()
    session_id = models.TextField()
    session_path = models.TextField()
    session_name = models.TextField()
    properties = models.JSONField()
    request_bytes = models.IntegerField()
    response_bytes = models.IntegerField()
    request_is_cut = models.BooleanField()
    response_is_cut = models.BooleanField()
    referrer = models.TextField()
    kind = models.TextField()
    span_name = models.TextField()
    trace_id = models.TextField()
    span_id = models.TextField()
    parent_span_id = models.TextField()
    feedback = models.SmallIntegerField(null=True)
    scores = models.JSONField()

    class Meta:
        managed = False
        db_table = "request"

    def __str__(self) -> str:
        return str(self.id)


class SavedView(models.Model):
    """A view of the list under a name: its query string, without the place in the list. Written by `saved_views`."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="saved_views")
    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="saved_views")
    name = models.CharField(max_length=100)
    query = models.TextField(max_length=20_000)
    is_shared = models.BooleanField(default=False, help_text="Everybody in the organization sees it.")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization", "owner", "name"], name="saved_view_name_once"),
        ]

    def __str__(self) -> str:
        return self.name
