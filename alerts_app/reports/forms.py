"""When an organization gets its report, and which report somebody looks at."""

import zoneinfo

from django import forms

from alerts_app.notices.fields import EmailsField
from alerts_app.reports.models import Every, Weekday


def zone_choices() -> list[tuple[str, str]]:
    """Returns all zones that have a place in their name, and UTC."""
    names = sorted(
        name for name in zoneinfo.available_timezones() if "/" in name and not name.startswith("Etc/")
    )
    return [("UTC", "UTC"), *((name, name.replace("_", " ")) for name in names)]


class PlanForm(forms.Form):
    """When the report comes, and to whom."""

    is_on = forms.BooleanField(required=False, label="Mail reports")
    every = forms.ChoiceField(label="Each", choices=Every.choices)
    weekday = forms.TypedChoiceField(
        label="On",
        coerce=int,
        choices=Weekday.choices,
    )
    hour = forms.TypedChoiceField(
        label="At", coerce=int, choices=[(hour, f"{hour:02d}:00") for hour in range(24)]
    )
    zone = forms.ChoiceField(label="Time zone", choices=zone_choices)
    emails = EmailsField(label="To", help_text="E-mail addresses, one per line.")

    def clean(self) -> None:
        """A report that goes to nobody is a mistake."""
        given = self.cleaned_data
        if given.get("is_on") and not given.get("emails") and "emails" not in self.errors:
            self.add_error("emails", "Enter at least one address, or switch reports off.")


class PeriodForm(forms.Form):
    """The report that an address names."""

    every = forms.ChoiceField(choices=Every.choices, required=False)
    date = forms.DateField(required=False)
    zone = forms.CharField(required=False)
