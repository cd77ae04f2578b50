"""What webhooks tell of requests, read from where requests are kept."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import cache
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple
from uuid import UUID

from django.conf import settings
from django.db.models import Q
from django.urls import reverse

from alerts_app.webhooks.payload import Measured, Told
from helicone_site.formats import usd
from helicone_site.signed import sign
from ingest_app.bodies import Bodies, BodyKey, body_store
from ingest_app.provider_names import helicone_name
from requests_app.bodies_address import VIEW, payload_of
from requests_app.queries import requests_of

_HELD_BYTES = 16 << 20  # of bodies, at the same time


class _Row(NamedTuple):
    organization_id: int
    created_at: datetime
    id: UUID
    request_id: str
    user_id: str
    model: str
    provider: str
    cost_nanodollars: int | None
    prompt_tokens: int | None
    completion_tokens: int | None
    total_tokens: int | None
    latency_ms: int
    request_bytes: int
    response_bytes: int

    @property
    def key(self) -> BodyKey:
        return BodyKey(self.organization_id, self.created_at, self.id)


def told(keys: Iterable[BodyKey]) -> Iterator[tuple[BodyKey, Told]]:
    """Yields those of the requests that are still kept, in no order. Raises UndecryptableSecret for their bodies."""
    for portion in _portions(_rows(keys)):
        bodies = dict(body_store().get_many([row.key for row in portion]))
        for row in portion:
            yield row.key, _told(row, bodies)


def _rows(keys: Iterable[BodyKey]) -> Iterator[_Row]:
    for organization_id, of_one in groupby(sorted(keys), attrgetter("organization_id")):
        wanted = Q()
        for key in of_one:
            wanted |= Q(created_at=key.created_at, id=key.id)
        for values in requests_of(organization_id).filter(wanted).values_list(*_Row._fields):
            yield _Row(*values)


def _portions(rows: Iterable[_Row]) -> Iterator[list[_Row]]:
    portion: list[_Row] = []
    size = 0
    for row in rows:
        size += row.request_bytes + row.response_bytes
        if portion and size > _HELD_BYTES:
            yield portion
            portion, size = [], row.request_bytes + row.response_bytes
        portion.append(row)
    if portion:
        yield portion


def _told(row: _Row, bodies: Mapping[BodyKey, Bodies]) -> Told:
    stored = bodies.get(row.key) or Bodies(None, None)
    return Told(
        request_id=row.request_id,
        request_body=_text(stored.request),
        response_body=_text(stored.response),
        user_id=row.user_id,
        bodies_url=bodies_url(row.key),
        model=row.model,
        provider=helicone_name(row.provider),
        measured=Measured(
            cost_usd=usd(row.cost_nanodollars),
            prompt_tokens=row.prompt_tokens,
            completion_tokens=row.completion_tokens,
            total_tokens=row.total_tokens,
            latency_ms=row.latency_ms,
        ),
    )


def bodies_url(key: BodyKey) -> str:
    """Returns the address of a request's bodies, which leads there for half an hour."""
    return _before_token() + sign(payload_of(key), view=VIEW)


@cache
def _before_token() -> str:
    return settings.SITE_URL + reverse("helicone:bodies", args=["-"]).removesuffix("-")


def _text(body: bytes | None) -> str:
    return "" if body is None else body.decode("utf-8", "replace")
