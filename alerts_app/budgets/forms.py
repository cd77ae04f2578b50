"""What people may type about a budget: parsed here once, so that views see clean values."""

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, cast

from django import forms
from django.db import models
from django.utils import timezone

from accounts_app.models import ApiKey
from alerts_app.budgets.choices import (
    MAX_USD,
    MOST_SHARES,
    WINDOW_UNITS,
    BadWindow,
    window_from,
    window_of,
    zone_exists,
)
from alerts_app.notices.fields import ChannelsField, EmailsField
from helicone_site.formats import NANO
from helicone_site.text import storable
from limits_app.actions import BudgetTerms
from limits_app.models import PERIODS, SUBJECTS, THENS, Budget
from limits_app.rules import Period, Subject, Then

DEFAULT_SHARES = (50, 80, 90)
_OPEN, _CLOSED = "open", "closed"


def text_field(column: str, **options: Any) -> forms.CharField:
    """Returns the field of a column of `Budget` that takes a name as requests have it."""
    attributes = {"autocomplete": "off", "spellcheck": "false", **options.pop("attrs", {})}
    stored = cast("models.CharField[Any, Any]", Budget._meta.get_field(column))
    return forms.CharField(
        max_length=stored.max_length,
        strip=column != "value",  # which is what clients send, spaces included
        widget=forms.TextInput(attrs=attributes),
        **{"required": False} | options,
    )


class WindowForm(forms.Form):
    """A length of time, as a number and a unit."""

    window = forms.IntegerField(
        label="Window",
        error_messages={"required": "Say how long the window is."},
        min_value=1,
        max_value=1_000_000,
        widget=forms.NumberInput(attrs={"min": "1"}),
    )
    window_unit = forms.ChoiceField(label="Unit of the window", choices=[*WINDOW_UNITS.items()])

    def window_s(self) -> int | None:
        """Returns the length in seconds; None, with the error noted, for one that cannot be."""
        number, unit = self.cleaned_data.get("window"), self.cleaned_data.get("window_unit")
        if not number or not unit:
            return None
        try:
            return window_of(number, int(unit))
        except BadWindow as error:
            self.add_error("window", str(error))
            return None


class BudgetForm(WindowForm):
    """A budget. Fields of another subject, period or consequence than the chosen one say nothing.

    They need not be filled, so browsers are not told which must be.
    """

    use_required_attribute = False

    name = forms.CharField(
        max_length=Budget._meta.get_field("name").max_length,
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "Team chat, this month"}),
    )
    subject = forms.ChoiceField(label="Whose spending", choices=SUBJECTS)
    api_key = forms.ChoiceField(label="Which key", required=False)
    user = text_field(
        "value",
        label="Which user",
        help_text="As requests name it. Empty: each user has the amount alone.",
        attrs={"list": "known-users", "placeholder": "each user"},
    )
    model = text_field(
        "value",
        label="Which model",
        help_text="The model that is asked for. Empty: each model has the amount alone.",
        attrs={"list": "known-models", "placeholder": "each model"},
    )
    property_name = text_field(
        "property_name",
        label="Property",
        required=True,
        error_messages={"required": "Name the property."},
        attrs={"list": "known-properties", "placeholder": "Team"},
    )
    property_value = text_field(
        "value",
        label="Which value",
        help_text="Empty: each value has the amount alone.",
        attrs={"placeholder": "each value"},
    )
    amount = forms.DecimalField(
        label="Amount",
        min_value=Decimal("0.000001"),
        max_value=MAX_USD,
        decimal_places=6,
        widget=forms.NumberInput(attrs={"step": "any", "min": "0", "placeholder": "100"}),
        help_text="US dollars.",
    )
    period = forms.ChoiceField(label="For each", choices=PERIODS, initial=Period.MONTH)
    zone = forms.CharField(
        label="Time zone",
        max_length=Budget._meta.get_field("zone").max_length,
        widget=forms.TextInput(
            attrs={"list": "budget-zones", "data-zones": "", "autocomplete": "off", "spellcheck": "false"}
        ),
        help_text="Days begin at midnight there, weeks on Monday.",
    )
    warn_percents = forms.CharField(
        label="Warn at",
        required=False,
        max_length=100,
        initial=", ".join(map(str, DEFAULT_SHARES)),
        help_text="Percent of the amount, with commas between. When it is used up you are told in any case.",
    )
    then = forms.ChoiceField(
        label="What happens to requests that would go over it",
        choices=THENS,
        initial=Then.BLOCK,
        widget=forms.RadioSelect,
    )
    cheaper_model = text_field(
        "cheaper_model",
        label="Cheaper model",
        required=True,
        error_messages={"required": "Name the model that requests are sent to instead."},
        help_text="Of the same provider; for calls of the AI gateway also <code>model/provider</code>.",
        attrs={"list": "known-models", "placeholder": "gpt-4o-mini"},
    )
    when_unknown = forms.ChoiceField(
        label="While nobody can say what was spent",
        choices=[(_OPEN, "Let requests pass"), (_CLOSED, "Refuse them (503)")],
        initial=_OPEN,
        widget=forms.RadioSelect,
        help_text="Redis is away, or was emptied a moment ago.",
    )
    channels = ChannelsField()
    emails = EmailsField()

    def __init__(self, *args: Any, organization_id: int, api_keys: Iterable[ApiKey], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["window_unit"].initial = 86_400
        if self.is_bound:
            self._require_what_was_chosen()
        key = cast(forms.ChoiceField, self.fields["api_key"])
        key.choices = [("", "Each key has the amount alone"), *((str(one.pk), str(one)) for one in api_keys)]
        cast(ChannelsField, self.fields["channels"]).offer(organization_id)
        if not self.is_bound and not self.initial.get("zone"):
            self.initial["zone"] = timezone.get_current_timezone_name()

    def _require_what_was_chosen(self) -> None:
        chosen = {name: self.data.get(name) for name in ("subject", "then", "period")}
        self.fields["property_name"].required = chosen["subject"] == Subject.PROPERTY
        self.fields["cheaper_model"].required = chosen["then"] == Then.CHEAPER
        self.fields["zone"].required = chosen["period"] != Period.ROLLING
        for name in ("window", "window_unit"):
            self.fields[name].required = chosen["period"] == Period.ROLLING

    def clean_name(self) -> str:
        """Returns the name as it can be stored."""
        return storable(self.cleaned_data["name"])

    def clean_zone(self) -> str:
        """Returns the zone's name. Raises ValidationError for one that there is not."""
        name: str = self.cleaned_data["zone"].strip() or "UTC"
        if not zone_exists(name):
            raise forms.ValidationError(f"There is no time zone “{name}”: give a name such as Europe/Berlin.")
        return name

    def clean_warn_percents(self) -> list[int]:
        """Returns the shares in their order. Raises ValidationError for what is none."""
        parts = [part.rstrip("%").strip() for part in re.split(r"[,;]", self.cleaned_data["warn_percents"])]
        parts = [part for part in parts if part]
        if not all(part.isascii() and part.isdecimal() and 1 <= int(part) <= 99 for part in parts):
            raise forms.ValidationError("Give whole numbers from 1 to 99, such as 50, 80.")
        shares = sorted({int(part) for part in parts})
        if len(shares) > MOST_SHARES:
            raise forms.ValidationError(f"Give at most {MOST_SHARES}.")
        return shares

    def clean(self) -> dict[str, Any]:
        """Notes the length of the window, None for a period of the calendar."""
        cleaned = super().clean() or self.cleaned_data
        is_rolling = cleaned.get("period") == Period.ROLLING
        cleaned["window_s"] = self.window_s() if is_rolling else None
        return cleaned

    def terms(self) -> BudgetTerms:
        """Returns what the budget says. The form must be valid."""
        cleaned = self.cleaned_data
        subject, then = Subject(cleaned["subject"]), Then(cleaned["then"])
        field = {Subject.PROPERTY: "property_value"}.get(subject, str(subject))
        return BudgetTerms(
            name=cleaned["name"],
            subject=subject,
            property_name=storable(cleaned["property_name"]) if subject is Subject.PROPERTY else "",
            value=storable(cleaned.get(field, "")) or None,
            amount_nanodollars=int(cleaned["amount"] / NANO),
            period=Period(cleaned["period"]),
            window_s=cleaned["window_s"],
            zone=cleaned["zone"],
            warn_percents=cleaned["warn_percents"],
            then=then,
            cheaper_model=storable(cleaned["cheaper_model"]) if then is Then.CHEAPER else "",
            is_closed_when_unknown=cleaned["when_unknown"] == _CLOSED,
        )


def initial_of(budget: Budget) -> dict[str, Any]:
    """Returns what the fields of BudgetForm hold for a stored budget."""
    field = {Subject.PROPERTY: "property_value"}.get(Subject(budget.subject), budget.subject)
    number, unit = window_from(budget.window_s) if budget.window_s else (None, 86_400)
    return {
        "name": budget.name,
        "subject": budget.subject,
        field: budget.value or "",
        "property_name": budget.property_name,
        "amount": f"{(budget.amount_nanodollars * NANO).normalize():f}",
        "period": budget.period,
        "window": number,
        "window_unit": unit,
        "zone": budget.zone,
        "warn_percents": ", ".join(map(str, budget.warn_percents)),
        "then": budget.then,
        "cheaper_model": budget.cheaper_model,
        "when_unknown": _CLOSED if budget.is_closed_when_unknown else _OPEN,
    }
