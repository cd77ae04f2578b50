"""How latencies spread, and how many users and sessions there were. Of model calls: a step of a run may take hours."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from django.db import connection
from django.db.models import F

from helicone_site.sql import load
from helicone_site.time_limit import at_most_ms
from ingest_app.rollups import MAX_CHARACTERS
from ingest_app.rollups.spread import bin_sql, counts, distinct, place_sql, quantiles
from metrics_app.reading.moment import at_one_moment
from metrics_app.reading.questions import (
    COLUMNS,
    SQL,
    AnyOf,
    Question,
    Source,
    requests_of_stretches,
    source_of_spreads,
)
from metrics_app.reading.sums import LONGEST_MS, Key, Part, compiled, key_columns

_READ = (
    "created_at", "provider", "model", "status", "kind", "user_id", "error", "session_id", "properties", "latency_ms",
    "time_to_first_token_ms",
)  # fmt: skip


@dataclass(frozen=True)
class Spread:
    """Latencies and times to the first token of some model calls, and who was seen in them. Make it by `spreads`."""

    latency: str
    first_token: str
    user_bits: str | None
    session_bits: str | None

    def latency_ms(self, *shares: float) -> list[float | None]:
        """Returns the latency that so many (0 to 1) do not exceed, for each share; right to 1 %."""
        return quantiles(self._latencies, shares)

    def first_token_ms(self, *shares: float) -> list[float | None]:
        """Returns the time to the first token that so many do not exceed, for each share; right to 1 %."""
        return quantiles(self._first_tokens, shares)

    @cached_property
    def users(self) -> int:
        """Returns about how many users there were: `ingest_app.rollups.spread` says how exactly."""
        return distinct(self.user_bits)

    @cached_property
    def sessions(self) -> int:
        """Returns about how many sessions there were, likewise."""
        return distinct(self.session_bits)

    @cached_property
    def _latencies(self) -> list[tuple[int, int]]:
        return counts(self.latency)

    @cached_property
    def _first_tokens(self) -> list[tuple[int, int]]:
        return counts(self.first_token)


@at_one_moment()
def spreads(question: Question, *, has_seen: bool = False) -> dict[Key, Spread]:
    """Returns the spread of the model calls of `question`, by the number of the bar (0 is the first) and `question.by`.

    `question.by` has at most one name. Who was seen is told only when asked for, with `has_seen`. Raises FilterError,
    and TooSlow.
    """
    source = source_of_spreads(question)
    parts = [*_of_sums(question, source), *_of_rows(question, source)]
    if not parts:
        return {}
    statement = load(SQL, "added_up_spreads").format(
        sources=" UNION ALL ".join(sql for sql, _ in parts),
        keys=", value" if question.by else "",
        seen="bit_or(users)::text, bit_or(sessions)::text" if has_seen else "NULL, NULL",
    )
    parameters = [list(question.edges), *(one for _, given in parts for one in given)]
    with at_most_ms(LONGEST_MS), connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return {row[:-4]: Spread(*row[-4:]) for row in cursor.fetchall()}


def _of_sums(question: Question, source: Source) -> Iterator[Part]:
    for grain, buckets in source.pieces.buckets.items():
        if source.table is None:
            return
        rows = source.table._default_manager.filter(
            source.condition, AnyOf(F("bucket"), buckets), grain=grain
        )
        columns = ("bucket", "value", "latency", "first_token", "users", "sessions")
        if (inner := compiled(rows.values(*columns))) is not None:
            key = ", value" if question.by else ""
            measures = "latency, first_token, users, sessions"
            yield f"SELECT bucket AS moment{key}, {measures} FROM ({inner[0]}) AS kept", inner[1]  # noqa: S608


def _of_rows(question: Question, source: Source) -> Iterator[Part]:
    if not source.pieces.stretches:
        return
    inner = compiled(requests_of_stretches(question, source).values(*_READ))
    if inner is None:
        return
    keys, key_parameters = _key(question)
    statement = load(SQL, "spreads_of_rows").format(
        keys=keys,
        rows=inner[0],
        latency_bin=bin_sql("latency_ms"),
        first_token_bin=bin_sql("time_to_first_token_ms"),
        user_place=place_sql("user_id"),
        session_place=place_sql("session_id"),
    )
    yield statement, (*key_parameters, *inner[1])


def _key(question: Question) -> Part:
    if not question.by:
        return "", ()
    if question.by[0] in COLUMNS:
        return f", left({question.by[0]}::text, {MAX_CHARACTERS}) AS value", ()
    return key_columns(question)
