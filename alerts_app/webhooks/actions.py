"""Every write to webhooks."""

import secrets as randomness
from collections.abc import Mapping, Sequence

from accounts_app import secrets
from accounts_app.models import Organization
from accounts_app.rewrapping import Rewrapped, rewrap
from alerts_app.webhooks.models import Webhook
from alerts_app.webhooks.targets import check_target

_SIGNING_KEY_BYTES = 32


def create_webhook(
    *,
    organization: Organization,
    destination: str,
    sample_rate_percent: float = 100,
    property_filters: Sequence[Mapping[str, str]] = (),
    includes_data: bool = True,
) -> Webhook:
    """Returns the new webhook, with a signing key of its own. Raises targets.BadTarget.

    Looks the destination's name up, for some seconds at most.
    """
    check_target(destination)
    return Webhook.objects.create(
        organization=organization,
        destination=destination,
        sample_rate_percent=sample_rate_percent,
        property_filters=[{"key": each["key"], "value": each["value"]} for each in property_filters],
        includes_data=includes_data,
        signing_key_ciphertext=secrets.encrypt(randomness.token_hex(_SIGNING_KEY_BYTES)),
    )


def delete_webhook(*, webhook: Webhook) -> None:
    """Tell the destination of nothing more."""
    webhook.delete()


def rewrap_signing_keys(previous: Sequence[str]) -> Rewrapped:
    """Encrypt the signing keys of all webhooks anew, under HELICONE_SECRET_KEY."""
    return rewrap(Webhook.objects.all(), "signing_key_ciphertext", previous)
