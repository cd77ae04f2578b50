"""Questions to the database that are given up when they take too long."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import OperationalError, connection, transaction

_QUERY_CANCELED = "57014"


class TooSlow(Exception):
    """The database did not answer in the time that it was given."""


@contextmanager
def at_most_ms(milliseconds: int) -> Iterator[None]:
    """Each statement inside, in one transaction, may take so long. Raises TooSlow."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(milliseconds)])
            yield
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", "") == _QUERY_CANCELED:
            raise TooSlow from error
        raise
