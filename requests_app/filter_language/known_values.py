"""Values of columns that have few: to look for a piece of text in those is to look for it in all rows."""

from pathlib import Path
from typing import Literal

from django.db import connection
from psycopg import sql

from helicone_site.sql import load

SQL = Path(__file__).parent.parent / "sql"
# 3 µs each and partition: beyond this many it takes as long as a page may.
MAX_VALUES = 1000


class KnownValues:
    """The values that columns have in one organization, each column's read once.

    A column must be the second of an index that begins with the organization.
    """

    def __init__(self, organization_id: int) -> None:
        self._organization_id = organization_id
        self._by_column: dict[str, list[str]] = {}

    def like(self, column: str, operator: Literal["LIKE", "ILIKE"], pattern: str) -> list[str] | None:
        """Returns the values of `column` that match, '' left out; None when it has too many values to tell."""
        if column not in self._by_column:
            self._by_column[column] = self._read(column)
        values = self._by_column[column]
        if len(values) > MAX_VALUES:
            return None
        # The database decides, so that upper and lower case are here what they are there.
        query = sql.SQL("SELECT value FROM unnest(%s::text[]) AS value WHERE value {} %s")
        with connection.cursor() as cursor:
            cursor.execute(query.format(sql.SQL(operator)), [values, pattern])
            return [value for (value,) in cursor.fetchall()]

    def _read(self, column: str) -> list[str]:
        query = sql.SQL(load(SQL, "distinct_values")).format(column=sql.Identifier(column))
        with connection.cursor() as cursor:
            cursor.execute(query, {"organization_id": self._organization_id, "at_most": MAX_VALUES + 1})
            return [value for (value,) in cursor.fetchall()]
