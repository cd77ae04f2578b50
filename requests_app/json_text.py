"""JSON as people read it: indented, values untouched, letters instead of escapes. Never raises on odd input."""

import json
import re
from typing import Any

import msgspec

# Either a run of \uXXXX, or any other escape (matched so that the u in \\u0041 is not taken for one).
_ESCAPES = re.compile(r"(?:\\u[0-9a-fA-F]{4})+|\\.", re.DOTALL)


def decoded(body: bytes) -> Any:
    """Returns the JSON value in `body`. Raises ValueError when it is not JSON.

    Takes what strict parsers refuse but providers and clients send (lone surrogates, NaN, bytes that are no
    UTF-8), so that one odd character doesn't hide a conversation. Strings are safe to encode as UTF-8.
    """
    try:
        return msgspec.json.decode(body)
    except (ValueError, RecursionError):
        pass
    try:
        value = json.loads(body.decode("utf-8", "replace"))
        clean = json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")
        return json.loads(clean)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def pretty(body: bytes) -> str | None:
    """Returns `body` indented by two spaces, or None when it is not JSON.

    Numbers and the order of keys stay as they were sent: the text is laid out anew, not parsed and written.
    """
    try:
        text = msgspec.json.format(body, indent=2).decode("utf-8", "replace")
    except (ValueError, RecursionError):
        return None
    return _ESCAPES.sub(_unescaped, text)


def pretty_value(value: Any) -> str:
    """Returns a decoded JSON value as indented text."""
    try:
        return json.dumps(value, indent=2, ensure_ascii=False)
    except RecursionError:
        return "(nested too deeply to show)"


def _unescaped(match: re.Match[str]) -> str:
    escape = match.group()
    if not escape.startswith("\\u"):
        return escape
    letters: str = json.loads(f'"{escape}"')
    readable = all(c.isprintable() and c not in '"\\' and not "\ud800" <= c <= "\udfff" for c in letters)
    return letters if readable else escape
