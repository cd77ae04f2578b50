"""Which requests are the gateway's, and where they go (contract 2.1, 10)."""

from dataclasses import dataclass

from gateway_app.providers import PROVIDERS, Provider

_GATEWAY_PREFIX = "/v1/gateway/"
_BY_SLUG = {provider.slug: provider for provider in PROVIDERS.values()}
# Clients whose base URL lacks /v1 call these without it.
_PROVIDER_OF_PATH = {
    "/chat/completions": PROVIDERS["openai"],
    "/completions": PROVIDERS["openai"],
    "/responses": PROVIDERS["openai"],
    "/embeddings": PROVIDERS["openai"],
    "/messages": PROVIDERS["anthropic"],
    "/messages/count_tokens": PROVIDERS["anthropic"],
}
_MODELS = "/models"


@dataclass(frozen=True, slots=True)
class Route:
    """Where a request goes: `path` is the provider's, always with its version."""

    provider: Provider
    path: str


class UnknownProvider(Exception):
    """The path names a provider that the gateway does not know."""


def is_gateway_path(path: str) -> bool:
    """Returns whether `path` belongs to the gateway and not to the pages or the REST API."""
    return path.startswith(_GATEWAY_PREFIX) or _without_version(path) in _PROVIDER_OF_PATH or _is_models(path)


def route(path: str, *, speaks_anthropic: bool) -> Route:
    """Returns where `path` leads. Raises UnknownProvider.

    `speaks_anthropic` decides between providers that both have the path: the list of models.
    """
    if path.startswith(_GATEWAY_PREFIX):
        slug, _, rest = path.removeprefix(_GATEWAY_PREFIX).partition("/")
        if slug not in _BY_SLUG:
            raise UnknownProvider(slug)
        return Route(_BY_SLUG[slug], _with_version("/" + rest))
    if _is_models(path):
        return Route(PROVIDERS["anthropic" if speaks_anthropic else "openai"], _with_version(path))
    return Route(_PROVIDER_OF_PATH[_without_version(path)], _with_version(path))


def _is_models(path: str) -> bool:
    bare = _without_version(path)
    return bare == _MODELS or bare.startswith(_MODELS + "/")


def _without_version(path: str) -> str:
    return path.removeprefix("/v1").rstrip("/") or "/"


def _with_version(path: str) -> str:
    return path if path == "/v1" or path.startswith("/v1/") else "/v1" + path
