"""Which requests a viewer wants: the filter of the list, asked of rows that come instead of rows that are there."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import msgspec
from django.core.exceptions import EmptyResultSet, FullResultSet
from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import BooleanField, ExpressionWrapper
from django.http import QueryDict

from helicone_site.time_limit import at_most_ms
from ingest_app.live import Row
from requests_app.filter_language.compiling import compile_for_rows_in_hand
from requests_app.filter_language.tree import EVERYTHING, Node
from requests_app.filters import RANGES, FilterError, RequestFilter
from requests_app.models import Request

# So many conditions are asked about in one query; PostgreSQL gives at most 1,664 columns.
MOST_CONDITIONS = 500
AT_MOST_MS = 5_000
# In place of the table: conditions are compiled for it, and mean the same for what is given.
_GIVEN_ROWS = "WITH request AS (SELECT * FROM jsonb_populate_recordset(NULL::request, %s::jsonb))"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A filter and its period; equal where the same requests are wanted, so that viewers can share."""

    tree: Node
    length: timedelta | None  # of a period that ends now
    start: datetime | None
    end: datetime | None

    @classmethod
    def read(cls, query: QueryDict) -> "Wanted":
        """Returns what the list's query string asks for. Raises FilterError."""
        filters = RequestFilter(query)
        if not filters.is_valid():
            said = (f"{name}: {' '.join(errors)}" for name, errors in filters.errors.items())
            raise FilterError(" ".join(said))
        compile_for_rows_in_hand(filters.tree)
        period = filters.period
        if period.key in RANGES:
            return cls(filters.tree, RANGES[period.key][1], None, None)
        return cls(filters.tree, None, period.start, period.end)

    def has_in_period(self, moment: datetime, now: datetime) -> bool:
        """Returns whether `moment` is in the period as it is `now`."""
        start = now - self.length if self.length is not None else self.start
        return (start is None or moment >= start) and (self.end is None or moment < self.end)


def matching(wanted: Sequence[Wanted], rows: Sequence[Row], now: datetime) -> list[list[Row]]:
    """Returns for each of `wanted` those of the rows that it wants, in their order.

    What a row has null (of a request that still runs) no condition holds of. Raises time_limit.TooSlow and
    django.db.Error.
    """
    moments = [datetime.fromisoformat(row["created_at"]) for row in rows]
    trees = list(dict.fromkeys(one.tree for one in wanted if one.tree != EVERYTHING))
    holds: dict[Node, set[str]] = {}
    if rows:
        for at in range(0, len(trees), MOST_CONDITIONS):
            holds |= _where_they_hold(trees[at : at + MOST_CONDITIONS], rows)
    return [
        [
            row
            for row, moment in zip(rows, moments, strict=True)
            if one.has_in_period(moment, now) and (one.tree == EVERYTHING or row["id"] in holds[one.tree])
        ]
        for one in wanted
    ]


def _where_they_hold(trees: Sequence[Node], rows: Iterable[Row]) -> dict[Node, set[str]]:
    """Returns for each of `trees` the ids of the rows of which it holds: one query for all."""
    conditions = [_condition(tree) for tree in trees]
    asked = f"{_GIVEN_ROWS} SELECT id, {', '.join(text for text, _ in conditions)} FROM request"  # noqa: S608
    parameters = [one for _, of_condition in conditions for one in of_condition]
    holds: dict[Node, set[str]] = {tree: set() for tree in trees}
    with at_most_ms(AT_MOST_MS), connection.cursor() as cursor:
        cursor.execute(asked, [msgspec.json.encode(rows).decode(), *parameters])
        for id, *answers in cursor.fetchall():
            for tree, answer in zip(trees, answers, strict=True):
                if answer:
                    holds[tree].add(str(id))
    return holds


@lru_cache(maxsize=5_000)
def _condition(tree: Node) -> tuple[str, tuple[Any, ...]]:
    """Returns the condition as SQL on the columns of `request`, and its parameters."""
    query = Request.objects.all().query
    query.get_initial_alias()
    condition = ExpressionWrapper(compile_for_rows_in_hand(tree), output_field=BooleanField())
    try:
        text, parameters = query.get_compiler(DEFAULT_DB_ALIAS).compile(condition.resolve_expression(query))
    except EmptyResultSet:
        return "false", ()
    except FullResultSet:
        return "true", ()
    return text, tuple(parameters)
