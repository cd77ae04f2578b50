"""What people may type about a rate limit."""

from typing import Any

from django import forms
from django.core.validators import RegexValidator

from alerts_app.budgets.choices import PROPERTY_IN_POLICY, window_from
from alerts_app.budgets.forms import WindowForm
from helicone_site.text import storable
from limits_app.models import UNITS, RateLimit
from limits_app.policy import MAX_QUOTA
from limits_app.rules import RatePolicy, Unit

_ALL, _USER, _PROPERTY = "all", "user", "property"


class PolicyForm(WindowForm):
    """A policy as `Helicone-RateLimit-Policy` says one.

    The property need be named only where its values are told apart: so browsers are not told which must be filled.
    """

    use_required_attribute = False

    quota = forms.IntegerField(
        label="At most", min_value=1, max_value=MAX_QUOTA, widget=forms.NumberInput(attrs={"min": "1"})
    )
    unit = forms.ChoiceField(choices=UNITS)
    segment = forms.ChoiceField(
        label="Counted for",
        choices=[(_ALL, "All together"), (_USER, "Each user"), (_PROPERTY, "Each value of a property")],
    )
    property_name = forms.CharField(
        label="Property",
        error_messages={"required": "Name the property."},
        max_length=RateLimit._meta.get_field("segment").max_length,
        widget=forms.TextInput(
            attrs={"list": "known-properties", "autocomplete": "off", "spellcheck": "false"}
        ),
        validators=[
            RegexValidator(PROPERTY_IN_POLICY, "In a policy a name has letters, digits, - and _ only.")
        ],
    )
    field_order = ("name", "quota", "unit", "window", "window_unit", "segment", "property_name")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.is_bound:
            self.fields["property_name"].required = self.data.get("segment") == _PROPERTY

    def clean(self) -> dict[str, Any]:
        """Notes the length of the window."""
        cleaned = super().clean() or self.cleaned_data
        cleaned["window_s"] = self.window_s()
        return cleaned

    def policy(self) -> RatePolicy:
        """Returns what was asked for. The form must be valid."""
        cleaned = self.cleaned_data
        segment = {_ALL: "", _PROPERTY: cleaned["property_name"]}.get(cleaned["segment"], cleaned["segment"])
        return RatePolicy(cleaned["quota"], cleaned["window_s"], Unit(cleaned["unit"]), segment)


class RateLimitForm(PolicyForm):
    """A rate limit that is stored."""

    name = forms.CharField(
        max_length=RateLimit._meta.get_field("name").max_length,
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "Each user, per minute"}),
    )

    def clean_name(self) -> str:
        """Returns the name as it can be stored."""
        return storable(self.cleaned_data["name"])


POLICY_EXAMPLE = {"quota": 1000, "unit": Unit.REQUEST, "window": 1, "window_unit": 3_600, "segment": _USER}


def initial_of(rate: RateLimit) -> dict[str, Any]:
    """Returns what the fields of RateLimitForm hold for a stored rate limit."""
    number, unit = window_from(rate.window_s)
    segment = {"": _ALL, _USER: _USER}.get(rate.segment, _PROPERTY)
    return {
        "name": rate.name,
        "quota": rate.quota,
        "unit": rate.unit,
        "window": number,
        "window_unit": unit,
        "segment": segment,
        "property_name": rate.segment if segment == _PROPERTY else "",
    }
