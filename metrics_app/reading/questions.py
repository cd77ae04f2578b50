"""What is asked, and who can answer it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import reduce
from operator import or_
from pathlib import Path
from typing import Any

from django.db import connection
from django.db.models import F, Lookup, Q, QuerySet

from helicone_site.sql import load
from ingest_app.known_values import PROPERTY
from ingest_app.models import Rollup, RollupSpread, RollupValue
from ingest_app.rollups import MAX_CHARACTERS, day_of, folded_until
from metrics_app.reading.pieces import Pieces, pieces
from requests_app.filter_language.compiling import compile_filter
from requests_app.filter_language.tree import (
    And,
    Comparison,
    Node,
    Not,
    Operator,
    Or,
    Property,
    conjunction,
    disjunction,
    top_parts,
)
from requests_app.models import Request
from requests_app.queries import requests_of

SQL = Path(__file__).parent.parent / "sql"

# What every row of sums says of its requests, beside its one dimension.
COLUMNS = ("provider", "model", "status", "kind")
USER, ERROR = "user", "error"
# The condition that leaves out the steps of a run that called no model.
MODEL_CALLS = Not(Comparison("kind", Operator.EXISTS, None))
_ALL = ""
# So many values are looked up one by one.
_FEW = 50

_Table = Rollup | RollupValue | RollupSpread


class AnyOf(Lookup):
    """`= ANY` of an array, which is one parameter however long it is."""

    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        left, left_params = self.process_lhs(compiler, connection)
        return f"{left} = ANY (%s)", (*left_params, self.rhs)


@dataclass(frozen=True, slots=True)
class Question:
    """Which requests of one organization, in which bars (half open, between `edges`), told apart by what.

    `by` are names of `COLUMNS`, and at most one dimension beside them: 'user', 'error', or 'properties.' and a name.
    Requests that have no such thing are in no answer by it.
    """

    organization_id: int
    tree: Node
    edges: Sequence[datetime]
    by: tuple[str, ...] = ()

    @property
    def dimension(self) -> str:
        """Returns the dimension that is told apart, '' for none."""
        return next((name for name in self.by if name not in COLUMNS), _ALL)


@dataclass(frozen=True, slots=True)
class Source:
    """Where an answer is: rows of sums, of the buckets of `pieces`, and the requests of its stretches."""

    pieces: Pieces
    table: type[_Table] | None = None
    condition: Q = field(default_factory=Q)


@dataclass(frozen=True, slots=True)
class _Narrowing:
    """A filter as sums know it: a condition on `COLUMNS`, and the value of one dimension."""

    columns: Node
    dimension: str = _ALL
    value: str | None = None  # of the dimension; any


@dataclass(frozen=True, slots=True)
class _Kept:
    """Which sums there are."""

    folded_until: datetime | None
    stale: set[date]
    wide: set[str]

    def pieces(self, edges: Sequence[datetime], dimension: str) -> Pieces:
        """Returns what the sums of `dimension` can tell."""
        grains = "d" if self.is_wide(dimension) else "dh" if dimension else "dhq"
        return pieces(edges, folded_until=self.folded_until, stale=self.stale, grains=grains)

    def is_wide(self, dimension: str) -> bool:
        """Returns whether there are sums of days only, in a table of their own."""
        return dimension == USER or dimension in self.wide


def source_of_sums(question: Question) -> Source:
    """Returns where the sums of `question` are. The one place that decides it."""
    narrowing = _narrowing(question)
    dimensions = {question.dimension, narrowing.dimension} - {_ALL} if narrowing else set()
    if narrowing is None or len(dimensions) > 1:
        return _only_rows(question)
    dimension = next(iter(dimensions), _ALL)
    kept = _kept(question)
    table = RollupValue if kept.is_wide(dimension) else Rollup
    return Source(
        kept.pieces(question.edges, dimension),
        table,
        _of_dimension(question, table, dimension, narrowing.value)
        & compile_filter(narrowing.columns, organization_id=question.organization_id),
    )


def source_of_spreads(question: Question) -> Source:
    """Returns where the latencies of the model calls of `question`, and who was seen, are: told apart by one thing.

    Those sums know one thing of a request each: so the filter may be by a value of what is told apart, or one of these.
    """
    told_apart = question.by[0] if question.by else _ALL
    narrowing = _narrowing(question)
    one = _one_value(narrowing) if narrowing else None
    if one is None or len({told_apart, one[0]} - {_ALL}) > 1:
        return _only_rows(question)
    dimension, value = told_apart or one[0], one[1]
    kept = _kept(question)
    if dimension in {ERROR, "kind"} or kept.is_wide(dimension):
        return _only_rows(question)
    return Source(
        kept.pieces(question.edges, dimension),
        RollupSpread,
        _of_dimension(question, RollupSpread, dimension, value),
    )


def requests_of_stretches(
    question: Question, source: Source, only: Sequence[str] | None = None
) -> QuerySet[Request]:
    """Returns the requests of `question` that are in stretches of `source`. Raises FilterError.

    With `only`, of the dimension that is told apart, others may be left out: where an index finds those.
    """
    times = reduce(
        or_, (Q(created_at__gte=start, created_at__lt=end) for start, end in source.pieces.stretches)
    )
    rows = requests_of(question.organization_id).filter(times)
    if question.dimension == USER:
        rows = rows.exclude(user_id="")
    elif question.dimension == ERROR:
        rows = rows.exclude(error="")
    elif question.dimension:
        rows = rows.filter(properties__has_key=question.dimension.removeprefix(PROPERTY))
    nodes = [question.tree]
    # A value of that length may be the beginning of a longer one.
    if only and len(only) <= _FEW and all(len(value) < MAX_CHARACTERS for value in only):
        nodes.append(disjunction(_is_value(question.dimension, value) for value in only))
    return rows.filter(compile_filter(conjunction(nodes), organization_id=question.organization_id))


def _is_value(dimension: str, value: str) -> Node:
    if dimension.startswith(PROPERTY):
        return Property(dimension.removeprefix(PROPERTY), Operator.EQUALS, value)
    return Comparison(dimension, Operator.EQUALS, value)


def _only_rows(question: Question) -> Source:
    return Source(Pieces(stretches=[(question.edges[0], question.edges[-1])]))


def _kept(question: Question) -> _Kept:
    key = [question.organization_id]
    with connection.cursor() as cursor:
        cursor.execute("SELECT dimension FROM rollup_wide WHERE organization_id = %s", key)
        wide = {dimension for (dimension,) in cursor.fetchall()}
        cursor.execute(
            "SELECT day FROM rollup_stale WHERE organization_id = %s AND day BETWEEN %s AND %s",
            [*key, day_of(question.edges[0]), day_of(question.edges[-1])],
        )
        stale = {day for (day,) in cursor.fetchall()}
        return _Kept(folded_until(cursor, key).get(question.organization_id), stale, wide)


def _of_dimension(question: Question, table: type[_Table], dimension: str, value: str | None) -> Q:
    """Returns the condition on rows of `table`; a `value` of None is any."""
    condition = Q(organization_id=question.organization_id, dimension=dimension)
    if value is not None or dimension == _ALL:
        return condition & Q(value=value or "")
    if table is RollupValue:
        return condition  # it is read by day
    # By their values, which come first in the key.
    return condition & Q(AnyOf(F("value"), _values(question.organization_id, table, dimension)))


def _values(organization_id: int, table: type[_Table], dimension: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            load(SQL, "values_of_dimension").format(table=table._meta.db_table),
            {"organization_id": organization_id, "dimension": dimension},
        )
        return [value for (value,) in cursor.fetchall()]


def _narrowing(question: Question) -> _Narrowing | None:
    """Returns the filter as sums know it; None when they do not know enough."""
    columns: list[Node] = []
    dimension, value = _ALL, None
    for part in top_parts(question.tree):
        if _is_of_columns(part):
            columns.append(part)
            continue
        found = _dimension_of(question.organization_id, part)
        if found is None or dimension:
            return None
        dimension, value = found
    return _Narrowing(conjunction(columns), dimension, value)


def _is_of_columns(node: Node) -> bool:
    if isinstance(node, And | Or):
        return all(map(_is_of_columns, node.parts))
    if isinstance(node, Not):
        return _is_of_columns(node.part)
    return isinstance(node, Comparison) and node.field in COLUMNS and _is_short(node.value)


def _dimension_of(organization_id: int, node: Node) -> tuple[str, str | None] | None:
    """Returns the dimension and the value that `node` wants, None for any value; None when it is something else."""
    if isinstance(node, Comparison) and node.field in {USER, ERROR}:
        dimension = node.field
    elif isinstance(node, Property):
        # A property is found by its name as given and in lower case: as one dimension, if there is but one of them.
        names = known_names(organization_id, {PROPERTY + node.name, PROPERTY + node.name.lower()})
        if len(names) != 1 or len(names[0]) > MAX_CHARACTERS:
            return None
        dimension = names[0]
    else:
        return None
    if node.operator is Operator.EXISTS:
        return dimension, None
    is_equality = node.operator is Operator.EQUALS and node.value != "" and _is_short(node.value)
    return (dimension, str(node.value)) if is_equality else None


def known_names(organization_id: int, fields: Collection[str]) -> list[str]:
    """Returns those of `fields` that any request has had."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT field FROM known_field WHERE organization_id = %s AND field = ANY (%s) ORDER BY field",
            [organization_id, list(fields)],
        )
        return [field for (field,) in cursor.fetchall()]


def _one_value(narrowing: _Narrowing) -> tuple[str, str | None] | None:
    """Returns the one dimension and value that the filter wants of model calls; None when it wants more."""
    parts = [part for part in top_parts(narrowing.columns) if part != MODEL_CALLS]
    if not parts:
        return narrowing.dimension, narrowing.value
    part = parts[0]
    if len(parts) > 1 or narrowing.dimension or not isinstance(part, Comparison):
        return None
    if part.operator is not Operator.EQUALS or part.field == "kind" or part.value == "":
        return None
    if part.field == "status" and not isinstance(part.value, Decimal):
        return None
    value = str(int(part.value)) if isinstance(part.value, Decimal) else str(part.value)
    return part.field, value


def _is_short(value: object) -> bool:
    return not isinstance(value, str) or len(value) <= MAX_CHARACTERS
