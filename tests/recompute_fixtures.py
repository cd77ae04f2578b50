"""Prices of one's own and costs worked out anew: `pytest_plugins = ("tests.recompute_fixtures",)`."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from ingest_app.models import CostRecompute, PriceOverride
from ingest_app.price_overrides import set_price
from ingest_app.recompute import carry_out, order_recompute
from tests.live import Tenant
from tests.recomputing import HOUSE


@pytest.fixture
def own_price(organization: Tenant) -> Callable[..., PriceOverride]:
    """Returns a function that sets a price of three dollars for a million tokens of any kind."""

    def one(model: str = HOUSE, **changes: Any) -> PriceOverride:
        prices = {"prompt": Decimal(3), "completion": Decimal(3)}
        fields: dict[str, Any] = {"provider": "", "valid_from": None, "actor": organization.owner, **changes}
        return set_price(organization=organization.organization, model=model, usd_per_mtok=prices, **fields)

    return one


@pytest.fixture
def order_anew(organization: Tenant) -> Callable[..., CostRecompute]:
    """Returns a function that orders to work costs out anew."""

    def one(**changes: Any) -> CostRecompute:
        return order_recompute(organization=organization.organization, actor=organization.owner, **changes)

    return one


@pytest.fixture
def anew(order_anew: Callable[..., CostRecompute]) -> Callable[..., CostRecompute]:
    """Returns a function that orders and does it."""

    def one(**changes: Any) -> CostRecompute:
        made = order_anew(**changes)
        assert carry_out(made)
        made.refresh_from_db()
        return made

    return one
