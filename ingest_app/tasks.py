"""Celery's side of the pipeline."""

import threading
import time
from contextlib import suppress
from typing import Any

import structlog
from celery import shared_task
from celery.signals import worker_init
from celery.worker import state
from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone
from kombu.exceptions import OperationalError as BrokerError

from accounts_app.models import Erasure
from accounts_app.queries import unfinished_erasures
from accounts_app.secrets import UndecryptableSecret
from helicone_site.redis_client import sync_client
from ingest_app import account, erasure, recompute, retention
from ingest_app import drain as drain_module
from ingest_app.pace import Pace
from ingest_app.partitions import ensure_coming_weeks
from ingest_app.rollups import fold, mend_rollups
from ingest_app.search.indexer import Indexer
from ingest_app.session_rows import mend
from ingest_app.short_locks import one_at_a_time

log = structlog.get_logger(__name__)

INDEXING_S = 10  # a run; then other tasks have a chance
GIVE_WAY_S = 1.0
SHARE_BESIDE_BACKLOG = 0.3  # of the time, for indexing in a process that drains one

_indexer = Indexer()
_indexing = threading.Lock()


def drain_without_broker() -> None:
    """Drain for ever, now and then, without being asked: for a thread of the worker.

    A Redis that our own backlog has filled takes no messages any more, so that nobody could ask for what would
    empty it.
    """
    while True:
        time.sleep(drain_module.UNASKED_AFTER_S / 2)
        try:
            drain_module.drain_unasked(sync_client())
        except Exception as error:  # whatever it is, this thread is the last resort
            log.error("not drained", error=str(error).strip())
        finally:
            connection.close()


@worker_init.connect
def drain_in_any_case(**_: Any) -> None:
    """Before the broker is asked for anything."""
    threading.Thread(target=drain_without_broker, name="drain without broker", daemon=True).start()


@shared_task(name="ingest.drain")
def drain(**_: Any) -> None:
    """Write what waits in the stream. Sent by whoever appends, and by beat."""
    redis = sync_client()
    drain_module.note_alive(redis)
    try:
        rows = drain_module.drain(redis)
    except (OperationalError, InterfaceError) as error:
        # Beat tries again in two seconds; the events wait in the stream.
        log.error("database does not take events", error=str(error).strip())
        return
    except UndecryptableSecret as error:
        log.error("events wait: bodies cannot be encrypted", error=str(error))
        return
    if rows and not _indexing.locked():
        _wake_indexer()


@shared_task(name="search.index")
def index_bodies(**_: Any) -> None:
    """Index the bodies that were stored. Sent by the drain, and by beat."""
    if not _indexing.acquire(blocking=False):
        return
    try:
        is_left = _indexer.run(seconds=INDEXING_S, between=_give_way_after)
    except UndecryptableSecret as error:
        log.error("bodies wait to be indexed", error=str(error))
        return
    finally:
        _indexing.release()
    if is_left:
        _wake_indexer()


def _wake_indexer() -> None:
    # A broker that takes no messages is no fault of the caller's: beat sends this one, too.
    with suppress(BrokerError):
        index_bodies.apply_async(retry=False, expires=INDEXING_S)


def give_way_to_drain(at_most_s: float = GIVE_WAY_S) -> None:
    """Wait while this process drains a backlog: both need its one interpreter. Not for longer, or we stand still."""
    deadline = time.monotonic() + at_most_s
    while drain_module.is_behind() and time.monotonic() < deadline:
        time.sleep(0.01)


def is_stopping() -> bool:
    """Returns whether the worker has been told to stop: it waits for its tasks, so long ones should end."""
    return state.should_stop is not None and state.should_stop is not False  # an exit status, which may be 0


def _give_way_after(worked_s: float) -> None:
    """Let indexing have its share of the time, and no more, however long a backlog is being drained."""
    give_way_to_drain(worked_s * (1 / SHARE_BESIDE_BACKLOG - 1))


@shared_task(name="storage.forget_drained_entries")
def forget_drained_entries(**_: Any) -> None:
    """Delete the memory of stream entries that come no more. Sent every ten minutes by beat."""
    while account.forget_drained_entries(timezone.now()):
        pass


@shared_task(name="storage.make_partitions")
def make_partitions(**_: Any) -> None:
    """Make the partitions of the coming weeks."""
    ensure_coming_weeks(timezone.now())


@shared_task(name="storage.apply_retention")
def apply_retention(**_: Any) -> None:
    """Delete what the organizations' plans let go. Sent nightly by beat."""
    retention.apply_retention(timezone.now())


@shared_task(name="storage.mend_sessions")
def mend_sessions(**_: Any) -> None:
    """Sum sessions anew that lost requests while a worker died. Sent every minute by beat."""
    mend(Pace())


@shared_task(name="storage.fold_rollups")
def fold_rollups(**_: Any) -> None:
    """Fold new requests into the sums, and make anew those of days that lost or changed some. Sent every minute."""
    with one_at_a_time("rollups") as is_alone:
        if is_alone:
            fold(timezone.now())
            mend_rollups()


@shared_task(name="storage.erase")
def erase(*, erasure_id: int, **_: Any) -> None:
    """Carry out one erasure. Sent when it is ordered."""
    erasure.carry_out(Erasure.objects.get(pk=erasure_id))


@shared_task(name="storage.resume_erasures")
def resume_erasures(**_: Any) -> None:
    """Go on with erasures whose worker died, or that nobody was told of. Sent every minute by beat."""
    for unfinished in unfinished_erasures():
        erasure.carry_out(unfinished)


@shared_task(name="storage.recompute_costs")
def recompute_costs(**_: Any) -> None:
    """Work costs out anew. Sent with each order, and every minute by beat for those whose worker died."""
    recompute.run_unfinished(_go_on)


def _go_on() -> bool:
    give_way_to_drain()
    return not is_stopping()
