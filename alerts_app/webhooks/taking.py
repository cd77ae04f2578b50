"""From new requests to deliveries: who is told of what, decided once."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F

from alerts_app.webhooks.models import UNFINISHED, Delivery, Webhook, delivery_id
from alerts_app.webhooks.schedule import RETRIED_FOR
from helicone_site.sql import load
from ingest_app.new_rows import take_new_rows
from ingest_app.rollups import Key
from requests_app.queries import requests_of

SQL = Path(__file__).parent.parent / "sql"
READER = "webhooks"
MAX_WAITING = 100_000
"""Of one webhook; beyond that it is not told of new requests, which is counted and shown."""
_TAKEN_AT_ONCE = 2000  # of an organization
_SAMPLED_BITS = 48


def take(now: datetime, *, most_waiting: int = MAX_WAITING) -> int:
    """Turn what was stored since the last time into deliveries. Returns how many requests were taken.

    One transaction takes the requests and makes their deliveries, so that neither is without the other.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        new = take_new_rows(cursor, READER, most=_TAKEN_AT_ONCE)
        by_organization = defaultdict(list)
        for key in new:
            by_organization[key.organization_id].append(key)
        for webhook in Webhook.objects.filter(
            organization_id__in=by_organization, is_paused=False, disabled_at=None
        ).order_by("id"):
            wanted = _wanted(webhook, by_organization[webhook.organization_id])
            told = wanted[: max(0, most_waiting - _waiting(webhook, most_waiting))] if wanted else []
            _insert(cursor, webhook, told, now)
            if dropped := len(wanted) - len(told):
                Webhook.objects.filter(pk=webhook.pk).update(dropped=F("dropped") + dropped, dropped_at=now)
    return len(new)


def is_sampled(id: UUID, sample_rate_percent: float) -> bool:
    """Returns whether the delivery with this id is in the sample: the same however often it is asked."""
    return (id.int % (1 << _SAMPLED_BITS)) / (1 << _SAMPLED_BITS) * 100 < sample_rate_percent


def has_properties(properties: Mapping[str, str], filters: Iterable[Mapping[str, str]]) -> bool:
    """Returns whether each filter's property is there and equals its value."""
    return all(properties.get(each["key"]) == each["value"] for each in filters)


def _wanted(webhook: Webhook, new: Sequence[Key]) -> list[tuple[UUID, Key]]:
    """Returns those of the new requests that the webhook is told of, with the ids of their deliveries, oldest first."""
    named = [(delivery_id(webhook.id, key.id), key) for key in sorted(new)]
    sampled = [(id, key) for id, key in named if is_sampled(id, webhook.sample_rate_percent)]
    if not webhook.property_filters or not sampled:
        return sampled
    properties = _properties(webhook.organization_id, [key for _, key in sampled])
    return [
        (id, key)
        for id, key in sampled
        if has_properties(properties.get(key.id, {}), webhook.property_filters)
    ]


def _properties(organization_id: int, keys: Sequence[Key]) -> dict[UUID, dict[str, str]]:
    times = [key.created_at for key in keys]
    rows = requests_of(organization_id).filter(
        created_at__gte=min(times), created_at__lte=max(times), id__in=[key.id for key in keys]
    )
    return dict(rows.values_list("id", "properties"))


def _waiting(webhook: Webhook, most: int) -> int:
    """Returns how many deliveries wait, counted up to `most`."""
    waiting = Delivery.objects.filter(webhook=webhook, state__in=UNFINISHED)
    return waiting.order_by("next_attempt_at")[:most].count()


def _insert(cursor: Any, webhook: Webhook, told: Sequence[tuple[UUID, Key]], now: datetime) -> None:
    if told:
        cursor.execute(
            load(SQL, "insert_deliveries"),
            {
                "ids": [id for id, _ in told],
                "organization_ids": [webhook.organization_id] * len(told),
                "webhook_ids": [webhook.id] * len(told),
                "request_created_ats": [key.created_at for _, key in told],
                "request_row_ids": [key.id for _, key in told],
                "now": now,
                "retried_until": now + RETRIED_FOR,
            },
        )
