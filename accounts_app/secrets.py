"""Making, hashing and encrypting the secrets that accounts hold."""

import base64
import hashlib
import secrets
import string
from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

_ALPHABET = string.ascii_lowercase + string.digits
_NONCE_BYTES = 12


class UndecryptableSecret(Exception):
    """The secret was encrypted under another HELICONE_SECRET_KEY."""


def new_api_key() -> str:
    """Returns a key of the form that Helicone's clients know: `sk-helicone-` and 4 × 7 characters of [a-z0-9]."""
    groups = ("".join(secrets.choice(_ALPHABET) for _ in range(7)) for _ in range(4))
    return "sk-helicone-" + "-".join(groups)


def hash_api_key(key: str) -> bytes:
    """Returns the 32 bytes under which `key` is stored."""
    return hashlib.sha256(key.encode()).digest()


def hint(secret: str) -> str:
    """Returns enough of `secret` to recognise it and too little to use it, such as `sk-helico…9x2k`."""
    return f"{secret[:9]}…{secret[-4:]}" if len(secret) >= 20 else f"…{secret[-2:]}"


def encrypt(secret: str) -> bytes:
    """Returns `secret` as an authenticated ciphertext under the master key (HELICONE_SECRET_KEY)."""
    return _cipher(settings.SECRET_KEY).encrypt(secret.encode())


def decrypt(ciphertext: bytes | memoryview, *, previous: Sequence[str] = ()) -> str:
    """Returns what `encrypt` was given, under the master key or one before it. Raises UndecryptableSecret."""
    for master in _masters(previous):
        with suppress(InvalidToken):
            return _cipher(master).decrypt(bytes(ciphertext)).decode()
    raise UndecryptableSecret("encrypted under another HELICONE_SECRET_KEY")


def wrap_key(key: bytes, *, context: str) -> bytes:
    """Returns `key` encrypted under the master key. Only with the same `context` it can be unwrapped."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + _wrapping(settings.SECRET_KEY).encrypt(nonce, key, context.encode())


def unwrap_key(wrapped: bytes, *, context: str, previous: Sequence[str] = ()) -> bytes:
    """Returns what `wrap_key` was given, under the master key or one before it. Raises UndecryptableSecret."""
    for master in _masters(previous):
        with suppress(InvalidTag):
            return _wrapping(master).decrypt(wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:], context.encode())
    raise UndecryptableSecret("wrapped by another HELICONE_SECRET_KEY")


def _masters(previous: Sequence[str]) -> list[str]:
    return [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS, *previous]


@lru_cache(maxsize=8)
def _cipher(master: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(_derived(master, b"helicone provider keys")))


@lru_cache(maxsize=8)
def _wrapping(master: str) -> AESGCM:
    return AESGCM(_derived(master, b"helicone data keys"))


def _derived(master: str, purpose: bytes) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=purpose).derive(master.encode())
