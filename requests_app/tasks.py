"""Celery's side of exports."""

from typing import Any

from celery import shared_task
from celery.worker import state

from ingest_app.tasks import give_way_to_drain
from requests_app.export import work


@shared_task(name="requests.make_exports")
def make_exports(**_: Any) -> None:
    """Make the files that were ordered. Sent with each order, and by beat for those whose worker died."""
    work.make_exports(_pause)


def _pause() -> None:
    """Let the drain go first. Raises work.Interrupted when the worker is to stop: it would wait for the last row."""
    if state.should_stop is not None and state.should_stop is not False:  # an exit status, which may be 0
        raise work.Interrupted
    give_way_to_drain()


@shared_task(name="requests.clear_exports")
def clear_exports(**_: Any) -> None:
    """Delete the files whose time is over. Sent every hour by beat."""
    work.clear_files()
