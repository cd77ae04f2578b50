"""Celery tasks of webhooks."""

from contextlib import suppress
from datetime import timedelta
from typing import Any

from celery import shared_task
from django.utils import timezone
from kombu.exceptions import OperationalError as BrokerError

from alerts_app.webhooks import actions
from alerts_app.webhooks.rounds import run_round
from ingest_app.short_locks import one_at_a_time
from ingest_app.tasks import give_way_to_drain, is_stopping

ROUND_S = 10.0  # then other tasks have a chance
ROUND_LOCK = "webhook deliveries"
KEPT_FOR = timedelta(days=7)
_GIVE_WAY_S = 0.2  # at each step, while a backlog is being drained: rows come before telling of them


@shared_task(name="webhooks.deliver")
def deliver(**_: Any) -> None:
    """Tell webhooks of what is new, and try again what is due. Sent each second by beat, and by whoever has work."""
    with one_at_a_time(ROUND_LOCK) as is_alone:
        is_left = is_alone and run_round(seconds=ROUND_S, go_on=_go_on)
    if is_left and not is_stopping():
        with suppress(BrokerError):  # beat sends it, too
            deliver.apply_async(retry=False, expires=ROUND_S)


@shared_task(name="webhooks.clear")
def clear(**_: Any) -> None:
    """Forget old deliveries. Sent hourly by beat."""
    while actions.clear_deliveries(before=timezone.now() - KEPT_FOR) and not is_stopping():
        pass


def _go_on() -> bool:
    give_way_to_drain(_GIVE_WAY_S)
    return not is_stopping()
