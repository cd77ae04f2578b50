"""What people may type about a webhook: parsed here once, so that views see clean values."""

from collections.abc import Sequence
from typing import Any

from django import forms

from alerts_app.webhooks.models import Webhook
from requests_app.actions import MAX_NAME_CHARACTERS, MAX_VALUE_CHARACTERS

MAX_FILTERS = 20
_EMPTY_ROWS = 2


class WebhookForm(forms.Form):
    """Where a webhook leads, and which requests it is told of."""

    destination = forms.CharField(
        label="Address",
        max_length=Webhook._meta.get_field("destination").max_length,
        widget=forms.URLInput(
            attrs={
                "placeholder": "https://hooks.example.com/helicone",
                "autocomplete": "off",
                "spellcheck": "false",
            }
        ),
        help_text="https, and on the public internet unless the operator allows the host. Redirects are not followed.",
    )
    sample_rate_percent = forms.FloatField(
        label="Share of requests, in percent",
        min_value=0,
        max_value=100,
        initial=100,
        widget=forms.NumberInput(attrs={"step": "any", "min": "0", "max": "100"}),
        help_text="A request is in the sample or not, however often it is sent again.",
    )
    includes_data = forms.BooleanField(
        label="With data",
        required=False,
        initial=True,
        help_text="The model, the provider, costs and tokens, and an address of the whole bodies for half an hour.",
    )


class PropertyFilterForm(forms.Form):
    """A property, and what it has to equal."""

    key = forms.CharField(
        label="Property",
        max_length=MAX_NAME_CHARACTERS,
        required=False,
        widget=forms.TextInput(attrs={"placeholder": "Environment", "autocomplete": "off"}),
    )
    value = forms.CharField(
        label="Value",
        max_length=MAX_VALUE_CHARACTERS,
        required=False,
        strip=False,
        widget=forms.TextInput(attrs={"placeholder": "production", "autocomplete": "off"}),
    )

    def clean(self) -> dict[str, Any] | None:
        """A value without a property means nothing."""
        cleaned = super().clean()
        if self.cleaned_data.get("value") and not self.cleaned_data.get("key"):
            self.add_error("key", "Name the property that has this value.")
        return cleaned


PropertyFilterFormSet = forms.formset_factory(
    PropertyFilterForm, extra=_EMPTY_ROWS, max_num=MAX_FILTERS, absolute_max=MAX_FILTERS, validate_max=True
)


def initial_of(webhook: Webhook) -> dict[str, Any]:
    """Returns what the form begins with for a webhook that there is."""
    return {name: getattr(webhook, name) for name in WebhookForm.base_fields}


def property_filters(rows: Sequence[dict[str, Any]]) -> list[dict[str, str]]:
    """Returns the filters of the rows that were filled in."""
    return [{"key": row["key"], "value": row["value"]} for row in rows if row.get("key")]
