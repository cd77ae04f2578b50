"""Pages by position (`offset`, `limit`), for clients that know no cursor. Rows that come meanwhile move them."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.db.models import F, OrderBy, Q, QuerySet
from django.db.models.fields.json import KeyTextTransform

from helicone_site.time_limit import at_most_ms
from requests_app.filters import FilterError, RequestFilter
from requests_app.models import Request
from requests_app.paging import SORTS
from requests_app.queries import MAX_LIMIT, RequestRow, fetch_rows, list_requests, requests_of

# Whoever waits longer than this would rather ask for less.
LONGEST_MS = 30_000
_COLUMNS = {
    "created_at": "created_at",
    "latency_ms": "latency_ms",
    "time_to_first_token_ms": "time_to_first_token_ms",
    "total_tokens": "total_tokens",
    "prompt_tokens": "prompt_tokens",
    "completion_tokens": "completion_tokens",
    "cost": "cost_nanodollars",
    "user_id": "user_id",
    "model": "model",
}
RANDOM = "random"
_SCORED = ~Q(scores={}) | Q(feedback__isnull=False)


@dataclass(frozen=True, slots=True)
class Order:
    """What to order by: a column of the row, `RANDOM`, or the custom property `property_name`."""

    name: str = "created_at"
    descending: bool = True
    property_name: str = ""

    @property
    def expressions(self) -> list[Any]:
        """Returns it as Django's order_by takes it. Ties go by time and id, in the same direction."""
        if self.name == RANDOM:
            return ["?"]
        ties = [OrderBy(F(name), descending=self.descending) for name in ("created_at", "id")]
        if self.name == "created_at" and not self.property_name:
            return ties
        by = (
            KeyTextTransform(self.property_name, "properties")
            if self.property_name
            else F(_COLUMNS[self.name])
        )
        return [OrderBy(by, descending=self.descending, nulls_last=True), *ties]


def rows_at(
    *,
    organization_id: int,
    filters: RequestFilter,
    order: Order,
    offset: int,
    limit: int,
    scored: bool | None = None,
) -> list[RequestRow]:
    """Returns the rows from position `offset` on, without previews. `filters` must be valid.

    `scored` asks for those with a score or a thumb, or for those without. Raises FilterError, TooSlow.
    """
    if filters.searches:
        found = _found(organization_id, filters, order, scored)
        return list(islice(found, offset, offset + limit))
    with at_most_ms(LONGEST_MS):
        rows = _narrowed(organization_id, filters, scored).order_by(*order.expressions)
        return fetch_rows(rows[offset : offset + limit])


def count_of(*, organization_id: int, filters: RequestFilter, scored: bool | None = None) -> int:
    """Returns how many rows there are. Of a search of bodies, how many may hold it. Raises FilterError, TooSlow."""
    with at_most_ms(LONGEST_MS):
        return _narrowed(organization_id, filters, scored).count()


def _narrowed(organization_id: int, filters: RequestFilter, scored: bool | None) -> QuerySet[Request]:
    rows = filters.narrow(requests_of(organization_id), organization_id=organization_id)
    return rows if scored is None else rows.filter(_SCORED if scored else ~_SCORED)


def _found(
    organization_id: int, filters: RequestFilter, order: Order, scored: bool | None
) -> Iterator[RequestRow]:
    """Yields what a search of bodies finds: candidates are read page by page, by cursor."""
    if order.property_name or order.name not in SORTS:
        raise FilterError(f"What a search of bodies finds is sorted by one of: {', '.join(SORTS)}.")
    sort = ("-" if order.descending else "") + order.name
    cursor: str | None = None
    while True:
        page = list_requests(
            organization_id=organization_id, filters=filters, sort=sort, cursor=cursor, limit=MAX_LIMIT
        )
        for row in page.rows:
            if scored is None or scored == bool(row.scores or row.feedback is not None):
                yield row
        cursor = page.next_cursor
        if cursor is None:
            return
