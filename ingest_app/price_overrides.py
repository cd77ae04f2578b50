"""Prices that organizations set themselves. For their requests these stand before the price list (`pricing`).

The writer asks for each event, so the prices of all organizations are kept in memory, and looked at again after
`REFRESH_S`.
"""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

import structlog
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts_app.models import Organization, User
from ingest_app.models import PriceOverride
from ingest_app.own_prices import ANY, OwnPrice, OwnPrices, with_fallbacks
from ingest_app.pricing import UnitPrices

log = structlog.get_logger(__name__)

SOURCE = "your price"  # of the price table
REFRESH_S = 2.0  # a change takes effect within so long
MAX_PRICES = 1000  # of an organization: they are in the memory of every worker
_FIRST = datetime.min.replace(tzinfo=UTC)


class TooManyPrices(Exception):
    """The organization has `MAX_PRICES` of its own."""


class NoSuchPrice(Exception):
    """The organization has no such price, or no longer."""


def own_prices(
    organization_id: int, *, provider: str, models: Iterable[str], at: datetime
) -> UnitPrices | None:
    """Returns what the organization pays for a request of the time `at`, None where it has set no price.

    `models` are the names that the request has for its model, the answer's first. A price for a name stands before
    one for names that begin alike, the longest beginning first; one for a provider before one for any; the latest
    before earlier ones. Raises django.db.Error.
    """
    if time.monotonic() - _known.looked_at > REFRESH_S:
        refresh()
    rules = _known.rules.get(organization_id)
    return rules.prices(provider, tuple(models), at) if rules is not None else None


def prices_by_organization() -> Mapping[int, OwnPrices]:
    """Returns the prices of all organizations that have set any. Raises django.db.Error."""
    refresh()
    return _known.rules


def set_price(
    *,
    organization: Organization,
    provider: str,
    model: str,
    usd_per_mtok: Mapping[str, Decimal],
    valid_from: datetime | None,
    actor: User | None,
    replaces: int | None = None,
) -> PriceOverride:
    """Returns the new price, in place of that with the id `replaces` and of any for the same models and time.

    `provider` and `model` are as in PriceOverride, `usd_per_mtok` has the kinds of `pricing`. Costs of requests that
    are logged stay until they are worked out anew (`recompute`). Raises TooManyPrices.
    """
    with transaction.atomic():
        # Two at the same moment must not both find room.
        Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
        valid = prices_of(organization)
        replaced = valid.filter(provider=provider, model=model, valid_from=valid_from)
        _remove(replaced if replaces is None else replaced | valid.filter(pk=replaces), actor)
        if valid.count() >= MAX_PRICES:
            raise TooManyPrices(f"There are {MAX_PRICES:,} prices already: remove some first.")
        price = PriceOverride.objects.create(
            organization=organization,
            provider=provider,
            model=model,
            usd_per_mtok={kind: str(usd) for kind, usd in usd_per_mtok.items()},
            valid_from=valid_from,
            created_by=actor,
        )
    log.info("price set", organization_id=organization.pk, price_override_id=price.pk, model=model)
    return price


def remove_price(*, organization: Organization, id: int, actor: User | None) -> PriceOverride:
    """Go back to the price list, for requests from now on. Returns the price that is gone. Raises NoSuchPrice."""
    price = prices_of(organization).filter(pk=id).first()
    if price is None or not _remove(prices_of(organization).filter(pk=id), actor):
        raise NoSuchPrice
    log.info("price removed", organization_id=organization.pk, price_override_id=id, model=price.model)
    return price


def prices_of(organization: Organization) -> QuerySet[PriceOverride]:
    """Returns the prices that the organization has now, by provider and model, the latest of each first."""
    valid = PriceOverride.objects.filter(organization=organization, removed_at=None)
    return valid.select_related("created_by").order_by("model", "provider", "-valid_from", "-id")


def is_own(source: str) -> bool:
    """Returns whether prices of this `source` were set by an organization."""
    return source.startswith(SOURCE)


def refresh() -> None:
    """Look at once what prices there are. Raises django.db.Error."""
    global _known
    looked_at = time.monotonic()
    valid = PriceOverride.objects.filter(removed_at=None)
    ids = frozenset(valid.values_list("id", flat=True))
    # Rows never change: the same ids are the same prices.
    rules = _known.rules if ids == _known.ids else _rules(valid.filter(id__in=ids))
    _known = _Known(looked_at, ids, rules)


@dataclass(frozen=True, slots=True)
class _Known:
    looked_at: float  # time.monotonic
    ids: frozenset[int]
    rules: Mapping[int, OwnPrices]  # by organization


_known = _Known(-REFRESH_S - 1, frozenset(), {})


def _rules(prices: QuerySet[PriceOverride]) -> dict[int, OwnPrices]:
    of: dict[int, list[OwnPrice]] = {}
    for one in prices.iterator():
        usd = {kind: Decimal(text) for kind, text in one.usd_per_mtok.items()}
        rule = OwnPrice(
            provider=one.provider,
            name=one.model.removesuffix(ANY),
            is_prefix=one.model.endswith(ANY),
            valid_from=one.valid_from or _FIRST,
            prices=UnitPrices(one.provider, one.model, SOURCE, with_fallbacks(usd)),
        )
        of.setdefault(one.organization_id, []).append(rule)
    return {organization_id: OwnPrices(rules) for organization_id, rules in of.items()}


def _remove(prices: QuerySet[PriceOverride], actor: User | None) -> int:
    return prices.order_by().update(removed_at=timezone.now(), removed_by=actor)
