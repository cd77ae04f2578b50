"""The price table: each set of unit prices once."""

from functools import cache

import msgspec
from django.db import connection

from ingest_app.pricing import UnitPrices


@cache
def _id_of(provider: str, model: str, source: str, usd_per_mtok: str) -> int:
    key = [provider, model, source, usd_per_mtok]
    with connection.cursor() as cursor:
        # Outside the batch's transaction (the writer prepares before it begins), so an id that is
        # remembered here is committed.
        cursor.execute(
            "INSERT INTO price (provider, model, source, usd_per_mtok) VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING",
            key,
        )
        cursor.execute(
            "SELECT id FROM price WHERE provider = %s AND model = %s AND source = %s AND usd_per_mtok = %s",
            key,
        )
        return int(cursor.fetchone()[0])


def price_id(prices: UnitPrices) -> int:
    """Returns the id under which `prices` are kept, storing them when they are new."""
    return _id_of(
        prices.provider, prices.model, prices.source, msgspec.json.encode(prices.as_json()).decode()
    )
