"""Retention: what is older than its organization's plan says goes, each night."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from accounts_app.queries import kept_days, only_totals_before, organizations_erased_since
from ingest_app.garbage import collect, forget_loose_objects, places_to_collect
from ingest_app.known_values import forget_unused_values, forget_values
from ingest_app.pace import Pace
from ingest_app.removal import Selection, remove_dead_letters, remove_rows, week_bounds
from ingest_app.rollups import drop_before
from ingest_app.session_rows import mend
from ingest_app.short_locks import LockBusy, one_at_a_time
from ingest_app.week_drop import drop_week, existing_weeks

log = structlog.get_logger(__name__)

# A week that has just ended may still get events from spools and from clocks that are behind.
_STRAGGLERS = timedelta(days=1)
# Values that erased rows had are forgotten once they are two days old; then, and some nights more.
_ERASED_LATELY = timedelta(days=5)


@dataclass(frozen=True, slots=True)
class Applied:
    """What a run did. `longest_s` is its longest transaction that deleted."""

    weeks_dropped: int
    rows: int
    blobs: int
    longest_s: float


def apply_retention(now: datetime) -> Applied | None:
    """Delete what its organization's plan lets go at `now`: whole weeks at once, the rest in short transactions.

    Returns None, and does nothing, while another process is at it. May be stopped anywhere: the next run does
    what is left.
    """
    with one_at_a_time("retention") as is_alone:
        if not is_alone:
            return None
        pace = Pace()
        limits = {
            organization_id: now - timedelta(days=days)
            for organization_id, days in kept_days().items()
            if days is not None
        }
        dropped = _drop_weeks(now, limits)
        rows = 0
        for organization_id, limit in limits.items():
            selection = Selection(organization_id, before=limit)
            keeps_totals = only_totals_before(organization_id, now) is not None
            rows += remove_rows(selection, pace, keeps_totals=keeps_totals)
            remove_dead_letters(selection)
            forget_values(organization_id, before=limit)
            drop_before(organization_id, limit, keeps_totals=keeps_totals)
        mend(Pace())
        for organization_id in organizations_erased_since(now - _ERASED_LATELY):
            forget_unused_values(organization_id, now=now)
        applied = Applied(dropped, rows, collect_all(pace), pace.longest_s)
    log.info(
        "retention applied",
        weeks_dropped=applied.weeks_dropped,
        rows=applied.rows,
        blobs=applied.blobs,
        longest_ms=round(applied.longest_s * 1000),
    )
    return applied


def collect_all(pace: Pace, organization_id: int | None = None) -> int:
    """Delete the blobs that nothing names any more, of one organization or of all, and the objects that held them.

    Returns how many blobs. A place whose writers never leave it is left for the next run.
    """
    removed = 0
    for place in places_to_collect(organization_id):
        try:
            removed += collect(*place, pace)
        except LockBusy:
            log.warning(
                "blobs not collected, their place is busy", organization_id=place[0], week=str(place[1])
            )
    forget_loose_objects(organization_id)
    return removed


def _drop_weeks(now: datetime, limits: dict[int, datetime]) -> int:
    def may_go(organization_id: int, end: datetime) -> bool:
        limit = limits.get(organization_id)
        return limit is not None and end <= limit

    ended = [week for week in existing_weeks() if week_bounds(week)[1] <= now - _STRAGGLERS]
    return sum(drop_week(week, may_go) for week in ended)
