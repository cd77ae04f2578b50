"""`GET /models` of the AI gateway: what an organization can ask for, in the dialect of who asks."""

from collections.abc import Callable

import msgspec

from accounts_app.directory import StoredAccess
from gateway_app.catalog import CATALOG
from gateway_app.providers import Provider, Shape
from ingest_app.model_registry import models_of


def body(shape: Shape, access: Callable[[Provider], StoredAccess]) -> bytes:
    """Returns the list as JSON: the known models of every provider that there is a key for.

    OpenAI: platform.openai.com/docs/api-reference/models; Anthropic: docs.anthropic.com/en/api/models-list;
    Google: ai.google.dev/api/models.
    """
    models = {
        model: provider
        for provider in reversed(CATALOG.by_name.values())
        if access(provider).secret or provider.environment_key
        for model in models_of(provider.name)
    }
    return msgspec.json.encode(_LISTS[shape](sorted(models.items(), key=lambda pair: pair[0])))


def _openai(models: list[tuple[str, Provider]]) -> object:
    rows = [
        {"id": model, "object": "model", "created": 0, "owned_by": provider.name}
        for model, provider in models
    ]
    return {"object": "list", "data": rows}


def _anthropic(models: list[tuple[str, Provider]]) -> object:
    rows = [
        {"type": "model", "id": model, "display_name": model, "created_at": "1970-01-01T00:00:00Z"}
        for model, _ in models
    ]
    first, last = (rows[0]["id"], rows[-1]["id"]) if rows else (None, None)
    return {"data": rows, "has_more": False, "first_id": first, "last_id": last}


def _google(models: list[tuple[str, Provider]]) -> object:
    return {"models": [{"name": f"models/{model}", "displayName": model} for model, _ in models]}


_LISTS = {Shape.OPENAI: _openai, Shape.GATEWAY: _openai, Shape.ANTHROPIC: _anthropic, Shape.GOOGLE: _google}
