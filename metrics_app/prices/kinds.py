"""What has a price, as people read and type it: usually US dollars per million tokens."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from helicone_site.formats import NOTHING, usd_rate
from ingest_app.pricing import PER_MILLION

_TOKENS = "per 1 M tokens"
# Of the units that people think in; a millionth is far below what any list says.
_STEP = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class PriceKind:
    """One kind of what is charged. `name` is that of `ingest_app.pricing`."""

    name: str
    label: str
    unit: str = _TOKENS

    def to_unit(self, usd_per_mtok: Decimal) -> Decimal:
        """Returns the price of one `unit` from that of a million."""
        return (usd_per_mtok / PER_MILLION.get(self.name, 1)).quantize(_STEP).normalize()

    def per_mtok(self, usd: Decimal) -> Decimal:
        """Returns the price of a million from that of one `unit`."""
        return usd * PER_MILLION.get(self.name, 1)


USUAL = (
    PriceKind("prompt", "Input"),
    PriceKind("completion", "Output"),
    PriceKind("cache_read", "Cache read"),
    PriceKind("cache_write", "Cache write"),
)
SPECIAL = (
    PriceKind("cache_write_1h", "Cache write, for an hour"),
    PriceKind("reasoning", "Reasoning"),
    PriceKind("prompt_audio", "Audio in"),
    PriceKind("completion_audio", "Audio out"),
    PriceKind("cache_read_audio", "Cached audio"),
    PriceKind("prompt_image", "Images in"),
    PriceKind("completion_image", "Images out"),
    PriceKind("cache_read_image", "Cached images"),
    PriceKind("audio_seconds", "Audio", "per hour"),
    PriceKind("requests", "Requests", "per 1,000"),
)
KINDS = (*USUAL, *SPECIAL)
# What else the tokens would be charged as: a price that is the same needs no word.
_WHOLES = {
    "cache_write_1h": "cache_write",
    "prompt_audio": "prompt",
    "completion_audio": "completion",
    "cache_read_audio": "cache_read",
    "cache_read_image": "cache_read",
}


@dataclass(frozen=True, slots=True)
class ShownPrices:
    """Prices as a row of a table has them: `usual` in the order of USUAL, all others in words."""

    usual: list[str]
    special: str


def shown_prices(usd_per_mtok: Mapping[str, Decimal]) -> ShownPrices:
    """Returns the prices in words. Those that only repeat the price of what they are a part of are left out."""
    special = [
        f"{kind.label} {usd_rate(kind.to_unit(price))}" + ("" if kind.unit == _TOKENS else f" {kind.unit}")
        for kind in SPECIAL
        if (price := usd_per_mtok.get(kind.name)) is not None
        and price != usd_per_mtok.get(_WHOLES.get(kind.name, ""))
    ]
    usual = [
        usd_rate(kind.to_unit(price)) if (price := usd_per_mtok.get(kind.name)) is not None else NOTHING
        for kind in USUAL
    ]
    return ShownPrices(usual, ", ".join(special))
