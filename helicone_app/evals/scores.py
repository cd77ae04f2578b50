"""Scores of requests, added up: of those that people and programs gave, and of thumbs."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import Q

from helicone_app.histograms import SQL, Histogram, histograms
from helicone_app.requests.rows import FEEDBACK_SCORE
from helicone_site.sql import load
from helicone_site.time_limit import at_most_ms
from metrics_app.reading.sums import LONGEST_MS, Part, compiled
from metrics_app.scope import Scope
from requests_app.filter_language.compiling import compile_filter
from requests_app.queries import requests_of
from requests_app.time_bars import Step

# As the partial indexes have it.
_SCORED = ~Q(scores={}) | Q(feedback__isnull=False)


@dataclass(frozen=True, slots=True)
class ScoreBar:
    """The scores of one name in one bar, of which there is at least one."""

    begins_at: datetime
    name: str
    count: int
    average: float
    smallest: float
    largest: float


def score_bars(scope: Scope, *, step: Step, minutes: float) -> list[ScoreBar]:
    """Returns the scores bar by bar, by a clock so many minutes behind UTC. Raises FilterError, TooSlow."""
    scores = _scores(scope)
    if scores is None:
        return []
    statement = load(SQL, "scores_over_time").format(scores=scores[0])
    with at_most_ms(LONGEST_MS), connection.cursor() as cursor:
        cursor.execute(statement, [step, minutes * 60, *scores[1]])
        return [ScoreBar(*row) for row in cursor.fetchall()]


def score_histograms(scope: Scope) -> dict[str, Histogram]:
    """Returns how the scores of each name spread. Raises FilterError, TooSlow."""
    scores = _scores(scope)
    return histograms(scores and (f"SELECT name, value FROM ({scores[0]}) AS scores", scores[1]))  # noqa: S608


def score_names(scope: Scope) -> list[str]:
    """Returns the names of scores, in order. Raises FilterError, TooSlow."""
    scores = _scores(scope)
    if scores is None:
        return []
    with at_most_ms(LONGEST_MS), connection.cursor() as cursor:
        cursor.execute(f"SELECT DISTINCT name FROM ({scores[0]}) AS scores ORDER BY name", scores[1])  # noqa: S608
        return [name for (name,) in cursor.fetchall()]


def _scores(scope: Scope) -> Part | None:
    rows = (
        requests_of(scope.organization_id)
        .filter(_SCORED, created_at__gte=scope.start, created_at__lt=scope.end)
        .filter(compile_filter(scope.tree, organization_id=scope.organization_id))
    )
    inner = compiled(rows.values("created_at", "scores", "feedback"))
    return inner and (load(SQL, "scores_of_rows").format(rows=inner[0]), (FEEDBACK_SCORE, *inner[1]))
