"""Celery's side of notices."""

from typing import Any

from celery import shared_task

from alerts_app.notices import sending
from ingest_app.tasks import is_stopping


@shared_task(name="notices.send")
def send(**_: Any) -> None:
    """Send what is due. Sent with each notice, and by beat for what is to be tried again."""
    sending.send_due(is_stopping=is_stopping)


@shared_task(name="notices.clear")
def clear(**_: Any) -> None:
    """Forget old notices. Sent daily by beat."""
    sending.clear_old()
