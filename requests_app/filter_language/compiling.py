"""A filter as one condition of SQL, each shape such that its index can serve it.

SQL's conditions may be unknown; ours are true or false. All parts but Not are monotone, so it is enough that Not takes
unknown for false: `(…) IS NOT TRUE`.
"""

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from functools import reduce
from operator import and_, or_
from typing import Any, Literal, Protocol, assert_never
from uuid import UUID

import msgspec
from django.core.exceptions import EmptyResultSet, FullResultSet
from django.db.models import BooleanField, DecimalField, Exists, F, Func, Lookup, OuterRef, Q, TextField
from django.db.models import Value as SqlValue
from django.db.models.lookups import (
    Exact,
    GreaterThan,
    GreaterThanOrEqual,
    In,
    IsNull,
    LessThan,
    LessThanOrEqual,
)

from requests_app import search
from requests_app.filter_language.errors import FilterError
from requests_app.filter_language.fields import REQUESTS, Field, Kind, Vocabulary
from requests_app.filter_language.known_values import KnownValues, PropertyValues
from requests_app.filter_language.tree import (
    And,
    AnyRequest,
    Comparison,
    Node,
    Not,
    Operator,
    Or,
    Property,
    Score,
    Text,
    Value,
)
from requests_app.filter_language.values import STATUS_CLASSES, escaped
from requests_app.models import Request

_LOOKUPS: dict[Operator, Any] = {
    Operator.EQUALS: Exact,
    Operator.GREATER: GreaterThan,
    Operator.GREATER_OR_EQUAL: GreaterThanOrEqual,
    Operator.LESS: LessThan,
    Operator.LESS_OR_EQUAL: LessThanOrEqual,
}
# Whole numbers are compared with whole numbers, so that the column is compared as it is stored.
_ROUNDING = {
    Operator.GREATER: ROUND_FLOOR,
    Operator.GREATER_OR_EQUAL: ROUND_CEILING,
    Operator.LESS: ROUND_CEILING,
    Operator.LESS_OR_EQUAL: ROUND_FLOOR,
}
_NANODOLLARS_PER_DOLLAR = 10**9
_FEEDBACK = {"up": 1, "down": 0}


class _Pattern(Lookup):
    """`LIKE` with a pattern of our own making."""

    operator: Literal["LIKE", "ILIKE"] = "LIKE"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        left, left_params = self.process_lhs(compiler, connection)
        right, right_params = self.process_rhs(compiler, connection)
        return f"{left} {self.operator} {right}", (*left_params, *right_params)


class _PatternInAnyCase(_Pattern):
    operator = "ILIKE"


class _AnyLike(_Pattern):
    """`LIKE` for any of a list of text."""

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        left, left_params = self.process_lhs(compiler, connection)
        sql = f"EXISTS (SELECT FROM unnest({left}) AS one WHERE one {self.operator} %s)"
        return sql, (*left_params, self.rhs)


class _AnyLikeInAnyCase(_AnyLike):
    operator = "ILIKE"


class _ContainsAny(Lookup):
    """`@>` of any of some JSON objects."""

    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        left, left_params = self.process_lhs(compiler, connection)
        objects = [msgspec.json.encode(one).decode() for one in self.rhs]
        return f"{left} @> ANY(%s::jsonb[])", (*left_params, objects)


_IN_SQL: dict[Operator, type[_Pattern]] = {
    Operator.PREFIX: _Pattern,
    Operator.CONTAINS: _PatternInAnyCase,
    Operator.LIKE: _Pattern,
    Operator.ILIKE: _PatternInAnyCase,
}


class _IsNotTrue(Func):
    """False or unknown."""

    template = "((%(expressions)s) IS NOT TRUE)"
    output_field = BooleanField()

    def as_sql(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().as_sql(*args, **kwargs)
        except EmptyResultSet as nothing_inside:
            raise FullResultSet from nothing_inside
        except FullResultSet as everything_inside:
            raise EmptyResultSet from everything_inside


def compile_filter(node: Node, *, organization_id: int, vocabulary: Vocabulary = REQUESTS) -> Q:
    """Returns the condition on rows of one organization: of `Request`, whose bodies `Text` searches, or of sessions.

    Raises FilterError for a search that cannot be done in its place.
    """
    return _Compiler(organization_id, vocabulary, KnownValues(organization_id)).condition(node)


def compile_for_rows_in_hand(node: Node) -> Q:
    """Returns the condition with the same meaning on requests that are given, and not looked for.

    It asks nothing of the database, and holds for values that come tomorrow as well. Raises FilterError for a search
    of bodies.
    """
    return _CompilerForRowsInHand(0, REQUESTS, _NoneKnown()).condition(node)


class _Known(Protocol):
    """What is known of values, in place of looking at rows; None: look at each row."""

    def of_column(self, name: str, operator: Literal["LIKE", "ILIKE"], pattern: str) -> list[str] | None: ...
    def of_property(
        self, name: str, operator: Literal["LIKE", "ILIKE"], pattern: str
    ) -> PropertyValues | None: ...


class _NoneKnown:
    def of_column(self, name: str, operator: Literal["LIKE", "ILIKE"], pattern: str) -> None:
        return None

    def of_property(self, name: str, operator: Literal["LIKE", "ILIKE"], pattern: str) -> None:
        return None


class _Compiler:
    """Makes conditions, with what must be known of the organization for them."""

    def __init__(self, organization_id: int, vocabulary: Vocabulary, known_values: _Known) -> None:
        self.organization_id = organization_id
        self.vocabulary = vocabulary
        self.known_values = known_values

    def condition(self, node: Node) -> Q:
        if isinstance(node, And):
            return reduce(and_, map(self.condition, node.parts), Q())
        if isinstance(node, Or):
            return reduce(or_, map(self.condition, node.parts))
        if isinstance(node, AnyRequest):
            return Q(self.any_request(node))
        if isinstance(node, Not) and isinstance(node.part, AnyRequest):
            return ~Q(self.any_request(node.part))  # never unknown, and planned as the join that it is
        if isinstance(node, Not):
            inside = self.condition(node.part)
            return Q(_IsNotTrue(inside)) if inside else _nothing()
        if isinstance(node, Comparison):
            field = self.vocabulary.fields[node.field]
            if field.is_list:
                return self.any_of_list(field, node.operator, str(node.value or ""))
            if field.kind is Kind.TEXT:
                return self.text(field, node.operator, str(node.value or ""))
            return _comparison(field, node.operator, node.value)
        if isinstance(node, Property):
            return self.property(node)
        if isinstance(node, Score):
            return _score(node)
        if isinstance(node, Text) and self.vocabulary.of_requests is not None:
            return self.words(node)
        if isinstance(node, Text):
            return self.bodies(node)
        assert_never(node)

    def bodies(self, node: Text) -> Q:
        return search.matching(self.organization_id, node)

    def text(self, field: Field, operator: Operator, value: str) -> Q:
        if operator is Operator.EXISTS:
            return ~Q(Exact(field.expression, ""))
        if operator is Operator.EQUALS:
            return Q(Exact(field.expression, value))
        in_sql, pattern = _IN_SQL[operator], _pattern_of(operator, value)
        # A pattern of nothing but % is like '', too, which is not among the known values.
        if field.is_known and value.strip("%"):
            like = self.known_like(field, in_sql, pattern)
            if like is not None:
                return Q(In(field.expression, like)) if like else _nothing()
        matches = Q(in_sql(field.expression, pattern))
        if field.has_partial_index and operator in {Operator.PREFIX, Operator.CONTAINS}:
            return ~Q(Exact(field.expression, "")) & matches
        return matches

    def any_of_list(self, field: Field, operator: Operator, value: str) -> Q:
        name = field.expression.name
        if operator is Operator.EXISTS:
            return ~Q(**{name: []})
        if operator is Operator.EQUALS:
            return Q(**{f"{name}__contains": [value]})
        in_sql, pattern = _IN_SQL[operator], _pattern_of(operator, value)
        like = self.known_like(field, in_sql, pattern)
        if like is not None:
            return Q(**{f"{name}__overlap": like}) if like else _nothing()
        any_like = _AnyLike if in_sql.operator == "LIKE" else _AnyLikeInAnyCase
        return Q(any_like(field.expression, pattern))

    def words(self, node: Text) -> Q:
        """Each of them in one of the fields that text is looked for in."""
        words = [node.text] if node.is_phrase else node.text.split()
        fields = [self.vocabulary.fields[name] for name in self.vocabulary.text_fields]
        return reduce(and_, (reduce(or_, (self.word(one, word) for one in fields)) for word in words))

    def word(self, field: Field, word: str) -> Q:
        # Of a field whose values are not known all rows are read: four times as long where case is to be ignored.
        if field.is_known:
            return self.text(field, Operator.CONTAINS, word)
        return self.text(field, Operator.LIKE, _pattern_of(Operator.CONTAINS, word))

    def any_request(self, node: AnyRequest) -> Exists:
        assert self.vocabulary.of_requests is not None  # noqa: S101 - only its parser makes these nodes
        of_requests = _Compiler(self.organization_id, self.vocabulary.of_requests, self.known_values)
        inside = of_requests.condition(node.part)
        rows = Request.objects.filter(
            inside,
            ~Q(Exact(F("session_id"), "")),  # said for the index
            organization_id=self.organization_id,
            session_id=OuterRef("session_id"),
            created_at__gte=OuterRef("first_at"),
            created_at__lte=OuterRef("last_at"),
        )
        return Exists(rows)

    def known_like(self, field: Field, in_sql: type[_Pattern], pattern: str) -> list[str] | None:
        return self.known_values.of_column(field.known_as or field.expression.name, in_sql.operator, pattern)

    def property(self, node: Property) -> Q:
        # Many clients send header names in lower case, so that is what a property may have been logged under.
        names = sorted({node.name, node.name.lower()})
        if node.operator is Operator.EQUALS:
            return reduce(or_, (Q(properties__contains={name: node.value}) for name in names))
        return reduce(or_, (self.property_like(name, node) for name in names))

    def property_like(self, name: str, node: Property) -> Q:
        """One of its known values, which the index finds; or a look at each row where they are many."""
        in_sql, pattern = _Pattern, "%"  # any value
        if node.operator is not Operator.EXISTS:
            in_sql, pattern = _IN_SQL[node.operator], _pattern_of(node.operator, node.value or "")
        like = self.known_values.of_property(name, in_sql.operator, pattern)
        if like is None:
            return Q(in_sql(_member("properties", name), pattern))
        if not like.values:
            return _nothing()
        if like.keys is not None:
            return search.one_of(like.keys)
        return Q(_ContainsAny(F("properties"), [{name: value} for value in like.values]))


class _CompilerForRowsInHand(_Compiler):
    def bodies(self, node: Text) -> Q:
        raise FilterError(f"Bodies cannot be searched while requests come in: take {node.text!r} out.")


def _comparison(field: Field, operator: Operator, value: Value) -> Q:
    match field.kind:
        case Kind.FEEDBACK:
            return _feedback(field, operator, str(value))
        case Kind.STATUS if isinstance(value, str):
            return _status_class(field, value)
        case Kind.FLAG:
            is_true = Exact(field.expression, SqlValue(True))
            return Q(is_true) if value else Q(_IsNotTrue(is_true))
        case Kind.ID:
            return Q(Exact(field.expression, UUID(str(value))))
    if operator is Operator.EXISTS:
        return Q(IsNull(field.expression, False))
    if isinstance(value, Decimal) and not field.has_fractions:
        scale = _NANODOLLARS_PER_DOLLAR if field.kind is Kind.COST else 1
        return _whole_number(field.expression, operator, value * scale)
    return Q(_LOOKUPS[operator](field.expression, value))


def _pattern_of(operator: Operator, value: str) -> str:
    match operator:
        case Operator.PREFIX:
            return escaped(value) + "%"
        case Operator.CONTAINS:
            return f"%{escaped(value)}%"
    return value


def _feedback(field: Field, operator: Operator, value: str) -> Q:
    if operator is Operator.EXISTS:
        return Q(IsNull(field.expression, False))
    if value == "none":
        return Q(IsNull(field.expression, True))
    return Q(Exact(field.expression, _FEEDBACK[value]))


def _status_class(field: Field, name: str) -> Q:
    ranges = [
        Q(GreaterThanOrEqual(field.expression, lowest)) & Q(LessThanOrEqual(field.expression, highest))
        for lowest, highest in STATUS_CLASSES[name]
    ]
    return reduce(or_, ranges)


def _whole_number(expression: Any, operator: Operator, value: Decimal) -> Q:
    if operator is Operator.EQUALS:
        return Q(Exact(expression, int(value))) if value == int(value) else _nothing()
    bound = int(value.to_integral_value(_ROUNDING[operator]))
    return Q(_LOOKUPS[operator](expression, bound))


def _score(node: Score) -> Q:
    # The index on rows that have scores is used only where that is said.
    has_scores = ~Q(scores={})
    if node.value is None:
        return has_scores & _has_any("scores", [node.name])
    # Scores are stored as numbers and nothing else, so the cast cannot fail.
    score = Func(
        _member("scores", node.name), template="(%(expressions)s)::numeric", output_field=DecimalField()
    )
    return has_scores & Q(_LOOKUPS[node.operator](score, node.value))


def _has_any(column: str, names: list[str]) -> Q:
    return reduce(or_, (Q(**{f"{column}__has_key": name}) for name in names))


def _member(column: str, name: str) -> Func:
    return Func(
        F(column),
        SqlValue(name, output_field=TextField()),
        function="jsonb_extract_path_text",
        output_field=TextField(),
    )


def _nothing() -> Q:
    return Q(In(SqlValue(1), []))
