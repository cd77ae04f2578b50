"""Times as clients write them."""

from datetime import UTC, datetime

MAX_TIME_MS = 253_402_300_799_999  # the end of the year 9999, with which calendars end
_MAX_SECONDS = 4_102_444_800  # the year 2100: a greater number is of milliseconds


def time_ms(given: object) -> float | None:
    """Returns a time in milliseconds since the epoch, None when `given` is none.

    It is ISO 8601, or a number of seconds or milliseconds, which may stand in a text.
    """
    if isinstance(given, str):
        if not given.isascii() or not given.isdigit() or len(given) > 16:
            return _iso_ms(given)
        given = int(given)
    if isinstance(given, bool) or not isinstance(given, int | float):
        return None
    return given * 1000 if given < _MAX_SECONDS else given


def _iso_ms(text: str) -> float | None:
    try:
        at = datetime.fromisoformat(text)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1000
    except (ValueError, OverflowError):
        return None
