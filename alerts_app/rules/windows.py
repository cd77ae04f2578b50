"""Which windows of time are looked at. Pure: no queries.

A window ends now where late requests can only make it worse: a sum that is too high. Any other window ends `LATE`
earlier. Slow requests are logged when they end and count for when they began: a rate, a percentile, or a count that is
too low, would be of the fast ones alone. So nothing begins or ends because the rest comes later.
"""

from datetime import UTC, datetime, timedelta

from alerts_app.rules.quantities import quantity_of
from alerts_app.rules.rule import Watched

LATE = timedelta(seconds=30)
# Windows that begin and end with these are in the sums as they are.
_STEPS = (timedelta(hours=1), timedelta(minutes=15), timedelta(minutes=1))
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def window_end(watched: Watched, at: datetime) -> datetime:
    """Returns the end of the window that is judged at `at`."""
    measure = quantity_of(watched).measure
    only_grows = watched.is_above and measure is not None and measure.adds_up
    return at if only_grows else at - LATE


def edges_before(watched: Watched, end: datetime, windows: int) -> list[datetime]:
    """Returns the edges of so many windows, one after the other, the last of which ends at `end`."""
    return [end - watched.window * back for back in range(windows, -1, -1)]


def even_end(watched: Watched, now: datetime) -> datetime:
    """Returns the latest end of a window, not after `now`, that makes windows which are quick to add up."""
    step = next((step for step in _STEPS if not watched.window % step), timedelta(seconds=1))
    return now - (now - _EPOCH) % step
