"""The key of each organization, from which those of its bodies, of its blobs' names and of its words are made.

It is stored wrapped by the master key (HELICONE_SECRET_KEY), so that a new master key wraps it anew and changes
nothing else. An organization has one current key; one that was replaced is kept until nothing needs it.
"""

import hmac
import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import connection, transaction
from django.utils import timezone

from accounts_app.secrets import UndecryptableSecret, unwrap_key, wrap_key

KEY_BYTES = 32
_UNWRAPPED = 10_000  # keys that a process remembers
_CURRENT = (
    "SELECT organization_id, number, wrapped FROM organization_data_key"
    " WHERE organization_id = ANY (%s) AND retired_at IS NULL ORDER BY organization_id"
)
_CIPHERS = 16  # by purpose: the weeks that one organization's bodies are of


class KeyName(NamedTuple):
    """Which key of which organization."""

    organization_id: int
    number: int


class DataKey:
    """One key of an organization. Its `number` says which."""

    def __init__(self, organization_id: int, number: int, secret: bytes) -> None:
        self.organization_id = organization_id
        self.number = number
        self._secret = secret
        self._ciphers: dict[bytes, AESGCM] = {}

    @cached_property
    def names(self) -> bytes:
        """The key of the hashes that name blobs."""
        return self._derived(b"names of blobs")

    @cached_property
    def words(self) -> bytes:
        """The key of the hashes of words."""
        return self._derived(b"words of bodies")

    def cipher(self, purpose: bytes) -> AESGCM:
        """Returns the cipher for one purpose: each has a key of its own, since nonces are drawn by chance.

        Of 2^32 nonces under one key two would be the same with a probability of 2^-32.
        """
        found = self._ciphers.get(purpose)
        if found is None:
            if len(self._ciphers) >= _CIPHERS:
                self._ciphers.clear()
            found = self._ciphers[purpose] = AESGCM(self._derived(b"contents of " + purpose))
        return found

    def _derived(self, purpose: bytes) -> bytes:
        return hmac.digest(self._secret, purpose, "sha256")


def held_keys(cursor: Any, organization_ids: Iterable[int]) -> dict[int, DataKey]:
    """Returns the current keys of the organizations, made where there were none.

    They stay current until the transaction of `cursor` ends: whoever replaces a key waits for it. Raises
    UndecryptableSecret when HELICONE_SECRET_KEY is not the one that wrapped them.
    """
    wanted = sorted(organization_ids)
    while True:
        found = _current(cursor, _CURRENT + " FOR SHARE", wanted)
        missing = [id for id in wanted if id not in found]
        if not missing:
            return found
        for organization_id in missing:
            _make(cursor, organization_id)


def current_key(organization_id: int) -> DataKey:
    """Returns the organization's current key, made if there was none. Raises UndecryptableSecret."""
    with connection.cursor() as cursor:
        found = _current(cursor, _CURRENT, [organization_id]) or held_keys(cursor, [organization_id])
    return found[organization_id]


def numbered_key(organization_id: int, number: int) -> DataKey | None:
    """Returns one key of the organization, None if it was destroyed. Raises UndecryptableSecret."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT wrapped FROM organization_data_key WHERE organization_id = %s AND number = %s",
            [organization_id, number],
        )
        row = cursor.fetchone()
    return _unwrapped(organization_id, number, bytes(row[0])) if row else None


@transaction.atomic
def replace_key(organization_id: int, *, made_before: datetime) -> None:
    """Give the organization another current key, if it has one from before that time.

    Waits for transactions that hold the old one: afterwards nothing new is written under it.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE organization_data_key SET retired_at = now()"
            " WHERE organization_id = %s AND retired_at IS NULL AND made_at < %s RETURNING number",
            [organization_id, made_before],
        )
        if cursor.fetchone():
            _make(cursor, organization_id)


def has_replaced_keys(organization_id: int) -> bool:
    """Returns whether the organization has a key that is not the current one."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT FROM organization_data_key WHERE organization_id = %s AND retired_at IS NOT NULL LIMIT 1",
            [organization_id],
        )
        return bool(cursor.rowcount)


def destroy_replaced_keys(organization_id: int) -> None:
    """Delete all keys of the organization but the current one: what was written under them cannot be read again."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM organization_data_key WHERE organization_id = %s AND retired_at IS NOT NULL",
            [organization_id],
        )


def rewrap_keys(previous: Sequence[str]) -> tuple[int, list[KeyName]]:
    """Wrap all keys anew, under HELICONE_SECRET_KEY, each in a transaction of its own.

    Returns how many there are, and which of them neither it nor the `previous` master keys unwrap.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT organization_id, number FROM organization_data_key ORDER BY 1, 2")
        names = [KeyName(*row) for row in cursor.fetchall()]
    lost = []
    for name in names:
        try:
            _rewrap(name, previous)
        except UndecryptableSecret:
            lost.append(name)
    return len(names), lost


def give_up_keys(names: Iterable[KeyName]) -> set[int]:
    """Retire those of the keys that are current, since nobody can unwrap them: the next in need makes others.

    They are not destroyed. Returns the organizations that had them.
    """
    given_up = set()
    with connection.cursor() as cursor:
        for name in names:
            cursor.execute(
                "UPDATE organization_data_key SET retired_at = now()"
                " WHERE organization_id = %s AND number = %s AND retired_at IS NULL",
                name,
            )
            if cursor.rowcount:
                given_up.add(name.organization_id)
    return given_up


@transaction.atomic
def _rewrap(name: KeyName, previous: Sequence[str]) -> None:
    context = _context(*name)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT wrapped FROM organization_data_key WHERE organization_id = %s AND number = %s FOR UPDATE",
            name,
        )
        row = cursor.fetchone()
        if row is None:
            return  # destroyed since we looked
        secret = unwrap_key(bytes(row[0]), context=context, previous=previous)
        cursor.execute(
            "UPDATE organization_data_key SET wrapped = %s WHERE organization_id = %s AND number = %s",
            [wrap_key(secret, context=context), *name],
        )


def _current(cursor: Any, query: str, organization_ids: Sequence[int]) -> dict[int, DataKey]:
    cursor.execute(query, [organization_ids])
    return {id: _unwrapped(id, number, bytes(wrapped)) for id, number, wrapped in cursor.fetchall()}


def _make(cursor: Any, organization_id: int) -> None:
    """Make a current key unless somebody else has done so: waits for whoever is about to."""
    cursor.execute(
        "SELECT coalesce(max(number), 0) + 1 FROM organization_data_key WHERE organization_id = %s",
        [organization_id],
    )
    (number,) = cursor.fetchone()
    wrapped = wrap_key(secrets.token_bytes(KEY_BYTES), context=_context(organization_id, number))
    cursor.execute(
        "INSERT INTO organization_data_key (organization_id, number, wrapped, made_at) VALUES (%s, %s, %s, %s)"
        " ON CONFLICT DO NOTHING",
        [organization_id, number, wrapped, timezone.now()],
    )


# By the wrapped key, so that a key that was rolled back, or replaced, is never taken for another.
@lru_cache(maxsize=_UNWRAPPED)
def _unwrapped(organization_id: int, number: int, wrapped: bytes) -> DataKey:
    secret = unwrap_key(wrapped, context=_context(organization_id, number))
    return DataKey(organization_id, number, secret)


def _context(organization_id: int, number: int) -> str:
    return f"data key {number} of organization {organization_id}"
