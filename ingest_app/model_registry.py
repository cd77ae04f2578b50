"""Which models a provider has, as far as genai-prices knows."""

from functools import lru_cache

from genai_prices.data_snapshot import get_snapshot

from ingest_app.pricing import THEIR_NAME

_CLOSED = ("openai", "anthropic", "google", "xai")  # makers who give no weights away, of the models they sell


@lru_cache(maxsize=4096)
def knows_model(provider: str, model: str) -> bool:
    """Returns whether `provider` is known to have `model`, by any of its names."""
    if provider not in THEIR_NAME:
        return False
    try:
        get_snapshot().find_provider_model(model, None, THEIR_NAME[provider], None)
    except LookupError:
        return False
    return True


@lru_cache(maxsize=4096)
def context_window(provider: str, model: str) -> int | None:
    """Returns how many tokens `model` holds at `provider`, None where that is not known."""
    if provider not in THEIR_NAME:
        return None
    try:
        return get_snapshot().find_provider_model(model, None, THEIR_NAME[provider], None)[1].context_window
    except LookupError:
        return None


def is_made_by(provider: str, model: str) -> bool:
    """Returns whether `model` is `provider`'s own, and not one that it only offers."""
    try:
        maker, _ = get_snapshot().find_provider_model(model, None, None, None)
    except LookupError:
        return False
    return maker.id == THEIR_NAME.get(provider)


@lru_cache(maxsize=4096)
def closed_maker(model: str) -> str:
    """Returns who makes `model`, "" for models whose weights anybody may run: who ran it says what it cost."""
    return next((maker for maker in _CLOSED if is_made_by(maker, model) and knows_model(maker, model)), "")


@lru_cache(maxsize=64)
def models_of(provider: str) -> tuple[str, ...]:
    """Returns the names of the models of `provider`, in alphabetical order."""
    wanted = THEIR_NAME.get(provider)
    return tuple(
        sorted(model.id for found in get_snapshot().providers if found.id == wanted for model in found.models)
    )
