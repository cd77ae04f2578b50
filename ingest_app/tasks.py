"""Celery's side of the pipeline."""

from typing import Any

from celery import shared_task
from django.utils import timezone

from helicone_site.redis_client import sync_client
from ingest_app import drain as drain_module
from ingest_app.partitions import ensure_coming_weeks


@shared_task(name="ingest.drain")
def drain(**_: Any) -> None:
    """Write what waits in the stream. Sent by whoever appends, and by beat."""
    redis = sync_client()
    drain_module.note_alive(redis)
    drain_module.drain(redis)


@shared_task(name="storage.make_partitions")
def make_partitions(**_: Any) -> None:
    """Make the partitions of the coming weeks."""
    ensure_coming_weeks(timezone.now())
