"""Tokens that say something for half an hour: what stands in addresses that are read without a key."""

from typing import Any

from django.core import signing

LIFE_S = 30 * 60


def sign(payload: Any, *, view: str) -> str:
    """Returns the token of `payload`, anything that JSON can hold, for the view called `view`."""
    return signing.dumps(payload, salt=_salt(view))


def unsign(token: str, *, view: str) -> Any:
    """Returns what was signed for `view`. Raises signing.BadSignature for anything else, and after `LIFE_S` seconds."""
    return signing.loads(token, salt=_salt(view), max_age=LIFE_S)


def _salt(view: str) -> str:
    return f"helicone_app.{view}"
