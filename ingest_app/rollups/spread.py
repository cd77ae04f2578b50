"""How values spread, and how many different ones were seen, in forms that PostgreSQL adds up by itself.

A histogram is one number: 12 decimal digits for each bin, so that the sum of histograms is the sum of the numbers,
and a bin counts to a million million. Bins grow by 2 % (DDSketch: Masson, Rim, Lee, VLDB 2019), which makes a quantile
wrong by at most 1 %.

Who was seen is a bit string: 512 bitmaps of 24 bits (Flajolet and Martin, 1985: probabilistic counting with stochastic
averaging). A name's hash chooses a bitmap and, the next bit half as often as the one before, a bit of it; so the union
is the bitwise or. The standard error is 0.78/√512 = 3.4 %.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import accumulate
from math import ceil, log

GROWTH = 1.02
RELATIVE_ERROR = (GROWTH - 1) / (GROWTH + 1)
_DIGITS = 12
BITMAPS, _BITS = 512, 24
STANDARD_ERROR = 0.78 / BITMAPS**0.5
_PHI = 0.77351  # of the paper: corrects the expectation
_FEW = 2.5 * BITMAPS


def bin_sql(column: str) -> str:
    """Returns the SQL of the bin for a column of whole numbers: 0 for 0, NULL for NULL."""
    above = f"1 + ceil(ln({column}::double precision) / ln({GROWTH}::double precision))::integer"
    return f"CASE WHEN {column} > 0 THEN {above} WHEN {column} <= 0 THEN 0 END"


def place_sql(column: str) -> str:
    """Returns the SQL of the place of the bit that a column of text sets, NULL for ''."""
    hashed = f"hashtextextended({column}, 0)"
    # How many bits are not set below the lowest one that is, of those beyond the ones that choose the bitmap.
    unset = f"{_BITS - 1} - length(rtrim((({hashed} >> 9) & {2 ** (_BITS - 1) - 1})::bit({_BITS - 1})::text, '0'))"
    place = f"({hashed} & {BITMAPS - 1})::integer * {_BITS} + {unset}"
    return f"CASE WHEN {column} <> '' THEN {place} END"


def counts(histogram: str) -> list[tuple[int, int]]:
    """Returns the bins of a histogram, in decimal digits, that are not empty, in order, with their counts."""
    found = []
    for number, end in enumerate(range(len(histogram), 0, -_DIGITS)):
        count = int(histogram[max(end - _DIGITS, 0) : end])
        if count:
            found.append((number, count))
    return found


def value_of(number: int) -> float:
    """Returns the value that stands for all of a bin: none of them is further from it than `RELATIVE_ERROR`."""
    return 0 if number == 0 else 2 * GROWTH ** (number - 1) / (GROWTH + 1)


def quantiles(bins: Sequence[tuple[int, int]], shares: Iterable[float]) -> list[float | None]:
    """Returns for each share (0 to 1) the value that so many are not above; None when there is none at all.

    That is the value of rank ⌈share × n⌉, in the unit of what was counted.
    """
    sums = list(accumulate(count for _, count in bins))
    if not sums:
        return [None for _ in shares]
    return [value_of(bins[bisect_left(sums, max(1, ceil(share * sums[-1])))][0]) for share in shares]


def distinct(seen: str | None) -> int:
    """Returns about how many different names set the bits of `seen`."""
    if not seen or "1" not in seen:
        return 0
    maps = [seen[start : start + _BITS] for start in range(0, len(seen), _BITS)]
    empty = sum("1" not in one for one in maps)
    # Few names leave bitmaps empty, and how many tells better (linear counting: Whang et al., 1990).
    linear = BITMAPS * log(BITMAPS / empty) if empty else _FEW + 1
    if linear <= _FEW:
        return round(linear)
    lowest_unset = sum(one.find("0") if "0" in one else _BITS for one in maps)
    return round(BITMAPS / _PHI * 2 ** (lowest_unset / BITMAPS))
