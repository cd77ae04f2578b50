"""Celery's side of exports."""

from typing import Any

from celery import shared_task

from ingest_app.tasks import give_way_to_drain, is_stopping
from requests_app.export import work


@shared_task(name="requests.make_exports")
def make_exports(**_: Any) -> None:
    """Make the files that were ordered. Sent with each order, and by beat for those whose worker died."""
    work.make_exports(pause)


def pause() -> None:
    """Let the drain go first. Raises work.Interrupted when the worker is to stop: it would wait for the last row."""
    if is_stopping():
        raise work.Interrupted
    give_way_to_drain()


@shared_task(name="requests.clear_exports")
def clear_exports(**_: Any) -> None:
    """Delete the files whose time is over. Sent every hour by beat."""
    work.clear_files()
