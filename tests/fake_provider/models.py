"""The models on offer, and `GET /v1/models` in each dialect."""

from typing import Any

from tests.fake_provider.answer import Answer, Refused, compact, pretty
from tests.fake_provider.vendors import Vendor

# What is asked for, and the snapshot that answers; both vendors name the latter in the answer.
SNAPSHOTS: dict[Vendor, dict[str, str]] = {
    "openai": {
        "gpt-4o": "gpt-4o-2024-08-06",
        "gpt-4o-mini": "gpt-4o-mini-2024-07-18",
        "gpt-4o-audio-preview": "gpt-4o-audio-preview-2025-06-03",
        "gpt-4.1": "gpt-4.1-2025-04-14",
        "gpt-5": "gpt-5-2025-08-07",
        "gpt-5-mini": "gpt-5-mini-2025-08-07",
        "o3": "o3-2025-04-16",
        "gpt-3.5-turbo-instruct": "gpt-3.5-turbo-instruct",
        "text-embedding-3-small": "text-embedding-3-small",
        "text-embedding-3-large": "text-embedding-3-large",
        "gpt-unpriced": "gpt-unpriced-2026-01-01",
    },
    "anthropic": {
        "claude-sonnet-4-5": "claude-sonnet-4-5-20250929",
        "claude-opus-4-5": "claude-opus-4-5-20251101",
        "claude-haiku-4-5": "claude-haiku-4-5-20251001",
        "claude-3-5-haiku-latest": "claude-3-5-haiku-20241022",
    },
    "google": {name: name for name in ("gemini-2.5-flash", "gemini-2.5-pro", "gemini-embedding-001")},
    "bedrock": {},  # it takes any, and names none in its answers
}
_CREATED = 1_715_367_049


def snapshot(vendor: Vendor, body: dict[str, Any]) -> str:
    """Returns the exact model that serves `body`. Raises Refused where there is none."""
    model = body.get("model")
    if not model:
        if vendor == "anthropic":
            raise Refused(400, "model: Field required")
        raise Refused(400, "you must provide a model parameter", code="")
    known = SNAPSHOTS[vendor]
    if model in known.values():
        return str(model)
    if model not in known:
        if vendor == "anthropic":
            raise Refused(404, f"model: {model}")
        raise Refused(404, f"The model `{model}` does not exist or you do not have access to it.")
    return known[model]


def model_list(vendor: Vendor) -> Answer:
    """Returns the vendor's list of its models."""
    if vendor == "anthropic":
        entries = [_anthropic_model(name) for name in SNAPSHOTS["anthropic"].values()]
        return Answer(
            body=compact(
                {
                    "data": entries,
                    "has_more": False,
                    "first_id": entries[0]["id"],
                    "last_id": entries[-1]["id"],
                }
            )
        )
    if vendor == "google":
        return Answer(body=pretty({"models": [_google_model(name) for name in SNAPSHOTS["google"]]}))
    names = sorted({*SNAPSHOTS["openai"], *SNAPSHOTS["openai"].values()})
    return Answer(body=pretty({"object": "list", "data": [_openai_model(name) for name in names]}))


def model_detail(vendor: Vendor, name: str) -> Answer:
    """Returns one model. Raises Refused for an unknown one."""
    exact = snapshot(vendor, {"model": name})
    if vendor == "anthropic":
        return Answer(body=compact(_anthropic_model(exact)))
    if vendor == "google":
        return Answer(body=pretty(_google_model(name)))
    return Answer(body=pretty(_openai_model(name)))


def _openai_model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": _CREATED, "owned_by": "system"}


def _google_model(name: str) -> dict[str, Any]:
    return {
        "name": f"models/{name}",
        "version": "001",
        "displayName": name.replace("-", " ").title(),
        "inputTokenLimit": 1_048_576,
        "outputTokenLimit": 65_536,
        "supportedGenerationMethods": ["generateContent", "countTokens"],
    }


def _anthropic_model(name: str) -> dict[str, Any]:
    family = name.removeprefix("claude-").rsplit("-", 1)[0]
    date = name[-8:]
    return {
        "type": "model",
        "id": name,
        "display_name": f"Claude {family.replace('-', ' ').title()}",
        "created_at": f"{date[:4]}-{date[4:6]}-{date[6:]}T00:00:00Z",
        "lifecycle": "active",
        "line": next(line for line in ("haiku", "sonnet", "opus") if line in family),
        "max_input_tokens": 200_000,
        "max_tokens": 64_000,
        "capabilities": None,
        "deprecated_at": None,
        "retires_at": None,
    }
