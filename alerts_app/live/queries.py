"""What the Live page begins with."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from django.http import QueryDict
from redis.exceptions import RedisError

from accounts_app.models import Organization
from alerts_app.live.wanted import Wanted
from helicone_site.redis_client import sync_client
from ingest_app.live import last_id, note_watched
from requests_app.filters import FilterError, RequestFilter
from requests_app.queries import RequestRow, list_requests

log = structlog.get_logger(__name__)

FIRST_ROWS = 50


@dataclass(frozen=True, slots=True)
class Start:
    """The latest rows, and the place in the stream from which all that is newer can be had.

    `problem` says why nothing can be watched, where that is so.
    """

    rows: Sequence[RequestRow]
    last_event_id: str = ""
    problem: str = ""


NO_START = Start([])


def start_of(organization: Organization, query: QueryDict) -> Start:
    """Returns the beginning for the filter in `query`, which must be valid."""
    try:
        Wanted.read(query)
        # Before the rows are read: what is committed after that is in the stream, what was before is among them.
        last_event_id = _place(organization.pk)
        page = list_requests(organization_id=organization.pk, filters=RequestFilter(query), limit=FIRST_ROWS)
    except FilterError as error:
        return Start([], problem=str(error))
    return Start(page.rows, last_event_id)


def _place(organization_id: int) -> str:
    pipeline: Any = sync_client().pipeline(transaction=False)
    note_watched(pipeline, organization_id)
    try:
        return last_id(pipeline.execute())
    except RedisError as error:
        log.warning("page of live requests without a place in the stream", error=str(error))
        return ""
