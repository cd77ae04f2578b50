"""How long an answer will take: whether somebody can wait for it before the page is shown."""

from datetime import timedelta

from django.db.models import F

from metrics_app.reading.questions import (
    AnyOf,
    Question,
    Source,
    requests_of_stretches,
    source_of_spreads,
    source_of_sums,
)
from requests_app.counting import planned_rows

# So many rows, of sums or of requests, are added up in some tenths of a second.
MOST_ROWS = 150_000
# A shorter stretch is not worth asking the planner.
_SHORT = timedelta(hours=3)


def is_quick(question: Question, *, is_spread: bool = False) -> bool:
    """Returns whether the sums of `question`, or its spread, are soon known, by what the planner expects.

    Raises FilterError.
    """
    source = source_of_spreads(question) if is_spread else source_of_sums(question)
    return _rows(question, source) + _sums(source) <= MOST_ROWS


def _rows(question: Question, source: Source) -> int:
    length = sum((end - start for start, end in source.pieces.stretches), start=timedelta())
    return planned_rows(requests_of_stretches(question, source)) if length > _SHORT else 0


def _sums(source: Source) -> int:
    if source.table is None:
        return 0
    return sum(
        planned_rows(
            source.table._default_manager.filter(source.condition, AnyOf(F("bucket"), buckets), grain=grain)
        )
        for grain, buckets in source.pieces.buckets.items()
    )
