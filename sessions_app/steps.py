"""The steps of a session, read at once."""

from datetime import datetime
from pathlib import Path

from django.db import connection

from helicone_site.sql import load
from sessions_app.tree import Step

_SQL = Path(__file__).parent / "sql"


# Some give one session id to everything they ever send: what is more than a page can show is not read either.
MAX_STEPS = 100_000


def read_steps(
    *,
    organization_id: int,
    session_id: str,
    first_at: datetime,
    last_at: datetime,
    at_most: int = MAX_STEPS,
) -> list[Step]:
    """Returns the requests of a session that started between the two times, the first `at_most` of them."""
    with connection.cursor() as cursor:
        cursor.execute(
            load(_SQL, "session_steps"),
            {
                "organization_id": organization_id,
                "session_id": session_id,
                "first_at": first_at,
                "last_at": last_at,
                "at_most": at_most,
            },
        )
        return list(map(Step._make, cursor.fetchall()))
