"""Telling of each new request exactly once: the writer notes it in its own transaction, a reader takes it in another.

Whatever dies, a request is noted if and only if it is stored, and taken if and only if what the reader makes of it is.
An organization that nobody reads costs the writer a look into a table of a few rows for each batch.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.db import connection

from helicone_site.sql import load
from ingest_app.rollups import Key

SQL = Path(__file__).parent / "sql"


def follow(organization_id: int, reader: str) -> None:
    """Note from now on, for `reader`, what is stored of the organization. Takes part in the caller's transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO new_row_reader (organization_id, reader) VALUES (%s, %s) ON CONFLICT DO NOTHING",
            [organization_id, reader],
        )


def unfollow(organization_id: int, reader: str) -> None:
    """Note nothing more, and forget what was not taken yet. Takes part in the caller's transaction."""
    with connection.cursor() as cursor:
        who: tuple[int, str] = (organization_id, reader)
        cursor.execute("DELETE FROM new_row_reader WHERE organization_id = %s AND reader = %s", who)
        cursor.execute("DELETE FROM new_row WHERE organization_id = %s AND reader = %s", who)


def note_new_rows(cursor: Any, new: Sequence[Key]) -> None:
    """Note requests for whoever follows their organization, in the transaction of `cursor` that stores them."""
    if not new:
        return
    cursor.execute(
        "SELECT DISTINCT organization_id FROM new_row_reader WHERE organization_id = ANY (%s)",
        [list({key.organization_id for key in new})],
    )
    followed = {organization_id for (organization_id,) in cursor.fetchall()}
    told = [key for key in new if key.organization_id in followed]
    if told:
        cursor.execute(
            load(SQL, "note_new_rows"),
            {
                "organization_ids": [key.organization_id for key in told],
                "created_ats": [key.created_at for key in told],
                "ids": [key.id for key in told],
            },
        )


def take_new_rows(cursor: Any, reader: str, *, most: int) -> list[Key]:
    """Returns what `reader` was not told of yet, at most `most` of each organization; then it is told.

    Rolled back with the transaction of `cursor`. May be called by several processes at once.
    """
    cursor.execute(load(SQL, "take_new_rows"), {"reader": reader, "most": most})
    return [Key(*row) for row in cursor.fetchall()]
