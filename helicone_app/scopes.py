"""Which requests are added up: as the pages of metrics have it, but every row counts, as Helicone's figures do."""

from datetime import UTC, datetime, timedelta, tzinfo

from metrics_app.scope import Scope, first_at, scope_between
from requests_app import time_bars
from requests_app.filter_language.tree import EVERYTHING, Node

# Of a period both ends count.
_END_COUNTS = timedelta(microseconds=1)


def scope_asked(
    organization_id: int,
    tree: Node | None = None,
    *,
    start: datetime | None = None,
    end: datetime | None = None,
    zone: tzinfo = UTC,
) -> Scope:
    """Returns the requests from `start` to `end`, both included, None: as far as there are any. Raises FilterError."""
    end = (end or time_bars.LAST) + _END_COUNTS
    first = first_at(organization_id)
    # What is before the first request need not be looked at.
    if first is not None and first < end and (start is None or start < first):
        start = first
    return scope_between(
        organization_id=organization_id,
        tree=tree or EVERYTHING,
        start=start or end - timedelta(days=1),
        end=end,
        zone=zone,
    )
