"""What the AI gateway makes of a `model` (contract 2.2): which provider is asked, for which of its models.

`entry ("," entry)*`, an entry being `!provider`, `model`, `model/provider`, `model/provider/key` or, as LiteLLM and
the Vercel AI SDK write it, `provider/model`. The entries are tried in their order; only the first that can be asked
is, until fallbacks exist.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from gateway_app import errors
from gateway_app.catalog import CATALOG
from gateway_app.providers import Provider, Speaks
from ingest_app.model_registry import context_window, is_made_by, knows_model

_ONLINE = ":online"  # asks for web search, which providers have as a tool of their own
# Who makes models comes before who only offers them; routers come last.
_LAST = ("openrouter",)


class Choice(NamedTuple):
    """A provider and the name that it has for the model."""

    provider: Provider
    model: str


def choose(
    names: str, dialect: Speaks, default: Provider, has_access: Callable[[Provider], bool]
) -> tuple[Choice, str]:
    """Returns the first choice that can be asked, and its path. Raises GatewayError: 400, or 401 without a key.

    A model that no list of prices knows (a new one, a fine-tuned one) goes to `default`, the provider whose own
    path was called.
    """
    excluded, wanted = _parse(names)
    if not wanted:
        raise errors.bad_model(names)
    mute: list[Choice] = []  # has no endpoint for the dialect
    locked: list[Choice] = []  # has one, but there is no key
    for entry in wanted:
        candidates = [choice for choice in _choices(entry, default) if choice.provider.name not in excluded]
        for choice in candidates:
            path = choice.provider.endpoint(dialect)
            if path is None:
                mute.append(choice)
            elif not has_access(choice.provider):
                locked.append(choice)
            else:
                return choice, path
    reachable = next((choice for choice in mute if has_access(choice.provider)), None)
    if locked and reachable is None:
        model = locked[0].model
        raise errors.no_key_for_model(model, [choice.provider for choice in locked if choice.model == model])
    if mute:
        raise errors.dialect_not_spoken((reachable or mute[0]).provider.label, dialect)
    raise errors.no_provider_for_model(names)


def window_of(entry: str, default: Provider) -> int | None:
    """Returns the context window (tokens) of the likeliest model that `entry` means, None where it is not known."""
    provider, model = _choices(entry, default)[0]
    return context_window(provider.name, model)


def _parse(names: str) -> tuple[frozenset[str], list[str]]:
    excluded: set[str] = set()
    wanted: list[str] = []
    for entry in filter(None, map(str.strip, names.split(","))):
        if not entry.startswith("!"):
            wanted.append(entry)
            continue
        provider = CATALOG.by_slug.get(entry[1:].strip().lower())
        if provider is None:
            raise errors.bad_exclusion(entry)
        excluded.add(provider.name)
    return frozenset(excluded), wanted


@lru_cache(maxsize=4096)
def _choices(entry: str, default: Provider) -> tuple[Choice, ...]:
    """Returns who could be meant by one entry, the likeliest first."""
    parts = entry.split("/")
    # `model/provider/key` names one of several keys of a provider; here each provider has one.
    for position in (-1, -2):
        model = "/".join(parts[:position])
        # No model is called like a provider: `openrouter/anthropic/claude` is of the other order.
        if model and _provider(model) is None and (provider := _provider(parts[position])):
            return (Choice(provider, _bare(model)),)
    if len(parts) > 1 and (provider := _provider(parts[0])):
        return (Choice(provider, _bare("/".join(parts[1:]))),)
    model = _bare(entry)
    offering = [provider for provider in CATALOG.by_name.values() if knows_model(provider.name, model)]
    offering.sort(key=lambda provider: (not is_made_by(provider.name, model), provider.name in _LAST))
    return tuple(Choice(provider, model) for provider in offering) or (Choice(default, model),)


def _provider(name: str) -> Provider | None:
    return CATALOG.by_slug.get(name.strip().lower())


def _bare(model: str) -> str:
    return model.strip().removesuffix(_ONLINE)
