"""Reads of the Prices page: what is charged now, and what is not. Bounded, however many requests there are."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from django.db import connection
from django.db.models import Q, QuerySet

from accounts_app.models import Organization
from helicone_site.sql import load
from helicone_site.time_limit import TooSlow, at_most_ms
from ingest_app.models import PriceOverride
from ingest_app.own_prices import ANY
from ingest_app.price_overrides import is_own
from requests_app.models import Request
from requests_app.queries import requests_of

SQL = Path(__file__).parent.parent / "sql"
UNKNOWN_DAYS = 30
MOST_UNKNOWN = 100_000  # requests that are looked at: a tenth of a second
MOST_MODELS = 50
LATEST = 20_000  # requests that say which prices are in use
MOST_PRICES = 200
MOST_CHANGES = 50
COUNT_MS = 1_000


class UnknownModel(NamedTuple):
    """A model whose requests have tokens and no price."""

    provider: str
    model: str
    requests: int
    prompt_tokens: int
    completion_tokens: int
    last_at: datetime

    @property
    def tokens(self) -> int:
        return self.prompt_tokens + self.completion_tokens


@dataclass(frozen=True, slots=True)
class UnknownModels:
    """The models with most such requests first; `is_whole` is false where older requests were not looked at."""

    models: list[UnknownModel]
    requests: int
    is_whole: bool


class UsedPrice(NamedTuple):
    """A set of prices that requests were charged by."""

    provider: str
    model: str
    source: str
    usd_per_mtok: dict[str, Decimal]
    requests: int
    cost_nanodollars: int
    last_at: datetime

    @property
    def is_own(self) -> bool:
        return is_own(self.source)


class PriceChange(NamedTuple):
    """Somebody set a price of the organization's own, or removed it."""

    price: PriceOverride
    at: datetime
    by: str  # an e-mail address, "" of somebody who is no longer known
    is_removed: bool


def unknown_models(organization_id: int, *, now: datetime) -> UnknownModels:
    """Returns the models of the last `UNKNOWN_DAYS` days that nobody knows the price of."""
    parameters = {
        "organization_id": organization_id,
        "since": now - timedelta(days=UNKNOWN_DAYS),
        "most": MOST_UNKNOWN,
        "models": MOST_MODELS,
    }
    rows = _rows("unknown_models", parameters)
    requests = int(rows[0][0]) if rows else 0
    return UnknownModels([UnknownModel(*row[1:]) for row in rows], requests, requests < MOST_UNKNOWN)


def prices_in_use(organization_id: int) -> list[UsedPrice]:
    """Returns by which prices the latest requests were charged, those of most requests first."""
    parameters = {"organization_id": organization_id, "most": LATEST, "prices": MOST_PRICES}
    return [
        UsedPrice(
            provider,
            model,
            source,
            {kind: Decimal(usd) for kind, usd in msgspec.json.decode(prices).items()},
            *counts,
        )
        for provider, model, source, prices, *counts in _rows("prices_in_use", parameters)
    ]


def changes_of_prices(organization: Organization) -> list[PriceChange]:
    """Returns who set and removed which price, the latest first."""
    overrides = PriceOverride.objects.filter(organization=organization)
    overrides = overrides.select_related("created_by", "removed_by")
    changes = [
        PriceChange(one, one.created_at, _email(one.created_by), is_removed=False)
        for one in overrides.order_by("-created_at", "-id")[:MOST_CHANGES]
    ]
    removed = overrides.exclude(removed_at=None).order_by("-removed_at", "-id")[:MOST_CHANGES]
    changes += [
        PriceChange(one, one.removed_at, _email(one.removed_by), is_removed=True)
        for one in removed
        if one.removed_at is not None
    ]
    return sorted(changes, key=lambda change: change.at, reverse=True)[:MOST_CHANGES]


def count_concerned(
    organization_id: int, *, provider: str, model: str, since: datetime | None, until: datetime | None
) -> int | None:
    """Returns how many requests asked for these models in the period; None where counting them takes too long.

    Those that were answered by another model than they asked for may come on top.
    """
    requests = _concerned(requests_of(organization_id), provider, model)
    if since is not None:
        requests = requests.filter(created_at__gte=since)
    if until is not None:
        requests = requests.filter(created_at__lt=until)
    try:
        with at_most_ms(COUNT_MS):
            return requests.count()
    except TooSlow:
        return None


def _concerned(requests: QuerySet[Request], provider: str, model: str) -> QuerySet[Request]:
    chosen = Q(prompt_tokens__isnull=False)
    if provider:
        chosen &= Q(provider=provider)
    if not model.endswith(ANY):
        chosen &= Q(model=model)
    elif model != ANY:
        chosen &= Q(model__startswith=model.removesuffix(ANY))
    return requests.filter(chosen)


def _email(user: Any) -> str:
    return user.email if user is not None else ""


def _rows(name: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(load(SQL, name), parameters)
        return list(cursor.fetchall())
