"""Values as other products write them, in the units that are kept here."""

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from helicone_site.numbers import number
from ingest_app.doors.manual.times import time_ms
from ingest_app.importing.row import as_text

MAX_INT4 = 2**31 - 1
MAX_COST_USD = 1_000_000  # beyond that a number is no cost of a request
MAX_NAME_CHARACTERS, MAX_PROPERTY_CHARACTERS = 200, 2000
MAX_SCORE = 2**53
# What may be the time of a call of a model: from before there were any, to clocks that are a little ahead.
_FIRST_US, _AHEAD_US = 1_420_070_400_000_000, 86_400_000_000  # the beginning of 2015, a day
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
# PostgreSQL's own form, as `COPY` and `psql` write it: `2026-01-02 03:04:05.678+00`.
_SHORT_ZONE = re.compile(r"[+-]\d\d$")


def time_us(value: Any, *, now_us: int) -> int | None:
    """Returns a time in microseconds since the epoch, None for what is none or cannot be the time of a call.

    A time without a zone is UTC. `now_us` is the latest that is believed, a day ahead.
    """
    found = _microseconds(value)
    return found if found is not None and _FIRST_US <= found <= now_us + _AHEAD_US else None


def between_ms(start_us: int, end_us: int | None) -> int | None:
    """Returns how long it took, None where that is not known."""
    if end_us is None or end_us < start_us:
        return None
    return min((end_us - start_us + 500) // 1000, MAX_INT4)


def integer(value: Any) -> int | None:
    """Returns a count, also one that was written as text; None for anything else and below zero."""
    found = number(value)
    return None if found is None or not 0 <= found <= MAX_INT4 else round(found)


def nanodollars(usd: Any) -> int | None:
    """Returns a cost in US dollars in nano-dollars, None for what is no cost."""
    found = number(usd)
    return None if found is None or not 0 <= found <= MAX_COST_USD else round(found * 1e9)


def boolean(value: Any) -> bool:
    """Returns whether a value says yes: true, 1, or a text that reads so."""
    return value is True or str(value).lower() in {"true", "1", "t", "yes"}


def properties_of(values: Mapping[str, Any]) -> dict[str, str]:
    """Returns properties: values as text, objects and lists as JSON; none that are empty, none longer than is kept."""
    return {
        str(name)[:MAX_NAME_CHARACTERS]: text[:MAX_PROPERTY_CHARACTERS]
        for name, value in values.items()
        if name and (text := as_text(value))
    }


def without_apostrophe(text: str) -> str:
    """Returns a text of a CSV that has an apostrophe before it, so that no spreadsheet takes it for a formula."""
    return text[1:] if text.startswith("'") and text[1:].startswith(_FORMULA_STARTS) else text


def score(value: Any) -> float | None:
    """Returns a score, true and false as 1 and 0; None for what is none."""
    if isinstance(value, bool):
        return int(value)
    found = number(value)
    if found is None or not -MAX_SCORE <= found <= MAX_SCORE:
        return None
    return int(found) if found == int(found) else found


def _microseconds(value: Any) -> int | None:
    if isinstance(value, datetime):
        at = value
    elif isinstance(value, str) and not value.isdigit():
        try:
            at = datetime.fromisoformat(f"{value}:00" if _SHORT_ZONE.search(value[10:]) else value)
        except ValueError:
            return None
    else:
        found = time_ms(value)
        return None if found is None or not math.isfinite(found) else round(found * 1000)
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    try:
        return int(at.astimezone(UTC).timestamp()) * 1_000_000 + at.microsecond
    except (OverflowError, ValueError):
        return None
