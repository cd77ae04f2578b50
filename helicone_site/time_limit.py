"""Questions to the database that are given up when they take too long."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from django.db import OperationalError, connection, transaction

_QUERY_CANCELED = "57014"

T = TypeVar("T")


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


def in_time(ask: Callable[[], T]) -> T | None:
    """Returns what `ask` returns, None when it takes too long: the rest of the page does without."""
    try:
        return ask()
    except TooSlow:
        return None
