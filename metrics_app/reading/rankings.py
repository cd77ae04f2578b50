"""The largest of what is told apart, however many there are: the database sorts and cuts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from helicone_site.sql import load
from helicone_site.time_limit import at_most_ms
from metrics_app.reading.questions import SQL, Question
from metrics_app.reading.sums import LONGEST_MS, MEASURES, NOTHING, Sums, column_of, sources_of

# By which a ranking may be sorted. What cannot be told of a value stands at the end.
ORDERS = {
    "name": "name",
    "cost": "cost_nanodollars",
    "requests": "requests",
    "prompt_tokens": "prompt_tokens",
    "completion_tokens": "completion_tokens",
    "cost_per_request": "cost_nanodollars / NULLIF(requests - unpriced, 0)",
    "latency": "latency_sum_ms / NULLIF(requests, 0)",
    "failures": "failures",
    "error_rate": "failures::numeric / NULLIF(requests, 0)",
    "cost_per_token": "CASE WHEN unpriced = 0 THEN cost_nanodollars / NULLIF(prompt_tokens + completion_tokens, 0) END",
}


@dataclass(frozen=True, slots=True)
class Ranking:
    """Values in the order asked for, each with its sums; `all` are those of all `values`, shown or not."""

    rows: list[tuple[str, Sums]]
    all: Sums
    values: int


def ranking(
    question: Question,
    *,
    order: str,
    at_most: int,
    is_ascending: bool = False,
    only: Sequence[str] | None = None,
) -> Ranking:
    """Returns at most `at_most` values of the one name in `question.by`, sorted by one of `ORDERS`.

    With `only`, all but those are as if they were not there. The bars of `question` make no difference.
    Raises FilterError, and TooSlow.
    """
    parts = sources_of(question)
    if not parts:
        return Ranking([], NOTHING, 0)
    key = column_of(question.by[0])
    statement = load(SQL, "ranking").format(
        sources=" UNION ALL ".join(sql for sql, _ in parts),
        condition="true" if only is None else f"{key} = ANY (%s)",
        key=key,
        summed=", ".join(f"sum({name}) AS {name}" for name in MEASURES),
        added=", ".join(f"sum({name})" for name in MEASURES),
        measures=", ".join(MEASURES),
        order=ORDERS[order],
        direction="ASC" if is_ascending else "DESC",
    )
    parameters: list[Any] = [one for _, given in parts for one in given]
    if only is not None:
        parameters.append(list(only))
    with at_most_ms(LONGEST_MS), connection.cursor() as cursor:
        cursor.execute(statement, [*parameters, at_most])
        (_, _, values, *whole), *rows = cursor.fetchall()
    return Ranking(
        [(name, _added(measures)) for _, name, _, *measures in rows],
        _added(whole) if values else NOTHING,
        values,
    )


def _added(measures: Sequence[Any]) -> Sums:
    return Sums(**dict(zip(MEASURES, map(int, measures), strict=True)))
