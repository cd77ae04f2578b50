"""Encryption of what is stored: AES-256-GCM, bound to where it belongs, so that nothing can be put elsewhere.

Sealed bytes begin with 0x03, which no plain form does (template.py), and the number of the data key (4 bytes); then
come the nonce (12) and the ciphertext with its tag (16). The organization and the week are in the key; the kind of
what is sealed and its id are authenticated with it.
"""

import hmac
import secrets
import struct
from datetime import date
from enum import Enum
from typing import Protocol

from cryptography.exceptions import InvalidTag

from accounts_app.secrets import UndecryptableSecret
from ingest_app.bodies.template import HASH_BYTES, hash_of
from ingest_app.data_keys import DataKey, numbered_key

MARK = b"\x03"
_HEAD = struct.Struct("!cI")
_NONCE_BYTES = 12


class SealBroken(Exception):
    """The bytes cannot be opened: altered, moved from elsewhere, or without their key."""


class Kind(Enum):
    """What is sealed."""

    BLOB = b"blob"
    REQUEST = b"request"
    RESPONSE = b"response"
    PREVIEW = b"preview"
    INPUTS = b"inputs"
    LETTER = b"letter"


class Form(Protocol):
    """How the bodies of one organization and week are written."""

    def name(self, data: bytes) -> bytes:
        """Returns the id of the blob `data`, 16 bytes."""

    def stored(self, kind: Kind, id: bytes, data: bytes) -> bytes:
        """Returns `data` as it is stored."""


class Plain:
    """Not encrypted; blobs are named by their hash."""

    name = staticmethod(hash_of)

    def stored(self, kind: Kind, id: bytes, data: bytes) -> bytes:
        return data


class Sealed:
    """Encrypted; blobs are named by a keyed hash, so that nobody can try whether a text is among them."""

    def __init__(self, key: DataKey, week: date) -> None:
        self._names = key.names
        self._cipher = key.cipher(_purpose(week))
        self._head = head(key)

    def name(self, data: bytes) -> bytes:
        return hmac.digest(self._names, data, "sha256")[:HASH_BYTES]

    def stored(self, kind: Kind, id: bytes, data: bytes) -> bytes:
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return self._head + nonce + self._cipher.encrypt(nonce, data, kind.value + id)


class Opening:
    """Opens what is stored of one organization and week; looks up each key once."""

    def __init__(self, organization_id: int, week: date) -> None:
        self._organization_id = organization_id
        self._purpose = _purpose(week)
        self._keys: dict[int, DataKey | None] = {}

    def plain(self, kind: Kind, id: bytes, stored: bytes) -> bytes:
        """Returns what `Form.stored` was given, of either form. Raises SealBroken."""
        if not stored.startswith(MARK):
            return stored
        key = self._key(_HEAD.unpack_from(stored)[1])
        nonce_end = _HEAD.size + _NONCE_BYTES
        try:
            return key.cipher(self._purpose).decrypt(
                stored[_HEAD.size : nonce_end], stored[nonce_end:], kind.value + id
            )
        except InvalidTag as error:
            raise SealBroken("altered, or of somewhere else") from error

    def _key(self, number: int) -> DataKey:
        if number not in self._keys:
            try:
                self._keys[number] = numbered_key(self._organization_id, number)
            except UndecryptableSecret as error:
                raise SealBroken(f"key {number}: {error}") from error
        key = self._keys[number]
        if key is None:
            raise SealBroken(f"key {number} was destroyed")
        return key


def head(key: DataKey) -> bytes:
    """Returns what all that is sealed under `key` begins with."""
    return _HEAD.pack(MARK, key.number)


def _purpose(week: date) -> bytes:
    return week.isoformat().encode()
