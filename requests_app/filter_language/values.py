"""Values as people and programs write them, by the kind of field: read, checked, and printed again."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from helicone_site.moments import read_moment
from requests_app.filter_language.errors import FilterError
from requests_app.filter_language.fields import Kind
from requests_app.filter_language.tree import Value

MAX_VALUE_CHARACTERS = 2000
# Statuses by class: the lowest and the highest. Those below zero ended without an HTTP status.
STATUS_CLASSES: dict[str, tuple[tuple[int, int], ...]] = {
    "success": ((200, 399),),
    "error": ((400, 2**15 - 1), (-(2**15), -1)),
    "cancelled": ((-3, -3),),
    **{f"{n}xx": ((n * 100, n * 100 + 99),) for n in range(1, 6)},
}
FEEDBACK_WORDS = ("up", "down", "none")
_FLAG_WORDS = {"true": True, "false": False, "yes": True, "no": False}
_NUMBER = re.compile(r"[+-]?(\d{1,20}(\.\d{0,30})?|\.\d{1,30})(e[+-]?\d{1,2})?", re.IGNORECASE | re.ASCII)
# Within these bounds decimal arithmetic, of 28 digits, is exact.
_LARGEST = Decimal(10) ** 15
_SMALLEST_STEP = Decimal("1e-12")
_MS_PER_UNIT = {"ms": 1, "s": 1000, "m": 60_000, "min": 60_000, "h": 3_600_000}
_DURATION = re.compile(r"(?P<number>.*?)(?P<unit>ms|s|min|m|h|)", re.IGNORECASE)


def read_value(kind: Kind, text: str, *, bare_duration_is_ms: bool = False) -> Value:
    """Returns the value of a field of `kind` that `text` stands for. Raises FilterError.

    A duration in the text form says its unit, lest seconds be taken for milliseconds.
    """
    checked_text(text)
    match kind:
        case Kind.TEXT:
            return text
        case Kind.NUMBER:
            return read_number(text)
        case Kind.COST:
            return read_number(text.removeprefix("$"))
        case Kind.DURATION:
            return _read_duration(text, bare_is_ms=bare_duration_is_ms)
        case Kind.TIME:
            return read_time(text)
        case Kind.FLAG:
            return _one_of(text, _FLAG_WORDS, "true or false")
        case Kind.STATUS:
            return _read_status(text)
        case Kind.FEEDBACK:
            return _one_of(text, {word: word for word in FEEDBACK_WORDS}, "up, down or none")
        case Kind.ID:
            return _read_id(text)


def print_value(kind: Kind, value: Value) -> str:
    """Returns the text from which `read_value` makes `value`."""
    match value:
        case datetime():
            moment = value.astimezone(UTC)
            is_midnight = (moment.hour, moment.minute, moment.second, moment.microsecond) == (0, 0, 0, 0)
            return f"{moment:%Y-%m-%d}" if is_midnight and moment.year >= 1000 else _iso(moment)
        case bool():
            return "true" if value else "false"
        case Decimal():
            return _print_duration(value) if kind is Kind.DURATION else print_number(value)
    return str(value)


def checked_text(text: str) -> str:
    """Returns `text`. Raises FilterError when no stored text can be like it, and the database would refuse it."""
    if len(text) > MAX_VALUE_CHARACTERS:
        raise FilterError(f"A value has at most {MAX_VALUE_CHARACTERS} characters.")
    if "\x00" in text:
        raise FilterError("Null characters are not allowed.")
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        raise FilterError("This is not valid Unicode.")
    return text


def checked_pattern(pattern: str) -> str:
    """Returns `pattern`. Raises FilterError unless it is one of SQL's LIKE."""
    backslashes = len(pattern) - len(pattern.rstrip("\\"))
    if backslashes % 2:
        raise FilterError(r"The pattern ends with a single \, which takes the next character as it is.")
    return checked_text(pattern)


def escaped(text: str) -> str:
    """Returns the LIKE pattern of `text` itself."""
    return re.sub(r"([%_\\])", r"\\\1", text)


def read_number(text: str) -> Decimal:
    """Returns the number in `text`, rounded to twelve decimals. Raises FilterError, also beyond ±10¹⁵."""
    if not _NUMBER.fullmatch(text):
        raise FilterError(f"{text!r} is not a number.")
    return _bounded(Decimal(text))


def read_time(text: str) -> datetime:
    """Returns the moment in `text` (ISO 8601; UTC unless it says otherwise). Raises FilterError."""
    try:
        return read_moment(text)
    except ValueError as error:
        raise FilterError(str(error)) from error


def print_number(number: Decimal) -> str:
    """Returns `number` without exponent and needless zeros."""
    plain = f"{number:f}"
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def _read_duration(text: str, *, bare_is_ms: bool) -> Decimal:
    found = _DURATION.fullmatch(text)
    if found is None:
        raise FilterError(f"{text!r} is not a duration such as 2s or 500ms.")
    number, unit = found["number"], found["unit"].lower()
    if not unit and not bare_is_ms:
        raise FilterError(f"Say the unit of {text!r}: 2s, 500ms or 1m.")
    return _bounded(read_number(number) * _MS_PER_UNIT[unit or "ms"])


def _bounded(number: Decimal) -> Decimal:
    if abs(number) > _LARGEST:
        raise FilterError(f"{number} is too large a number.")
    return number.quantize(_SMALLEST_STEP)


def _print_duration(milliseconds: Decimal) -> str:
    if milliseconds and milliseconds % 1000 == 0:
        return print_number(milliseconds / 1000) + "s"
    return print_number(milliseconds) + "ms"


def _read_status(text: str) -> Value:
    if (lower := text.lower()) in STATUS_CLASSES:
        return lower
    if not re.fullmatch(r"-?\d{1,3}", text, re.ASCII):
        known = ", ".join(STATUS_CLASSES)
        raise FilterError(f"{text!r} is not a status: give a number, or one of {known}.")
    return Decimal(text)


def _read_id(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError as error:
        raise FilterError(f"{text!r} is not an id such as 019a3f2e-0000-7000-8000-000000000000.") from error


def _one_of(text: str, words: dict[str, Value] | dict[str, bool] | dict[str, str], known: str) -> Value:
    try:
        return words[text.lower()]
    except KeyError as error:
        raise FilterError(f"{text!r} is not one of {known}.") from error


def _iso(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
