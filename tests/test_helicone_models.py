"""The lists of models of Helicone's REST API, which need no key."""

from typing import Any

import pytest

from tests.api import Api
from tests.live import Stack


@pytest.fixture(scope="module")
def registry(stack: Stack) -> dict[str, Any]:
    answer = Api(stack.url, None).get("/v1/public/model-registry/models")
    assert (answer.status, answer.json["error"]) == (200, None)
    data: dict[str, Any] = answer.json["data"]
    return data


@pytest.fixture(scope="module")
def by_id(registry: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {model["id"]: model for model in registry["models"]}


def test_each_model_is_there_once(registry: dict[str, Any], by_id: dict[str, Any]) -> None:
    assert len(by_id) == len(registry["models"]) == registry["total"] > 500


def test_prices_are_those_of_a_million_tokens(by_id: dict[str, dict[str, Any]]) -> None:
    model = by_id["gpt-4o"]
    assert (model["author"], model["contextLength"]) == ("openai", 128_000)
    [own] = [endpoint for endpoint in model["endpoints"] if endpoint["provider"] == "openai"]
    assert own["pricing"] == {"prompt": 2.5, "completion": 10, "cacheRead": 1.25}
    assert "openrouter" in {endpoint["provider"] for endpoint in model["endpoints"]}


def test_a_maker_is_not_who_only_runs_the_model(by_id: dict[str, dict[str, Any]]) -> None:
    assert by_id["claude-opus-4-5"]["author"] == "anthropic"
    assert "google" not in {endpoint["provider"] for endpoint in by_id["claude-opus-4-5"]["endpoints"]}


def test_the_filters_name_what_there_is(registry: dict[str, Any]) -> None:
    filters = registry["filters"]
    assert {"name": "anthropic", "displayName": "Anthropic"} in filters["providers"]
    assert "openai" in filters["authors"]
    assert "caching" in filters["capabilities"]


@pytest.mark.parametrize(
    ("id", "inputs", "outputs"),
    [
        ("gpt-4o", ["text", "image"], ["text"]),
        ("gpt-3.5-turbo", ["text"], ["text"]),
        ("gpt-image-1", ["text", "image"], ["text", "image"]),
        ("gemini-2.5-flash", ["text", "image", "audio"], ["text"]),
        ("claude-opus-4-5", ["text", "image"], ["text"]),
        ("claude-2", ["text"], ["text"]),
        ("gpt-4o-mini-tts", ["text"], ["text", "audio"]),
        ("gpt-realtime", ["text", "audio"], ["text", "audio"]),
        ("o3-mini", ["text"], ["text"]),
    ],
)
def test_modalities_are_known_by_name(
    by_id: dict[str, dict[str, Any]], id: str, inputs: list[str], outputs: list[str]
) -> None:
    assert (by_id[id]["inputModalities"], by_id[id]["outputModalities"]) == (inputs, outputs)


def test_multimodal_models_are_listed_as_openai_lists_models(stack: Stack) -> None:
    answer = Api(stack.url, None).get("/v1/models/multimodal")
    assert (answer.status, answer.json["object"]) == (200, "list")
    owners = {row["id"]: row["owned_by"] for row in answer.json["data"]}
    assert owners["gpt-4o"] == "openai"
    assert "gpt-3.5-turbo" not in owners
    assert set(answer.json["data"][0]) == {"id", "object", "created", "owned_by"}
