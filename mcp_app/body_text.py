"""Bodies that fit into an answer: as JSON where they are JSON, so that nothing in them is escaped twice."""

import json
import math
import re
from typing import Any

from requests_app.json_text import decoded

# Pictures, sound and files in base64 say nothing to whoever reads text.
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{1000,}={0,2}")
_MOST_BYTES = 8 << 20  # beyond it a body is not taken apart, but cut as text
# How long a text and a list may be, tried one after the other until all of a body fits.
_STEPS = ((4000, 1000), (1000, 100), (400, 40), (150, 20), (60, 10))


def fitted(body: bytes, at_most: int) -> tuple[Any, bool]:
    """Returns what `body` says in at most about so many characters, and whether anything is left out for that.

    A JSON value with the middle of long texts and lists left out; text, where it is no JSON or nothing else helps.
    """
    if len(body) > _MOST_BYTES:
        return cut(body.decode("utf-8", "replace"), at_most), True
    try:
        value = _plain(decoded(body))
        text = _written(value)
        if len(text) <= at_most:
            return value, False
        for characters, items in _STEPS:
            shorter = _shortened(value, characters, items)
            if len(_written(shorter)) <= at_most:
                return shorter, True
    except (ValueError, RecursionError):
        text = _plain(body.decode("utf-8", "replace"))
    return cut(text, at_most), len(text) > at_most


def cut(text: str, at_most: int) -> str:
    """Returns `text`, or `at_most` characters of its beginning and end, with a note of how much is missing between."""
    if len(text) <= at_most:
        return text
    end = at_most // 2
    note = f"[… {len(text) - at_most:,} characters left out …]"
    return f"{text[: at_most - end]}{note}{text[len(text) - end :]}"


def _plain(value: Any) -> Any:
    """Returns a JSON value without base64, and without the numbers that JSON does not have."""
    match value:
        case str():
            return _BASE64.sub(lambda found: f"[{len(found[0]):,} characters of base64]", value)
        case list():
            return [_plain(item) for item in value]
        case dict():
            return {name: _plain(item) for name, item in value.items()}
        case float() if not math.isfinite(value):
            return str(value)
    return value


def _shortened(value: Any, characters: int, items: int) -> Any:
    match value:
        case str():
            return cut(value, characters)
        case list():
            kept = [_shortened(item, characters, items) for item in _ends(value, items)]
            if len(value) > items:
                kept.insert(items - items // 2, f"[… {len(value) - items:,} items left out …]")
            return kept
        case dict():
            return {name: _shortened(item, characters, items) for name, item in value.items()}
    return value


def _ends(values: list[Any], at_most: int) -> list[Any]:
    if len(values) <= at_most:
        return values
    end = at_most // 2
    return [*values[: at_most - end], *values[len(values) - end :]]


def _written(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
