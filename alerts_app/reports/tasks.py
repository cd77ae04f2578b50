"""Celery's side of reports."""

from typing import Any

from celery import shared_task
from django.utils import timezone

from alerts_app.reports import actions
from ingest_app.tasks import is_stopping


@shared_task(name="reports.send")
def send(**_: Any) -> None:
    """Put the reports on their way that are due. Sent each minute by beat."""
    actions.send_due(timezone.now(), is_stopping=is_stopping)
