"""Rows into a table by COPY, those that are there already left alone: how the writer puts in a whole batch."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import connection
from psycopg import sql


def insert_new(
    cursor: Any,
    table: str,
    columns: Mapping[str, str],
    rows: Iterable[Sequence[Any]],
    *,
    key: Sequence[str],
    returning: Sequence[str] = (),
) -> None:
    """Insert those of `rows` whose `key` is not in `table` yet, within the transaction of `cursor`.

    `columns` are all of the table's that have no default, with the types in which values are given. With
    `returning` the cursor yields those columns of the rows that were new. Raises django.db.Error.
    """
    staging = sql.Identifier(f"{table}_staging")
    name = sql.Identifier(table)
    cursor.execute(
        sql.SQL(
            "CREATE TEMP TABLE IF NOT EXISTS {} (LIKE {} INCLUDING STORAGE INCLUDING DEFAULTS)"
            " ON COMMIT DELETE ROWS"
        ).format(staging, name)
    )
    copy_sql = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(staging, _names(columns))
    # Django translates the driver's errors around execute, but not around copy.
    with connection.wrap_database_errors, cursor.copy(copy_sql) as copy:
        copy.set_types(list(columns.values()))
        for row in rows:
            copy.write_row(row)
    # In the order of the key: two writers with the same rows wait for each other and do not deadlock.
    insert = sql.SQL("INSERT INTO {0} ({1}) SELECT {1} FROM {2} ORDER BY {3} ON CONFLICT DO NOTHING").format(
        name, _names(columns), staging, _names(key)
    )
    if returning:
        insert += sql.SQL(" RETURNING {}").format(_names(returning))
    cursor.execute(insert)


def _names(columns: Iterable[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, columns))
