"""Rollups: what requests add up to, per hour and day and dimension (see sql/0007_rollups.sql, and `adding` for how)."""

from ingest_app.rollups.adding import (
    MAX_CHARACTERS,
    SUMS,
    Key,
    add_late,
    changing,
    day_of,
    folded_until,
    hour_of,
    measures_sql,
    note_stale_days,
    start_of,
)
from ingest_app.rollups.folding import backlog, fold, fold_organization
from ingest_app.rollups.rebuilding import (
    drop_before,
    mend_rollups,
    note_stale_hours,
    rebuild,
)

__all__ = [
    "MAX_CHARACTERS",
    "SUMS",
    "Key",
    "add_late",
    "backlog",
    "changing",
    "day_of",
    "drop_before",
    "fold",
    "fold_organization",
    "folded_until",
    "hour_of",
    "measures_sql",
    "mend_rollups",
    "note_stale_days",
    "note_stale_hours",
    "rebuild",
    "start_of",
]
