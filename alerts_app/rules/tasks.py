"""Celery's side of alerts."""

from typing import Any

from celery import shared_task

from alerts_app.rules import judging, queries, recording
from ingest_app.tasks import is_stopping


@shared_task(name="alerts.judge")
def judge(**_: Any) -> None:
    """Judge what is due, each alert once a minute. Sent by beat every few seconds."""
    judging.judge_due(judging.OTHERS, is_stopping=is_stopping)


@shared_task(name="alerts.judge_costs")
def judge_costs(**_: Any) -> None:
    """Judge what costs come to, each alert every few seconds. Sent by beat."""
    judging.judge_due(judging.COSTS, is_stopping=is_stopping)


@shared_task(name="alerts.clear")
def clear(**_: Any) -> None:
    """Forget incidents of long ago. Sent daily by beat."""
    recording.forget_incidents(queries.clock())
