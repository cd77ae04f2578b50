"""What an organization has for each provider: a key, an address, or neither."""

import os
from dataclasses import dataclass

from accounts_app import queries
from accounts_app.models import Organization, ProviderKey
from gateway_app.catalog import CATALOG
from gateway_app.providers import KeyForm, Provider


@dataclass(frozen=True, slots=True)
class ProviderAccess:
    """A provider with what the gateway would use for a client that sends only a Helicone key."""

    provider: Provider
    stored: ProviderKey | None

    @property
    def takes_key(self) -> bool:
        """Returns whether the provider wants a key at all."""
        return self.provider.key_form is not KeyForm.NONE

    @property
    def is_self_hosted(self) -> bool:
        """Returns whether it is software that people run themselves, and no service that hands out keys."""
        return not self.provider.base_url and not self.provider.hosts

    @property
    def noun(self) -> str:
        """Returns what people store for it."""
        return "key" if self.takes_key else "address"

    @property
    def has_stored_key(self) -> bool:
        """Returns whether a key is stored, and not an address alone."""
        return self.stored is not None and bool(self.stored.hint)

    @property
    def environment_variable(self) -> str:
        """Returns the variable that holds a key for everybody, or ""."""
        return next((name for name in self.provider.key_variables if os.environ.get(name)), "")

    @property
    def endpoint(self) -> str:
        """Returns the organization's own address of the provider, or ""."""
        return self.stored.endpoint if self.stored is not None else ""

    @property
    def goes_to(self) -> str:
        """Returns where calls go, "" when nobody has said it."""
        return self.endpoint or self.provider.origin

    @property
    def is_set_up(self) -> bool:
        """Returns whether the organization stored something for it, or can use it without."""
        if self.stored is not None:
            return True
        return bool(self.provider.origin) and (not self.takes_key or bool(self.environment_variable))


def provider_accesses(organization: Organization) -> list[ProviderAccess]:
    """Returns all providers, in the catalog's order."""
    stored = queries.provider_keys(organization)
    return [ProviderAccess(provider, stored.get(name)) for name, provider in CATALOG.by_name.items()]
