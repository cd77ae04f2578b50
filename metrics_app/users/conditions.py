"""Conditions on what the requests of a user add up to, in the language of filters."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import EmptyResultSet, FullResultSet
from django.db import connection
from django.db.models import (
    BigIntegerField,
    DateTimeField,
    DecimalField,
    Func,
    TextField,
)

from metrics_app.reading.sums import Part
from requests_app.filter_language.compiling import compile_filter
from requests_app.filter_language.fields import REQUESTS, Field, Kind, Vocabulary
from requests_app.filter_language.tree import And, Comparison, Node, Not, Or
from requests_app.models import Request


def _field(name: str, kind: Kind, label: str, sql: str, of: Any, **more: Any) -> Field:
    """Returns the field that is `sql` of the columns of users_summed."""
    return Field(name, kind, label, Func(template=sql, output_field=of), **more)


_ALL = (
    _field("user", Kind.TEXT, "User", "value", TextField()),
    _field("requests", Kind.NUMBER, "Requests", "requests", BigIntegerField()),
    _field("cost", Kind.COST, "Cost", "cost_nanodollars", BigIntegerField()),
    _field("prompt_tokens", Kind.NUMBER, "Tokens in", "prompt_tokens", BigIntegerField()),
    _field("completion_tokens", Kind.NUMBER, "Tokens out", "completion_tokens", BigIntegerField()),
    _field("active_days", Kind.NUMBER, "Active days", "active_days", BigIntegerField()),
    _field(
        "requests_per_day",
        Kind.NUMBER,
        "Requests per active day",
        "(requests::numeric / active_days)",
        DecimalField(),
        has_fractions=True,
    ),
    _field(
        "tokens_per_request",
        Kind.NUMBER,
        "Tokens per request",
        "((prompt_tokens + completion_tokens)::numeric / requests)",
        DecimalField(),
        has_fractions=True,
    ),
    _field("first_seen", Kind.TIME, "First seen", "first_at", DateTimeField()),
    _field("last_seen", Kind.TIME, "Last seen", "last_at", DateTimeField()),
)
OF_DAYS = frozenset({"active_days", "requests_per_day"})
OF_TIMES = frozenset({"first_seen", "last_seen"})
USERS = Vocabulary("user", {field.name: field for field in _ALL}, of_requests=REQUESTS, text_fields=("user",))


def condition_sql(condition: Node, *, organization_id: int) -> Part:
    """Returns the condition on the columns of users_summed. Raises FilterError."""
    # A model is needed to make SQL, but none of its columns are in it.
    rows = Request.objects.filter(
        compile_filter(condition, organization_id=organization_id, vocabulary=USERS)
    )
    compiler = rows.query.get_compiler(connection=connection)
    try:
        sql, parameters = compiler.compile(rows.query.where)
    except FullResultSet:
        return "true", ()
    except EmptyResultSet:
        return "false", ()
    return sql, tuple(parameters)


def mentions(node: Node, names: Iterable[str]) -> bool:
    """Returns whether `node` says something of one of the fields `names`."""
    match node:
        case And() | Or():
            return any(mentions(part, names) for part in node.parts)
        case Not():
            return mentions(node.part, names)
        case Comparison():
            return node.field in names
    return False
