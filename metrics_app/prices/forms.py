"""What people may type about prices: parsed here once, so that views see clean values."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django import forms

from helicone_site.text import storable
from ingest_app.own_prices import ANY, without_fallbacks
from ingest_app.writer import MAX_NAME_CHARACTERS
from metrics_app.prices.kinds import KINDS, PriceKind

MAX_USD = 100_000  # for a million tokens: with more, the cost of the largest request would fit no column
_DECIMALS = 6
_REQUIRED = ("prompt", "completion")


def _price_field(kind: PriceKind) -> forms.DecimalField:
    return forms.DecimalField(
        label=kind.label,
        required=kind.name in _REQUIRED,
        min_value=0,
        max_value=MAX_USD,
        decimal_places=_DECIMALS,
        widget=forms.NumberInput(attrs={"step": "any", "min": "0", "placeholder": "$"}),
        help_text=f"US dollars {kind.unit}",
    )


def _moment_field(**options: Any) -> forms.DateTimeField:
    widget = forms.DateTimeInput(attrs={"type": "datetime-local", "step": "1"}, format="%Y-%m-%dT%H:%M:%S")
    return forms.DateTimeField(required=False, widget=widget, **options)


def _name_field(**options: Any) -> forms.CharField:
    attributes = {"autocomplete": "off", "spellcheck": "false", **options.pop("attrs", {})}
    return forms.CharField(
        max_length=MAX_NAME_CHARACTERS, widget=forms.TextInput(attrs=attributes), **options
    )


class OwnPriceForm(forms.Form):
    """A price of the organization's own: for which models, from when on, and how much of each kind."""

    provider = _name_field(
        required=False,
        help_text="As the requests have it; empty for any.",
        attrs={"list": "provider-names", "placeholder": "any"},
    )
    model = _name_field(
        help_text="As the requests have it. A * at the end stands for however names go on.",
        attrs={"placeholder": "my-model-7b"},
    )
    valid_from = _moment_field(
        label="Valid from", help_text="Requests before that keep another price. Empty: all requests."
    )
    replaces = forms.IntegerField(required=False, widget=forms.HiddenInput())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for kind in KINDS:
            self.fields[kind.name] = _price_field(kind)

    def clean_provider(self) -> str:
        """Returns the provider as it can be in a row."""
        return storable(self.cleaned_data["provider"])

    def clean_model(self) -> str:
        """Returns the name, or how names begin and a *. Raises ValidationError for a * elsewhere."""
        model = storable(self.cleaned_data["model"])
        if ANY in model.removesuffix(ANY):
            raise forms.ValidationError("A * can stand only at the end.")
        return model

    def clean(self) -> dict[str, Any]:
        """Raises ValidationError for a price of everything."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("model") == ANY and not cleaned.get("provider"):
            self.add_error(
                "provider", "Say whose models these are: a price cannot be for all models of everybody."
            )
        return cleaned

    def usd_per_mtok(self) -> dict[str, Decimal]:
        """Returns the prices that were given, as they are kept."""
        given = ((kind, self.cleaned_data[kind.name]) for kind in KINDS)
        return {kind.name: kind.per_mtok(usd) for kind, usd in given if usd is not None}


def initial_prices(usd_per_mtok: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """Returns what the fields of OwnPriceForm hold for these prices: without those that would be the same if empty."""
    needed = without_fallbacks(usd_per_mtok)
    return {
        # Without an exponent: browsers show a number as it is written.
        kind.name: Decimal(f"{kind.to_unit(needed[kind.name]):f}")
        for kind in KINDS
        if kind.name in needed
    }


class RecomputeForm(forms.Form):
    """Which requests' costs to work out anew."""

    provider = forms.CharField(required=False, max_length=MAX_NAME_CHARACTERS, widget=forms.HiddenInput())
    model = forms.CharField(required=False, max_length=MAX_NAME_CHARACTERS, widget=forms.HiddenInput())
    since = _moment_field(label="From", help_text="Empty: from the first request on.")
    until = _moment_field(label="To", help_text="Empty: until now.")

    def clean_provider(self) -> str:
        """Returns the provider, "" for any."""
        return storable(self.cleaned_data["provider"])

    def clean_model(self) -> str:
        """Returns the model, `*` for all."""
        return storable(self.cleaned_data["model"]) or ANY

    def clean(self) -> dict[str, Any]:
        """Raises ValidationError for a period that has nothing in it."""
        cleaned = super().clean() or self.cleaned_data
        since: datetime | None = cleaned.get("since")
        until: datetime | None = cleaned.get("until")
        if since is not None and until is not None and until <= since:
            self.add_error("until", "The end is not after the beginning.")
        return cleaned
