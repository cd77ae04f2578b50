"""What a request cost, by the organization's own prices or else by the list: for the writer and for `recompute`."""

from collections.abc import Sequence
from datetime import datetime

from ingest_app.events import Usage
from ingest_app.own_prices import cost_by
from ingest_app.price_overrides import own_prices
from ingest_app.pricing import UnitPrices


def cost_of(
    usage: Usage,
    *,
    organization_id: int,
    provider: str,
    priced_as: str,
    models: Sequence[str],
    at: datetime,
    target_url: str,
) -> tuple[int | None, UnitPrices | None]:
    """Returns the cost in nano-dollars and the prices behind it: neither of the two where nobody knows a price.

    `models` are the names that the request has for its model, the answer's first; `priced_as` and `target_url` as in
    `LogEvent`. A cost that the provider told itself has no prices behind it. Raises django.db.Error.
    """
    if usage.reported_cost_nanodollars is not None:
        return usage.reported_cost_nanodollars, None
    own = own_prices(organization_id, provider=provider, models=models, at=at)
    return cost_by(
        usage, own=own, provider=priced_as or provider, models=models, at=at, target_url=target_url
    )
