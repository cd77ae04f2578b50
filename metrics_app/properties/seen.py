"""How many users the requests of some values of a property have."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from django.db import connection
from django.db.models import F, Lookup

from helicone_site.sql import load
from helicone_site.time_limit import TooSlow, at_most_ms
from ingest_app.known_values import PROPERTY
from ingest_app.rollups import MAX_CHARACTERS
from metrics_app.reading import spreads
from metrics_app.reading.questions import source_of_spreads
from metrics_app.reading.sums import compiled
from metrics_app.scope import Scope
from requests_app.filter_language.compiling import compile_filter
from requests_app.queries import requests_of

SQL = Path(__file__).parent.parent / "sql"
# A column that the rest of the table does not wait longer for.
LONGEST_MS = 500


@dataclass(frozen=True, slots=True)
class Users:
    """Users by value; a value that is missing has none. `is_exact` is false where they are estimated (to 2.9 %)."""

    by_value: dict[str, int]
    is_exact: bool


class _AnyOfObjects(Lookup):
    """`@>` of any of some JSON objects, which the index finds."""

    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        left, left_params = self.process_lhs(compiler, connection)
        return f"{left} @> ANY (%s::jsonb[])", (*left_params, self.rhs)


def users_by_value(scope: Scope, name: str, values: Sequence[str]) -> Users | None:
    """Returns how many users each of `values` of the property `name` has; None when counting them takes too long.

    Sums know it of properties with few values, as long as nothing else is asked for.
    """
    question = scope.total(PROPERTY + name)
    try:
        if source_of_spreads(question).table is None:
            return Users(_counted(scope, name, values), is_exact=True)
        found = spreads(question, has_seen=True)
    except TooSlow:
        return None
    return Users({value: spread.users for (_, value), spread in found.items()}, is_exact=False)


def _counted(scope: Scope, name: str, values: Sequence[str]) -> dict[str, int]:
    # Of a longer one only the beginning is known.
    whole = [value for value in values if len(value) < MAX_CHARACTERS]
    rows = (
        requests_of(scope.organization_id)
        .filter(compile_filter(scope.tree, organization_id=scope.organization_id))
        .filter(created_at__gte=scope.start, created_at__lt=scope.end)
        .exclude(user_id="")
        .filter(
            _AnyOfObjects(F("properties"), [msgspec.json.encode({name: value}).decode() for value in whole])
        )
    )
    inner = compiled(rows.values("properties", "user_id"))
    if inner is None:
        return {}
    statement = load(SQL, "users_of_values").format(rows=inner[0])
    with at_most_ms(LONGEST_MS), connection.cursor() as cursor:
        cursor.execute(statement, [name, *inner[1]])
        return dict(cursor.fetchall())
