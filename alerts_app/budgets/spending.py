"""What was spent of a budget, as the stored requests have it."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import connection

from alerts_app.budgets.concerned import concerned, property_names
from helicone_site.sql import load
from helicone_site.time_limit import at_most_ms
from ingest_app.known_values import PROPERTY
from ingest_app.rollups import MAX_CHARACTERS
from limits_app.rules import Budget, Subject
from metrics_app.reading import Question, sums
from metrics_app.reading.moment import at_one_moment
from metrics_app.reading.sums import LONGEST_MS
from requests_app.filter_language.tree import EVERYTHING

_SQL = Path(__file__).parent.parent / "sql"
_COST = ("cost_nanodollars",)
# What tells rows apart, by subject. A property is found under any spelling of its name.
_VALUES = {
    Subject.API_KEY: "api_key_id::text",
    Subject.USER: "user_id",
    Subject.MODEL: "model",
    Subject.PROPERTY: "(SELECT properties ->> name FROM unnest(%(names)s::text[]) AS name"
    " WHERE properties ? name LIMIT 1)",
}

Spending = dict[str, dict[datetime, int]]


@at_one_moment()
def spending(rule: Budget, edges: Sequence[datetime]) -> Spending:
    """Returns nano-dollars by subject (as `limits_app.pots.subjects_of` calls them) and beginning of the stretch.

    Stretches lie between `edges`, half open; what cost nothing is left out. Raises TooSlow.
    """
    if rule.value is not None or rule.subject is Subject.ORGANIZATION:
        question, subject = Question(rule.organization_id, concerned(rule), edges), rule.value or ""
        return _told(
            [(bar, subject, one.cost_nanodollars) for (bar,), one in sums(question, _COST).items()], edges
        )
    if rule.subject is Subject.API_KEY:
        return _told(_of_rows(rule, edges, least_characters=1), edges)
    found = []
    for dimension in _dimensions(rule):
        question = Question(rule.organization_id, EVERYTHING, edges, (dimension,))
        added = sums(question, _COST).items()
        found += [(bar, value, one.cost_nanodollars) for (bar, value), one in added if value]
    # Sums know the beginning of a long value: those are told apart by the rows.
    if any(len(value) >= MAX_CHARACTERS for _, value, _ in found):
        found = [one for one in found if len(one[1]) < MAX_CHARACTERS]
        found += _of_rows(rule, edges, least_characters=MAX_CHARACTERS)
    return _told(found, edges)


def _dimensions(rule: Budget) -> list[str]:
    if rule.subject is Subject.PROPERTY:
        return [PROPERTY + name for name in property_names(rule)]
    return [str(rule.subject)]


def _of_rows(rule: Budget, edges: Sequence[datetime], *, least_characters: int) -> list[tuple[int, str, int]]:
    statement = load(_SQL, "spent_by_value").format(value=_VALUES[rule.subject])
    parameters: dict[str, Any] = {
        "organization_id": rule.organization_id,
        "edges": list(edges),
        "names": property_names(rule) if rule.subject is Subject.PROPERTY else [],
        "characters": least_characters,
    }
    with at_most_ms(LONGEST_MS), connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())


def _told(found: Sequence[tuple[int, str, int]], edges: Sequence[datetime]) -> Spending:
    told: defaultdict[str, defaultdict[datetime, int]] = defaultdict(lambda: defaultdict(int))
    for bar, value, nanodollars in found:
        if nanodollars:
            told[value][edges[bar]] += nanodollars
    return {value: dict(stretches) for value, stretches in told.items()}
