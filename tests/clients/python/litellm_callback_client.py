"""LiteLLM's own callback for Helicone, which logs what LiteLLM has called."""

import os
import sys
from typing import Any

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # else importing it fetches a list of prices

import litellm
from harness import QUESTION, Target, behaviour, run

MESSAGES: Any = [{"role": "user", "content": QUESTION}]


def settings(target: Target, key: str, base: str) -> dict[str, Any]:
    """Returns what each call is given; the callback sends `metadata` along with the live key."""
    os.environ["HELICONE_API_KEY"] = target.helicone_key
    os.environ["HELICONE_API_BASE"] = target.log_url
    litellm.success_callback = ["helicone"]
    return {
        "api_key": key,
        "api_base": base,
        "extra_headers": {"x-fake-scenario": f"marker={target.marker}"},
        "metadata": {
            **target.extra_headers,
            "tags": ["a"],
            "number": 3,
            "nothing": None,
            "nested": {"a": {}},
        },
        "num_retries": 0,
    }


@behaviour
def openai_chat(target: Target) -> None:
    litellm.completion(
        model="openai/gpt-4o", messages=MESSAGES, **settings(target, target.openai_key, target.openai_url)
    )


@behaviour
def anthropic_message(target: Target) -> None:
    litellm.completion(
        model="anthropic/claude-sonnet-4-5",
        messages=MESSAGES,
        **settings(target, target.anthropic_key, target.anthropic_url),
    )


@behaviour
def openai_stream(target: Target) -> None:
    answer = litellm.completion(
        model="openai/gpt-4o",
        messages=MESSAGES,
        stream=True,
        stream_options={"include_usage": True},
        **settings(target, target.openai_key, target.openai_url),
    )
    list(answer)


if __name__ == "__main__":
    run()
    sys.stdout.flush()
