"""A worker sends the notices that are due, several at the same time, and notes what came of each.

A notice is taken by raising its number of attempts and by setting its next one to the end of a lease: when the worker
dies, another takes it over then. So a notice is sent once, unless a worker died between sending it and noting that.
"""

import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import timedelta
from pathlib import Path

import structlog
from django.db import connection
from django.db.models.functions import Now

from alerts_app.notices import senders
from alerts_app.notices.message import Kind, Message, Outcome
from alerts_app.notices.models import Notice, NoticeState
from alerts_app.notices.senders import mail
from helicone_site.sql import load
from ingest_app.short_locks import one_at_a_time

log = structlog.get_logger(__name__)

ROUND_S = 10.0
LEASE_S = 180  # longer than any attempt
AT_ONCE = 8
MAX_ATTEMPTS = 32  # in a little more than a day
KEPT_DAYS = 90
_FIRST_PAUSE = timedelta(seconds=15)
_LONGEST_PAUSE = timedelta(hours=1)
_GONE = "The channel was deleted before this was sent."
_FAILED = "Something went wrong; the worker's log says what."
_SQL = Path(__file__).parent.parent / "sql"


def send_due(*, round_s: float = ROUND_S, is_stopping: Callable[[], bool] = lambda: False) -> int:
    """Send what is due, for `round_s` seconds and as long as what was begun then takes. Returns how many were sent.

    Does nothing while another worker is at it.
    """
    with one_at_a_time("notices") as is_alone:
        return _Round(round_s, is_stopping).run() if is_alone else 0


def pause_after(attempts: int) -> timedelta:
    """Returns how long is waited after so many attempts in vain: twice as long each time, an hour at most."""
    return min(_FIRST_PAUSE * (1 << min(attempts - 1, 20)), _LONGEST_PAUSE)


def clear_old() -> None:
    """Forget notices of more than `KEPT_DAYS` days ago."""
    Notice.objects.filter(created_at__lt=Now() - timedelta(days=KEPT_DAYS)).delete()


class _Round:
    """One round. The database is asked in this thread only; the others talk to services."""

    def __init__(self, round_s: float, is_stopping: Callable[[], bool]) -> None:
        self._ends_at = time.monotonic() + round_s
        self._is_stopping = is_stopping
        self._under_way: dict[Future[Outcome], Notice] = {}
        self._sent = 0

    def run(self) -> int:
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="notices") as pool:
            while True:
                is_over = time.monotonic() > self._ends_at or self._is_stopping()
                for notice in [] if is_over else self._claimed():
                    self._under_way[pool.submit(_attempt, notice)] = notice
                if not self._under_way:
                    return self._sent
                done, _ = wait(self._under_way, timeout=0.5, return_when=FIRST_COMPLETED)
                for future in done:
                    self._sent += note_outcome(self._under_way.pop(future), future.result())

    def _claimed(self) -> list[Notice]:
        free = AT_ONCE - len(self._under_way)
        if not free:
            return []
        busy = [f"{notice.organization_id} {notice.receiver}" for notice in self._under_way.values()]
        with connection.cursor() as cursor:
            cursor.execute(load(_SQL, "claim_notices"), {"busy": busy, "lease_s": LEASE_S, "most": free})
            ids = [id for (id,) in cursor.fetchall()]
        return list(Notice.objects.filter(id__in=ids).select_related("channel")) if ids else []


def _attempt(notice: Notice) -> Outcome:
    """Returns what came of sending it; never raises, so that one bad notice holds up no other."""
    message = message_of(notice)
    try:
        if notice.channel is not None:
            return senders.send(
                notice.channel, message, id=notice.id, attempt=notice.attempts, html=notice.html
            )
        if notice.email:
            return mail.send([notice.email], message, id=notice.id, html=notice.html)
    except Exception:
        log.exception("notice not sent", notice_id=str(notice.id))
        return Outcome(False, _FAILED)
    return Outcome(False, _GONE)


def note_outcome(notice: Notice, outcome: Outcome) -> bool:
    """Note what came of an attempt, unless another worker has taken the notice over. Returns whether it was sent."""
    taken = Notice.objects.filter(pk=notice.pk, state=NoticeState.PENDING, attempts=notice.attempts)
    if outcome.is_delivered:
        taken.update(state=NoticeState.SENT, sent_at=Now(), error="")
        return True
    if notice.attempts >= MAX_ATTEMPTS or (notice.channel is None and not notice.email):
        taken.update(state=NoticeState.GIVEN_UP, error=outcome.text)
        log.warning("notice given up", notice_id=str(notice.pk), reason=outcome.text)
    else:
        taken.update(error=outcome.text, next_attempt_at=Now() + pause_after(notice.attempts))
    return False


def message_of(notice: Notice) -> Message:
    """Returns what a notice says."""
    return Message(
        kind=Kind(notice.kind),
        title=notice.title,
        text=notice.text,
        path=notice.path,
        facts=tuple((label, value) for label, value in notice.facts),
        thread_key=notice.thread_key,
    )
