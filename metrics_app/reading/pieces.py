"""Which stretches of a period sums can tell, and which only rows. Pure: no queries."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from ingest_app.rollups import day_of

# How long what the sums are of is, the longest first.
GRAINS = {"d": timedelta(days=1), "h": timedelta(hours=1), "q": timedelta(minutes=15)}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Pieces:
    """A period in pieces that do not overlap: beginnings of buckets by their grain, and stretches of anything else.

    No bucket lies in two bars.
    """

    buckets: dict[str, list[datetime]] = field(default_factory=dict)
    stretches: list[tuple[datetime, datetime]] = field(default_factory=list)


def pieces(
    edges: Sequence[datetime],
    *,
    folded_until: datetime | None,
    stale: Collection[date],
    grains: str = "dhq",
) -> Pieces:
    """Returns the pieces of the bars between `edges`.

    Sums hold all rows from before `folded_until` (None: of no time at all) but for the days that are `stale`, by these
    `grains`, the longest first.
    """
    found = Pieces()
    folded = folded_until or edges[0]
    for start, end in pairwise(edges):
        at = start
        while at < end:
            if at >= folded or day_of(at) in stale:
                until = min(end, end if at >= folded else _next(at, GRAINS["d"]))
                _add(found.stretches, at, until)
                at = until
                continue
            for grain in grains:
                # What sums hold of a bucket that is not folded in to its end came before that moment.
                bucket_end = min(_next(at, GRAINS[grain]), folded)
                if (at - _EPOCH) % GRAINS[grain] == timedelta() and bucket_end <= end:
                    found.buckets.setdefault(grain, []).append(at)
                    at = bucket_end
                    break
            else:
                until = min(_next(at, GRAINS[grains[-1]]), end)
                _add(found.stretches, at, until)
                at = until
    return found


def _next(at: datetime, length: timedelta) -> datetime:
    """Returns the end of the bucket that `at` lies in."""
    return at + length - (at - _EPOCH) % length


def _add(stretches: list[tuple[datetime, datetime]], start: datetime, end: datetime) -> None:
    if stretches and stretches[-1][1] == start:
        start, _ = stretches.pop()
    stretches.append((start, end))
