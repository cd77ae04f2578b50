"""How values spread, and how many different ones were seen, in forms that PostgreSQL adds up by itself.

A histogram is one number: 12 decimal digits for each bin, so that the sum of histograms is the sum of the numbers,
and a bin counts to a million million. Bins grow by 2 % (DDSketch: Masson, Rim, Lee, VLDB 2019), which makes a quantile
wrong by at most 1 %.

Who was seen is a bit string: 512 bitmaps of 24 bits (Flajolet and Martin, 1985: probabilistic counting with stochastic
averaging). A name's hash chooses a bitmap and, the next bit half as often as the one before, a bit of it; so the union
is the bitwise or. How many names they were is the number that makes these bits the most likely. Its standard error is
0.65/√512 = 2.9 % (Pettie and Wang, 2021: what such a sketch tells at best), and less for fewer than 3,000.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import accumulate
from math import ceil, expm1

GROWTH = 1.02
RELATIVE_ERROR = (GROWTH - 1) / (GROWTH + 1)
_DIGITS = 12
BITMAPS, _BITS = 512, 24
STANDARD_ERROR = 0.65 / BITMAPS**0.5
# How probably a name sets the bit at a place of its bitmap, and that bitmap it is. The last bit takes what is left.
_CHANCES = [0.5 ** min(place + 1, _BITS - 1) / BITMAPS for place in range(_BITS)]
_STEPS, _CLOSE = 40, 0.01  # each step doubles what is too few by far


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
    set_bits = [seen[place::_BITS].count("1") for place in range(_BITS)]
    unset = sum((BITMAPS - count) * chance for count, chance in zip(set_bits, _CHANCES, strict=True))
    # Of n names a bit is unset with the probability exp(-n × chance). The derivative of the logarithm of how likely
    # these bits are falls and is convex: Newton's method finds where it is 0 from below. A name sets one bit at most.
    names = float(sum(set_bits))
    for _ in range(_STEPS):
        slope, bend = -unset, 0.0
        for count, chance in zip(set_bits, _CHANCES, strict=True):
            likely = -expm1(-names * chance)
            part = count * chance * (1 - likely) / likely
            slope += part
            bend += part * chance / likely
        names += slope / bend
        if slope < _CLOSE * bend:
            break
    return round(names)
