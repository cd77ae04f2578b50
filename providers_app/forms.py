"""What people may type about a provider: parsed here once, so that views see clean values."""

from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils.html import format_html

from accounts_app.actions import KEY_PREFIXES
from accounts_app.models import ProviderKey
from gateway_app.catalog import CUSTOM
from gateway_app.destination import checked_target
from gateway_app.errors import GatewayError
from gateway_app.providers import KeyForm, Provider

_PLAIN = r"^[\x21-\x7e]+\Z"
_AWS_KEYS = (
    "An API key of Bedrock, or AWS credentials as <code>ACCESS_KEY:SECRET</code> or"
    " <code>ACCESS_KEY:SECRET:SESSION_TOKEN</code>."
)


def _key_field(*, max_length: int, help_text: str = "") -> forms.CharField:
    return forms.CharField(
        label="Key",
        max_length=max_length,
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        validators=[RegexValidator(_PLAIN, "A key has no spaces and only plain characters.")],
        help_text=help_text,
    )


class ProviderKeyForm(forms.Form):
    """What an organization stores for `provider`: its key, its address, or both, whichever the provider takes.

    Both are written into a request as they are: so no spaces, and nothing beyond ASCII.
    """

    secret = _key_field(max_length=1000)
    endpoint = forms.CharField(
        label="Address",
        max_length=ProviderKey._meta.get_field("endpoint").max_length,
        widget=forms.URLInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        validators=[RegexValidator(_PLAIN, "An address has no spaces and only plain characters.")],
    )

    def __init__(self, *args: Any, provider: Provider, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._provider = provider
        if provider.key_form is KeyForm.NONE:
            del self.fields["secret"]
        elif provider.key_form is KeyForm.AWS:
            # Short-term keys and session tokens hold a signed URL or more.
            self.fields["secret"] = _key_field(max_length=4000, help_text=_AWS_KEYS)
        if provider.endpoint_hint:
            self._ask_for_endpoint()
        else:
            del self.fields["endpoint"]

    def _ask_for_endpoint(self) -> None:
        field, provider = self.fields["endpoint"], self._provider
        field.required = provider.key_form is KeyForm.NONE or not provider.origin
        field.widget.attrs["placeholder"] = provider.endpoint_hint
        if not field.required:
            field.help_text = format_html("Without one, calls go to <code>{}</code>.", provider.origin)
        elif provider.hosts:
            field.help_text = "The address of your own resource."
        else:
            field.help_text = (
                "Where the gateway reaches it. The operator has to allow it in"
                " <code>HELICONE_ALLOWED_TARGETS</code>."
            )

    def clean_secret(self) -> str:
        """Returns the key. A Helicone key pasted here would be sent to the provider."""
        secret: str = self.cleaned_data["secret"]
        if secret.startswith(KEY_PREFIXES):
            raise forms.ValidationError("This is a Helicone key. Paste the key that the provider gave you.")
        return secret

    def clean_endpoint(self) -> str:
        """Returns the address. Raises ValidationError when the gateway may not go there, or it is another's."""
        endpoint: str = self.cleaned_data["endpoint"].rstrip("/")
        if not endpoint:
            return ""
        try:
            found = checked_target(endpoint).provider
        except GatewayError as error:
            raise forms.ValidationError(error.message) from error
        if found not in (self._provider, CUSTOM):
            raise forms.ValidationError(f"This is an address of {found.label}.")
        return endpoint
