"""What a million tokens in, and a million tokens out, really cost: said only where it is proven.

Sums know the cost of a call as a whole. Where all calls of a model were charged by one set of prices, that and the
tokens give back the sum that was paid, and so its parts. Where they do not (prices that changed, that depend on the
length of a prompt or on how it was served, sounds and pictures), nothing is said.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import msgspec
from django.db import connection

from helicone_site.sql import load
from ingest_app.events import Usage
from ingest_app.pricing import cost_lines
from metrics_app.prices.queries import LATEST
from metrics_app.reading import Sums
from metrics_app.reading.sums import Key

SQL = Path(__file__).parent.parent / "sql"
_IN = {"prompt", "cache_read", "cache_write", "cache_write_1h"}
_OUT = {"completion", "reasoning"}
# The cost of a call is the sum of as many amounts at most, each rounded to a nano-dollar.
_MOST_ROUNDED = len(_IN | _OUT) / 2
_MILLION = 1_000_000

Prices = dict[str, Decimal]  # US dollars per million of each kind


class Paid(NamedTuple):
    """Nano-dollars per million tokens in and out; None without such tokens."""

    prompt: int | None
    completion: int | None


class _Parts(NamedTuple):
    prompt: int
    completion: int


def prices_of_models(organization_id: int) -> dict[tuple[str, str], list[Prices]]:
    """Returns the prices by which the latest requests of each provider and model were charged."""
    found: dict[tuple[str, str], list[Prices]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(load(SQL, "prices_of_models"), {"organization_id": organization_id, "most": LATEST})
        for provider, model, prices in cursor.fetchall():
            usd = {kind: Decimal(price) for kind, price in msgspec.json.decode(prices).items()}
            found[provider, model].append(usd)
    return found


def paid(cells: Iterable[tuple[Key, Sums]], prices: Mapping[tuple[str, str], list[Prices]]) -> Paid | None:
    """Returns what tokens cost of the `cells` of some models (bar, provider, model …); None where it is not proven."""
    by_model: dict[tuple[str, str], list[Sums]] = defaultdict(list)
    for key, one in cells:
        by_model[key[1], key[2]].append(one)
    sums = {name: sum(ones[1:], start=ones[0]) for name, ones in by_model.items()}
    parts = [_parts(one, prices.get(name, [])) for name, one in sums.items() if one.tokens]
    proven = [one for one in parts if one is not None]
    if not proven or len(proven) < len(parts):
        return None
    return Paid(
        _per_million(sum(one.prompt for one in proven), sum(one.prompt_tokens for one in sums.values())),
        _per_million(
            sum(one.completion for one in proven), sum(one.completion_tokens for one in sums.values())
        ),
    )


def _parts(sums: Sums, prices: Iterable[Prices]) -> _Parts | None:
    """Returns what the tokens in and out cost, in nano-dollars, by the prices that give the sum that was paid."""
    if sums.unpriced or sums.audio_tokens:
        return None
    usage = Usage(
        prompt_tokens=sums.prompt_tokens,
        completion_tokens=sums.completion_tokens,
        cache_read_tokens=sums.cache_read_tokens,
        cache_write_tokens=sums.cache_write_tokens,
        reasoning_tokens=sums.reasoning_tokens,
    )
    for usd in prices:
        lines = [line for line in cost_lines(usage, usd) if line.kind in _IN | _OUT]
        parts = _Parts(
            sum(line.cost_nanodollars for line in lines if line.kind in _IN),
            sum(line.cost_nanodollars for line in lines if line.kind in _OUT),
        )
        if abs(sum(parts) - sums.cost_nanodollars) <= _MOST_ROUNDED * sums.priced:
            return parts
    return None


def _per_million(nanodollars: int, tokens: int) -> int | None:
    return round(nanodollars * _MILLION / tokens) if tokens else None
