"""LiteLLM as a client: one function for all providers."""

import os
from typing import Any

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # else importing it fetches a list of prices

import litellm
from harness import QUESTION, WEATHER, Target, behaviour, run

MESSAGES: Any = [{"role": "user", "content": QUESTION}]
FUNCTION: Any = {"name": "get_weather", "description": "The weather in a city.", "parameters": WEATHER}


def openai_settings(target: Target, **scenario: object) -> dict[str, Any]:
    """Returns the arguments of a completion by OpenAI at `target`."""
    return {
        "model": "openai/gpt-4o",
        "api_key": target.openai_key,
        "api_base": target.openai_url,
        "extra_headers": target.headers(**scenario),
        "messages": MESSAGES,
        "num_retries": 0,
    }


def anthropic_settings(target: Target, **scenario: object) -> dict[str, Any]:
    """Returns the arguments of a completion by Anthropic at `target`."""
    return {
        "model": "anthropic/claude-sonnet-4-5",
        "api_key": target.anthropic_key,
        "api_base": target.anthropic_url,
        "extra_headers": target.headers(**scenario),
        "messages": MESSAGES,
        "max_tokens": 200,
        "num_retries": 0,
    }


@behaviour
def openai_completion(target: Target) -> Any:
    return litellm.completion(**openai_settings(target, cached=16))


@behaviour
def openai_stream(target: Target) -> Any:
    return list(litellm.completion(**openai_settings(target), stream=True))


@behaviour
async def openai_async(target: Target) -> Any:
    return await litellm.acompletion(**openai_settings(target))


@behaviour
def openai_tools(target: Target) -> Any:
    return litellm.completion(
        **openai_settings(target, calls=2), tools=[{"type": "function", "function": FUNCTION}]
    )


@behaviour
def openai_embedding(target: Target) -> Any:
    return litellm.embedding(
        model="openai/text-embedding-3-small",
        input=["eins", "zwei"],
        dimensions=16,
        api_key=target.openai_key,
        api_base=target.openai_url,
        extra_headers=target.headers(),
    )


@behaviour
def openai_responses(target: Target) -> Any:
    return litellm.responses(
        model="openai/gpt-5",
        input=QUESTION,
        api_key=target.openai_key,
        api_base=target.openai_url,
        extra_headers=target.headers(),
    )


@behaviour
def anthropic_completion(target: Target) -> Any:
    return litellm.completion(**anthropic_settings(target, cached=16))


@behaviour
def anthropic_stream(target: Target) -> Any:
    return list(litellm.completion(**anthropic_settings(target), stream=True))


@behaviour
def error_wrong_key(target: Target) -> Any:
    return litellm.completion(**openai_settings(target) | {"api_key": target.bad_key(target.openai_key)})


@behaviour
def error_rate_limited(target: Target) -> Any:
    return litellm.completion(**anthropic_settings(target, status=429))


@behaviour
def error_in_stream(target: Target) -> Any:
    return list(litellm.completion(**openai_settings(target, error_after=4), stream=True))


if __name__ == "__main__":
    run()
