"""How numbers are written for people: the one place. Exact values belong in a tooltip beside them."""

from datetime import datetime, timedelta
from decimal import Decimal
from math import floor
from typing import overload

NOTHING = "–"
NANO = Decimal(10) ** -9


def money(nanodollars: int | None) -> str:
    """Returns an amount in dollars from `nanodollars`: `$0.00031`, `$0.0725`, `$12.40`, `$1,204`; `–` for None.

    Two significant digits below a cent, four decimals below a dollar, cents above; never rounds to zero.
    """
    if nanodollars is None:
        return NOTHING
    if nanodollars == 0:
        return "$0"
    sign = "-" if nanodollars < 0 else ""
    dollars = abs(nanodollars) * NANO
    if dollars < Decimal("0.01"):
        places = -dollars.adjusted() + 1  # two significant digits
        text = f"{dollars:.{places}f}".rstrip("0")
    elif dollars < 1:
        text = f"{dollars:.4f}"
        text = text[:-2] if text.endswith("00") else text
    elif dollars < 1000:
        text = f"{dollars:.2f}"
    else:
        text = f"{dollars:,.0f}"
    return f"{sign}${text}"


def money_exact(nanodollars: int | None) -> str:
    """Returns every digit: `$0.000310500`, without trailing zeros; says so when the price is unknown."""
    if nanodollars is None:
        return "The price of this model is unknown"
    text = f"{nanodollars * NANO:,.9f}"
    whole, _, fraction = text.partition(".")
    fraction = fraction.rstrip("0")
    return f"${whole}.{fraction}" if fraction else f"${whole}"


@overload
def usd(nanodollars: float) -> float: ...
@overload
def usd(nanodollars: None) -> None: ...
def usd(nanodollars: float | None) -> float | None:
    """Returns an amount in US dollars, as programs get it; None for None."""
    return None if nanodollars is None else nanodollars / 1e9


def usd_rate(usd: Decimal) -> str:
    """Returns a price such as `$0.15` or `$2.50` without useless zeros beyond cents."""
    text = f"{usd.normalize():f}"
    whole, _, fraction = text.partition(".")
    return f"${int(whole):,}.{fraction.ljust(2, '0')}"


def duration(milliseconds: int | float | None) -> str:
    """Returns `0 ms`, `840 ms`, `1.42 s`, `21.4 s`, `2 m 05 s`, `3 h 07 m` from `milliseconds`; `–` for None."""
    if milliseconds is None:
        return NOTHING
    if round(milliseconds) < 1000:
        return f"{round(milliseconds)} ms"
    seconds = milliseconds / 1000
    if seconds < 9.995:
        return f"{seconds:.2f} s"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} m {rest:02d} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} m"


def count(value: int | None) -> str:
    """Returns an exact count with separators: `1,204`; `–` for None."""
    return NOTHING if value is None else f"{value:,}"


def count_short(value: int | None) -> str:
    """Returns `1,204` below ten thousand, then `12.4 k`, `3.1 M`, `2.0 G`; `–` for None."""
    if value is None or abs(value) < 10_000:
        return count(value)
    scaled = float(value)
    for unit in ("k", "M"):
        scaled /= 1000
        if abs(scaled) < 999.95:
            return f"{scaled:.1f} {unit}"
    return f"{scaled / 1000:.1f} G"


def number(value: float | None) -> str:
    """Returns a number that may have a fraction: `0.25`, `12.5`, `1,204`, `12.4 k`; `–` for None."""
    if value is None or value == round(value) or abs(value) >= 100:
        return count_short(None if value is None else round(value))
    return _without_zeros(f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}")


def percent(value: float | None) -> str:
    """Returns a share from 0 to 100: `0.94 %`, `12.4 %`, `100 %`; `< 0.01 %` rather than nothing; `–` for None."""
    if value is None:
        return NOTHING
    if 0 < value < 0.005:
        return "< 0.01 %"
    return f"{_without_zeros(f'{value:.1f}' if value >= 9.995 else f'{value:.2f}')} %"


def availability(value: float | None) -> str:
    """Returns a share from 0 to 100, rounded down so that only all of it is all: `99.97 %`, `100 %`; `–` for None."""
    return NOTHING if value is None else f"{_without_zeros(f'{floor(round(value * 100, 6)) / 100:.2f}')} %"


def token_rate(tokens_per_second: float | None) -> str:
    """Returns a speed: `4.25 tok/s`, `48.2 tok/s`, `1,204 tok/s`; `–` for None."""
    return NOTHING if tokens_per_second is None else f"{number(tokens_per_second)} tok/s"


def size(byte_count: int | None) -> str:
    """Returns `312 B`, `4.2 kB`, `5.0 MB` (powers of ten) from a number of bytes; `–` for None."""
    if byte_count is None:
        return NOTHING
    if byte_count < 1000:
        return f"{byte_count} B"
    scaled = float(byte_count)
    for unit in ("kB", "MB"):
        scaled /= 1000
        if scaled < 999.95:
            return f"{scaled:.1f} {unit}"
    return f"{scaled / 1000:.1f} GB"


def time_short(moment: datetime, now: datetime) -> str:
    """Returns the clock for today, else the day too; both in `moment`'s zone: `12:04:31`, `Nov 23, 12:04`."""
    now = now.astimezone(moment.tzinfo)
    if moment.date() == now.date():
        return f"{moment:%H:%M:%S}"
    if moment.year == now.year:
        return f"{moment:%b} {moment.day}, {moment:%H:%M}"
    return f"{moment:%b} {moment.day}, {moment.year}"


def time_exact(moment: datetime) -> str:
    """Returns `2026-11-24 21:32:04.120 CET`, in `moment`'s zone, to the millisecond."""
    return f"{moment:%Y-%m-%d %H:%M:%S}.{moment.microsecond // 1000:03d} {moment:%Z}".rstrip()


def time_ago(moment: datetime, now: datetime) -> str:
    """Returns how long ago `moment` was, in its largest unit: `just now`, `5 minutes ago`, `3 days ago`."""
    past = now - moment
    for unit, length in (
        ("day", timedelta(days=1)),
        ("hour", timedelta(hours=1)),
        ("minute", timedelta(minutes=1)),
    ):
        number = past // length
        if number >= 1:
            return f"{number} {unit}{'' if number == 1 else 's'} ago"
    return "just now"


def _without_zeros(text: str) -> str:
    return text.rstrip("0").rstrip(".")
