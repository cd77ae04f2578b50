"""The colours of a chart's series: a name keeps its own from page to page."""

from collections.abc import Sequence
from zlib import crc32

TOP = 7  # as many names have a colour of their own; the eighth colour is for all others
OTHER_COLOUR = "s8"


def colours_of(names: Sequence[str], *, has_other: bool = False) -> list[str]:
    """Returns a colour for each of at most `TOP` names, by a hash of it; with `has_other` the last one is grey.

    Where two names want the same colour, the one that comes later takes the next one that is free.
    """
    taken: list[int] = []
    for name in names[:-1] if has_other else names:
        wanted = crc32(name.encode()) % TOP
        free = (n % TOP for n in range(wanted, wanted + TOP) if n % TOP not in taken)
        taken.append(next(free))
    colours = [f"s{n + 1}" for n in taken]
    return [*colours, OTHER_COLOUR] if has_other else colours
