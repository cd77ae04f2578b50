"""What the gateway needs to know of a provider, and which one is meant by a name, a slug or a host."""

import os
import re
from dataclasses import dataclass
from enum import StrEnum


class KeyForm(StrEnum):
    """How a provider takes its key: the header, in lower case."""

    BEARER = "authorization"
    ANTHROPIC = "x-api-key"
    AZURE = "api-key"
    GOOGLE = "x-goog-api-key"
    AWS = "sigv4"  # signed with it (sigv4.py), unless it is one of Bedrock's bearer keys
    NONE = ""


class Shape(StrEnum):
    """Whose error shape the clients of a route expect."""

    OPENAI = "openai"
    ANTHROPIC = "anthropic"
    GOOGLE = "google"
    GATEWAY = "gateway"  # contract 2.4


class Speaks(StrEnum):
    """A request dialect that a provider answers on an endpoint of its own."""

    CHAT = "/chat/completions"
    RESPONSES = "/responses"
    EMBEDDINGS = "/embeddings"
    MESSAGES = "/messages"


_OPENAI_FORM = frozenset((Speaks.CHAT, Speaks.EMBEDDINGS))


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """One provider: a declaration in `catalog.py`."""

    name: str  # as stored in rows
    label: str
    base_url: str  # an origin, without a path; "" where each organization has its own
    slugs: tuple[str, ...] = ()  # in /v1/gateway/<slug>/… and <slug>.<domain>; the name always is one
    hosts: str = ""  # regular expression: other hosts (in Helicone-Target-Url) that are this provider
    key_form: KeyForm = KeyForm.BEARER
    key_variables: tuple[str, ...] = ()  # environment variables with a key for everybody
    errors: Shape = Shape.OPENAI
    prefix: str = "/v1"  # where its API begins; put before paths that lack it
    roots: tuple[str, ...] = ()  # other first path segments that are kept as they are
    compatible_prefix: str | None = None  # of its OpenAI-compatible API, if that is not `prefix`
    messages_prefix: str = ""  # of its Anthropic-compatible API
    speaks: frozenset[Speaks] = _OPENAI_FORM
    asks_usage: bool = True  # takes stream_options.include_usage
    endpoint_hint: str = ""  # what an organization has to say besides a key, by example
    check_path: str = "/models"  # GET after `prefix`: a cheap call that needs a valid key
    site: str = ""
    connect_timeout_s: float = 10.0
    first_byte_timeout_s: float = 600.0  # models may think for minutes before the first byte
    idle_timeout_s: float = 600.0

    @property
    def origin(self) -> str:
        """Returns where requests go: HELICONE_PROVIDER_<NAME>_URL, else the public origin, else ""."""
        return os.environ.get(f"HELICONE_PROVIDER_{self.name.upper()}_URL", self.base_url).rstrip("/")

    @property
    def slug(self) -> str:
        """Returns the part of the address by which clients reach it: Helicone's own, where that has one."""
        return self.slugs[0] if self.slugs else self.name

    @property
    def key_variable(self) -> str:
        """Returns the usual environment variable of its key, "" where it needs none."""
        return self.key_variables[0] if self.key_variables else ""

    @property
    def environment_key(self) -> str:
        """Returns the key that the environment has for everybody, or ""."""
        return next((key for name in self.key_variables if (key := os.environ.get(name))), "")

    @property
    def needs_key(self) -> bool:
        """Returns whether nobody is served without a key. Servers in one's own house mostly ask for none."""
        return self.key_form is not KeyForm.NONE and bool(self.base_url or self.hosts)

    def path(self, path: str) -> str:
        """Returns the path at the provider for `path` as a client sent it: with or without version or prefix."""
        root = "/" + path.removeprefix("/").partition("/")[0]
        if path.startswith(self.prefix + "/") or root in self.roots:
            return path
        if root == "/v1":
            path = path.removeprefix("/v1") or "/"
        return self.prefix + path

    def endpoint(self, dialect: Speaks) -> str | None:
        """Returns the path at which it speaks `dialect`, None where it does not."""
        if dialect not in self.speaks:
            return None
        if dialect is Speaks.MESSAGES:
            return self.messages_prefix + dialect
        return (self.prefix if self.compatible_prefix is None else self.compatible_prefix) + dialect


def key_headers(form: KeyForm, key: str) -> list[tuple[bytes, bytes]]:
    """Returns the headers that carry `key` to a provider. Keys that sign are not sent (sigv4.py)."""
    if form is KeyForm.NONE or not key:
        return []
    if form in {KeyForm.BEARER, KeyForm.AWS}:
        return [(b"authorization", b"Bearer " + key.encode())]
    return [(form.encode(), key.encode())]


@dataclass(frozen=True, slots=True)
class Catalog:
    """All providers, found by name, slug or host."""

    by_name: dict[str, Provider]
    by_slug: dict[str, Provider]
    _by_host: tuple[tuple[re.Pattern[str], Provider], ...]

    @classmethod
    def of(cls, providers: tuple[Provider, ...]) -> "Catalog":
        """Returns the catalog of `providers`, which are asked in this order."""
        return cls(
            {provider.name: provider for provider in providers},
            {slug: provider for provider in providers for slug in (provider.name, *provider.slugs)},
            tuple((re.compile(_hosts(provider), re.IGNORECASE), provider) for provider in providers),
        )

    def of_host(self, host: str) -> Provider | None:
        """Returns the provider that answers at `host` (without port), or None."""
        return next((provider for pattern, provider in self._by_host if pattern.fullmatch(host)), None)


def _hosts(provider: Provider) -> str:
    own = re.escape(provider.base_url.partition("://")[2])
    return "|".join(part for part in (own, provider.hosts) if part) or r"(?!)"
