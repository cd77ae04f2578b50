"""Counts, tokens, costs and times, added up."""

from collections.abc import Iterator, Sequence
from operator import add, sub
from pathlib import Path
from typing import Any, NamedTuple

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import F, QuerySet

from helicone_site.sql import load
from helicone_site.time_limit import at_most_ms
from ingest_app.known_values import PROPERTY
from ingest_app.rollups import MAX_CHARACTERS, SUMS, measures_sql
from metrics_app.reading.moment import at_one_moment
from metrics_app.reading.questions import (
    COLUMNS,
    USER,
    AnyOf,
    Question,
    Source,
    requests_of_stretches,
    source_of_sums,
)

SQL = Path(__file__).parent.parent / "sql"
# Whoever waits longer than this for a number would rather have none.
LONGEST_MS = 8_000
# What `Sums` holds: the columns of the tables, and what is worked out of their keys.
MEASURES = (*SUMS, "failures")
_FAILURES = "CASE WHEN status >= 400 OR status < 0 THEN requests ELSE 0 END AS failures"
_MONEY = {"cost_nanodollars", "saved_nanodollars"}
_READ = (
    "created_at", "provider", "model", "status", "kind", "user_id", "error", "properties", "latency_ms",
    "time_to_first_token_ms", "prompt_tokens", "completion_tokens", "cache_read_tokens", "cache_write_tokens",
    "reasoning_tokens", "prompt_audio_tokens", "completion_audio_tokens", "cost_nanodollars", "price_id",
)  # fmt: skip

Key = tuple[Any, ...]
Part = tuple[str, tuple[Any, ...]]  # SQL and its parameters


class Sums(NamedTuple):
    """What requests add up to: see sql/0007_rollups.sql for each. What was not asked for is 0."""

    requests: int = 0
    priced: int = 0
    unpriced: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    reasoning_tokens: int = 0
    audio_tokens: int = 0
    cache_hits: int = 0
    latency_sum_ms: int = 0
    first_tokens: int = 0
    first_token_sum_ms: int = 0
    streamed_tokens: int = 0
    streaming_sum_ms: int = 0
    cost_nanodollars: int = 0
    saved_nanodollars: int = 0
    failures: int = 0  # requests whose status is one: requests_app.statuses.is_failure

    def __add__(self, other: "Sums") -> "Sums":  # type: ignore[override]  # added up, not put behind each other
        return Sums(*map(add, self, other))

    def __sub__(self, other: "Sums") -> "Sums":
        return Sums(*map(sub, self, other))

    @property
    def tokens(self) -> int:
        """Returns all tokens, in and out."""
        return self.prompt_tokens + self.completion_tokens

    @property
    def latency_ms(self) -> float | None:
        """Returns the average latency; None without requests."""
        return self.latency_sum_ms / self.requests if self.requests else None

    @property
    def first_token_ms(self) -> float | None:
        """Returns the average time to the first token; None where none was measured."""
        return self.first_token_sum_ms / self.first_tokens if self.first_tokens else None

    @property
    def tokens_per_s(self) -> float | None:
        """Returns how fast streams went on after their first token; None without streams."""
        return 1000 * self.streamed_tokens / self.streaming_sum_ms if self.streaming_sum_ms else None


NOTHING = Sums()


@at_one_moment()
def sums(
    question: Question, measures: Sequence[str] = MEASURES, *, only: Sequence[str] | None = None
) -> dict[Key, Sums]:
    """Returns `measures` of the requests of `question`, by the number of the bar (0 is the first) and `question.by`.

    What has no requests is left out, and with `only` all but those values of the first name in `question.by`.
    Raises FilterError for a filter that cannot be asked of sums or rows, and TooSlow.
    """
    parts = sources_of(question, only if question.by and question.by[0] == question.dimension else None)
    if not parts:
        return {}
    keys = "".join(f", {column_of(name)}" for name in question.by)
    summed = ", ".join(
        f"coalesce(sum({name}), 0){'' if name in _MONEY else '::bigint'} AS {name}" for name in measures
    )
    statement = load(SQL, "added_up_sums").format(
        sources=" UNION ALL ".join(sql for sql, _ in parts),
        keys=keys,
        summed=summed,
        condition="true" if only is None else f"{column_of(question.by[0])} = ANY (%s)",
    )
    parameters = [list(question.edges), *(one for _, given in parts for one in given)]
    if only is not None:
        parameters.append(list(only))
    with at_most_ms(LONGEST_MS), connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        rows = cursor.fetchall()
    width = 1 + len(question.by)
    if measures == MEASURES:
        return {row[:width]: Sums._make(map(int, row[width:])) for row in rows}
    return {row[:width]: Sums(**dict(zip(measures, map(int, row[width:]), strict=True))) for row in rows}


def sources_of(question: Question, only: Sequence[str] | None = None) -> list[Part]:
    """Returns SELECTs of a moment, what is told apart, and `MEASURES`, which together are all requests of `question`.

    As long as they are read `at_one_moment` with this. With `only`, other values of the dimension that is told apart
    may be missing. Raises FilterError.
    """
    source = source_of_sums(question)
    return [*_of_sums(question, source), *_of_rows(question, source, only)]


def _of_sums(question: Question, source: Source) -> Iterator[Part]:
    keys = "".join(f", {column_of(name)}" for name in question.by)
    columns = dict.fromkeys(("bucket", *(column_of(name) for name in question.by), "status", *SUMS))
    for grain, buckets in source.pieces.buckets.items():
        if source.table is None:
            return
        rows = source.table._default_manager.filter(
            source.condition, AnyOf(F("bucket"), buckets), grain=grain
        )
        if (inner := compiled(rows.values(*columns))) is not None:
            measures = f"{', '.join(SUMS)}, {_FAILURES}"
            yield f"SELECT bucket AS moment{keys}, {measures} FROM ({inner[0]}) AS kept", inner[1]  # noqa: S608


def _of_rows(question: Question, source: Source, only: Sequence[str] | None) -> Iterator[Part]:
    if not source.pieces.stretches:
        return
    inner = compiled(requests_of_stretches(question, source, only).values(*_READ))
    if inner is None:
        return
    keys, key_parameters = key_columns(question)
    rows = f"SELECT *, 1 AS sign FROM ({inner[0]}) AS one"  # noqa: S608 - made by Django
    measures = f"{measures_sql()}, (status >= 400 OR status < 0)::integer AS failures"
    statement = f"SELECT created_at AS moment{keys}, {measures} FROM ({rows}) AS one_row"  # noqa: S608
    yield statement, (*key_parameters, *inner[1])


def key_columns(question: Question) -> Part:
    """Returns the SQL of what is told apart, of columns of requests, and its parameters."""
    columns, parameters = "", []
    for name in question.by:
        if name in {"status", "kind"}:
            columns += f", {name}"
        elif name in COLUMNS:
            columns += f", left({name}, {MAX_CHARACTERS}) AS {name}"
        elif name.startswith(PROPERTY):
            columns += f", left(properties ->> %s, {MAX_CHARACTERS}) AS value"
            parameters.append(name.removeprefix(PROPERTY))
        else:
            columns += f", left({'user_id' if name == USER else name}, {MAX_CHARACTERS}) AS value"
    return columns, tuple(parameters)


def compiled(rows: "QuerySet[Any, Any]") -> Part | None:
    """Returns the SQL of `rows`, and its parameters; None when it is known that there are none."""
    try:
        sql, parameters = rows.order_by().query.sql_with_params()
    except EmptyResultSet:
        return None
    return sql, tuple(parameters)


def column_of(name: str) -> str:
    """Returns the column of a source that has what `name` tells apart."""
    return name if name in COLUMNS else "value"
