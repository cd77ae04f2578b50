"""What is done to many requests at once: those that were ticked, or all that match."""

import time
from collections.abc import Iterable
from uuid import UUID

from django.db import transaction

from requests_app.actions import set_property
from requests_app.filters import RequestFilter
from requests_app.queries import RequestNotFound, list_requests, requests_of

# Each is an UPDATE of its own, and they are done while somebody waits.
AT_MOST = 1_000
# Nor does anybody wait longer than this for the bodies of all candidates of a search to be read.
LONGEST_S = 20


class TooMany(Exception):
    """More requests than may be changed at once, or than are found while one waits."""


def ids_matching(*, organization_id: int, filters: RequestFilter) -> list[UUID]:
    """Returns the ids of all requests that match. Raises TooMany, FilterError."""
    if filters.searches:
        return _found_by_search(organization_id, filters)
    matching = filters.narrow(requests_of(organization_id), organization_id=organization_id)
    found = list(matching.order_by("-created_at", "-id").values_list("id", flat=True)[: AT_MOST + 1])
    _check(len(found))
    return found


def add_property(*, organization_id: int, ids: Iterable[UUID], name: str, value: str) -> int:
    """Give the requests a property, all or none. Returns how many there were; those deleted meanwhile are left out.

    Raises TooMany, actions.BadAnnotation.
    """
    wanted = list(dict.fromkeys(ids))
    _check(len(wanted))
    done = 0
    with transaction.atomic():
        for id in wanted:
            try:
                set_property(organization_id=organization_id, id=id, name=name, value=value)
            except RequestNotFound:
                continue
            done += 1
    return done


def _found_by_search(organization_id: int, filters: RequestFilter) -> list[UUID]:
    """Reads page by page, since what an index of words says may hold it is not yet found."""
    found: list[UUID] = []
    cursor: str | None = None
    started_s = time.monotonic()
    while time.monotonic() - started_s < LONGEST_S:
        page = list_requests(organization_id=organization_id, filters=filters, cursor=cursor, limit=AT_MOST)
        found += [row.id for row in page.rows]
        _check(len(found))
        cursor = page.next_cursor
        if cursor is None:
            return found
    raise TooMany("Too many bodies have these words to find all that match in time: narrow the filter.")


def _check(number: int) -> None:
    if number > AT_MOST:
        raise TooMany(f"At most {AT_MOST:,} requests are changed at once: narrow the filter.")
