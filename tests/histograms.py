"""Histograms worked out in plain Python: what `/v1/…/metrics` must answer."""

from collections.abc import Sequence
from itertools import groupby, pairwise

Bin = tuple[float, float, int]


def binned(values: Sequence[float], *, lower: float = 0, upper: float = 1) -> list[Bin]:
    """Returns (from, to, how many) of the values between two shares of them, in at most ten bins."""
    least, most = percentile(values, lower), percentile(values, upper)
    kept = sorted(value for value in values if least <= value <= most)
    if len(set(kept)) <= 10:
        groups = [list(group) for _, group in groupby(kept)]
    else:
        width = (kept[-1] - kept[0]) / 10
        groups = [list(group) for _, group in groupby(kept, lambda value: min((value - kept[0]) // width, 9))]
    borders = [kept[0], *((one[-1] + after[0]) / 2 for one, after in pairwise(groups)), kept[-1]]
    return [(a, b, len(group)) for (a, b), group in zip(pairwise(borders), groups, strict=True)]


def percentile(values: Sequence[float], share: float) -> float:
    """Returns the value that `share` of them do not exceed, between two of them where it lies there."""
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)
