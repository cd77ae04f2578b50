"""What people enter about a channel, by its kind: checked here once, so that views see clean values."""

import re
from typing import Any, ClassVar

from django import forms

from alerts_app.notices.config import Config
from alerts_app.notices.fields import EmailsField
from alerts_app.notices.models import Channel, ChannelKind
from alerts_app.notices.senders.catalog import DISCORD_URL, SLACK_URL, BadService, plugin_of
from alerts_app.webhooks.targets import BadTarget, check_target

_PAGERDUTY_KEY = re.compile(r"[A-Za-z0-9]{32}", re.ASCII)
_LONGEST_URL = 2000


class ChannelForm(forms.Form):
    """A channel's name, and in each subclass what its kind needs. `config` returns the latter."""

    name = forms.CharField(
        max_length=Channel._meta.get_field("name").max_length,
        widget=forms.TextInput(attrs={"placeholder": "#oncall", "autocomplete": "off"}),
        help_text="What alerts and budgets call it.",
    )
    is_active = forms.BooleanField(
        required=False, initial=True, label="Active", help_text="Else nothing is sent to it."
    )
    # What is stored stays when this is left empty: it is a secret, and not shown.
    kept_field: ClassVar[str] = ""

    def __init__(self, *args: Any, current: Config | None = None, is_new: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.current = current or Config()
        if is_new:
            del self.fields["is_active"]
        elif self.kept_field and current is not None:
            field = self.fields[self.kept_field]
            field.required = False
            field.help_text = "Leave it empty to keep what is stored."

    def config(self) -> Config:
        """Returns what the channel is to keep, of a form that is valid."""
        raise NotImplementedError

    def _entered(self, name: str) -> str:
        entered: str = self.cleaned_data.get(name, "")
        return entered


class EmailChannelForm(ChannelForm):
    """Addresses of people."""

    emails = EmailsField(required=True, help_text="One per line. All get the same mail, and see each other.")
    field_order = ("name", "emails")

    def config(self) -> Config:
        """Returns the addresses."""
        return Config(emails=tuple(self.cleaned_data["emails"]))


class _UrlForm(ChannelForm):
    """An address that is a secret: whoever has it can write there."""

    kept_field = "url"
    url = forms.CharField(
        label="Address",
        max_length=_LONGEST_URL,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    field_order = ("name", "url")

    def config(self) -> Config:
        """Returns the address, with what else was stored."""
        return Config(url=self._entered("url") or self.current.url, key=self.current.key)


class SlackChannelForm(_UrlForm):
    """An incoming webhook of Slack."""

    def clean_url(self) -> str:
        """Returns the address. Raises ValidationError when it is none of Slack's."""
        url = self._entered("url")
        if url and not SLACK_URL.match(url):
            raise forms.ValidationError(
                "It begins with https://hooks.slack.com/services/ and has three parts more."
            )
        return url


class DiscordChannelForm(_UrlForm):
    """A webhook of Discord."""

    def clean_url(self) -> str:
        """Returns the address. Raises ValidationError when it is none of Discord's."""
        url = self._entered("url")
        if url and not DISCORD_URL.match(url):
            raise forms.ValidationError(
                "It begins with https://discord.com/api/webhooks/, a number and a token follow."
            )
        return url


class PagerDutyChannelForm(ChannelForm):
    """An integration of PagerDuty's Events API V2."""

    kept_field = "key"
    key = forms.CharField(
        label="Integration key",
        max_length=100,
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    region = forms.ChoiceField(
        label="Service region", choices=[("us", "US (pagerduty.com)"), ("eu", "EU (eu.pagerduty.com)")]
    )
    field_order = ("name", "key", "region")

    def clean_key(self) -> str:
        """Returns the key. Raises ValidationError when it cannot be one."""
        key = self._entered("key")
        if key and not _PAGERDUTY_KEY.fullmatch(key):
            raise forms.ValidationError("An integration key has 32 letters and digits.")
        return key

    def config(self) -> Config:
        """Returns key and region."""
        return Config(key=self._entered("key") or self.current.key, region=self.cleaned_data["region"])


class WebhookChannelForm(_UrlForm):
    """An address of the organization's own."""

    def clean_url(self) -> str:
        """Returns the address. Raises ValidationError when nothing may be sent there."""
        url = self._entered("url")
        if url:
            try:
                check_target(url)
            except BadTarget as error:
                raise forms.ValidationError(str(error)) from error
        return url


class ServiceChannelForm(_UrlForm):
    """An address of apprise's, or as Teams and Google Chat show it."""

    def clean_url(self) -> str:
        """Returns the address. Raises ValidationError when the service is not offered, or something is missing."""
        url = self._entered("url")
        if url:
            try:
                plugin_of(url)
            except BadService as error:
                raise forms.ValidationError(str(error)) from error
        return url


FORMS: dict[ChannelKind, type[ChannelForm]] = {
    ChannelKind.EMAIL: EmailChannelForm,
    ChannelKind.SLACK: SlackChannelForm,
    ChannelKind.DISCORD: DiscordChannelForm,
    ChannelKind.PAGERDUTY: PagerDutyChannelForm,
    ChannelKind.WEBHOOK: WebhookChannelForm,
    ChannelKind.APPRISE: ServiceChannelForm,
}
