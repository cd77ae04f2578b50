"""Making, hashing and encrypting the secrets that accounts hold."""

import base64
import hashlib
import secrets
import string
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

_ALPHABET = string.ascii_lowercase + string.digits


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


@lru_cache(maxsize=4)
def _cipher(master: str) -> Fernet:
    derived = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"helicone provider keys").derive(
        master.encode()
    )
    return Fernet(base64.urlsafe_b64encode(derived))


def encrypt(secret: str) -> bytes:
    """Returns `secret` as an authenticated ciphertext under the master key (HELICONE_SECRET_KEY)."""
    return _cipher(settings.SECRET_KEY).encrypt(secret.encode())


def decrypt(ciphertext: bytes | memoryview) -> str:
    """Returns what `encrypt` was given. Raises UndecryptableSecret."""
    try:
        return _cipher(settings.SECRET_KEY).decrypt(bytes(ciphertext)).decode()
    except InvalidToken as error:
        raise UndecryptableSecret("encrypted under another HELICONE_SECRET_KEY") from error
