"""Values that rows are known to have: to look for a piece of text in those is to look for it in all rows."""

from typing import Literal

from django.db import connection
from psycopg import sql

from ingest_app.known_values import PROPERTY
from requests_app.filter_language.values import escaped

# Beyond this many it is quicker to look at the rows, which then are mostly many, too.
MOST_OF_COLUMN = 1000
MOST_OF_PROPERTY = 200
MOST_NAMES = 1000

Operator = Literal["LIKE", "ILIKE"]


class KnownValues:
    """The values in one organization, as the writer keeps them (`ingest_app.known_values`)."""

    def __init__(self, organization_id: int) -> None:
        self._organization_id = organization_id

    def of_column(self, name: str, operator: Operator, pattern: str) -> list[str] | None:
        """Returns the values of a column that match, '' left out; None when they are too many to tell."""
        return self._matching(name, operator, pattern, MOST_OF_COLUMN)

    def of_property(self, name: str, operator: Operator = "LIKE", pattern: str = "%") -> list[str] | None:
        """Returns the values of a property that match, without a pattern all; None when they are too many to tell."""
        return self._matching(PROPERTY + name, operator, pattern, MOST_OF_PROPERTY)

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
