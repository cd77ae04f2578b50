"""Which properties there are, and what the requests that have one come to."""

from typing import NamedTuple

from django.db import connection

from ingest_app.known_values import PROPERTY
from metrics_app.reading import Sums, sums
from metrics_app.reading.sums import NOTHING
from metrics_app.scope import Scope
from requests_app.filter_language.known_values import MOST_NAMES
from requests_app.filter_language.tree import Node, Not, Operator, Property


class KnownProperty(NamedTuple):
    """A property, and how many values it has had: so many or more unless `is_complete`."""

    name: str
    values: int
    is_complete: bool


def known_properties(organization_id: int) -> list[KnownProperty]:
    """Returns the properties that any request has had, by name; at most `MOST_NAMES`."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT field, value_count, is_complete FROM known_field"
            " WHERE organization_id = %s AND starts_with(field, %s) ORDER BY lower(field), field LIMIT %s",
            [organization_id, PROPERTY, MOST_NAMES],
        )
        return [KnownProperty(field.removeprefix(PROPERTY), *rest) for field, *rest in cursor.fetchall()]


def sums_with(scope: Scope, name: str) -> Sums:
    """Returns what the requests that have the property `name` come to. Raises FilterError, TooSlow."""
    return sums(scope.narrowed(has(name)).total()).get((0,), NOTHING)


def all_sums(scope: Scope) -> Sums:
    """Returns what all requests come to. Raises FilterError, TooSlow."""
    return sums(scope.total()).get((0,), NOTHING)


def has(name: str) -> Node:
    """Returns the condition that a request has the property `name`."""
    return Property(name, Operator.EXISTS, None)


def lacks(name: str) -> Node:
    """Returns the condition that a request has it not."""
    return Not(has(name))
