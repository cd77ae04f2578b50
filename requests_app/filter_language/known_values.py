"""Values that rows are known to have: to look for a piece of text in those is to look for it in all rows."""

from typing import Literal, NamedTuple

import msgspec
from django.db import connection, transaction
from psycopg import sql

from ingest_app.bodies import BodyKey
from ingest_app.known_values import PROPERTY
from requests_app.filter_language.values import escaped

# Beyond this many it is quicker to look at the rows, which then are mostly many, too.
MOST_OF_COLUMN = 1000
MOST_OF_PROPERTY = 1000
# PostgreSQL believes of each value that one row in ten thousand has it. Of more values than these it would rather read
# rows from the newest on, so whether few rows have them is found out first.
_TRUSTED = 20
_NEWEST_ROWS, _COMMON_HITS = 2_000, 50
_FEW_ROWS = 2_000
MOST_NAMES = 1000

Operator = Literal["LIKE", "ILIKE"]


class PropertyValues(NamedTuple):
    """Values of a property, and where they were looked up, the few rows that have one of them."""

    values: list[str]
    keys: list[BodyKey] | None = None


class KnownValues:
    """The values in one organization, as the writer keeps them (`ingest_app.known_values`)."""

    def __init__(self, organization_id: int) -> None:
        self._organization_id = organization_id

    def of_column(self, name: str, operator: Operator, pattern: str) -> list[str] | None:
        """Returns the values of a column that match, '' left out; None when they are too many to tell."""
        return self._matching(name, operator, pattern, MOST_OF_COLUMN)

    def of_property(self, name: str, operator: Operator, pattern: str) -> PropertyValues | None:
        """Returns what is known of the values of a property that match; None when it is best to look at each row."""
        values = self._matching(PROPERTY + name, operator, pattern, MOST_OF_PROPERTY)
        if values is None or len(values) <= _TRUSTED:
            return None if values is None else PropertyValues(values)
        if self._is_common(name, operator, pattern):
            return None
        keys = self._few_rows(name, values)
        return None if keys is None else PropertyValues(values, keys)

    def offered(self, field: str, typed: str, at_most: int) -> list[str]:
        """Returns at most `at_most` values with `typed` in them, of a column, or of a property under its full name."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT value FROM known_value WHERE organization_id = %s AND field = %s AND value ILIKE %s"
                " ORDER BY value LIMIT %s",
                [self._organization_id, field, f"%{escaped(typed)}%", at_most],
            )
            return [value for (value,) in cursor.fetchall()]

    def property_names(self) -> list[str]:
        """Returns the names of all properties there are, in order; at most `MOST_NAMES`."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT field FROM known_field WHERE organization_id = %s AND starts_with(field, %s)"
                " ORDER BY field LIMIT %s",
                [self._organization_id, PROPERTY, MOST_NAMES],
            )
            return [field.removeprefix(PROPERTY) for (field,) in cursor.fetchall()]

    def _is_common(self, name: str, operator: Operator, pattern: str) -> bool:
        """Returns whether a page of the newest rows is full soon."""
        query = sql.SQL(
            "SELECT count(*) FROM (SELECT properties ->> %s AS value FROM request WHERE organization_id = %s"
            " ORDER BY created_at DESC, id DESC LIMIT %s) AS newest WHERE value {} %s"
        )
        with connection.cursor() as cursor:
            cursor.execute(
                query.format(sql.SQL(operator)), [name, self._organization_id, _NEWEST_ROWS, pattern]
            )
            return bool(cursor.fetchone()[0] >= _COMMON_HITS)

    def _few_rows(self, name: str, values: list[str]) -> list[BodyKey] | None:
        """Returns all rows with one of `values`, by the index; None when they are more than `_FEW_ROWS`."""
        objects = [msgspec.json.encode({name: value}).decode() for value in values]
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_indexscan = off")
            cursor.execute(
                "SELECT created_at, id FROM request"
                " WHERE organization_id = %s AND properties @> ANY (%s::jsonb[]) LIMIT %s",
                [self._organization_id, objects, _FEW_ROWS + 1],
            )
            rows = cursor.fetchall()
            cursor.execute("SET LOCAL enable_seqscan = on; SET LOCAL enable_indexscan = on")
        return None if len(rows) > _FEW_ROWS else [BodyKey(self._organization_id, *row) for row in rows]

    def _matching(self, field: str, operator: Operator, pattern: str, most: int) -> list[str] | None:
        # A field that nobody has noted has no values.
        query = sql.SQL(
            "SELECT CASE WHEN coalesce(("
            "SELECT is_complete FROM known_field WHERE organization_id = %(organization_id)s AND field = %(field)s"
            "), true) THEN ARRAY("
            "SELECT value FROM known_value WHERE organization_id = %(organization_id)s AND field = %(field)s"
            " AND value {} %(pattern)s LIMIT %(most)s + 1) END"
        )
        parameters: dict[str, str | int] = {
            "organization_id": self._organization_id,
            "field": field,
            "pattern": pattern,
            "most": most,
        }
        with connection.cursor() as cursor:
            cursor.execute(query.format(sql.SQL(operator)), parameters)
            (values,) = cursor.fetchone()
        return values if values is not None and len(values) <= most else None
