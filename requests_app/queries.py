"""Reads of logged requests. Rows come as plain tuples: lists are a hot path, and nobody here writes them back."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

import msgspec
from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet
from django.db.models import Count as CountOf

from accounts_app.models import ApiKey
from ingest_app.bodies import Bodies, BodyKey, body_store
from ingest_app.events import COUNTS, Usage, uuid7_ms
from ingest_app.models import Price
from ingest_app.pricing import CostLine, cost_lines
from requests_app import paging
from requests_app.filters import RequestFilter
from requests_app.models import Request
from requests_app.search.pages import Rows, found_page
from requests_app.search.snippets import Snippet

DEFAULT_LIMIT = 50
MAX_LIMIT = 1000
# Counting stops here: beyond it "more than" is all that anybody reads.
COUNTED_AT_MOST = 10_000


class RequestNotFound(Exception):
    """The organization has no such request."""


class RequestRow(NamedTuple):
    """One row of the list; the fields are the columns of `request`, and the preview of its body."""

    organization_id: int
    created_at: datetime
    id: UUID
    request_id: str
    api_key_id: int | None
    provider: str
    model: str
    request_model: str
    response_model: str
    path: str
    target_url: str
    status: int
    error: str
    is_stream: bool
    latency_ms: int
    time_to_first_token_ms: int | None
    prompt_tokens: int | None
    completion_tokens: int | None
    cache_read_tokens: int | None
    cache_read_audio_tokens: int | None
    cache_read_image_tokens: int | None
    cache_write_tokens: int | None
    cache_write_1h_tokens: int | None
    reasoning_tokens: int | None
    prompt_audio_tokens: int | None
    prompt_image_tokens: int | None
    completion_audio_tokens: int | None
    completion_image_tokens: int | None
    prompt_audio_seconds: int | None
    usage_is_estimated: bool
    cost_nanodollars: int | None
    price_id: int | None
    user_id: str
    session_id: str
    session_path: str
    session_name: str
    properties: dict[str, str]
    request_bytes: int
    response_bytes: int
    request_is_cut: bool
    response_is_cut: bool
    referrer: str
    kind: str
    span_name: str
    trace_id: str
    span_id: str
    parent_span_id: str
    feedback: int | None
    scores: dict[str, float]
    preview: str = ""
    snippet: Snippet | None = None  # where a search of bodies found something

    @property
    def total_tokens(self) -> int | None:
        """Returns all tokens in and out, None when the provider reported none."""
        if self.prompt_tokens is None or self.completion_tokens is None:
            return None
        return self.prompt_tokens + self.completion_tokens

    @property
    def key(self) -> BodyKey:
        """Returns where the bodies are."""
        return BodyKey(self.organization_id, self.created_at, self.id)


COLUMNS = RequestRow._fields[:-2]  # all but the preview and the snippet


RequestPage = paging.Slice[RequestRow]


@dataclass(frozen=True, slots=True)
class Count:
    """How many rows; when not `exact`, at least that many."""

    value: int
    exact: bool


@dataclass(frozen=True, slots=True)
class RequestDetail:
    """A request with its bodies and its bill. A body is None when it was omitted or is no longer kept."""

    row: RequestRow
    api_key_name: str
    request_body: bytes | None
    response_body: bytes | None
    request_omitted: bool
    response_omitted: bool
    cost_lines: list[CostLine]
    price_source: str | None


def requests_of(organization_id: int) -> QuerySet[Request]:
    """Returns the rows of one organization: the only way in to them."""
    return Request.objects.filter(organization_id=organization_id)


def list_requests(
    *,
    organization_id: int,
    filters: RequestFilter,
    sort: str | None = None,
    cursor: str | None = None,
    limit: int = DEFAULT_LIMIT,
) -> RequestPage:
    """Returns one page with previews, and snippets where bodies were searched. `filters` must be valid.

    The page of a search may be short, or empty, and still have a cursor to go on.

    Raises paging.BadCursor, paging.BadSort, or FilterError for a search of bodies that cannot be done.
    """
    by = paging.Sort.parse(sort)

    def position(row: RequestRow) -> tuple[int | None, datetime, UUID]:
        return _sort_value(row, by.name), row.created_at, row.id

    limit = max(1, min(limit, MAX_LIMIT))
    rows = filters.narrow(requests_of(organization_id), organization_id=organization_id)
    if filters.searches:
        return found_page(
            filters.searches,
            Rows(rows, _fetch, position, lambda row, snippet: row._replace(snippet=snippet)),
            sort=by,
            cursor_text=cursor,
            limit=limit,
        )
    return paging.page(rows, sort=by, cursor_text=cursor, limit=limit, fetch=_fetch, position=position)


def has_any_request(organization_id: int) -> bool:
    """Returns whether anything was ever logged for the organization."""
    return requests_of(organization_id).exists()


def count_about(*, organization_id: int, filters: RequestFilter) -> Count:
    """Returns how many rows match, counting no further than `COUNTED_AT_MOST`. Raises FilterError.

    Of a search of bodies, how many may hold it.
    """
    if filters.searches and not filters.candidates(organization_id).are_few:
        return _count_walked(organization_id, filters)
    matching = filters.narrow(requests_of(organization_id), organization_id=organization_id).values("id")
    counted = matching[: COUNTED_AT_MOST + 1].count()
    return Count(min(counted, COUNTED_AT_MOST), exact=counted <= COUNTED_AT_MOST)


def _count_walked(organization_id: int, filters: RequestFilter) -> Count:
    """Returns how many of the newest rows may hold what is searched for: each has to be looked at."""
    rows = filters.narrow_but_searches(requests_of(organization_id), organization_id=organization_id)
    candidates = filters.candidates(organization_id).condition
    newest = rows.annotate(may_hold=ExpressionWrapper(candidates, output_field=BooleanField()))
    looked_at = newest.order_by("-created_at", "-id").values("may_hold")[: COUNTED_AT_MOST + 1]
    counts = looked_at.aggregate(all=CountOf("may_hold"), found=CountOf("may_hold", filter=Q(may_hold=True)))
    return Count(counts["found"], exact=counts["all"] <= COUNTED_AT_MOST)


def count_exactly(*, organization_id: int, filters: RequestFilter) -> int:
    """Returns how many rows match, however long that takes. Raises FilterError."""
    return filters.narrow(requests_of(organization_id), organization_id=organization_id).count()


def get_request(*, organization_id: int, id: UUID) -> RequestDetail:
    """Returns the request with our own id `id` (`Helicone-Id`). Raises RequestNotFound."""
    rows = requests_of(organization_id).filter(id=id)
    if (at_ms := uuid7_ms(id)) is not None:
        # The id tells its time, so one partition is looked at; all of them only for ids made elsewhere.
        moment = paging.EPOCH + timedelta(milliseconds=at_ms)
        found = _fetch(
            rows.filter(created_at__gte=moment, created_at__lt=moment + timedelta(milliseconds=1))[:1]
        )
    else:
        found = []
    found = found or _fetch(rows[:1])
    if not found:
        raise RequestNotFound(str(id))
    return _detail(found[0])


def requests_with_ids(*, organization_id: int, ids: Collection[UUID]) -> list[RequestRow]:
    """Returns those of the requests that there are, oldest first, with previews. All are held at once."""
    return _fetch(_with_ids(organization_id, ids).order_by("created_at", "id"))


def _with_ids(organization_id: int, ids: Collection[UUID]) -> QuerySet[Request]:
    times = {id: uuid7_ms(id) for id in ids}
    moments = [paging.EPOCH + timedelta(milliseconds=at_ms) for at_ms in times.values() if at_ms is not None]
    wanted = Q(id__in=[id for id, at_ms in times.items() if at_ms is None])
    if moments:
        # Ids tell their times, so only that stretch is looked at; everything for ids made elsewhere.
        since, until = min(moments), max(moments) + timedelta(milliseconds=1)
        wanted |= Q(id__in=list(times), created_at__gte=since, created_at__lt=until)
    return requests_of(organization_id).filter(wanted)


def requests_named(*, organization_id: int, names: Collection[str]) -> list[RequestRow]:
    """Returns the requests that their clients called so, or that have such ids of ours; of each name the newest.

    Newest first, without previews.
    """
    names = {name for name in names if "\x00" not in name}
    ids = {id for name in names if (id := _uuid(name)) is not None}
    found = {row.id: row for row in fetch_rows(_with_ids(organization_id, ids))}
    named = requests_of(organization_id).filter(request_id__in=names).order_by("created_at", "id")
    newest = {row.request_id: row for row in fetch_rows(named)}
    found |= {row.id: row for row in newest.values()}
    return sorted(found.values(), key=lambda row: (row.created_at, row.id), reverse=True)


def has_request(*, organization_id: int, id: UUID) -> bool:
    """Returns whether the request with our own id `id` is there."""
    return _with_ids(organization_id, [id]).exists()


def find_request(*, organization_id: int, request_id: str) -> RequestDetail:
    """Returns the newest request whose client called it `request_id`, or with that id of ours.

    Raises RequestNotFound.
    """
    if "\x00" in request_id:
        raise RequestNotFound(request_id)
    found = _fetch(
        requests_of(organization_id).filter(request_id=request_id).order_by("-created_at", "-id")[:1]
    )
    if found:
        return _detail(found[0])
    try:
        return get_request(organization_id=organization_id, id=UUID(request_id))
    except ValueError as error:
        raise RequestNotFound(request_id) from error


def id_of(*, organization_id: int, request_id: str) -> UUID:
    """Returns our own id of what `find_request` finds. Raises RequestNotFound."""
    if "\x00" in request_id:
        raise RequestNotFound(request_id)
    named = requests_of(organization_id).filter(request_id=request_id).order_by("-created_at", "-id")
    found = named.values_list("id", flat=True).first()
    if found is not None:
        return found
    try:
        return UUID(request_id)
    except ValueError as error:
        raise RequestNotFound(request_id) from error


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def fetch_rows(rows: QuerySet[Request]) -> list[RequestRow]:
    """Returns the rows of a queryset, without previews."""
    return [RequestRow(*values) for values in rows.values_list(*COLUMNS)]


def _fetch(rows: QuerySet[Request]) -> list[RequestRow]:
    found = fetch_rows(rows)
    previews = body_store().previews(row.key for row in found)
    return [row._replace(preview=previews.get(row.id, "")) for row in found]


def _detail(row: RequestRow) -> RequestDetail:
    bodies = body_store().get(row.key)
    price = Price.objects.filter(id=row.price_id).first() if row.price_id is not None else None
    api_key = None
    if row.api_key_id is not None:
        api_key = ApiKey.objects.filter(organization_id=row.organization_id, id=row.api_key_id).first()
    stored = bodies or Bodies(None, None)
    return RequestDetail(
        row=row,
        api_key_name=api_key.name if api_key else "",
        request_body=stored.request,
        response_body=stored.response,
        request_omitted=bodies is not None and stored.request is None,
        response_omitted=bodies is not None and stored.response is None,
        cost_lines=_bill(row, price) if price else [],
        price_source=price.source if price else None,
    )


def usage_of(row: RequestRow) -> Usage:
    """Returns the counts of a row, those that were not reported as 0."""
    return msgspec.convert({name: getattr(row, name) or 0 for name in COUNTS}, Usage)


def _bill(row: RequestRow, price: Price) -> list[CostLine]:
    return cost_lines(usage_of(row), {kind: Decimal(usd) for kind, usd in price.usd_per_mtok.items()})


def _sort_value(row: RequestRow, name: str) -> int | None:
    match name:
        case "cost":
            return row.cost_nanodollars
        case "latency_ms":
            return row.latency_ms
        case "total_tokens":
            return row.total_tokens
        case "time_to_first_token_ms":
            return row.time_to_first_token_ms
    return None
