"""The providers that the gateway knows: a declaration each."""

import os
from dataclasses import dataclass

# What a header must hold for each way of sending a key.
_KEY_FORMS = {"authorization": "Bearer {key}", "x-api-key": "{key}"}


@dataclass(frozen=True, slots=True)
class Provider:
    """How to reach one provider and how it takes its key."""

    name: str  # as stored in rows and used by genai-prices
    label: str
    slug: str  # in /v1/gateway/<slug>/…
    default_base_url: str  # an origin, without a path
    key_variable: str  # environment variable with a key for everybody
    key_header: str
    errors: str  # whose error shape its clients expect: "openai" or "anthropic"

    @property
    def base_url(self) -> str:
        """Returns the origin that requests go to: HELICONE_PROVIDER_<NAME>_URL, or the public one."""
        return os.environ.get(f"HELICONE_PROVIDER_{self.name.upper()}_URL", self.default_base_url).rstrip("/")

    def key_headers(self, key: str) -> tuple[str, str]:
        """Returns the header (name, value) that carries `key` to the provider."""
        return self.key_header, _KEY_FORMS[self.key_header].format(key=key)


PROVIDERS: dict[str, Provider] = {
    provider.name: provider
    for provider in (
        Provider(
            name="openai",
            label="OpenAI",
            slug="oai",
            default_base_url="https://api.openai.com",
            key_variable="OPENAI_API_KEY",
            key_header="authorization",
            errors="openai",
        ),
        Provider(
            name="anthropic",
            label="Anthropic",
            slug="anthropic",
            default_base_url="https://api.anthropic.com",
            key_variable="ANTHROPIC_API_KEY",
            key_header="x-api-key",
            errors="anthropic",
        ),
    )
}
