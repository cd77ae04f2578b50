"""Celery's side of suggestions."""

from typing import Any

from celery import shared_task
from django.utils import timezone

from metrics_app.suggestions import actions, work
from requests_app.tasks import pause


@shared_task(name="metrics.order_suggestions")
def order_suggestions(**_: Any) -> None:
    """Have a worker look at the calls of each organization. Sent nightly by beat."""
    actions.order_looks(timezone.now())


@shared_task(name="metrics.make_suggestions")
def make_suggestions(**_: Any) -> None:
    """Carry out the looks that were ordered. Sent with each order, and by beat for those whose worker died."""
    work.make_looks(pause)
