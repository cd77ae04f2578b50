"""Reads of sessions."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import F, QuerySet

from helicone_site.time_limit import at_most_ms
from requests_app import paging
from requests_app.filters import RequestFilter
from requests_app.queries import Count, RequestPage, list_requests
from sessions_app.filters import SessionFilter
from sessions_app.models import Session

DEFAULT_LIMIT = 50
MAX_LIMIT = 1000
# Counting stops here: beyond it "more than" is all that anybody reads.
COUNTED_AT_MOST = 10_000
MAX_TAGS = 1000
# Whoever waits longer than this would rather look for something else.
LONGEST_MS = 8_000
SORTS = {
    "created_at": F("first_at"),
    "last_active_at": F("last_at"),
    "name": F("name"),
    "duration_ms": F("duration_ms"),
    "requests": F("requests"),
    "cost": F("cost_nanodollars"),
    "total_tokens": F("tokens"),
    "errors": F("errors"),
}


class SessionNotFound(Exception):
    """The organization has no such session."""


SessionPage = paging.Slice[Session]


def sessions_of(organization_id: int) -> QuerySet[Session]:
    """Returns the sessions of one organization: the only way in to them."""
    # What paging calls the columns that break ties.
    return Session.objects.filter(organization_id=organization_id).alias(
        created_at=F("first_at"), id=F("key")
    )


def get_session(*, organization_id: int, session_id: str) -> Session:
    """Returns the session. Raises SessionNotFound."""
    found = (
        None if "\x00" in session_id else sessions_of(organization_id).filter(session_id=session_id).first()
    )
    if found is None:
        raise SessionNotFound(session_id)
    return found


def list_sessions(
    *,
    organization_id: int,
    filters: SessionFilter,
    sort: str | None = None,
    cursor: str | None = None,
    limit: int = DEFAULT_LIMIT,
) -> SessionPage:
    """Returns one page. `filters` must be valid. Raises paging.BadCursor, paging.BadSort, FilterError, TooSlow."""
    by = paging.Sort.parse(sort, SORTS)

    def position(row: Session) -> tuple[paging.SortValue, datetime, UUID]:
        return _sort_value(row, by.name), row.first_at, row.key

    with at_most_ms(LONGEST_MS):
        return paging.page(
            filters.narrow(sessions_of(organization_id), organization_id=organization_id),
            sort=by,
            cursor_text=cursor,
            limit=max(1, min(limit, MAX_LIMIT)),
            fetch=list,
            position=position,
        )


@dataclass(frozen=True, slots=True)
class SessionDetail:
    """A session and a page of its requests, oldest first."""

    session: Session
    steps: RequestPage


def session_with_requests(
    *, organization_id: int, session_id: str, cursor: str | None, limit: int
) -> SessionDetail:
    """Returns the session and one page of its requests. Raises SessionNotFound, paging.BadCursor."""
    session = get_session(organization_id=organization_id, session_id=session_id)
    until = session.last_at + timedelta(microseconds=1)
    of_session = {"session_id": session_id, "start": session.first_at.isoformat(), "end": until.isoformat()}
    page = list_requests(
        organization_id=organization_id,
        filters=RequestFilter(of_session),
        sort="created_at",
        cursor=cursor,
        limit=limit,
    )
    return SessionDetail(session, page)


def has_any_session(organization_id: int) -> bool:
    """Returns whether the organization ever logged a session that is still kept."""
    return sessions_of(organization_id).exists()


def count_sessions(*, organization_id: int, filters: SessionFilter, page: SessionPage | None = None) -> Count:
    """Returns how many sessions match, counting no further than `COUNTED_AT_MOST`. Raises FilterError, TooSlow.

    `page` is one of them, if it is known.
    """
    if page is not None and page.next_cursor is None and page.previous_cursor is None:
        return Count(len(page.rows), exact=True)
    matching = filters.narrow(sessions_of(organization_id), organization_id=organization_id)
    with at_most_ms(LONGEST_MS):
        counted = matching.values("key")[: COUNTED_AT_MOST + 1].count()  # every index has it
    return Count(min(counted, COUNTED_AT_MOST), exact=counted <= COUNTED_AT_MOST)


def _sort_value(row: Session, name: str) -> paging.SortValue:
    match name:
        case "last_active_at":
            return row.last_at.isoformat()
        case "cost":
            return row.cost_nanodollars
        case "total_tokens":
            return row.tokens
        case "created_at":
            return None
    value: paging.SortValue = getattr(row, name)
    return value


def tags_of(organization_id: int) -> list[str]:
    """Returns the tags that sessions have, in order; at most `MAX_TAGS`."""
    tagged = sessions_of(organization_id).exclude(tag="")
    return list(tagged.order_by("tag").values_list("tag", flat=True).distinct()[:MAX_TAGS])
