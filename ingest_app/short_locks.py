"""Taking locks that others must not queue behind: wait shortly, give up, come back later."""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from django.db import OperationalError, connection, transaction
from psycopg.errors import LockNotAvailable

WAIT_MS = 50
ATTEMPTS = 60
PAUSE_S = 1.0

T = TypeVar("T")


class LockBusy(Exception):
    """Others held the lock each time it was tried."""


def with_short_waits(work: Callable[[Any], T]) -> T:
    """Returns what `work(cursor)` returns, done in one transaction that waits at most 50 ms for any lock.

    Whoever comes after us for the same lock waits behind us as long as we wait: hence the limit. Tried again after
    a pause, for about a minute. Raises LockBusy.
    """
    for _ in range(ATTEMPTS):
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                set_lock_wait(cursor, WAIT_MS)
                return work(cursor)
        except OperationalError as error:
            if not isinstance(error.__cause__, LockNotAvailable):
                raise
        time.sleep(PAUSE_S * random.uniform(0.5, 1.5))  # noqa: S311 - not to meet the same writer each time
    raise LockBusy


def set_lock_wait(cursor: Any, milliseconds: int) -> None:
    """Wait at most so long for each lock, until the transaction of `cursor` ends."""
    cursor.execute("SELECT set_config('lock_timeout', %s, true)", [f"{milliseconds}ms"])


@contextmanager
def one_at_a_time(name: str) -> Iterator[bool]:
    """Yields whether nobody else, in any process, is inside with the same `name`; then nobody gets in until the end.

    Held by the connection, so that it ends with a worker that dies.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [name])
        is_alone = bool(cursor.fetchone()[0])
    try:
        yield is_alone
    finally:
        if is_alone:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [name])
