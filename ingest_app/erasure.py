"""Erasing one user's, one session's or one organization's traffic, as ordered on the Data page."""

from functools import partial

import structlog

from accounts_app.data import finish_erasure, note_erased, start_erasure
from accounts_app.models import Erasure, ErasureKind
from ingest_app.data_keys import replace_key
from ingest_app.encryption import shred_replaced_keys
from ingest_app.garbage import places_to_collect
from ingest_app.pace import Pace
from ingest_app.removal import Selection, count_rows, remove_dead_letters, remove_rows
from ingest_app.retention import collect_all
from ingest_app.rollups import drop_before, mend_rollups
from ingest_app.session_rows import is_any_stale, mend
from ingest_app.short_locks import one_at_a_time

log = structlog.get_logger(__name__)


def carry_out(erasure: Erasure) -> bool:
    """Delete what `erasure` names, noting progress in it. Returns whether it is finished.

    May die anywhere and be called again: it goes on with what is left. False when another process is at it, or
    when blobs are left because writers were too busy with them, or sessions that another process is mending.
    """
    with one_at_a_time(f"erasure {erasure.pk}") as is_alone:
        if not is_alone:
            return False
        if erasure.kind == ErasureKind.ORGANIZATION:
            # What comes from here on is under another key, so that the old one can be destroyed in the end.
            replace_key(erasure.organization_id, made_before=erasure.requested_at)
        selection = selection_of(erasure)
        start_erasure(erasure=erasure, rows_about=count_rows(selection))
        pace = Pace()
        rows = remove_rows(selection, pace, note=lambda rows: note_erased(erasure=erasure, rows=rows))
        remove_dead_letters(selection)
        mend(Pace(), erasure.organization_id)
        if erasure.kind == ErasureKind.ORGANIZATION:
            drop_before(
                erasure.organization_id, erasure.requested_at
            )  # totals that outlived their requests, too
        mend_rollups(erasure.organization_id)
        blobs = collect_all(pace, erasure.organization_id)
        if places_to_collect(erasure.organization_id) or is_any_stale(erasure.organization_id):
            return False
        if erasure.kind == ErasureKind.ORGANIZATION:
            shred_replaced_keys(erasure.organization_id)
        finish_erasure(erasure=erasure)
    log.info("erasure finished", erasure_id=erasure.pk, kind=erasure.kind, rows=rows, blobs=blobs)
    return True


def selection_of(erasure: Erasure) -> Selection:
    """Returns the requests that `erasure` deletes."""
    select = partial(Selection, erasure.organization_id, before=erasure.requested_at)
    match ErasureKind(erasure.kind):
        case ErasureKind.USER:
            return select(user_id=erasure.value)
        case ErasureKind.SESSION:
            return select(session_id=erasure.value)
        case ErasureKind.ORGANIZATION:
            return select()
