"""What pages and REST let people choose for budgets and rate limits. Pure: no queries."""

from helicone_site.middleware import zone_named
from limits_app.models import MAX_WINDOW_S, MIN_WINDOW_S

MAX_USD = 1_000_000_000
MOST_SHARES = 10
PROPERTY_IN_POLICY = r"^[A-Za-z0-9_-]+\Z"
"""What the name of a property may be where a policy names it: see `limits_app.policy`."""

WINDOW_UNITS = {1: "seconds", 60: "minutes", 3_600: "hours", 86_400: "days"}
"""Units of windows, by their length in seconds."""


class BadWindow(Exception):
    """A window is too short or too long. `str()` of it says how long it may be."""


def window_of(number: int, unit_s: int) -> int:
    """Returns so many units in seconds. Raises BadWindow."""
    window_s = number * unit_s
    if not MIN_WINDOW_S <= window_s <= MAX_WINDOW_S:
        raise BadWindow(
            f"A window is {window_in_words(MIN_WINDOW_S)} to {window_in_words(MAX_WINDOW_S)} long."
        )
    return window_s


def window_from(window_s: int) -> tuple[int, int]:
    """Returns a length as a number and the largest unit (in seconds) that says it without a rest."""
    unit_s = next(unit for unit in sorted(WINDOW_UNITS, reverse=True) if window_s % unit == 0)
    return window_s // unit_s, unit_s


def window_in_words(window_s: int) -> str:
    """Returns `90 seconds`, `1 hour`, `30 days`."""
    number, unit_s = window_from(window_s)
    word = WINDOW_UNITS[unit_s]
    return f"{number:,} {word.removesuffix('s') if number == 1 else word}"


def zone_exists(name: str) -> bool:
    """Returns whether IANA has a time zone of this name."""
    return str(zone_named(name)) == name
