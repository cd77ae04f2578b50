"""The largest of what is told apart, however many there are: the database sorts and cuts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from helicone_site.sql import load
from helicone_site.time_limit import at_most_ms
from metrics_app.reading.moment import at_one_moment
from metrics_app.reading.questions import SQL, Question
from metrics_app.reading.sums import LONGEST_MS, MEASURES, NOTHING, Sums, column_of, sources_of

# By which a ranking may be sorted. What cannot be told of a value stands at the end.
ORDERS = {
    **{name: name for name in MEASURES},
    "name": "name",
    "cost": "cost_nanodollars",
    "tokens": "prompt_tokens + completion_tokens",
    "cache_hit_rate": "cache_hits::numeric / NULLIF(requests, 0)",
    "first_token": "first_token_sum_ms / NULLIF(first_tokens, 0)",
    "tokens_per_s": "streamed_tokens / NULLIF(streaming_sum_ms, 0)",
    "cost_per_request": "cost_nanodollars / NULLIF(requests - unpriced, 0)",
    "latency": "latency_sum_ms / NULLIF(requests, 0)",
    "error_rate": "failures::numeric / NULLIF(requests, 0)",
    "cost_per_token": "CASE WHEN unpriced = 0 THEN cost_nanodollars / NULLIF(prompt_tokens + completion_tokens, 0) END",
    "known_cost_per_token": "cost_nanodollars / NULLIF(prompt_tokens + completion_tokens, 0)",
}


@dataclass(frozen=True, slots=True)
class Ranking:
    """Values in the order asked for, each with its sums; `all` are those of all `values`, shown or not."""

    rows: list[tuple[str, Sums]]
    all: Sums
    values: int


@at_one_moment()
def ranking(
    question: Question,
    *,
    order: str,
    at_most: int,
    is_ascending: bool = False,
    only: Sequence[str] | None = None,
    measures: Sequence[str] = MEASURES,
) -> Ranking:
    """Returns at most `at_most` values of `question.by`, sorted by one of `ORDERS`: of several names, JSON lists.

    With `only`, all but those are as if they were not there. The bars of `question` make no difference. Where there are
    very many values the fewer `measures` are needed the better. Raises FilterError, and TooSlow.
    """
    parts = sources_of(question)
    if not parts:
        return Ranking([], NOTHING, 0)
    columns = [column_of(name) for name in question.by]
    key = columns[0] if len(columns) == 1 else f"jsonb_build_array({', '.join(columns)})::text"
    needed = [name for name in MEASURES if name in measures or name in ORDERS[order]]
    statement = load(SQL, "added_up_ranking").format(
        sources=" UNION ALL ".join(sql for sql, _ in parts),
        condition="true" if only is None else f"{key} = ANY (%s)",
        key=key,
        summed=", ".join(f"coalesce(sum({name}), 0) AS {name}" for name in needed),
        added=", ".join(f"sum({name})" for name in needed),
        measures=", ".join(needed),
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
        [(name, _added(needed, added)) for _, name, _, *added in rows],
        _added(needed, whole) if values else NOTHING,
        values,
    )


def _added(names: Sequence[str], added: Sequence[Any]) -> Sums:
    return Sums(**dict(zip(names, map(int, added), strict=True)))
