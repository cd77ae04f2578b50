"""Whose model it was, in the product's own names of providers."""

from collections.abc import Callable
from functools import lru_cache
from urllib.parse import urlsplit

from ingest_app.doors.otlp.names import first_text
from ingest_app.doors.otlp.spans import Attributes

CUSTOM = "custom"
ProviderAt = Callable[[str], str]
"""Returns the name of the provider that answers at a host, "" where none is known to."""

_NAMES = (
    "gen_ai.provider.name",
    "gen_ai.system",
    "llm.provider",
    "llm.system",
    "ai.model.provider",
    "langsmith.metadata.ls_provider",
)
_ADDRESSES = ("url.full", "http.url", "gen_ai.openai.api_base", "llm.openai.api_base", "server.address")
# The first of these that a name contains says the provider: in lower case, with - between words and at both ends.
_WORDS = (
    ("azure", "azure"),
    ("az-ai", "azure"),
    ("bedrock", "bedrock"),
    ("aws", "bedrock"),
    ("vertex", "vertex"),
    ("openrouter", "openrouter"),
    ("anthropic", "anthropic"),
    ("gemini", "google"),
    ("google", "google"),
    ("gcp", "google"),
    ("mistral", "mistral"),
    ("groq", "groq"),
    ("deepseek", "deepseek"),
    ("-x-ai-", "xai"),
    ("-xai-", "xai"),
    ("together", "together"),
    ("fireworks", "fireworks"),
    ("perplexity", "perplexity"),
    ("cohere", "cohere"),
    ("cerebras", "cerebras"),
    ("ollama", "ollama"),
    ("openai", "openai"),
)
# Many others are called with these SDKs, which name themselves.
_SPOKEN_BY_OTHERS = frozenset(("openai", "anthropic", ""))
# Who named itself as the provider and is none: the model's name has to do. The last two are the Vercel AI SDK's.
_FRAMEWORKS = frozenset(
    (
        "langchain",
        "langgraph",
        "llama-index",
        "llamaindex",
        "crewai",
        "haystack",
        "litellm",
        "agno",
        "gateway",
        "helicone",
    )
)
_MODELS = (
    (("gpt-", "chatgpt-", "o1", "o3", "o4", "text-embedding-", "dall-e", "whisper", "davinci"), "openai"),
    (("claude-",), "anthropic"),
    (("gemini-",), "google"),
    (("mistral-", "codestral", "ministral", "magistral"), "mistral"),
    (("deepseek-",), "deepseek"),
    (("grok-",), "xai"),
    (("command-",), "cohere"),
)


def provider_of(attributes: Attributes, model: str, provider_at: ProviderAt) -> str:
    """Returns the provider of a call of `model`."""
    named = provider_named(first_text(attributes, _NAMES))
    if named in _SPOKEN_BY_OTHERS and (host := _host(address_of(attributes))):
        named = provider_at(host) or named
    return named or provider_of_model(model) or CUSTOM


def address_of(attributes: Attributes) -> str:
    """Returns the URL that was called, without its query, which may hold a key; "" when it is not told."""
    address = first_text(attributes, _ADDRESSES)
    if address and "://" not in address:
        address = f"https://{address}"
    return address.partition("?")[0]


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


@lru_cache(maxsize=4096)
def provider_named(name: str) -> str:
    """Returns our name of the provider that somebody calls `name`; "" for a framework, which is none."""
    plain = name.lower().replace("_", "-").replace(".", "-").replace(" ", "-")
    if plain in _FRAMEWORKS or plain.partition("-")[0] in _FRAMEWORKS:
        return ""
    return next((provider for word, provider in _WORDS if word in f"-{plain}-"), name.lower())


@lru_cache(maxsize=4096)
def provider_of_model(model: str) -> str:
    """Returns whose model it is by its name, which may stand behind its maker's: `openai/gpt-4o`."""
    maker, _, name = model.lower().rpartition("/")
    named = next((provider for word, provider in _WORDS if maker and word in f"-{maker}-"), "")
    return named or next((provider for starts, provider in _MODELS if name.startswith(starts)), "")
