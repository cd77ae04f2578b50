"""Rows of the Prices pages, as templates have them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from accounts_app.models import Organization
from ingest_app.models import PriceOverride
from ingest_app.own_prices import ANY, with_fallbacks
from metrics_app.prices import queries
from metrics_app.prices.catalogue import ListedModel, our_name, similar_models
from metrics_app.prices.kinds import ShownPrices, shown_prices
from metrics_app.prices.queries import UnknownModel, UsedPrice


@dataclass(frozen=True, slots=True)
class Similar:
    """A listed model whose prices may do for another: `query` names it in the address of the form."""

    listed: ListedModel
    prices: ShownPrices
    query: str


@dataclass(frozen=True, slots=True)
class UnknownRow:
    """A model without a price, and those it may be priced like. `query` begins the form with it."""

    model: UnknownModel
    query: str
    similar: list[Similar]


@dataclass(frozen=True, slots=True)
class OwnRow:
    """A price of the organization's own."""

    price: PriceOverride
    prices: ShownPrices


@dataclass(frozen=True, slots=True)
class UsedRow:
    """A price that requests were charged by."""

    used: UsedPrice
    provider: str  # as rows name it, "" for any
    prices: ShownPrices


@dataclass(frozen=True, slots=True)
class ListedRow:
    """A price of the list. `query` begins the form with it."""

    listed: ListedModel
    prices: ShownPrices
    query: str


def unknown_row(model: UnknownModel, now: datetime) -> UnknownRow:
    """Returns the row of a model without a price."""
    query = urlencode({"provider": model.provider, "model": model.model})
    found = [similar(one) for one in similar_models(model.provider, model.model, now)]
    return UnknownRow(model, query, found)


def similar(listed: ListedModel) -> Similar:
    """Returns a model that another may be priced like."""
    return Similar(listed, shown_prices(listed.usd_per_mtok), _like(listed))


def own_row(price: PriceOverride) -> OwnRow:
    """Returns the row of a price of one's own, as it is applied."""
    usd: Mapping[str, Decimal] = {kind: Decimal(text) for kind, text in price.usd_per_mtok.items()}
    return OwnRow(price, shown_prices(with_fallbacks(usd)))


def used_row(used: UsedPrice) -> UsedRow:
    """Returns the row of a price in use."""
    return UsedRow(used, our_name(used.provider), shown_prices(used.usd_per_mtok))


def listed_row(listed: ListedModel) -> ListedRow:
    """Returns the row of a listed price."""
    query = urlencode({"provider": listed.provider, "model": listed.model})
    return ListedRow(listed, shown_prices(listed.usd_per_mtok), f"{query}&{_like(listed)}")


def concerned(
    organization: Organization,
    *,
    provider: str,
    model: str,
    since: datetime | None,
    until: datetime | None,
) -> dict[str, Any]:
    """Returns what the page says of the requests whose costs would be worked out anew."""
    number = queries.count_concerned(
        organization.pk, provider=provider, model=model, since=since, until=until
    )
    return {"requests": number, "model": "" if model == ANY else model, "provider": provider, "since": since}


def _like(listed: ListedModel) -> str:
    return urlencode({"like_provider": listed.provider_id, "like_model": listed.model})
