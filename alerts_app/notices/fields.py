"""Fields of forms that say who is told."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from alerts_app.notices.models import Channel
from alerts_app.notices.queries import channels

MOST_EMAILS = 50


class ChannelsField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    """A choice of an organization's channels, as check boxes; none until a form says whose (`offer`)."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, *, label: str = "Channels", required: bool = False, help_text: str = "") -> None:
        super().__init__(Channel.objects.none(), label=label, required=required, help_text=help_text)

    def offer(self, organization_id: int) -> None:
        """Let the organization's channels be chosen: call it in the form's `__init__`."""
        self.queryset = channels(organization_id)

    def label_from_instance(self, obj: Any) -> str:
        """Returns the channel's name and what kind it is."""
        off = "" if obj.is_active else ", switched off"
        return f"{obj.name} ({obj.get_kind_display()}{off})"


class EmailsField(forms.CharField):
    """E-mail addresses, by lines, commas or spaces; cleaned to a list without repetitions."""

    widget = forms.Textarea(attrs={"rows": 2, "autocomplete": "off", "spellcheck": "false"})

    def __init__(
        self, *, label: str = "E-mail addresses", required: bool = False, help_text: str = ""
    ) -> None:
        super().__init__(label=label, required=required, help_text=help_text)

    def prepare_value(self, value: Any) -> Any:
        """Returns a list as people edit it."""
        return "\n".join(value) if isinstance(value, (list, tuple)) else value

    def clean(self, value: Any) -> list[str]:
        """Returns the addresses. Raises ValidationError for what is none, and for too many."""
        text = super().clean(value)
        emails = list({email.lower(): email for email in re.split(r"[\s,;]+", text) if email}.values())
        for email in emails:
            try:
                validate_email(email)
            except ValidationError as error:
                raise ValidationError(f"“{email}” is not an e-mail address.") from error
        if len(emails) > MOST_EMAILS:
            raise ValidationError(f"At most {MOST_EMAILS} addresses.")
        return emails
