"""Encrypting a column of secrets anew, after HELICONE_SECRET_KEY was changed."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import QuerySet

from accounts_app import secrets


class Rewrapped(NamedTuple):
    """How many secrets there are, and how many of them no known master key decrypts."""

    all: int
    unreadable: int


def rewrap(rows: QuerySet[Any], column: str, previous: Sequence[str]) -> Rewrapped:
    """Encrypt `column` of `rows` under HELICONE_SECRET_KEY, each row in a transaction of its own.

    What neither it nor the `previous` master keys decrypt stays as it is. NULL is no secret.
    """
    rows = rows.filter(**{f"{column}__isnull": False})
    keys = list(rows.order_by("pk").values_list("pk", flat=True))
    return Rewrapped(len(keys), sum(not _is_rewrapped(rows, column, key, previous) for key in keys))


@transaction.atomic
def _is_rewrapped(rows: QuerySet[Any], column: str, key: Any, previous: Sequence[str]) -> bool:
    row = rows.select_for_update().filter(pk=key).first()
    if row is None:  # it may have been deleted since we looked
        return True
    try:
        secret = secrets.decrypt(getattr(row, column), previous=previous)
    except secrets.UndecryptableSecret:
        return False
    setattr(row, column, secrets.encrypt(secret))
    row.save(update_fields=[column])
    return True
