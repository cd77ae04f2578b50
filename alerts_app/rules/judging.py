"""Judging alerts: what the windows of those that are due come to, and what follows."""

import time
from collections.abc import Callable, Collection
from datetime import datetime, timedelta

import structlog
from django.db import InterfaceError, OperationalError
from redis.exceptions import RedisError

from alerts_app.rules import queries
from alerts_app.rules.clocks import LONGEST_WAIT, trust
from alerts_app.rules.models import Alert, Metric
from alerts_app.rules.recording import Judgement, note_failure, record
from alerts_app.rules.rule import watched_by
from alerts_app.rules.snapshots import draw_snapshots
from alerts_app.rules.values import window_values
from alerts_app.rules.windows import LATE, window_end
from helicone_site.redis_client import sync_client
from helicone_site.time_limit import TooSlow
from ingest_app import stream
from ingest_app.short_locks import one_at_a_time
from requests_app.filters import FilterError

log = structlog.get_logger(__name__)

COSTS = (Metric.COST,)
OTHERS = tuple(metric for metric in Metric if metric not in COSTS)
EVERY_S = {True: 5, False: 60}  # whether it watches costs
# A round hands the thread back after so long; the next one goes on where it stopped.
ROUND_S = 10
# What takes long is looked at seldom: it has a twentieth of the worker's time at most.
_RESTS = 20
_MOST_OF_A_ROUND = 1000

TOO_SLOW = "It takes too long to add up: choose a shorter window, or fewer requests."
FAILED = "Something went wrong; the worker's log says what."


def judge_due(
    metrics: Collection[str],
    *,
    at: datetime | None = None,
    seconds: float = ROUND_S,
    is_stopping: Callable[[], bool] = lambda: False,
) -> int:
    """Judge the alerts of these metrics that are due, for about so many seconds. Returns how many were judged.

    Does nothing while another worker is at it. `at` is the time to judge by: the database's if it is not given.
    """
    judged, started = 0, time.monotonic()
    with one_at_a_time(f"alerts {sorted(metrics)}") as is_alone:
        if not is_alone:
            return 0
        for alert in queries.due_alerts(at or queries.clock(), metrics=metrics)[:_MOST_OF_A_ROUND]:
            if is_stopping() or time.monotonic() - started > seconds:
                break
            judged += judge(alert, at=at or queries.clock(), is_behind=_is_behind())
    return judged


def judge(alert: Alert, *, at: datetime, is_behind: bool = False) -> bool:
    """Judge one alert as of `at`. Returns False when it was left out, or could not be judged.

    `is_behind` says that windows may be emptier than they should, since requests wait to be stored. Nothing of it is
    raised, since other alerts wait; only that the database is gone.
    """
    trusted = trust(alert, at)
    if trusted is None:
        return False
    started = time.monotonic()
    try:
        watched = watched_by(alert)
        end = window_end(watched, at)
        open_groups = alert.incidents.filter(ended_at=None).values_list("group", flat=True)
        seen = window_values(
            watched, organization_id=alert.organization_id, end=end, groups=list(open_groups)
        )
        judgement = Judgement(
            at=at,
            window_end=end,
            watched=watched,
            seen=seen,
            trust=trusted,
            trusts_absence=not is_behind,
            next_at=_next_at(alert, at, time.monotonic() - started),
        )
        is_recorded = record(alert, judgement)
        if is_recorded:
            draw_snapshots(alert, watched)
        return is_recorded
    except TooSlow:
        reason = TOO_SLOW
    except FilterError as error:
        reason = str(error)
    except (OperationalError, InterfaceError):
        # The database went away, or stopped us: beat begins the round again.
        raise
    except Exception:
        log.exception("alert cannot be judged", alert_id=str(alert.pk))
        reason = FAILED
    note_failure(alert, at=at, reason=reason, next_at=_next_at(alert, at, time.monotonic() - started))
    return False


def _next_at(alert: Alert, at: datetime, took_s: float) -> datetime:
    every_s = EVERY_S[alert.metric in COSTS]
    # Some seconds early, since beat looks every few seconds: else each judgement would come one look later.
    planned = timedelta(seconds=max(every_s - 2, _RESTS * took_s))
    return at + min(planned, LONGEST_WAIT)


def _is_behind() -> bool:
    """Returns whether requests wait to be stored for longer than windows leave time for, or may do."""
    try:
        oldest = stream.oldest_at(sync_client())
    except RedisError:
        return True
    return oldest is not None and queries.clock() - oldest > LATE
