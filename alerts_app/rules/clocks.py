"""What a judgement may believe after the clock jumped, or after nobody judged for a while. Pure.

A clock that is set forward shows empty windows, and one that is set back shows windows that were judged before.
A worker that stood still has a stream full of requests that are not stored yet.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from alerts_app.rules.models import Alert

# Between two judgements, in the longest case. Beyond it a plan was made by a clock that was wrong.
LONGEST_WAIT = timedelta(minutes=5)
MOST_BEHIND = LONGEST_WAIT + timedelta(minutes=1)
# Later than planned by so much, nobody knows what happened meanwhile.
_GAP = timedelta(minutes=5)
# However long the window is: what is missing then is a small part of it.
_LONGEST_DISTRUST = timedelta(hours=1)


class Trust(NamedTuple):
    """From when on it proves something that requests were seen, and that none were; None: all the time."""

    presence_from: datetime | None
    absence_from: datetime | None

    def presence(self, at: datetime) -> bool:
        """Returns whether requests that were seen at `at` prove something."""
        return self.presence_from is None or at >= self.presence_from

    def absence(self, at: datetime) -> bool:
        """Returns whether requests that were missing at `at` prove something."""
        return self.absence_from is None or at >= self.absence_from


def trust(alert: Alert, at: datetime) -> Trust | None:
    """Returns what a judgement at `at` may believe; None when it is to be left out.

    A clock that goes back a little is waited for. One that stays behind is believed after as long as the window.
    """
    known = Trust(alert.presence_trusted_from, alert.absence_trusted_from)
    if alert.last_judged_at is None:
        return known
    distrusted_until = at + min(alert.window, _LONGEST_DISTRUST)
    if at <= alert.last_judged_at:
        is_jump = alert.last_judged_at - at > MOST_BEHIND
        return Trust(distrusted_until, distrusted_until) if is_jump else None
    planned = min(alert.next_judged_at or alert.last_judged_at, alert.last_judged_at + LONGEST_WAIT)
    if at - planned > _GAP:
        return Trust(known.presence_from, distrusted_until)
    return known
